# The public names and where they are: for static tools and for `lazy_loader`, which reads this.

from .activations import activation_statistics as activation_statistics
from .batchnorm_noise import (
    inverse_deviation_variance as inverse_deviation_variance,
)
from .batchnorm_noise import (
    output_variance as output_variance,
)
from .characteristic_distance import (
    scaled_normal_divergence as scaled_normal_divergence,
)
from .characteristic_distance import (
    sphere_divergence as sphere_divergence,
)
from .characteristic_distance import (
    sphere_kernel as sphere_kernel,
)
from .characteristic_distance import (
    sphere_kernel_coefficients as sphere_kernel_coefficients,
)
from .compiled_simulation import simulate_compiled as simulate_compiled
from .convolution import (
    convolve as convolve,
)
from .convolution import (
    named_kernel as named_kernel,
)
from .convolution import (
    retained_share as retained_share,
)
from .convolution import (
    young_exponent as young_exponent,
)
from .equinorm import (
    contributions as contributions,
)
from .equinorm import (
    normalize as normalize,
)
from .equinorm import (
    normalized_weights as normalized_weights,
)
from .equinorm_statistics import (
    batch_noise as batch_noise,
)
from .equinorm_statistics import (
    one_pass_ratio as one_pass_ratio,
)
from .equinorm_statistics import (
    padded_imbalance as padded_imbalance,
)
from .equinorm_statistics import (
    strided_imbalance as strided_imbalance,
)
from .error_function_loss import (
    best_matching_delta as best_matching_delta,
)
from .error_function_loss import (
    huber as huber,
)
from .error_function_loss import (
    inner_integral as inner_integral,
)
from .error_function_loss import (
    pseudo_huber as pseudo_huber,
)
from .error_function_loss import (
    pseudo_huber_gap as pseudo_huber_gap,
)
from .error_function_loss import (
    shifted_error as shifted_error,
)
from .gaussian_divergence import divergence_parts as divergence_parts
from .gaussian_divergence import entropy as entropy
from .gradient_correlation import (
    arc_cosine as arc_cosine,
)
from .gradient_correlation import (
    circle_kernel as circle_kernel,
)
from .gradient_correlation import (
    coactivation as coactivation,
)
from .gradient_correlation import (
    correlation_by_depth as correlation_by_depth,
)
from .gradient_correlation import (
    plain_peak_frequency as plain_peak_frequency,
)
from .gradient_correlation import (
    plain_scaling as plain_scaling,
)
from .gradient_correlation import (
    spectral_exponent as spectral_exponent,
)
from .gradient_correlation import (
    spectrum as spectrum,
)
from .group_normalization import group_normalize as group_normalize
from .joint_laws import (
    JOINT_LAWS as JOINT_LAWS,
)
from .joint_laws import (
    correlated_normal_error as correlated_normal_error,
)
from .joint_laws import (
    draw_joint as draw_joint,
)
from .laws import (
    LAWS as LAWS,
)
from .laws import (
    Law as Law,
)
from .laws import (
    discrete as discrete,
)
from .laws import (
    gaussian_mixture as gaussian_mixture,
)
from .laws import (
    laplace as laplace,
)
from .laws import (
    law as law,
)
from .laws import (
    normal as normal,
)
from .laws import (
    two_point as two_point,
)
from .laws import (
    uniform as uniform,
)
from .mixture_directions import (
    angle_between as angle_between,
)
from .mixture_directions import (
    best_angle as best_angle,
)
from .mixture_directions import (
    lda_direction as lda_direction,
)
from .mixture_directions import (
    merging_direction as merging_direction,
)
from .mixture_directions import (
    merging_directions as merging_directions,
)
from .mixtures import (
    EQUAL_VARIANCE_BOUNDARY as EQUAL_VARIANCE_BOUNDARY,
)
from .mixtures import (
    directions as directions,
)
from .mixtures import (
    mixture as mixture,
)
from .mixtures import (
    mixture_kurtosis as mixture_kurtosis,
)
from .mixtures import (
    mixture_moments as mixture_moments,
)
from .montecarlo import Estimate as Estimate
from .montecarlo import estimate as estimate
from .network_sizes import residual_network_size as residual_network_size
from .normal_numbers import normal_draws as normal_draws
from .normalization_cost import (
    count_formula as count_formula,
)
from .normalization_cost import (
    counted_operations as counted_operations,
)
from .phases import (
    best_between as best_between,
)
from .phases import (
    merging_limit as merging_limit,
)
from .phases import (
    phase as phase,
)
from .projected_error import (
    projected_error_gaussian as projected_error_gaussian,
)
from .projected_error import (
    projected_error_loss as projected_error_loss,
)
from .projected_error import (
    projected_error_loss_mc as projected_error_loss_mc,
)
from .radial_laws import (
    mean_norm as mean_norm,
)
from .radial_laws import (
    scaled_normal_distance as scaled_normal_distance,
)
from .radial_laws import (
    scaled_normal_error as scaled_normal_error,
)
from .radial_laws import (
    scaled_normal_sliced_distance as scaled_normal_sliced_distance,
)
from .radial_laws import (
    sphere_distance as sphere_distance,
)
from .ratio_bounds import (
    cantelli_bound as cantelli_bound,
)
from .ratio_bounds import (
    chebyshev_bound as chebyshev_bound,
)
from .ratio_bounds import (
    normal_event_probability as normal_event_probability,
)
from .ratio_bounds import (
    printed_bound as printed_bound,
)
from .rectifier_networks import (
    autocorrelation as autocorrelation,
)
from .rectifier_networks import (
    circle_derivative as circle_derivative,
)
from .rectifier_networks import (
    layers as layers,
)
from .sample_variance import (
    enumerate_sample_variance as enumerate_sample_variance,
)
from .sample_variance import (
    enumerate_two_point as enumerate_two_point,
)
from .sample_variance import (
    kurtosis as kurtosis,
)
from .sample_variance import (
    sample_patterns as sample_patterns,
)
from .sample_variance import (
    simulate_variance_of_variance as simulate_variance_of_variance,
)
from .sample_variance import (
    variance_constancy as variance_constancy,
)
from .sample_variance import (
    variance_of_sample_variance as variance_of_sample_variance,
)
from .selu import (
    iterate_moments as iterate_moments,
)
from .selu import (
    moment_jacobian as moment_jacobian,
)
from .selu import (
    moment_map as moment_map,
)
from .selu import (
    scaled_elu as scaled_elu,
)
from .selu import (
    spectral_radius as spectral_radius,
)
from .selu_constants import (
    alpha_dropout_affine as alpha_dropout_affine,
)
from .selu_constants import (
    fixed_point_constants as fixed_point_constants,
)
from .selu_constants import (
    plain_constants as plain_constants,
)
from .selu_constants import (
    plain_target_band as plain_target_band,
)
from .selu_constants import (
    solve_constants as solve_constants,
)
from .selu_constants import (
    target_band as target_band,
)
from .selu_networks import (
    layer_spread as layer_spread,
)
from .selu_networks import (
    propagate_moments as propagate_moments,
)
from .selu_networks import (
    random_layer_map as random_layer_map,
)
from .selu_stability import (
    collapse_weight_sums as collapse_weight_sums,
)
from .selu_stability import (
    stable_weight_sums as stable_weight_sums,
)
from .selu_stability import (
    surviving_norms as surviving_norms,
)
from .sliced_energy import (
    projected_energy as projected_energy,
)
from .sliced_energy import (
    scaled_normal_energy as scaled_normal_energy,
)
from .sliced_gap import (
    nearest_point_bound as nearest_point_bound,
)
from .sliced_gap import (
    ripple_distance as ripple_distance,
)
from .sliced_gap import (
    ripple_sliced_distance as ripple_sliced_distance,
)
from .sliced_gap import (
    sample_sliced_bound as sample_sliced_bound,
)
from .slices import random_directions as random_directions
from .sphere_average import (
    mean_projection as mean_projection,
)
from .sphere_average import (
    projected_error_coefficients as projected_error_coefficients,
)
from .sphere_average import (
    projected_error_of_norm as projected_error_of_norm,
)
from .standardization import (
    batch_loss as batch_loss,
)
from .standardization import (
    batch_offset as batch_offset,
)
from .standardization import (
    divergence as divergence,
)
from .standardization import (
    expected_batch_loss as expected_batch_loss,
)
from .standardization import (
    minimising_variance as minimising_variance,
)
from .trained_minimizer import (
    mixture_loss as mixture_loss,
)
from .trained_minimizer import (
    pair_functional as pair_functional,
)
from .trained_minimizer import (
    trained_boundary as trained_boundary,
)
from .trained_minimizer import (
    two_point_limit as two_point_limit,
)
from .transport import (
    sliced_wasserstein_to_normal as sliced_wasserstein_to_normal,
)
from .transport import (
    wasserstein_to_normal as wasserstein_to_normal,
)
from .two_batch_loss import (
    best_ratio as best_ratio,
)
from .two_batch_loss import (
    expected_loss as expected_loss,
)
from .two_batch_loss import (
    loss_deviation as loss_deviation,
)
from .two_batch_loss import (
    loss_gradient as loss_gradient,
)
from .two_batch_loss import (
    loss_slope as loss_slope,
)
from .variance_rules import has_rule as has_rule
from .weight_norm import (
    batch_norm_gradient as batch_norm_gradient,
)
from .weight_norm import (
    data_dependent_scale as data_dependent_scale,
)
from .weight_norm import (
    descend_unit as descend_unit,
)
from .weight_norm import (
    full_noise as full_noise,
)
from .weight_norm import (
    mean_only_noise as mean_only_noise,
)
from .weight_norm import (
    normalized_weight as normalized_weight,
)
from .weight_norm import (
    unit_scatter as unit_scatter,
)
from .weight_norm import (
    weight_norm_gradients as weight_norm_gradients,
)

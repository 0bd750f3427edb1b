"""The mathematics: one module per object of study, pure functions on arrays and symbols.

Names are loaded on first use, so that importing this room costs neither scipy nor sympy.
"""

import lazy_loader

# module -> the names people call
_SURFACE = {
    "convolution": ["convolve", "named_kernel", "retained_share", "young_exponent"],
    "equilibrium": [
        "Equilibrium",
        "channel_sums",
        "contributions",
        "normalize",
        "normalized_weights",
        "representable",
    ],
    "equilibrium_statistics": [
        "batch_noise",
        "one_pass_ratio",
        "padded_imbalance",
        "strided_imbalance",
    ],
    "network_sizes": ["NetworkSize", "residual_network_size"],
    "standardization": [
        "batch_loss",
        "batch_offset",
        "divergence",
        "divergence_parts",
        "expected_batch_loss",
        "minimising_variance",
    ],
    "law_search": ["FoundLaw", "kurtosis_functional", "minimize_over_laws"],
    "laws": [
        "LAWS",
        "Law",
        "discrete",
        "gaussian_mixture",
        "laplace",
        "law",
        "normal",
        "two_point",
        "uniform",
    ],
    "mixtures": [
        "EQUAL_VARIANCE_BOUNDARY",
        "Mixture",
        "angle_between",
        "best_angle",
        "directions",
        "lda_direction",
        "merging_direction",
        "merging_directions",
        "mixture",
        "mixture_kurtosis",
        "mixture_moments",
    ],
    "phases": ["best_between", "merging_limit", "phase", "phase_boundary"],
    "ratio_bounds": [
        "cantelli_bound",
        "chebyshev_bound",
        "normal_event_probability",
        "printed_bound",
    ],
    "sample_variance": [
        "enumerate_sample_variance",
        "enumerate_two_point",
        "kurtosis",
        "sample_patterns",
        "simulate_variance_of_variance",
        "variance_constancy",
        "variance_of_sample_variance",
    ],
    "selu": ["iterate_moments", "moment_jacobian", "moment_map", "scaled_elu", "spectral_radius"],
    "selu_constants": [
        "alpha_dropout_affine",
        "collapse_weight_sum",
        "fixed_point_constants",
        "solve_constants",
        "stable_weight_sums",
        "target_band",
    ],
    "selu_networks": ["layer_spread", "propagate_moments", "random_layer_map"],
    "trained_minimizer": [
        "mixture_loss",
        "pair_functional",
        "trained_boundary",
        "two_point_limit",
    ],
    "two_batch_loss": [
        "best_ratio",
        "expected_loss",
        "loss_deviation",
        "loss_gradient",
        "loss_slope",
    ],
    "variance_rules": ["has_rule", "variance_rule"],
    "montecarlo": ["Estimate", "estimate"],
    "error_function_loss": [
        "best_matching_delta",
        "huber",
        "inner_integral",
        "pseudo_huber",
        "pseudo_huber_gap",
        "shifted_error",
    ],
    "projected_error": [
        "projected_error_gaussian",
        "projected_error_loss",
        "projected_error_loss_mc",
    ],
    "radial_laws": [
        "mean_norm",
        "scaled_normal_distance",
        "scaled_normal_error",
        "scaled_normal_sliced_distance",
        "sphere_distance",
    ],
    "slices": ["random_directions"],
    "sliced_gap": [
        "nearest_point_bound",
        "ripple_distance",
        "ripple_sliced_distance",
        "sample_sliced_bound",
    ],
    "sphere_average": [
        "mean_projection",
        "projected_error_of_norm",
        "projected_error_coefficients",
    ],
    "transport": [
        "gelbrich_bound",
        "sliced_wasserstein_to_normal",
        "talagrand_bound",
        "wasserstein_to_normal",
    ],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE)

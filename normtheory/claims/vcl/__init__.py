"""What Littwin & Wolf (2018) say of the variance constancy loss (VCL)."""

from normtheory.claims.vcl.batchnorm import batchnorm_approximation, batchnorm_bound
from normtheory.claims.vcl.batchnorm_noise import batchnorm_noise
from normtheory.claims.vcl.beta import beta_stabilizes
from normtheory.claims.vcl.beta_variance import beta_grows_variance
from normtheory.claims.vcl.beta_zero import beta_zero
from normtheory.claims.vcl.closeness import more_than_two_peaks, near_two_modes
from normtheory.claims.vcl.improvement import batchnorm_helps, best_pair, improvement, most_wins
from normtheory.claims.vcl.learned_beta import learned_beta
from normtheory.claims.vcl.minimizer import two_point_minimizer, variance_constraint
from normtheory.claims.vcl.mixture import mixture_kurtosis_claim, mixture_moments_claim
from normtheory.claims.vcl.modes import few_modes, sample_patterns
from normtheory.claims.vcl.moment_estimation import moment_estimation
from normtheory.claims.vcl.normal_moments import normal_moments
from normtheory.claims.vcl.phase_shift import phase_shift
from normtheory.claims.vcl.protocol import batch_split, tinyimagenet_n
from normtheory.claims.vcl.rare_classes import far_means, outliers
from normtheory.claims.vcl.ratio import ratio_bound
from normtheory.claims.vcl.ratio_kurtosis import ratio_bound_kurtosis
from normtheory.claims.vcl.reach import batchnorm_kurtosis, conditioning, sparsity, tails
from normtheory.claims.vcl.sample_variance import variance_of_variance
from normtheory.claims.vcl.small_batches import (
    favours_small_n,
    same_activation,
    small_n_unstable,
    stable_batchnorm,
)
from normtheory.claims.vcl.tables import table1_overhead, table2_batchnorm, table4_wins
from normtheory.claims.vcl.trained_phases import two_projections

CLAIMS = (
    variance_of_variance,
    sample_patterns,
    few_modes,
    two_point_minimizer,
    near_two_modes,
    tails,
    variance_constraint,
    normal_moments,
    mixture_moments_claim,
    mixture_kurtosis_claim,
    phase_shift,
    far_means,
    outliers,
    ratio_bound,
    ratio_bound_kurtosis,
    beta_stabilizes,
    beta_grows_variance,
    two_projections,
    learned_beta,
    beta_zero,
    moment_estimation,
    batchnorm_kurtosis,
    batchnorm_noise,
    batchnorm_approximation,
    batchnorm_bound,
    stable_batchnorm,
    same_activation,
    favours_small_n,
    batch_split,
    small_n_unstable,
    table1_overhead,
    table2_batchnorm,
    batchnorm_helps,
    tinyimagenet_n,
    table4_wins,
    most_wins,
    improvement,
    best_pair,
    sparsity,
    more_than_two_peaks,
    conditioning,
)

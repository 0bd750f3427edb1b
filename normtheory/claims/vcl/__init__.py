"""What Littwin & Wolf (2018) say of the variance constancy loss (VCL)."""

from normtheory.claims.vcl.batchnorm import batchnorm_approximation, batchnorm_bound
from normtheory.claims.vcl.batchnorm_noise import batchnorm_noise
from normtheory.claims.vcl.beta import beta_stabilizes, beta_zero
from normtheory.claims.vcl.beta_variance import beta_grows_variance
from normtheory.claims.vcl.minimizer import TWO_POINT_MINIMIZER, VARIANCE_CONSTRAINT
from normtheory.claims.vcl.mixture import mixture_kurtosis_claim, mixture_moments_claim
from normtheory.claims.vcl.modes import few_modes, sample_patterns
from normtheory.claims.vcl.moment_estimation import moment_estimation
from normtheory.claims.vcl.phase_shift import phase_shift
from normtheory.claims.vcl.protocol import BATCH_SPLIT, TINYIMAGENET_N
from normtheory.claims.vcl.ratio import ratio_bound
from normtheory.claims.vcl.ratio_kurtosis import ratio_bound_kurtosis
from normtheory.claims.vcl.sample_variance import VARIANCE_OF_VARIANCE
from normtheory.claims.vcl.tables import TABLE1_OVERHEAD, TABLE2_BATCHNORM, TABLE4_WINS
from normtheory.claims.vcl.trained_phases import two_projections

CLAIMS = (
    VARIANCE_OF_VARIANCE,
    sample_patterns,
    few_modes,
    TWO_POINT_MINIMIZER,
    VARIANCE_CONSTRAINT,
    mixture_moments_claim,
    mixture_kurtosis_claim,
    phase_shift,
    ratio_bound,
    ratio_bound_kurtosis,
    beta_stabilizes,
    beta_grows_variance,
    two_projections,
    beta_zero,
    moment_estimation,
    batchnorm_noise,
    batchnorm_approximation,
    batchnorm_bound,
    BATCH_SPLIT,
    TABLE1_OVERHEAD,
    TABLE2_BATCHNORM,
    TINYIMAGENET_N,
    TABLE4_WINS,
)

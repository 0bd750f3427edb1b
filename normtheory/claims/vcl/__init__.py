"""What Littwin & Wolf (2018) say of the variance constancy loss (VCL)."""

from normtheory.claims.vcl.minimizer import TWO_POINT_MINIMIZER, VARIANCE_CONSTRAINT
from normtheory.claims.vcl.mixture import MIXTURE_KURTOSIS, MIXTURE_MOMENTS
from normtheory.claims.vcl.phase_shift import PHASE_SHIFT
from normtheory.claims.vcl.sample_variance import VARIANCE_OF_VARIANCE

CLAIMS = (
    VARIANCE_OF_VARIANCE,
    TWO_POINT_MINIMIZER,
    VARIANCE_CONSTRAINT,
    MIXTURE_MOMENTS,
    MIXTURE_KURTOSIS,
    PHASE_SHIFT,
)

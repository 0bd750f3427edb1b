"""Equilibrium normalization of weights (EquiNorm), Sec. 4 to 6: every statement that a derivation
or a count can decide."""

from normtheory.claims.equinorm.balance import POSITIVE_SUM, ZERO_MEAN
from normtheory.claims.equinorm.denominator import DENOMINATOR
from normtheory.claims.equinorm.expressivity import EXPRESSIVITY
from normtheory.claims.equinorm.full_case import FIGURE1, FULL_CASE
from normtheory.claims.equinorm.noise import BATCH_NOISE
from normtheory.claims.equinorm.padding import ZERO_PADDING
from normtheory.claims.equinorm.single_pass import single_pass
from normtheory.claims.equinorm.sizes import MODEL_SIZES
from normtheory.claims.equinorm.stride import STRIDE
from normtheory.claims.equinorm.young import YOUNG

CLAIMS = (
    ZERO_MEAN,
    POSITIVE_SUM,
    FULL_CASE,
    FIGURE1,
    EXPRESSIVITY,
    single_pass,
    DENOMINATOR,
    STRIDE,
    ZERO_PADDING,
    YOUNG,
    BATCH_NOISE,
    MODEL_SIZES,
)

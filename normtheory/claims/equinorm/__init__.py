"""Equilibrium normalization of weights (EquiNorm), Sec. 4 to 6: every statement that a derivation
or a count can decide."""

from normtheory.claims.equinorm.balance import positive_sum, zero_mean
from normtheory.claims.equinorm.denominator import vanishing
from normtheory.claims.equinorm.expressivity import expressivity
from normtheory.claims.equinorm.full_case import figure1, full_case
from normtheory.claims.equinorm.noise import noisy
from normtheory.claims.equinorm.padding import zero_padding
from normtheory.claims.equinorm.single_pass import single_pass
from normtheory.claims.equinorm.sizes import model_sizes
from normtheory.claims.equinorm.stride import strided
from normtheory.claims.equinorm.young import young

CLAIMS = (
    zero_mean,
    positive_sum,
    full_case,
    figure1,
    expressivity,
    single_pass,
    vanishing,
    strided,
    zero_padding,
    young,
    noisy,
    model_sizes,
)

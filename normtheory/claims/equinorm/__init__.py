"""Equilibrium normalization of weights (EquiNorm), Sec. 4 to 6: every statement that a derivation
or a count can decide."""

from normtheory.claims.equinorm.balance import positive_sum, zero_mean
from normtheory.claims.equinorm.denominator import vanishing
from normtheory.claims.equinorm.expressivity import expressivity
from normtheory.claims.equinorm.full_case import figure1, full_case
from normtheory.claims.equinorm.gradient import gradient
from normtheory.claims.equinorm.inputs import input_normalization, positive_inputs
from normtheory.claims.equinorm.noise import noisy
from normtheory.claims.equinorm.padding import zero_padding
from normtheory.claims.equinorm.reporting import error_bars, group_size
from normtheory.claims.equinorm.scale import output_scale, same_norm
from normtheory.claims.equinorm.single_pass import single_pass
from normtheory.claims.equinorm.sizes import model_sizes
from normtheory.claims.equinorm.stride import strided
from normtheory.claims.equinorm.young import young

CLAIMS = (
    zero_mean,
    positive_sum,
    gradient,
    full_case,
    figure1,
    expressivity,
    single_pass,
    output_scale,
    young,
    same_norm,
    positive_inputs,
    input_normalization,
    vanishing,
    strided,
    zero_padding,
    noisy,
    model_sizes,
    group_size,
    error_bars,
)

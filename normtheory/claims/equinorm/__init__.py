"""Equilibrium normalization of weights (EquiNorm), Sec. 4 to 6: every statement that a derivation
or a count can decide."""

from normtheory.claims.equinorm.balance import POSITIVE_SUM, ZERO_MEAN
from normtheory.claims.equinorm.full_case import FIGURE1, FULL_CASE

CLAIMS = (ZERO_MEAN, POSITIVE_SUM, FULL_CASE, FIGURE1)

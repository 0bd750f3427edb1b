"""Joo, Kang & Kim (2020): the claims about PER, in the document's order."""

from normtheory.claims.per.gradient import ALGORITHM, GRADIENT
from normtheory.claims.per.minkowski import GAUSSIAN_MEASURE, MINKOWSKI_BOUND
from normtheory.claims.per.norms import SENSITIVITY
from normtheory.claims.per.pseudo_huber import PSEUDO_HUBER
from normtheory.claims.per.sliced_equivalence import SLICED_EQUIVALENCE
from normtheory.claims.per.wasserstein import WASSERSTEIN_BOUND

CLAIMS = (
    GAUSSIAN_MEASURE,
    SLICED_EQUIVALENCE,
    MINKOWSKI_BOUND,
    GRADIENT,
    ALGORITHM,
    WASSERSTEIN_BOUND,
    PSEUDO_HUBER,
    SENSITIVITY,
)

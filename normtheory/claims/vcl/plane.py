"""Mixtures of two normal distributions in the plane: their sliders."""

import numpy as np

from normtheory.claims import Parameter
from normtheory.claims.vcl.mixture import WEIGHT
from normtheory.theory.mixtures import mixture

PLANE = np.eye(2)
# (p, mu1 - mu2, cov1, cov2): Theorem 2 names a direction, another one has less kurtosis
COUNTEREXAMPLES = (
    (0.1, (3.0, 0.0), 0.25 * PLANE, PLANE),
    (0.25, (3.0, 0.0), np.diag([4.0, 1.0]), np.diag([0.25, 1.0])),
    (0.5, (3.0, 0.0), np.diag([0.1, 1.0]), np.diag([6.0, 1.0])),
)


def _number(name, symbol, meaning, default, domain, typical):
    return Parameter(name, symbol, meaning, default, domain, typical=typical)


def _covariance(i):
    positive = (0, np.inf)
    return (
        _number(f"sd{i}_x", rf"\sigma_{{{i},1}}", f"component {i}: standard deviation along x₁",
                1.0, positive, (0.2, 4)),
        _number(f"sd{i}_y", rf"\sigma_{{{i},2}}", f"component {i}: standard deviation along x₂",
                1.0, positive, (0.2, 4)),
        _number(f"corr{i}", rf"r_{i}", f"component {i}: correlation of x₁ and x₂", 0.0,
                (-1, 1), (-0.95, 0.95)),
    )  # fmt: skip


PLANE_KNOBS = (
    WEIGHT,
    _number("gap_x", r"(\mu_1-\mu_2)_1", "distance of the means along x₁", 3.0,
            (-np.inf, np.inf), (-6, 6)),
    _number("gap_y", r"(\mu_1-\mu_2)_2", "distance of the means along x₂", 0.0,
            (-np.inf, np.inf), (-6, 6)),
    *_covariance(1),
    *_covariance(2),
)  # fmt: skip


def build(p, gap, cov1, cov2):
    return mixture(p, gap, np.zeros(len(gap)), cov1, cov2)

"""Exact PER in numpy: accuracy, and time beside its Monte Carlo version.

The torch loss is raced in `steps`; here the numpy functions, forward and backward by hand.
"""

import numpy as np
from scipy.special import hyp1f1

from benchmarks.timing import race
from normtheory.theory import (
    projected_error_loss,
    projected_error_loss_mc,
    projected_error_of_norm,
    random_directions,
)

SLICES = 256
# (batch, dimension, least ratio of CPU time to ask for)
SHAPES = ((256, 64, 6), (256, 512, 12), (1024, 1024, 12))
DIMENSIONS = (1, 2, 3, 8, 64, 512, 4096, 65536)


def rows(*, rounds=9, seconds=0.03):
    """Value and gradient of the exact expectation against 256 random slices, float32."""
    rng = np.random.default_rng(0)
    table = []
    for b, d, target in SHAPES:
        h = rng.standard_normal((b, d), dtype=np.float32)

        def sampled(h=h, d=d):
            theta = random_directions(d, SLICES, rng, dtype="float32")
            return projected_error_loss_mc(h, theta, gradient=True)

        found = race(
            {"exact": lambda h=h: projected_error_loss(h, gradient=True), "sampled": sampled},
            rounds=rounds,
            seconds=seconds,
        )
        table.append(
            {
                "what": f"exact PER with gradient, numpy, {b}x{d}, float32",
                "against": "256-slice Monte Carlo with gradient, numpy",
                "target": target,
                "ratio": found.ratio("sampled", "exact"),
                "milliseconds": 1e3 * found.median("exact"),
            }
        )
    return table


def accuracy():
    """Largest relative error by dtype against mpmath, dimensions 1 to 65536 and r to 1e6.

    Returns
    -------
    list of dict
        what, target, error.
    """
    import mpmath

    norms = np.concatenate([[0.0], np.logspace(-3, 6, 19)])
    worst = {"float32": 0.0, "float64": 0.0}
    for d in DIMENSIONS:
        for dtype in worst:
            r = norms.astype(dtype)
            found = projected_error_of_norm(r, d, gradient=True)
            for k, x in enumerate(r):
                for value, expected in zip(found, _reference(float(x), d), strict=True):
                    error = abs(float(mpmath.mpf(float(value[k])) / expected - 1))
                    worst[dtype] = max(worst[dtype], error)
    targets = {"float32": 5e-7, "float64": 1e-13}
    return [
        {"what": f"exact PER, {k}, d to 65536, r to 1e6", "target": targets[k], "error": error}
        for k, error in worst.items()
    ]


def _reference(r, d):
    """L and g from mpmath: its ₁F₁, or the expansion at infinity where that does not converge."""
    import mpmath

    with mpmath.workdps(30):
        half, x = mpmath.mpf(d) / 2, mpmath.mpf(r) ** 2 / 2
        scale = mpmath.sqrt(2 / mpmath.pi)
        values = []
        for a, b, factor in ((-0.5, half, scale), (0.5, half + 1, scale / d)):
            if x > max(1e3 * d, 1e4):
                total, term, k = mpmath.mpf(0), mpmath.mpf(1), 0
                while abs(term) > 1e-25 and k < 60:
                    total += term
                    term *= (a + k) * (a - b + 1 + k) / ((k + 1) * x)
                    k += 1
                value = mpmath.gammaprod([b], [b - a]) * x**-a * total
            else:
                value = mpmath.hyp1f1(a, b, -x, maxterms=10**7)
            values.append(factor * value)
        return values


def library_error(*, d=64, r=1e3):
    """Relative error of scipy's hyp1f1 at one setting, which is why the series are used."""
    value = float(np.sqrt(2 / np.pi) * hyp1f1(-0.5, d / 2, -r * r / 2))
    return abs(value / float(projected_error_of_norm(r, d)) - 1)

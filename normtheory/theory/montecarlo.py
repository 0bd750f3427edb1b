"""Monte Carlo means with a standard error, in constant memory, against one false-alarm budget.

The suite makes many statistical comparisons. Those of an `Estimate` share one family-wise rate,
`FALSE_ALARM_RATE`, split evenly over `COMPARISONS` (a fixed allowance, so that adding a claim
moves no other claim's threshold; the ledger makes a few hundred). The threshold in standard
errors follows from the number of replicates; nobody picks it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from normtheory.theory import arguments as require

FALSE_ALARM_RATE = 1e-6
COMPARISONS = 5000
# scipy.stats.norm.isf(FALSE_ALARM_RATE / COMPARISONS / 2), a test recomputes it
THRESHOLD = 6.361340902


def threshold(replicates):
    """Standard errors that one comparison may be off at the suite's false-alarm rate.

    The standard error is itself an estimate: with few replicates the mean in units of it has
    Student's distribution (``replicates - 1`` degrees of freedom), whose tails are much heavier
    than the normal distribution's. Its quantile tends to `THRESHOLD`.

    Parameters
    ----------
    replicates : int
        Independent replicates behind the mean, at least 2.

    Examples
    --------
    >>> print(f"{threshold(32):.2f} {threshold(10**6):.2f}")
    9.25 6.36
    """
    replicates = require.integer("replicates", replicates, minimum=2)
    return float(-stdtrit(replicates - 1, FALSE_ALARM_RATE / COMPARISONS / 2))


class _Estimate(NamedTuple):
    mean: float
    standard_error: float
    replicates: int


class Estimate(_Estimate):
    """A Monte Carlo mean: its value, standard error and number of independent replicates.

    Parameters
    ----------
    standard_error : float, at least 0
    replicates : int, at least 2

    Examples
    --------
    >>> print(Estimate(1.0, 0.01, 100)), Estimate(1.0, 0.01, 100).agrees(1.05)
    1 ± 0.01
    (None, True)
    """

    __slots__ = ()

    def __new__(cls, mean, standard_error, replicates):
        return super().__new__(
            cls,
            require.number("mean", mean),
            require.number("standard_error", standard_error, at_least=0),
            require.integer("replicates", replicates, minimum=2),
        )

    def deviation(self, value: float) -> float:
        """Distance of `value` from the mean in standard errors (0 when both agree exactly)."""
        gap = abs(self.mean - value)
        # a law with few atoms can have no spread at all: then only rounding may differ
        floor = 1e-12 * max(1.0, abs(value))
        return gap / max(self.standard_error, floor)

    def agrees(self, value: float) -> bool:
        """Whether `value` is compatible with the mean at the suite's false-alarm rate."""
        return bool(self.deviation(value) <= threshold(self.replicates))

    def interval(self) -> tuple[float, float]:
        """The interval that `agrees` accepts, as (low, high)."""
        half = threshold(self.replicates) * self.standard_error
        return self.mean - half, self.mean + half

    def __str__(self) -> str:
        return f"{self.mean:.6g} ± {self.standard_error:.2g}"


def estimate(
    draw: Callable[..., Any], rng: np.random.Generator, *, replicates: int, chunk: int = 1 << 14
) -> Estimate:
    """Mean of a random quantity over independent replicates, in constant memory.

    Parameters
    ----------
    draw : callable
        ``draw(rng, size)`` returns `size` independent replicates, finite, as an array (size,).
    replicates : int
        How many replicates in all, at least 2.
    chunk : int
        Replicates drawn at a time, at least 1; sums are kept in float64.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> estimate(lambda rng, size: rng.random(size), rng, replicates=10**5).agrees(0.5)
    True
    """
    require.function("draw", draw)
    require.rng(rng)
    replicates = require.integer("replicates", replicates, minimum=2)
    chunk = require.integer("chunk", chunk, minimum=1)
    count, mean, squares = 0, 0.0, 0.0
    while count < replicates:
        size = min(chunk, replicates - count)
        values = np.asarray(draw(rng, size), dtype=np.float64)
        if values.shape != (size,):
            raise ValueError(f"draw must return an array of shape ({size},), got {values.shape}")
        # one NaN or inf among the values shows in the sum of squares
        with np.errstate(invalid="ignore", over="ignore"):
            middle = values.mean()
            centred = values - middle
            spread = centred @ centred
        if not np.isfinite(spread):
            raise ValueError("draw returned a value that is not finite")
        # Chan's update: no cancellation however large the mean
        gap = middle - mean
        squares += spread + gap**2 * count * size / (count + size)
        mean += gap * size / (count + size)
        count += size
    return Estimate(float(mean), float(np.sqrt(squares / (count - 1) / count)), count)

"""Findings: a document's sentence about an experiment, and the test over seeds that judges it.

A finding measures one number per seed and names the region in which the document's sentence puts
it. The interval of the median (or mean) over seeds decides: inside the region the sentence is
reproduced, outside it is not, across its border it is undecided at this scale.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Five seeds are the fewest that the suite runs at toy scale, and the range of five draws covers
# their median with probability 1 - 2/2**5 = 0.9375: the level below leaves them able to decide.
LEVEL = 0.9
VERDICTS = ("reproduced", "not reproduced", "undecided at this scale")


class Judgement(NamedTuple):
    """A finding after a run: the number, its interval over seeds, and the verdict.

    `value` and `interval` are NaN when there are too few seeds for an interval at `LEVEL`.
    """

    finding: "Finding"
    values: tuple[float, ...]
    value: float
    interval: tuple[float, float]
    verdict: str

    def line(self):
        """One line for a terminal."""
        low, high = self.interval
        if math.isnan(low):
            spread = f"(no interval from {len(self.values)} seed{'s' * (len(self.values) != 1)})"
        elif low == high:
            spread = "(exact)" if self.finding.statistic == "exact" else f"[{low:.3g}, {high:.3g}]"
        else:
            spread = f"[{low:.3g}, {high:.3g}]"
        unit = f" {self.finding.unit}" if self.finding.unit else ""
        return (
            f"{self.verdict}: {self.finding.sentence} - {self.finding.quantity} "
            f"{self.value:.3g}{unit} {spread}"
        )

    def record(self):
        """The same as plain JSON values."""
        low, high = self.interval
        return {
            "name": self.finding.name,
            "sentence": self.finding.sentence,
            "quantity": self.finding.quantity,
            "unit": self.finding.unit,
            "statistic": self.finding.statistic,
            "level": LEVEL,
            "region": [_json_number(bound) for bound in self.finding.region],
            "document": self.finding.document,
            "value": _json_number(self.value),
            "interval": [_json_number(low), _json_number(high)],
            "values": [_json_number(value) for value in self.values],
            "verdict": self.verdict,
        }


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence of a document that an experiment can contradict.

    Attributes
    ----------
    name : str
        Unique within the experiment.
    sentence : str
        What the document says, or what its picture shows.
    quantity : str
        What is measured, with what it is compared.
    measure : callable
        ``measure(arrays)`` maps one seed's arrays to a number.
    region : tuple of float
        (low, high), ends included: where the sentence puts the number.
    mutant : callable
        ``mutant(arrays)`` returns one seed's arrays changed so that they say something else; the
        test that accepts the real arrays must not accept these.
    statistic : str
        "median" (distribution-free interval), "mean" (Student's), or "exact" for an experiment
        without randomness.
    unit : str
    document : float or None
        The document's own number, where it prints one.
    """

    name: str
    sentence: str
    quantity: str
    measure: Callable[[dict], float]
    region: tuple[float, float]
    mutant: Callable[[dict], dict]
    statistic: str = "median"
    unit: str = ""
    document: float | None = None

    def __post_init__(self):
        if self.statistic not in _INTERVALS:
            raise ValueError(
                f"statistic must be one of {', '.join(_INTERVALS)}, got {self.statistic!r}"
            )
        low, high = self.region
        if not low < high and not (low == high and math.isfinite(low)):
            raise ValueError(f"region must be (low, high) with low <= high, got {self.region!r}")

    def judge(self, seeds):
        """Judge the finding on a sequence of arrays, one dictionary per seed.

        Raises
        ------
        ValueError
            If there is no seed, or a measured number is NaN.
        """
        values = tuple(float(self.measure(arrays)) for arrays in seeds)
        if not values:
            raise ValueError(f"finding {self.name} needs at least one seed, got none")
        if any(math.isnan(value) for value in values):
            raise ValueError(f"finding {self.name} measured NaN: {values}")
        value, interval = _INTERVALS[self.statistic](np.asarray(values))
        return Judgement(self, values, value, interval, _verdict(interval, self.region))


def median_interval(values):
    """Median and its distribution-free interval at `LEVEL`, from order statistics.

    The interval is (NaN, NaN) where even the whole range covers the median too rarely: with
    fewer than five values at level 0.9.

    Examples
    --------
    >>> import numpy as np
    >>> median_interval(np.arange(1.0, 11.0))
    (5.5, (2.0, 9.0))
    """
    from scipy.special import bdtr

    ordered = np.sort(values)
    count = len(ordered)
    middle = float(np.median(ordered))
    # rank r counted from either end covers with probability 1 - 2 P[Binomial(count, 1/2) < r]
    ranks = [r for r in range(1, count // 2 + 1) if 1 - 2 * bdtr(r - 1, count, 0.5) >= LEVEL]
    if not ranks:
        return middle, (math.nan, math.nan)
    return middle, (float(ordered[ranks[-1] - 1]), float(ordered[count - ranks[-1]]))


def mean_interval(values):
    """Mean and Student's interval at `LEVEL`; (NaN, NaN) from fewer than three values.

    Examples
    --------
    >>> import numpy as np
    >>> mean, (low, high) = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> round(low, 3), round(high, 3)
    (0.314, 3.686)
    """
    from scipy.special import stdtrit

    count = len(values)
    mean = float(np.mean(values))
    if count < 3:
        return mean, (math.nan, math.nan)
    half = float(stdtrit(count - 1, (1 + LEVEL) / 2) * np.std(values, ddof=1) / math.sqrt(count))
    return mean, (mean - half, mean + half)


def exact_value(values):
    """The value of an experiment without randomness, as an interval of no width.

    Raises
    ------
    ValueError
        If seeds disagree: then the experiment does have randomness.

    Examples
    --------
    >>> exact_value([2.0])
    (2.0, (2.0, 2.0))
    """
    low, high = float(np.min(values)), float(np.max(values))
    if low != high:
        raise ValueError(f"an exact finding must not depend on the seed, got {low} and {high}")
    return low, (low, high)


_INTERVALS = {"median": median_interval, "mean": mean_interval, "exact": exact_value}


def _verdict(interval, region):
    low, high = interval
    if region[0] <= low and high <= region[1]:
        return VERDICTS[0]
    if high < region[0] or region[1] < low:
        return VERDICTS[1]
    return VERDICTS[2]


def _json_number(value):
    # JSON has no NaN and no infinity
    return value if math.isfinite(value) else None


def exchanged(first, second, *names, axis=0):
    """A mutant: the named arrays with two methods' rows along `axis` under each other's name.

    Examples
    --------
    >>> exchanged(0, 2, "loss")({"loss": np.array([1, 2, 3])})
    {'loss': array([3, 2, 1])}
    """

    def mutant(arrays):
        changed = dict(arrays)
        for name in names:
            order = np.arange(arrays[name].shape[axis])
            order[[first, second]] = second, first
            changed[name] = arrays[name].take(order, axis)
        return changed

    return mutant

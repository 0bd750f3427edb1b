"""Findings: a document's sentence about an experiment, and the test over seeds that answers it.

A finding measures one number per seed, names the region in which the sentence puts it, and the
smallest effect that would matter. The interval of the median over seeds answers: inside the region
the sentence is reproduced, outside it is not, within the smallest effect of the border there is no
difference that matters, and otherwise it is open. A border itself belongs to neither side.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

import numpy as np

from normtheory.experiments.effects import NOT, OPEN, REPRODUCED, Region, counted
from normtheory.experiments.rule import LEVEL, likely, median_interval

# what a finding that is not reproduced says of the document
KINDS = {
    "document": "the document is wrong or too general, and the errata prove it",
    "scale": "our scale or design cannot tell",
    "neither": "neither is known",
}
# of an axis, at which an array is changed
_PLACES = 16
# 5 % of draws of a normal distribution lie beyond
_ENDS = 1.6449


class Judgement(NamedTuple):
    """A finding after a run: the number, the medians that the seeds leave possible, the answer.

    `interval` also holds what other test images could have given, `error` standard errors of it.
    `needed` is how many seeds are likely to decide, should they spread like those seen; None where
    the answer is there, or no number up to the largest would.
    """

    finding: "Finding"
    values: tuple[float, ...]
    value: float
    interval: tuple[float, float]
    error: float
    verdict: str
    needed: int | None = None

    @property
    def seen(self):
        """The effect that would have been seen: half of the interval, its wider side."""
        low, high = self.interval
        return max(self.value - low, high - self.value)

    def line(self):
        """One line for a terminal."""
        return (
            f"{self.verdict}: {self.finding.sentence} - {self.finding.quantity} "
            f"{counted(f'{self.value:.3g}', self.finding.unit)} {self._spread()}"
        )

    def _spread(self):
        low, high = self.interval
        if math.isinf(low):
            return f"(no interval from {len(self.values)} seed{'s' * (len(self.values) != 1)})"
        if self.finding.exact:
            return "(exact)"
        return f"[{low:.3g}, {high:.3g}]"

    def record(self, scale):
        """The same, of a run at a scale, as plain JSON values."""
        finding = self.finding
        return {
            "name": finding.name,
            "sentence": finding.sentence,
            "quantity": finding.quantity,
            "unit": finding.unit,
            "statistic": "exact" if finding.exact else "median",
            "level": LEVEL,
            "region": [_json_number(bound) for bound in finding.region[:2]],
            "matters": finding.region.effect.size,
            "because": finding.region.effect.because,
            "document": finding.document,
            "value": _json_number(self.value),
            "interval": [_json_number(bound) for bound in self.interval],
            "test error": self.error,
            "seen": _json_number(self.seen),
            "needed": self.needed,
            "values": [_json_number(value) for value in self.values],
            "verdict": self.verdict,
            **({"why": finding.why(scale)} if self.verdict == NOT else {}),
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
    region : Region
        Where the sentence puts the number, with the smallest effect of interest: `above`, `below`
        or `between`.
    mutant : callable or None
        ``mutant(arrays)`` returns one seed's arrays changed so that they say something else; None
        changes one array, see `contradicted`.
    exact : bool
        Whether no seed decides the number.
    unit : str
        That of the smallest effect, where that has one and nothing else is said.
    document : float or None
        The document's own number, where it prints one.
    erratum : str or None
        The claim whose errata entry shows the sentence to be wrong or too general.
    beyond : dict of str to str
        By scale, what that lacks to tell, where it contradicts the document.
    """

    name: str
    sentence: str
    quantity: str
    measure: Callable[[dict], float]
    region: Region
    mutant: Callable[[dict], dict] | None = None
    exact: bool = False
    unit: str = ""
    document: float | None = None
    erratum: str | None = None
    beyond: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "unit", self.unit or self.region.effect.unit)

    def why(self, scale):
        """What "not reproduced" says at a scale: one of `KINDS`, with the claim or the words."""
        if self.erratum:
            return {"kind": "document", "claim": self.erratum}
        words = self.beyond.get(scale)
        return {"kind": "scale", "words": words} if words else {"kind": "neither"}

    def judge(self, seeds, redrawn=(), largest=0):
        """Judge the finding on `seeds`, a dictionary of arrays each.

        `redrawn` has the same seeds as other test images could have shown them; up to `largest`
        seeds are thought of for what is still needed. A ValueError says that there is no seed, that
        a number is NaN, or that an exact one depends on the seed.
        """
        values = self._measured(seeds)
        if self.exact:
            if min(values) != max(values):
                raise ValueError(
                    f"exact finding {self.name} must not depend on the seed, got {values}"
                )
            return self._judged(values, values[0], (values[0], values[0]), 0.0)
        error = self._error(values, redrawn)
        value, interval = _widened(*median_interval(values), error)
        judged = self._judged(values, value, interval, error)
        if judged.verdict != OPEN or len(values) < 2:
            return judged
        return judged._replace(needed=self._needed(values, error, largest))

    def contradicted(self, arrays):
        """One seed's arrays changed so that they say something else, which the finding must notice.

        Those of `mutant`, or the arrays with the first change of one of them, of several kinds,
        that takes the number to the other side of the border; ValueError if none does.
        """
        if self.mutant:
            return self.mutant(arrays)
        value = float(self.measure(arrays))
        wanted = NOT if self._answer(value) == REPRODUCED else REPRODUCED
        for name, array in arrays.items():
            if not self._reads(arrays, name, value):
                continue
            for changed in self._changes(array, value):
                other = {**arrays, name: changed}
                with np.errstate(all="ignore"):  # of negative variances and the like
                    moved = float(self.measure(other))
                if math.isfinite(moved) and self._answer(moved) == wanted:
                    return other
        raise ValueError(f"no change of one array contradicts finding {self.name}")

    def _reads(self, arrays, name, value):
        """Whether the number depends on an array."""
        array = arrays[name]
        if not array.ndim or array.dtype.kind != "f":
            return False
        other = array + np.random.default_rng(0).random(array.shape)
        return float(self.measure({**arrays, name: other})) != value

    def _answer(self, value):
        return self.region.answer((value, value))

    def _changes(self, array, value):
        """An array with two methods, places or times exchanged, in other orders, signs and sizes,
        and moved as a whole or at one place."""
        low, high, effect = self.region
        far = 9 * (abs(value) + effect.size + 1)
        ends = np.clip([low, high], -far, far)
        targets = ends.mean(), ends[0] - far, ends[1] + far
        places, rng = [np.s_[...]], np.random.default_rng(0)
        for axis in dict.fromkeys((0, array.ndim - 1)):
            count = array.shape[axis]
            for pair in combinations(range(min(count, _PLACES)), 2):
                order = np.arange(count)
                order[[*pair]] = pair[::-1]
                yield array.take(order, axis)
            yield from (array.take(rng.permutation(count), axis) for _ in range(_PLACES))
            places += [(*np.s_[:,] * axis, i) for i in range(min(count, _PLACES))]
        yield from (array[::-1], array[..., ::-1], -array, 0 * array, 0 * array + 1)
        yield from (array * (target / value) for target in targets if value)
        for place in places:
            for target in targets:
                for change in (target - value, (target - value) / 100):
                    changed = array.astype(float)
                    changed[place] += change
                    yield changed

    def _measured(self, seeds):
        values = tuple(float(self.measure(arrays)) for arrays in seeds)
        if not values:
            raise ValueError(f"finding {self.name} needs at least one seed, got none")
        if any(math.isnan(value) for value in values):
            raise ValueError(f"finding {self.name} measured NaN: {values}")
        return values

    def _error(self, values, redrawn):
        """Standard error of the median over seeds from the choice of the test images."""
        medians = []
        for draw in redrawn:
            measured = self._measured(draw)
            # most findings do not look at the test images at all
            if not medians and measured == values:
                return 0.0
            medians.append(np.median(measured))
        return float(np.std(medians)) if medians else 0.0

    def _needed(self, values, error, largest):
        for seeds in range(len(values) + 1, largest + 1):
            _, interval = _widened(*median_interval(likely(values, seeds)), error)
            if self.region.answer(interval) != OPEN:
                return seeds
        return None

    def _judged(self, values, value, interval, error):
        return Judgement(self, values, value, interval, error, self.region.answer(interval))


def _widened(value, interval, error):
    """An interval of seeds with the independent error of the test images in it."""
    low, high = interval
    return value, (
        value - math.hypot(value - low, _ENDS * error),
        value + math.hypot(high - value, _ENDS * error),
    )


def _json_number(value):
    # JSON has no NaN and no infinity
    return value if math.isfinite(value) else None

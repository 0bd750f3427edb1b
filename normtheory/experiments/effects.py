"""Where a sentence puts a number, the smallest effect that would matter, and the answers.

The effects that several experiments share are declared for what a reader would do with them, and
not from what any run gave.
"""

import math
import re
from typing import NamedTuple

REPRODUCED, NOT, SAME, OPEN = ANSWERS = (
    "reproduced",
    "not reproduced",
    "no difference that matters",
    "open",
)


def counted(number, unit):
    """A number that is written, and its unit: one of it, or several.

    Examples
    --------
    >>> counted("1", "points per sample"), counted("0.5", "octaves"), counted("2", "")
    ('1 point per sample', '0.5 octaves', '2')
    """
    if number.lstrip("-") == "1":
        unit = re.sub(r"s\b", "", unit, count=1)
    return f"{number} {unit}".rstrip()


class Effect(NamedTuple):
    """The smallest effect of interest, and in a sentence why not a smaller one."""

    size: float
    because: str
    unit: str = ""


class Region(NamedTuple):
    """Where a sentence puts a number: between `low` and `high`.

    `effect` counts from the one finite end, the border, where a sentence tells a direction; where
    it tells a number, the region itself is as wide as what does not matter, and `effect.size` 0.
    """

    low: float
    high: float
    effect: Effect

    def answer(self, interval):
        """One of `ANSWERS`, for the values that a run leaves possible."""
        low, high = interval
        border = self.high if math.isinf(self.low) else self.low
        size = self.effect.size
        if size and border - size < low and high < border + size:
            return SAME
        # an interval that ends on a border is on neither side of it, unless the border is a number
        if (self.low <= low and high <= self.high) and not (size and border in interval):
            return REPRODUCED
        return NOT if high < self.low or self.high < low else OPEN


def above(effect, border=0.0):
    """The region of "more than": beyond `border` on the upper side.

    Examples
    --------
    >>> above(Effect(1.0, "a point"), 0.0).answer((0.2, 3.0))
    'reproduced'
    """
    return Region(border, math.inf, _positive(effect))


def below(effect, border=0.0):
    """The region of "less than"."""
    return Region(-math.inf, border, _positive(effect))


def between(low, high, because):
    """The region of a number or a size, whose ends say what is near enough, or large enough."""
    if not low < high:
        raise ValueError(f"region must be (low, high) with low < high, got {(low, high)!r}")
    return Region(float(low), float(high), Effect(0.0, because))


def _positive(effect):
    if not 0 < effect.size < math.inf:
        raise ValueError(f"effect must have a positive size, got {effect.size!r}")
    return effect


POINT = Effect(1.0, "for less than one test image in a hundred nobody changes a network", "points")
HALF_POINT = Effect(0.5, "the papers' tables argue with differences of half a point", "points")
STEP_TIME = Effect(0.05, "a twentieth of a step is within what machines differ by")
LOSS = Effect(0.05, "0.05 nats change the probability of the right class by a twentieth")
KURTOSIS = Effect(0.03, "3 % of the kurtosis, 0.1 where it is 3, moves no histogram visibly")
DISTANCE = Effect(0.08, "a tenth of what a point mass is away from the normal distribution")
OCTAVE = Effect(0.25, "a quarter of an octave of variance is a tenth in scale")
CORRELATION = Effect(0.05, "0.05 of a correlation is not seen in a picture of gradients")
PERCENT = Effect(1.0, "papers on language models argue with a percent of perplexity")
DOUBLING = Effect(1.0, "a search that doubles the rate would not find less than an octave")

"""Templates filled with numbers, of which no two that differ are printed alike."""

import functools
import itertools
import re
from string import Formatter

import numpy as np

PLACE = re.compile(r"\{([a-zA-Z_]\w*)((?:\[\w+\]|\.[a-zA-Z_]\w*)*):([^{}]*)\}")
REFERENCE = re.compile(r"(?:Eqs?\.|Secs?\.|Tables?|Theorem|Fig\.|Alg\.) A?[.\d]+(?:[-–]\d+)?")
_FORMULA = re.compile(r"\$[^$]*\$")
_TYPED = re.compile(r"(?<![\w.^-])\d+(?:\.\d+)?(?!\w)", re.ASCII)
_FORMAT = re.compile(r"(\+?)(?:\.(\d+))?([defg%])")
_ROUNDING = 1e-9


class Words(str):
    """A template filled in, which keeps the `template` and the `numbers` in its places."""

    def __reduce__(self):
        return str, (str(self),)  # what travels is the text


def filled(template, numbers):
    """The template with its ``{name:format}`` places filled; other braces are LaTeX's.

    Examples
    --------
    >>> said = filled("{n:d} of {share:.2f}", {"n": 3, "share": 0.5})
    >>> said, said.numbers
    ('3 of 0.50', {'n': 3, 'share': 0.5})

    Numbers that differ, from each other or from one that is typed, get the digits that show it.

    >>> filled("{a:.2f} against {b:.2f}", {"a": 0.501, "b": 0.5})
    '0.501 against 0.500'
    >>> filled("{a:.2g}, below 3", {"a": 2.998})
    '2.998, below 3'
    """
    places, typed = _parsed(template)
    more = dict.fromkeys(places, 0)
    while True:
        written = {key: _written(place, numbers, more[key]) for key, place in places.items()}
        alike = _alike(places, typed, numbers, written)
        if not alike:
            break
        for key in alike:
            more[key] += 1
    words = Words(PLACE.sub(lambda place: written[place[0]], template))
    words.template = template
    words.numbers = {place[1]: numbers[place[1]] for place in places.values()}
    return words


@functools.cache
def _parsed(template):
    """Its places by their text, and the numbers that are typed outside formulas."""
    bare = _FORMULA.sub("", REFERENCE.sub("", PLACE.sub("", template)))
    return {place[0]: place for place in PLACE.finditer(template)}, _TYPED.findall(bare)


def _written(place, numbers, more=0):
    """A place's text, with so many more digits than its format asks for."""
    name, path, form = place.groups()
    if more:
        sign, digits, kind = _FORMAT.fullmatch(form).groups()
        form = f"{sign}.{int(digits or 6) + more}{kind}"
    text = f"{{{name}{path}:{form}}}".format(**numbers)
    text = re.sub(r"^-(?=0(\.0+)?%?$)", "", text)  # what rounds to zero has no sign
    return text.replace("inf", "∞") if text.strip("+-") == "inf" else text


def _alike(places, typed, numbers, written):
    """The places with a text that another number has, too, which is not the same."""
    shown = [(None, "d", float(text), float(text)) for text in typed]
    for key, place in places.items():
        form = _FORMAT.fullmatch(place[3])
        value = Formatter().get_field(place[1] + place[2], (), numbers)[0]
        if form and np.isfinite(float(value)):
            percent = form[3] == "%"
            size = float(value) * (100 if percent else 1)
            shown.append((key, form[3], size, float(written[key].rstrip("%"))))
    found = set()
    for one, other in itertools.combinations(shown, 2):
        if one[3] == other[3] and _differ(one, other):
            found |= {key for key, kind, *_ in (one, other) if kind != "d"}
    return found


def _differ(one, other):
    sizes = one[2], other[2]
    least = 1 if {one[1], other[1]} & {"f", "%"} else 0  # fixed digits end somewhere
    return abs(sizes[0] - sizes[1]) > _ROUNDING * max(least, *map(abs, sizes))

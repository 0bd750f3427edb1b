"""Where words stand in a panel: labels beside their marks, a legend where it covers none of them,
and a word for a panel that shows nothing. All in CSS pixels, from the picture's upper left corner.

`explorers/places.js` says the same for the browser.
"""

import functools
from typing import NamedTuple

import numpy as np

LINE = 19.0  # that a line of words takes, so that two never overlap
RISE = 13.0  # of its letters above their baseline
_STEPS = (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6)  # in lines, up first
_STRAY = 10.0  # a label may stand so far from where its curve is seen
_FAR = 1e6
GAP, PAD, SWATCH = 6.0, 4.0, 22.0
_GRID = (0, 0.25, 0.5, 0.75, 1)
# a legend's place by matplotlib's name, in shares of the room that it leaves, from the upper left
_SHARES = {"left": 0, "center": 0.5, "right": 1, "upper": 0, "lower": 1}
NOTHING, BEYOND = "no values here", "all beyond these axes"
_LINES = ("VLine", "HLine")
_SIDE = {"left": 0.0, "center": 0.5, "right": 1.0}


class Place(NamedTuple):
    """A label: its text and colour, and where its baseline begins."""

    label: str
    color: str
    x: float
    y: float


class Legend(NamedTuple):
    """Its upper left corner and size, and the layers that it names, a line each."""

    x: float
    y: float
    width: float
    height: float
    layers: tuple


class Map:
    """From a panel's data to pixels, its axes being the box ``left, top, width, height``."""

    def __init__(self, panel, box):
        self.left, self.top, width, height = box
        self.right, self.bottom = self.left + width, self.top + height
        self.x = functools.partial(_along, panel.xlim, panel.xscale, self.left, self.right)
        self.y = functools.partial(_along, panel.ylim, panel.yscale, self.bottom, self.top)
        self.box = (self.left, self.top, self.right, self.bottom)


def _along(ends, scale, first, last, values):
    with np.errstate(all="ignore"):
        low, high, at = (np.log10(v) if scale == "log" else np.array(v) for v in (*ends, values))
        # a log axis sends zero to infinity: far away is as good
        return np.clip(first + (at - low) / (high - low) * (last - first), -_FAR, _FAR)


def outline(layer, map):
    """The pixels of what a layer draws, in order, and whether lines join them."""
    match type(layer).__name__:
        case "Text":
            return map.x(layer.x[:1]), map.y(layer.y[:1]), False
        case "Points":
            return map.x(layer.x), map.y(layer.y), False
        case "VLine":
            return _across(map.x(layer.x), map.bottom, map.top)
        case "HLine":
            y, x, joined = _across(map.y(layer.y), map.left, map.right)
            return x, y, joined
        case "Bars":
            tops = np.where(layer.heights == 0, np.nan, layer.heights)  # no bar, no mark
            return map.x(np.repeat(layer.edges, 2)[1:-1]), map.y(np.repeat(tops, 2)), True
        case "Band":
            gap = [np.nan]
            x = map.x(np.concatenate([layer.x, gap, layer.x]))
            return x, map.y(np.concatenate([layer.high, gap, layer.low])), True
    return map.x(layer.x), map.y(layer.y), True


def _across(at, first, last):
    """Parallel lines from one side of a panel to the other."""
    gap = np.full(len(at), np.nan)
    ends = np.tile([first, last, np.nan], len(at))
    return np.column_stack([at, at, gap]).ravel(), ends, True


def meets(traced, box):
    """Whether what is traced touches the box ``left, top, right, bottom``."""
    x, y, joined = traced
    left, top, right, bottom = box
    if ((x >= left) & (x <= right) & (y >= top) & (y <= bottom)).any():
        return True
    if not joined or len(x) < 2:
        return False
    # a line is in the box for shares of its length between `enter` and `leave`
    enter, leave = np.zeros(len(x) - 1), np.ones(len(x) - 1)
    with np.errstate(all="ignore"):
        for at, low, high in ((x, left, right), (y, top, bottom)):
            step = np.diff(at)
            ends = np.sort([(low - at[:-1]) / step, (high - at[:-1]) / step], axis=0)
            inside = (at[:-1] >= low) & (at[:-1] <= high)
            # a line along the box's side is between its ends everywhere or nowhere
            ends = np.where(step == 0, np.where(inside, [[-np.inf], [np.inf]], np.nan), ends)
            enter, leave = np.maximum(enter, ends[0]), np.minimum(leave, ends[1])
        return bool((enter <= leave).any())


def labels(panel, map, width):
    """Where the direct labels of a panel stand: none covers another, and what is not seen has none.
    `width` is that of a text in pixels."""
    taken, found = [], []
    for layer in panel.layers:
        if not layer.label or not meets(outline(layer, map), map.box):
            continue
        x, y, side = _anchor(layer, map)
        wide = width(layer.label)
        start = x - _SIDE[side] * wide
        start = min(max(start, map.left + 2), max(map.right - wide, map.left + 2))
        y = max(min(y, map.bottom - 4), map.top + RISE)
        # by whole lines, up first, and else as near as others leave room
        others = sorted((at + way * LINE for *_, at in taken for way in (-1, 1)), key=_from(y))
        for place in (*(y - step * LINE for step in _STEPS), *others):
            inside = map.top + RISE <= place <= map.bottom
            clear = all(
                place <= other - LINE
                or place >= other + LINE
                or start >= last
                or start + wide <= first
                for first, last, other in taken
            )
            if inside and clear:
                y = place
                break
        taken.append((start, start + wide, y))
        found.append(Place(layer.label, layer.color, start, y))
    return found


def _from(place):
    return lambda other: abs(other - place)


def _anchor(layer, map):
    """Where a layer's label would like to sit: its baseline's x and y, and which side is there."""
    kind = type(layer).__name__
    middle = (map.left + map.right) / 2
    x, y, _ = outline(layer, map)
    seen = (x >= map.left) & (x <= map.right) & (y >= map.top) & (y <= map.bottom)
    first = int(np.argmax(seen))
    if kind == "Text":
        return x[0], y[0], layer.align
    if kind == "Points":
        return (
            (x[first] + 8, y[first] + 4, "left")
            if x[first] < middle
            else (x[first] - 8, y[first] + 4, "right")
        )
    if kind == "VLine":
        # at the top, on the side that has room
        at, top = x[first], map.top + RISE
        return (at + 5, top, "left") if at < middle else (at - 5, top, "right")
    at = map.left + layer.label_at * (map.right - map.left)
    side = "left" if layer.label_at < 0.15 else "right" if layer.label_at > 0.85 else "center"
    if kind == "HLine":
        return at, y[first] - 5, side
    if kind == "Bars":
        x, y = map.x((layer.edges[1:] + layer.edges[:-1]) / 2), map.y(layer.heights)
    if kind == "Band":
        x, y = x[: len(layer.x)], y[: len(layer.x)]
    held = np.isfinite(x) & np.isfinite(y)
    seen = held & (x >= map.left) & (x <= map.right) & (y >= map.top) & (y <= map.bottom)
    near = np.where(seen if seen.any() else held, abs(x - at), np.inf)
    nearest = int(np.argmin(near))
    if seen.any() and near[nearest] > _STRAY:
        at = x[nearest]
        share = (at - map.left) / (map.right - map.left)
        side = "left" if share < 0.15 else "right" if share > 0.85 else "center"
    return at, y[nearest] - 6, side


def legend(panel, map, width):
    """Where the legend of a panel stands: near the place that the panel wants, and on nothing; None
    where there is no room for it: then labels stand beside their marks."""
    traced = [(layer, outline(layer, map)) for layer in panel.layers]
    traced = [(layer, each) for layer, each in traced if meets(each, map.box)]
    named = tuple(layer for layer, _ in traced if layer.label and type(layer).__name__ != "Text")
    if not named:
        return None
    wide = max(width(layer.label) for layer in named) + SWATCH + GAP + 2 * PAD
    high = LINE * len(named) + PAD
    room = (map.right - map.left - wide - 2 * GAP, map.bottom - map.top - high - 2 * GAP)
    if min(room) < 0:
        return None
    words = panel.legend.split()
    across, down = _SHARES[words[-1]], _SHARES[words[0]]
    shares = sorted(
        ((u, v) for v in _GRID for u in _GRID),
        key=lambda share: (share[0] - across) ** 2 + (share[1] - down) ** 2,
    )
    for u, v in shares:
        x, y = map.left + GAP + u * room[0], map.top + GAP + v * room[1]
        box = (x - PAD, y - PAD, x + wide + PAD, y + high + PAD)
        if not any(meets(each, box) for layer, each in traced if not _reference(layer)):
            return Legend(x, y, wide, high, named)
    return None


def _reference(layer):
    return type(layer).__name__ in _LINES and not layer.label


def silence(panel, map):
    """What is said in the middle of a panel that shows nothing; empty where it shows something."""
    drawn = [layer for layer in panel.layers if type(layer).__name__ not in _LINES]
    traced = [outline(layer, map) for layer in drawn]
    if not drawn or any(meets(each, map.box) for each in traced):
        return ""
    held = any((np.isfinite(x) & np.isfinite(y)).any() for x, y, _ in traced)
    return BEYOND if held else NOTHING

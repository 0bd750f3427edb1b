"""What is wrong with the words of a picture: those that cover others or a curve, that leave their
panel, that name what is not there, and panels that show nothing and do not say so.

It knows where words stand by their boxes alone, whoever drew them.
"""

import itertools

import numpy as np
from matplotlib.path import Path
from matplotlib.transforms import Bbox

SLACK = 1.5  # pixels: what two renderings of one font may differ by
SAID = {"no values here", "all beyond these axes"}


def settings(explorer, count, seed=0):
    """Its presets and so many settings drawn at random."""
    rng = np.random.default_rng(seed)
    drawn = [{p.name: p.draw(rng) for p in explorer.parameters.values()} for _ in range(count)]
    return [*explorer.presets.values(), *drawn]


def wrong(panel, axes, words, legend):
    """What is wrong with a panel's words, in words.

    Parameters
    ----------
    panel : Panel
    axes : tuple of float
        Left, top, right and bottom of its axes in pixels, as all boxes here.
    words : list of (str, tuple)
        Each text with its box.
    legend : tuple or None
        The legend's box.
    """
    found = []
    for (one, a), (other, b) in itertools.combinations(words, 2):
        if _overlap(a, b):
            found.append(f"{one!r} covers {other!r}")
    for text, (left, top, right, bottom) in [*words, *([("legend", legend)] if legend else [])]:
        # a line's descenders may reach below the lowest one
        if min(left - axes[0], top - axes[1], axes[2] - right, axes[3] - bottom + 6) < -SLACK:
            found.append(f"{text!r} leaves its panel")
    seen = [layer for layer in panel.layers if _touches(layer, panel, axes, axes)]
    for layer in seen if legend else ():
        marks = type(layer).__name__ in ("VLine", "HLine") and not layer.label
        if not marks and _touches(layer, panel, axes, legend):
            found.append(f"the legend covers {layer.label or type(layer).__name__!r}")
    texts, here = [text for text, _ in words], {layer.label for layer in seen}
    found += [f"{t!r} names what is not there" for t in texts if t not in here | SAID]
    empty = not any(type(layer).__name__ not in ("VLine", "HLine") for layer in seen)
    if panel.layers and empty and not SAID & set(texts):
        lines = all(type(layer).__name__ in ("VLine", "HLine") for layer in panel.layers)
        found += [] if lines else ["the panel shows nothing and says nothing"]
    if not legend:
        found += [f"{label!r} has no label" for label in here - {""} if label not in texts]
    return found


def _overlap(a, b):
    return (
        min(a[2], b[2]) - max(a[0], b[0]) > SLACK and min(a[3], b[3]) - max(a[1], b[1]) > 2 * SLACK
    )


def _touches(layer, panel, axes, box):
    """Whether what a layer draws is in a box, as matplotlib finds it."""

    def along(values, ends, scale, first, last):
        with np.errstate(all="ignore"):
            low, high, at = (np.log(v) if scale == "log" else np.array(v) for v in (*ends, values))
        return np.clip(first + (at - low) / (high - low) * (last - first), -1e6, 1e6)

    kind, inner = type(layer).__name__, Bbox([box[:2], box[2:]])
    lines = []
    if kind == "VLine":
        lines = [((x, x), panel.ylim) for x in layer.x]
    elif kind == "HLine":
        lines = [(panel.xlim, (y, y)) for y in layer.y]
    elif kind == "Bars":
        tops = np.where(layer.heights == 0, np.nan, layer.heights)
        lines = [(np.repeat(layer.edges, 2)[1:-1], np.repeat(tops, 2))]
    elif kind == "Band":
        lines = [(layer.x, layer.low), (layer.x, layer.high)]
    else:
        lines = [(layer.x, layer.y)]
    for x, y in lines:
        points = np.column_stack(
            [
                along(x, panel.xlim, panel.xscale, axes[0], axes[2]),
                along(y, panel.ylim, panel.yscale, axes[3], axes[1]),
            ]
        )
        inside = ((points >= box[:2]) & (points <= box[2:])).all(axis=1)
        if inside.any():
            return True
        if kind in ("Text", "Points"):
            continue
        gaps = np.flatnonzero(~np.isfinite(points).all(axis=1))
        for run in np.split(points, np.union1d(gaps, gaps + 1)):
            whole = len(run) > 1 and np.isfinite(run).all()
            if whole and Path(run).intersects_bbox(inner, filled=False):
                return True
    return False

"""The parts of an explorer's picture: taken apart, equal or not, in between, and how far off."""

import json

import numpy as np

from normtheory.claims.badge import Standing
from normtheory.explorers import wire

UNSURE = Standing(
    "undecided", "this page holds settings on both sides where the claim stands apart"
)


def taken_apart(explorer, values):
    """The parts of a picture by name: float arrays, numbers, and words as tuples.

    An array is named as in `Scene.arrays`; the picture's sentence is ``text``, a claim's ``claim0``
    and so on, and ``text.mu`` is its number `mu`, unless it is a slider's value.
    """
    scene = explorer.scene(**values)
    panels = [
        [{**layer.look(), "arrays": layer.array_names()} for layer in panel.layers]
        for panel in scene.panels
    ]
    parts = {"axes": (wire.key(scene),), "look": (json.dumps(panels),), **scene.arrays()}
    told = {"text": ("", scene.text)}
    told |= {f"claim{k}": each[1:] for k, each in enumerate(explorer.standings(**values))}
    for name, (state, words) in told.items():
        parts[name] = (state, getattr(words, "template", words))
        for key, number in getattr(words, "numbers", {}).items():
            if key not in explorer.parameters:
                word = isinstance(number, str) or number is None
                parts[f"{name}.{key}"] = (number,) if word else number
    return scene, parts


def mark(part):
    """What is equal for equal parts, NaN's among them, and soon compared."""
    if isinstance(part, np.ndarray):
        # one zero and one NaN of all that there are
        return np.where(np.isnan(part), np.nan, part + 0.0).tobytes()
    return "nan" if part != part else part


def interpolated(entries, corners, lines, log):
    """The part between some of its entries (`Table.weights`); what is not finite counts nothing."""
    first = entries[max(corners, key=lambda each: each[1])[0]]
    if isinstance(next((each for each in entries if each is not None), None), tuple):
        around = [entries[k] for k, _ in corners]
        states = {each[0] for each in around if each and len(each) == 2}
        return first if len(states) < 2 else tuple(UNSURE)
    like = {k: np.atleast_1d(entries[k]) for k, _ in (*corners, *lines) if entries[k] is not None}
    first = np.atleast_1d(np.nan if first is None else first).astype(float)
    like = {k: v for k, v in like.items() if len(v) == len(first)}
    scale, back = (np.log, np.exp) if log else (np.array, np.array)
    with np.errstate(all="ignore"):
        scaled = {k: scale(v.astype(float)) for k, v in like.items()}
        grid = [(scaled[k], w) for k, w in corners if k in scaled]
        total = sum((v * w for v, w in grid), np.zeros(len(first))) / sum(w for _, w in grid)
        found = total
        if all(k in scaled for k, _ in lines):
            found = sum((scaled[k] * w for k, w in lines), total)
        shares = sum((np.isfinite(v) * w for v, w in grid), np.zeros(len(first)))
        some = sum((np.where(np.isfinite(v), v, 0) * w for v, w in grid), np.zeros(len(first)))
        found = back(np.where(np.isfinite(found), found, some / shares))
        return np.where(np.isfinite(scale(first)), found, first)


def off(found, true, ends, log):
    """Mean distance of two arrays in shares of an axis, beyond whose ends nothing is drawn. One of
    another length is stretched to the true one's."""
    if len(found) != len(true) and len(found) and len(true):
        places = (np.linspace(0, 1, len(array)) for array in (true, found))
        found = np.interp(*places, found)
    scale = np.log if log else np.array
    with np.errstate(all="ignore"):
        low, high = (scale(end) for end in ends)
        one, other = (np.clip((scale(v) - low) / (high - low), 0, 1) for v in (found, true))
    far = np.where(np.isnan(one) & np.isnan(other), 0, np.nan_to_num(np.abs(one - other), nan=1.0))
    return float(np.mean(far)) if len(far) else 0.0

"""PER in one dimension beside the losses that the document compares it with."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, Panel, Points, VLine
from normtheory.theory.error_function_loss import (
    DELTA_CURVATURE,
    DELTA_OFFSET,
    best_matching_delta,
    huber,
    pseudo_huber,
    pseudo_huber_gap,
    shifted_error,
)

GRID = np.linspace(-6, 6, 241)


def _power(x, p):
    """|x|^p and its slope, which for p < 1 grows without bound at 0."""
    size = np.abs(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.sign(x) * p * size ** (p - 1)
    return size**p, np.where(size > 0, slope, np.nan)


@explorer(
    "PER and the Pseudo-Huber loss in one dimension",
    "per.pseudo-huber per.sensitivity",
    text="At x = {x:.3g} and δ = {delta:.3g} PER is {value:.3f} with slope {slope:.3f}, "
    "Pseudo-Huber {other_value:.3f} with slope {other_slope:.3f}; over all x they differ by at "
    "most {most:.3f}, their slopes by {steepest:.3f}.",
    size=(920, 350),
    presets={
        "same curvature at 0": {"delta": DELTA_CURVATURE},
        "same offset far away": {"delta": DELTA_OFFSET},
        "closest slopes": {"delta": best_matching_delta(gradient=True)[0]},
        "p = 2": {"p": 2.0},
    },
)
def pseudo_huber_loss(x, delta, p):
    """Shifted PER, the Pseudo-Huber loss of scale delta, Huber and |x|^p: values, slopes, gap."""
    losses = {
        "PER": (*shifted_error(GRID, gradient=True), "green", "-"),
        "Pseudo-Huber": (*pseudo_huber(GRID, delta, gradient=True), "purple", "--"),
        "Huber": (*huber(GRID, gradient=True), "vermilion", ":"),
        "$|x|^p$": (*_power(GRID, p), "grey", "-."),
    }
    here = shifted_error(x, gradient=True)
    there = pseudo_huber(x, delta, gradient=True)
    worst = pseudo_huber_gap(delta), pseudo_huber_gap(delta, gradient=True)
    names = ("value", "slope", "other_value", "other_slope", "most", "steepest")
    numbers = dict(zip(names, map(float, (*here, *there, *worst)), strict=True))
    values = [
        Curve(GRID, value, color=color, dash=dash, label=name)
        for name, (value, _, color, dash) in losses.items()
    ]
    slopes = [Curve(GRID, s, color=color, dash=dash) for _, s, color, dash in losses.values()]
    both = (losses["PER"], losses["Pseudo-Huber"])
    gaps = [
        Curve(GRID, both[1][0] - both[0][0], color="blue", label="values"),
        Curve(GRID, both[1][1] - both[0][1], color="vermilion", dash="--", label="slopes"),
    ]
    panels = (
        _panel("loss", "value", (0, 9), values, "upper center", here[0], x),
        _panel("slope", "slope", (-2, 2), slopes, "", here[1], x),
        _panel("Pseudo-Huber less PER", "difference", (-0.6, 0.6), gaps, "upper center", None, x),
    )
    return panels, numbers


def _panel(title, ylabel, ylim, curves, legend, height, x):
    marks = [VLine([x], dash=":", width=1.2)]
    if height is not None:
        marks.append(Points([x], [height], color="green", size=7, drag={"x": "x"}))
    return Panel.of(title, ("$x$", -6, 6), (ylabel, *ylim), *marks, *curves, legend=legend)

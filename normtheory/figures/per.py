"""Drawings for the PER paper: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, draw_reference, label_lines
from normtheory.figures.style import INKS, METHODS

_STATISTICS = (
    ("standardization", *METHODS["standardization"]),
    ("whitening", INKS["blue"], "--"),
    ("PER", *METHODS["PER"]),
    ("sliced W1", INKS["black"], ":"),
)
_FLOWS = (("sliced W1", INKS["black"]), ("PER", METHODS["PER"][0]))
_CURVES = (
    ("PER", *METHODS["PER"]),
    ("Huber", INKS["orange"], ":"),
    ("Pseudo-Huber", INKS["purple"], "--"),
)


def draw_laws(figure, arrays, document):
    """The four distributions as clouds, below them what each statistic sees of (b), (c) and (d)."""
    grid = figure.add_gridspec(2, 4, height_ratios=(1, 1.15))
    axes = [figure.add_subplot(grid[0, column]) for column in range(4)]
    names = ("(a) N(0, I)", "(b) correlated", "(c) skewed", "(d) bimodal")
    for index, (axis, name) in enumerate(zip(axes, names, strict=True)):
        axis.plot(*arrays["points"][0, index].T, ".", color=INKS["blue"], ms=3, alpha=0.5, mew=0)
        axis.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        axis.set_title(name)
        axis.set_xlabel("x")
        axis.set_aspect("equal")
    axes[0].set_ylabel("y")
    axis = figure.add_subplot(grid[1, :])
    laws = np.arange(3)
    # nothing seen would have no place on a logarithmic axis
    seen = np.maximum(arrays["seen"], 1e-4)
    ends = [
        draw_band(axis, laws, seen[:, row], ink, dash, marker="o", ms=5)
        for row, (_, ink, dash) in enumerate(_STATISTICS)
    ]
    draw_reference(axis, 1, laws)
    axis.text(1.04, 0.9, "x stretched by a tenth", color=INKS["grey"], fontsize=9, va="top")
    axis.set_yscale("log")
    axis.set_xlim(-0.2, 2.6)
    axis.set_xticks(laws, names[1:])
    axis.set_ylabel("seen, against (a)")
    labels, inks, _ = zip(*_STATISTICS, strict=True)
    label_lines(axis, 2.06, ends, labels, inks, fontsize=10)


def draw_flow(figure, arrays, document):
    """The first seed's cloud at four steps of both flows, and the statistics through them."""
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.5, 1))
    at = arrays["at"][0]
    clouds = top.subplots(2, len(at), sharex=True, sharey=True)
    circle = np.linspace(0, 2 * np.pi, 100)
    for row, (name, ink) in enumerate(_FLOWS):
        for column, step in enumerate(at):
            axis = clouds[row, column]
            for radius in (1, 2):
                ring = radius * np.cos(circle), radius * np.sin(circle)
                axis.plot(*ring, color=INKS["grey"], lw=0.8, alpha=0.7)
            points = arrays["frames"][0, row, column]
            axis.plot(*points.T, ".", color=ink, ms=3, alpha=0.6, mew=0)
            axis.set(xlim=(-4.2, 4.2), ylim=(-4.2, 4.2), xticks=[-3, 0, 3], yticks=[-3, 0, 3])
            axis.set_aspect("equal")
            if row == 0:
                axis.set_title(f"step {step}")
        clouds[row, 0].set_ylabel(name, color=ink)
    panels = bottom.subplots(1, 3)
    steps = np.arange(arrays["mean"].shape[2])
    for axis, name, label, target in (
        (panels[0], "mean", "norm of the mean", 0.0),
        (panels[1], "variance", "variance", 1.0),
        (panels[2], "distance", "sliced W1 to N(0, I)", 0.0),
    ):
        values = np.moveaxis(arrays[name], 1, 0)
        ends = [
            draw_band(axis, steps, each, ink) for each, (_, ink) in zip(values, _FLOWS, strict=True)
        ]
        draw_reference(axis, target, steps)
        axis.set_xlim(0, steps[-1] * 1.45)
        axis.set_xticks([0, steps[-1] // 2, steps[-1]])
        labels, inks = zip(*_FLOWS, strict=True)
        label_lines(axis, steps[-1] * 1.03, ends, labels, inks, gap=None, fontsize=9)
        axis.set_xlabel("step")
        axis.set_ylabel(label)


def draw_curves(figure, arrays, document):
    """Values and derivatives of the three losses."""
    axes = figure.subplots(1, 2)
    x = arrays["x"][0]
    for axis, name in zip(axes, ("value", "gradient"), strict=True):
        ends = []
        for row, (_, ink, dash) in enumerate(_CURVES):
            axis.plot(x, arrays[name][0, row], dash, color=ink)
            ends.append(arrays[name][0, row, -1])
        axis.set_xlim(x[0], x[-1] * 1.75)
        axis.set_xticks(np.arange(-4, 5, 2))
        labels, inks, _ = zip(*_CURVES, strict=True)
        label_lines(axis, x[-1] * 1.04, ends, labels, inks, fontsize=10)
        axis.set_xlabel("x")
        axis.set_ylabel(name)

"""Drawing for the comparison of all systems: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, draw_reference, label_lines
from normtheory.figures.style import INKS, METHODS

# the rows of the arrays: all methods of the style but GN, which needs channels
_NAMES = tuple(name for name in METHODS if name != "GN")


def draw_side_by_side(figure, arrays, document):
    """Accuracy and cost of each system, one dot a seed; kurtosis and distance by layer at the end,
    medians with the interquartile range."""
    axes = figure.subplots(1, 4, width_ratios=(1.1, 1, 1.5, 1.5))
    for axis, values, label in (
        (axes[0], 100 * arrays["accuracy"][:, :, -1], "test accuracy (%)"),
        (axes[1], arrays["cost"], "step time, none = 1"),
    ):
        for row, name in enumerate(_NAMES):
            ink, _ = METHODS[name]
            dots = values[:, row]
            axis.plot(dots, np.full(len(dots), row), ".", color=ink, ms=6, alpha=0.6, mew=0)
            axis.plot([np.median(dots)] * 2, [row - 0.3, row + 0.3], color=ink)
        axis.set_xlabel(label, fontsize=10)
        axis.set_ylim(len(_NAMES) - 0.5, -0.5)
    axes[0].set_yticks(range(len(_NAMES)), _NAMES)
    axes[1].set_yticks([])
    axes[1].set_xlim(left=0)
    axes[1].axvline(1, color=INKS["grey"], lw=1, ls=":")
    layers = np.arange(1, arrays["kurtosis"].shape[2] + 1)
    for axis, quantity, label, target in (
        (axes[2], "kurtosis", "kurtosis, median unit", 3.0),
        (axes[3], "distance", "sliced $W_1$ to N(0, I)", None),
    ):
        ends = []
        for row, name in enumerate(_NAMES):
            ink, dash = METHODS[name]
            found = arrays[quantity][:, row, :, -1]
            ends.append(draw_band(axis, layers, found, ink, dash, alpha=0.15))
        if target is not None:
            draw_reference(axis, target, layers, ls=":")
        axis.margins(y=0.1)
        axis.set_xlim(1, layers[-1] * 1.55)
        axis.set_xticks(layers)
        inks = [METHODS[name][0] for name in _NAMES]
        low, high = axis.get_ylim()
        place = layers[-1] * 1.03
        label_lines(axis, place, ends, _NAMES, inks, gap=0.055 * (high - low), fontsize=8.5)
        axis.set_xlabel("layer")
        axis.set_ylabel(label)

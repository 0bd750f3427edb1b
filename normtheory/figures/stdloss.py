"""Drawings for the standardization loss paper: arrays in, matplotlib axes out.

Spread is mean and standard deviation over runs, as the paper draws it.
"""

import numpy as np

from normtheory.figures.labels import label_lines
from normtheory.figures.style import INKS, METHODS

_NAMES = ("none", "BN", "standardization")
_LABELS = ("baseline", "BN", "standardization loss")


def draw_training(figure, arrays, document):
    """Cross entropy and accuracy by step, with the paper's final accuracies as crosses."""
    axes = figure.subplots(1, 2)
    step = arrays["step"][0]
    inks = [METHODS[name][0] for name in _NAMES]
    for axis, name, scale in ((axes[0], "test", 1), (axes[1], "accuracy", 100)):
        ends = [
            _draw_band(axis, step, scale * arrays[name][:, row], ink)
            for row, ink in enumerate(inks)
        ]
        axis.set_xlim(0, step[-1] * 1.5)
        axis.set_xticks(np.linspace(0, step[-1], 5))
        if name == "accuracy":
            axis.set_ylim(0, 100)
        label_lines(axis, step[-1] * 1.06, ends, _LABELS, inks, fontsize=10)
        axis.set_xlabel("step")
    axes[0].set_ylabel("test cross entropy (nats)")
    axes[1].set_ylabel("test accuracy (%)")
    for name, ink in zip(_NAMES, inks, strict=True):
        if name in document:
            middle, spread = document[name]
            axes[1].errorbar(
                step[-1] * 1.02, middle, yerr=spread, fmt="x", color=ink, ms=8, mew=2, capsize=3
            )
    if document:
        axes[1].set_title("crosses: the paper's", fontsize=10)


def draw_weights(figure, arrays, document):
    """Accuracy against cross entropy along training, and accuracy by weight of the loss."""
    left, right = figure.subplots(1, 2)
    for row, (name, label) in enumerate(zip(_NAMES, _LABELS, strict=True)):
        ink = METHODS[name][0]
        entropy, accuracy = arrays["test"][:, row].ravel(), 100 * arrays["accuracy"][:, row].ravel()
        left.plot(entropy, accuracy, ".", color=ink, ms=4, alpha=0.6, mew=0)
        best = np.argmin(entropy)
        left.text(
            entropy[best], accuracy[best] + 2, label, color=ink, fontsize=10, ha="left", va="bottom"
        )
    left.set(xlabel="test cross entropy (nats)", ylabel="test accuracy (%)", ylim=(0, 100))
    left.set_xlim(right=2.5)
    weight = arrays["weight"][0]
    _draw_band(right, weight, 100 * arrays["swept"], METHODS["standardization"][0])
    for row, name, label in ((0, "none", "baseline"), (1, "BN", "BN")):
        middle = 100 * arrays["final"][:, row].mean()
        ink = METHODS[name][0]
        right.plot(weight[[0, -1]], [middle, middle], color=ink, lw=1.5, ls=(0, (4, 2)))
        right.text(weight[-1] * 1.2, middle, label, color=ink, fontsize=10, va="center")
    right.set_xscale("log")
    right.set_xlim(weight[0] / 1.5, weight[-1] * 15)
    right.set_xticks(weight)
    right.set(xlabel="weight of the standardization loss", ylim=(0, 100))
    right.set_ylabel("test accuracy (%)")
    right.axhline(10, color=INKS["grey"], lw=1, ls=":", zorder=0)
    right.text(weight[0], 10, "guessing", color=INKS["grey"], fontsize=9, va="bottom")


def _draw_band(axis, x, curves, ink):
    middle, spread = curves.mean(0), curves.std(0, ddof=1) if len(curves) > 1 else 0
    axis.fill_between(x, middle - spread, middle + spread, color=ink, alpha=0.2, lw=0)
    axis.plot(x, middle, color=ink)
    return middle[-1]


def draw_batch_sizes(figure, arrays, document):
    """Median test accuracy by batch size with interquartile bands and every seed's dot."""
    axes = figure.subplots()
    size, names = arrays["size"][0], ("BN", "GN", "standardization")
    ends, inks = [], [METHODS[name][0] for name in names]
    for row, name in enumerate(names):
        ink, dash = METHODS[name]
        values = 100 * arrays["accuracy"][:, row]
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
        axes.fill_between(size, low, high, color=ink, alpha=0.2, lw=0)
        axes.plot(size, middle, dash, color=ink)
        axes.plot(size, values.T, ".", color=ink, ms=5, alpha=0.6, mew=0)
        ends.append(middle[-1])
    axes.set_xscale("log", base=2)
    axes.set_xticks(size, [str(each) for each in size])
    axes.set_xlim(size[0] / 1.3, size[-1] * 8)
    label_lines(axes, size[-1] * 1.2, ends, ("BN", "GN", "standardization"), inks, fontsize=10)
    axes.set_xlabel("batch size")
    axes.set_ylabel("test accuracy (%)")

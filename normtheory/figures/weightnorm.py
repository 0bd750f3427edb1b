"""Drawing for the note on weight normalization: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, label_lines
from normtheory.figures.style import INKS, METHODS

LOOKS = (
    ("none", *METHODS["none"]),
    ("BN", *METHODS["BN"]),
    ("WN", INKS["grey"], ":"),
    ("WN, data start", INKS["grey"], "--"),
    ("WN, start, mean-only BN", INKS["grey"], "-"),
    ("none, data start", METHODS["none"][0], "--"),
)
_TICKS = ("none", "BN", "WN", "WN, data start", "mean-only BN", "none, data start")


def draw_training(figure, arrays, document):
    """Training loss by step on the left; test accuracy and time of a step, one dot a seed."""
    axes = figure.subplots(1, 3, width_ratios=(2, 1, 1))
    step, ends = arrays["step"][0], []
    # the last one is a control that not every run has
    methods = LOOKS[: arrays["loss"].shape[1]]
    for row, (_, ink, dash) in enumerate(methods):
        ends.append(draw_band(axes[0], step, arrays["loss"][:, row], ink, dash))
    axes[0].set_yscale("log")
    axes[0].set_xlim(0, step[-1] * 1.8)
    axes[0].set_xticks([0, step[-1] // 2, step[-1]])
    names, inks, _ = zip(*methods, strict=True)
    label_lines(axes[0], step[-1] * 1.03, ends, names, inks, fontsize=9)
    axes[0].set_xlabel("step")
    axes[0].set_ylabel("training loss (nats)")
    for axis, name, scale, label in (
        (axes[1], "final", 100, "test accuracy (%)"),
        (axes[2], "milliseconds", 1, "time of a step (ms)"),
    ):
        for row, (_, ink, _) in enumerate(methods):
            values = scale * arrays[name][:, row]
            axis.plot(np.full(len(values), row), values, ".", color=ink, ms=5, alpha=0.6, mew=0)
            axis.plot([row - 0.3, row + 0.3], [np.median(values)] * 2, color=ink)
        slant = {"rotation": 60, "ha": "right", "rotation_mode": "anchor", "fontsize": 9}
        axis.set_xticks(range(len(methods)), _TICKS[: len(methods)], **slant)
        axis.set_ylabel(label)
    axes[2].set_ylim(bottom=0)
    stated = document["BN over WN"] * np.median(arrays["milliseconds"][:, 2])
    axes[2].plot(1, stated, "x", color=INKS["black"], ms=8, mew=2)
    axes[2].text(1.25, stated, "note", fontsize=9, va="center")

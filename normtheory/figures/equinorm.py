"""Drawings for the EquiNorm paper: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import label_lines
from normtheory.figures.style import INKS, METHODS


def draw_balance(figure, arrays, document):
    """The first seed's image, raw and balanced kernel as tables, and the totals by epoch of all
    seeds beside the document's."""
    tables, totals = figure.subfigures(1, 2, width_ratios=(1.5, 1))
    axes = tables.subplots(1, 3)
    for axis, name, title in zip(
        axes, ("image", "kernel", "balanced"), ("image", "kernel", "EquiNorm kernel"), strict=True
    ):
        values = arrays[name][0]
        reach = np.abs(values).max()
        axis.imshow(values, cmap="PuOr_r", vmin=-1.6 * reach, vmax=1.6 * reach)
        for (row, column), value in np.ndenumerate(values):
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=10)
        axis.set_title(title)
        axis.set(xticks=[], yticks=[])
    axis = totals.subplots()
    epochs = np.arange(arrays["raw"].shape[1])
    for name, ink, width in (
        ("raw", INKS["grey"], 0.8),
        ("normalized", METHODS["EquiNorm"][0], 2.0),
    ):
        for part in (0, 1):
            curves = arrays[name][:, :, part].T
            axis.plot(epochs, curves, color=ink, lw=width, alpha=0.35 if name == "raw" else 1)
    total = document["total"]
    axis.plot([0, 0], [total, -total], "x", color=INKS["black"], ms=9, mew=2, zorder=5)
    axis.text(epochs[-1] * 1.03, total, "EquiNorm", color=METHODS["EquiNorm"][0], va="center")
    axis.text(epochs[-1] * 1.03, 3 * total, "raw weights", color=INKS["grey"], va="center")
    axis.text(0.7, total, "paper: ±9", fontsize=9, va="bottom")
    axis.set_xlim(-0.5, epochs[-1] * 1.6)
    axis.set_xticks([0, 5, 10, 15])
    axis.set_xlabel("epoch")
    axis.set_ylabel("total contribution")


def draw_losses(figure, arrays, document):
    """Train and test loss by epoch: medians with interquartile bands."""
    axes = figure.subplots(1, 2)
    styles = [METHODS[name] for name in ("BN", "GN", "EquiNorm")]
    for axis, name in zip(axes, ("train", "test"), strict=True):
        _draw_methods(axis, arrays[name], ("BN", "GN", "EquiNorm"), styles, log=True)
        axis.set_ylabel(f"{name} loss (nats)")


def draw_quarter(figure, arrays, document):
    """Test loss and accuracy by epoch: medians with interquartile bands."""
    axes = figure.subplots(1, 2)
    names = ("BN", "EquiNorm", "quarter batch")
    styles = [METHODS["BN"], METHODS["EquiNorm"], (INKS["orange"], "--")]
    _draw_methods(axes[0], arrays["test"], names, styles, log=True)
    axes[0].set_ylabel("test loss (nats)")
    _draw_methods(axes[1], 100 * arrays["accuracy"], names, styles, log=False)
    axes[1].set_ylabel("test accuracy (%)")
    last = arrays["accuracy"].shape[2] - 1
    for name, (ink, _) in (("BN", styles[0]), ("quarter", styles[2])):
        axes[1].plot(last, document[name], "x", color=ink, ms=8, mew=2, zorder=5)
    axes[1].set_title("crosses: the paper's, on CIFAR-10", fontsize=10)


def _draw_methods(axis, curves, names, styles, *, log):
    epochs, ends = np.arange(curves.shape[2]), []
    for row, (ink, dash) in enumerate(styles):
        low, middle, high = np.quantile(curves[:, row], (0.25, 0.5, 0.75), axis=0)
        axis.fill_between(epochs, low, high, color=ink, alpha=0.2, lw=0)
        axis.plot(epochs, middle, dash, color=ink)
        ends.append(middle[-1])
    if log:
        axis.set_yscale("log")
    axis.set_xlim(0, epochs[-1] * 1.45)
    axis.set_xticks(np.linspace(0, epochs[-1], 4).astype(int))
    inks = [ink for ink, _ in styles]
    if not log:
        # an accuracy axis: what happens before the last third is on the other panel
        axis.set_ylim(5 * np.floor(np.min(curves[:, :, 2 * len(epochs) // 3 :]) / 5), 100)
    label_lines(axis, epochs[-1] * 1.03, ends, names, inks, fontsize=10)
    axis.set_xlabel("epoch")

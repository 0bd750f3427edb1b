"""Drawing for the EquiNorm paper's figure 1: arrays in, matplotlib axes out."""

import numpy as np

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

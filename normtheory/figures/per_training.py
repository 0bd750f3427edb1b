"""Drawings for the PER paper's figures 4 and 5: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, draw_reference, label_lines
from normtheory.figures.style import INKS, METHODS

_METHODS = (("none", "vanilla"), ("BN", "BN"), ("PER", "PER"))
_SHOWN = (3, 6, 9)


def draw_evolution(figure, arrays, document):
    """The first seed's units: quartiles by epoch, one row for each layer shown and one column for
    each method; right, variance and |mean| of all units, median over units and seeds."""
    left, right = figure.subfigures(1, 2, width_ratios=(2.2, 1))
    axes = left.subplots(len(_SHOWN), len(_METHODS), sharex=True, sharey="row")
    epochs = np.arange(arrays["quantiles"].shape[3])
    for column, (method, label) in enumerate(_METHODS):
        ink = METHODS[method][0]
        for row, layer in enumerate(_SHOWN):
            low, middle, high = np.moveaxis(arrays["quantiles"][0, column, row], -1, 0)
            axis = axes[row, column]
            axis.fill_between(epochs, low, high, color=ink, alpha=0.25, lw=0)
            axis.plot(epochs, middle, color=ink)
            axis.axhline(0, color=INKS["grey"], lw=0.8, ls=(0, (4, 2)), zorder=0)
            if column == 0:
                axis.set_ylabel(f"layer {layer}")
        axes[0, column].set_title(label, color=ink)
        axes[-1, column].set_xlabel("epoch")
    panels = right.subplots(2, 1, sharex=True)
    for axis, values, label in (
        (panels[0], arrays["mean"], "|mean| of units"),
        (panels[1], arrays["variance"], "variance of units"),
    ):
        _draw_methods(axis, epochs, np.median(values, axis=2), log=label[0] == "v")
        axis.set_ylabel(label)
    draw_reference(panels[1], 1, epochs, lw=0.8)
    panels[1].set_xlabel("epoch")


def draw_closeness(figure, arrays, document):
    """Sliced W1 to N(0, I): by layer and epoch as one map for each method (median over seeds), and
    the mean over layers by epoch."""
    axes = figure.subplots(1, 4, width_ratios=(1, 1, 1, 1.3))
    maps = np.median(arrays["distance"], axis=0)  # (methods, layers, epochs)
    top = maps.max()
    for column, (method, label) in enumerate(_METHODS):
        image = axes[column].imshow(
            maps[column],
            aspect="auto",
            origin="lower",
            vmin=0,
            vmax=top,
            cmap="cividis",
            extent=(-0.5, maps.shape[2] - 0.5, 0.5, maps.shape[1] + 0.5),
        )
        axes[column].set_title(label, color=METHODS[method][0])
        axes[column].set_xlabel("epoch")
        axes[column].set_yticks(_SHOWN if maps.shape[1] >= 9 else [1, maps.shape[1]])
    axes[0].set_ylabel("layer")
    bar = figure.colorbar(image, ax=axes[:3], location="bottom", shrink=0.5, aspect=30)
    bar.set_label("sliced W1 to N(0, I)")
    _draw_methods(axes[3], np.arange(maps.shape[2]), arrays["distance"].mean(axis=2))
    axes[3].set_xlabel("epoch")
    axes[3].set_ylabel("sliced W1, mean over layers")


def _draw_methods(axis, epochs, curves, *, log=False):
    """Median over seeds of (seeds, methods, epochs), with interquartile bands and labels."""
    inks = [METHODS[method][0] for method, _ in _METHODS]
    ends = [draw_band(axis, epochs, curves[:, row], ink) for row, ink in enumerate(inks)]
    if log:
        axis.set_yscale("log")
    else:
        axis.set_ylim(bottom=0)
    axis.set_xlim(0, epochs[-1] * 1.35)
    label_lines(axis, epochs[-1] * 1.03, ends, [label for _, label in _METHODS], inks, fontsize=10)

"""Drawings for the papers' CIFAR-10 tables: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS, METHODS

_ACTIVATIONS = ("ReLU", "LeakyReLU", "ELU")


def draw_subset_sizes(figure, arrays, document):
    """Test error against n for VCL, and without n for the others, one column for each activation
    function: above ours (a dot for each seed, the line through the medians), below the paper's."""
    names, sizes = document["normalizations"], document["n"]
    ours = 100 * arrays["error"]  # (seeds, activations, methods)
    printed = 100 * np.array(document["error"])[None]
    rows = figure.subplots(2, len(_ACTIVATIONS), sharex=True, sharey="row")
    for axes, errors, whose in zip(rows, (ours, printed), ("ours", "paper"), strict=True):
        marker = "." if whose == "ours" else "x"
        for column, axis in enumerate(axes):
            found = errors[:, column]
            for row, name in enumerate(names):
                ink, dash = METHODS[name]
                axis.axhline(np.median(found[:, row]), color=ink, ls=dash, lw=1.6, label=name)
            curve = found[:, len(names) :]
            ink, _ = METHODS["VCL"]
            for dots in curve:
                axis.plot(sizes, dots, marker, color=ink, ms=6, alpha=0.6)
            axis.plot(sizes, np.median(curve, axis=0), color=ink, label="VCL")
            axis.set_xticks(sizes)
        axes[0].set_ylabel(f"{whose}: test error (%)")
    for axis, activation in zip(rows[0], _ACTIVATIONS, strict=True):
        axis.set_title(activation)
    for axis in rows[1]:
        axis.set_xlabel("n, samples in a set of VCL")
    figure.legend(
        *rows[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(names) + 1
    )


def draw_methods(figure, arrays, document):
    """Test error of each method with each activation function: left ours (a dot for each seed, a
    bar at the median), right the paper's own (crosses) and those that it quotes from Littwin & Wolf
    (circles)."""
    left, right = figure.subplots(1, 2, sharey=True)
    names = document["methods"]
    ours = 100 * arrays["error"]  # (seeds, activations, methods)
    places, labels = [], []
    for block, activation in enumerate(_ACTIVATIONS):
        for row, name in enumerate(names):
            place = block * (len(names) + 1) + row
            ink = METHODS[name][0]
            dots = ours[:, block, row]
            left.plot(dots, np.full(len(dots), place), ".", color=ink, ms=7, alpha=0.6, mew=0)
            left.plot([np.median(dots)] * 2, [place - 0.35, place + 0.35], color=ink)
            right.plot(document["error"][block][row], place, "x", color=ink, ms=8, mew=2)
            quoted = document["quoted"][block][row]
            if quoted is not None:
                right.plot(quoted, place, "o", color=ink, ms=8, mfc="none", mew=1.2)
            places.append(place)
            labels.append(f"{activation} {'vanilla' if name == 'none' else name}")
        if block:
            for axis in (left, right):
                axis.axhline(block * (len(names) + 1) - 1, color=INKS["grey"], lw=0.6)
    left.set_yticks(places, labels)
    left.invert_yaxis()
    left.set_xlabel("ours: test error (%)")
    right.set_xlabel(
        "paper: test error (%); crosses: its own runs,\ncircles: as it quotes Littwin & Wolf"
    )

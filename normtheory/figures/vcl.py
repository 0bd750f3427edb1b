"""Drawings for the VCL paper: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, label_lines
from normtheory.figures.style import INKS, METHODS

_MINORITY, _MAJORITY = INKS["orange"], INKS["blue"]


def draw_unit(figure, arrays, document):
    """One linear unit under VCL alone, one row for each mixture weight.

    Left the cloud with every seed's learned direction, in the middle the activations of the
    seed whose direction is the median one, right the angles to both theoretical directions
    against the subset size n.
    """
    weights, sizes = arrays["p"][0], arrays["n"][0]
    axes = figure.subplots(len(weights), 3, squeeze=False, width_ratios=(1, 1, 1.1))
    shown = len(sizes) - 1
    for row, weight in enumerate(weights):
        target = "angle_merging" if arrays["merges"][0][row] else "angle_lda"
        ranks = np.argsort(arrays[target][:, row, shown], kind="stable")
        typical = ranks[(len(ranks) - 1) // 2]
        _draw_cloud(axes[row, 0], arrays, row, shown, typical)
        _draw_activations(axes[row, 1], arrays, row, shown, typical)
        _draw_angles(axes[row, 2], arrays, row)
        outcome = "merge" if arrays["merges"][0][row] else "separate"
        axes[row, 0].set_title(f"p = {weight:g}, paper: {outcome}")
    axes[0, 1].set_title(f"activations, n = {sizes[shown]}")
    axes[0, 2].set_title("angle after training")


def _draw_cloud(axes, arrays, row, shown, typical):
    points, minority = arrays["points"][typical, row], arrays["minority"][typical, row]
    for part, ink in ((~minority, _MAJORITY), (minority, _MINORITY)):
        axes.plot(*points[part].T, ".", color=ink, markersize=4, alpha=0.55, mew=0)
    centre = points.mean(0)
    for direction in arrays["theta"][:, row, shown]:
        _draw_line(axes, centre, direction, METHODS["VCL"][0], lw=1.2, alpha=0.7)
    for name, label in (("lda", "LDA"), ("merging", "merging")):
        direction = arrays[name][0][row]
        _draw_line(axes, centre, direction, INKS["black"], lw=1.2, ls=(0, (4, 2)))
        end = centre + 5.2 * direction / np.linalg.norm(direction) * np.sign(direction[1] or 1)
        axes.text(*end, label, fontsize=9, ha="center", va="center", backgroundcolor="w", zorder=4)
    axes.set_aspect("equal")
    axes.set_xlim(centre[0] - 6.5, centre[0] + 6.5)
    axes.set_ylim(centre[1] - 6, centre[1] + 6)
    axes.set_xlabel("input 1")
    axes.set_ylabel("input 2")


def _draw_line(axes, centre, direction, ink, **style):
    unit = direction / np.linalg.norm(direction)
    ends = centre + np.outer([-4.5, 4.5], unit)
    axes.plot(*ends.T, color=ink, **style)


def _draw_activations(axes, arrays, row, shown, typical):
    edges = arrays["edges"][0]
    counts = arrays["counts"][typical, row, shown]
    below = np.zeros(len(edges) - 1)
    for part, ink in ((0, _MAJORITY), (1, _MINORITY)):
        axes.stairs(below + counts[part], edges, baseline=below, fill=True, color=ink)
        below = below + counts[part]
    axes.set_ylim(bottom=0)
    axes.set_yticks([])
    axes.set_ylabel("frequency")
    axes.set_xlabel("activation (its own sd)")


def _draw_angles(axes, arrays, row):
    sizes = arrays["n"][0]
    position = np.arange(len(sizes))
    for name, label, ink, shift in (
        ("angle_lda", "to LDA", INKS["black"], -0.08),
        ("angle_merging", "to merging", INKS["vermilion"], 0.08),
    ):
        angles = arrays[name][:, row]
        end = draw_band(axes, position, angles, ink, alpha=0.15)
        axes.plot(position + shift, angles.T, ".", color=ink, markersize=4, alpha=0.6, mew=0)
        axes.text(position[-1] + 0.15, end, label, color=ink, va="center", fontsize=10)
    axes.set_xticks(position, [f"{size}" for size in sizes])
    axes.set_xlim(-0.3, len(sizes) + 0.35)
    axes.set_ylim(0, 90)
    axes.set_yticks([0, 30, 60, 90])
    axes.set_ylabel("angle (degrees)")
    axes.set_xlabel("subset size n")


def draw_histograms(figure, arrays, document):
    """Histograms of random hidden units by layer, BN and VCL side by side, and the kurtosis of
    all units by layer with its spread over seeds.

    The units are those of the first seed; each is drawn at its own mean and standard deviation.
    """
    edges, counts = arrays["edges"][0], arrays["counts"][0]
    layers, units = counts.shape[1:3]
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1, 1, 1.05))
    for part, method, row in ((left, "BN", 1), (middle, "VCL", 2)):
        ink = METHODS[method][0]
        axes = part.subplots(layers, units, sharex=True, squeeze=False)
        part.suptitle(method, color=ink, fontweight="bold", fontsize=12)
        for layer in range(layers):
            for unit in range(units):
                axis = axes[layer, unit]
                axis.stairs(counts[row, layer, unit], edges, fill=True, color=ink)
                axis.set(yticks=[], xticks=[-3, 0, 3], ylim=(0, None))
                axis.tick_params(labelsize=9)
                axis.spines["left"].set_visible(False)
            axes[layer, 0].set_ylabel(f"layer {layer + 1}", fontsize=10)
        part.supxlabel("activation (its own sd)", fontsize=10)
    _draw_kurtosis(right.subplots(), arrays["kurtosis"])


def _draw_kurtosis(axes, kurtosis):
    medians = np.median(kurtosis, axis=-1)  # (seeds, methods, layers)
    layers = np.arange(1, medians.shape[2] + 1)
    names, ends = ("none", "BN", "VCL"), []
    for row, method in enumerate(names):
        ink, dash = METHODS[method]
        ends.append(draw_band(axes, layers, medians[:, row], ink, dash, marker="o", markersize=4))
    axes.axhline(3, color=INKS["grey"], lw=1, ls=(0, (4, 2)))
    axes.text(1, 3, "normal distribution", color=INKS["grey"], fontsize=9, va="bottom")
    axes.axhline(1, color=INKS["grey"], lw=1, ls=(0, (4, 2)))
    axes.text(1, 1, "two equal modes, the least", color=INKS["grey"], fontsize=9, va="bottom")
    axes.set(xticks=layers, xlim=(0.8, layers[-1] + 0.9), ylim=(0.8, None))
    label_lines(axes, layers[-1] + 0.12, ends, names, [METHODS[name][0] for name in names])
    axes.set_xlabel("layer")
    axes.set_ylabel("kurtosis, median over units")

"""Drawings for the VCL paper: arrays in, matplotlib axes out."""

import numpy as np

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
        axes[row, 0].set_title(f"p = {weight:g}: {'merge' if target[6] == 'm' else 'separate'}")
    for axis in axes[-1, :2]:
        axis.set_xlabel(axis.get_xlabel())
    axes[0, 1].set_title(f"activations, n = {sizes[shown]}")
    axes[0, 2].set_title("angle after training")


def _draw_cloud(axes, arrays, row, shown, typical):
    points, minority = arrays["points"][typical, row], arrays["minority"][typical, row]
    for part, ink in ((~minority, _MAJORITY), (minority, _MINORITY)):
        axes.plot(*points[part].T, ".", color=ink, markersize=2.5, alpha=0.5, mew=0)
    centre = points.mean(0)
    for direction in arrays["theta"][:, row, shown]:
        _draw_line(axes, centre, direction, METHODS["VCL"][0], lw=0.8, alpha=0.6)
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
        axes.stairs(below + counts[part], edges, baseline=below, fill=True, color=ink, lw=0)
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
        low, middle, high = np.quantile(angles, (0.25, 0.5, 0.75), axis=0)
        axes.fill_between(position, low, high, color=ink, alpha=0.15, lw=0)
        axes.plot(position, middle, color=ink)
        axes.plot(position + shift, angles.T, ".", color=ink, markersize=3, alpha=0.5)
        axes.text(position[-1] + 0.15, middle[-1], label, color=ink, va="center", fontsize=10)
    axes.set_xticks(position, [f"{size}" for size in sizes])
    axes.set_xlim(-0.3, len(sizes) + 0.35)
    axes.set_ylim(0, 90)
    axes.set_yticks([0, 30, 60, 90])
    axes.set_ylabel("angle (degrees)")
    axes.set_xlabel("subset size n")

"""Drawings for the EquiNorm paper's training experiments: arrays in, matplotlib axes out.

Arrays have a leading axis over runs, then one over systems; curves are medians with interquartile
bands, as the paper has them.
"""

import numpy as np

from normtheory.figures.labels import draw_band, label_lines
from normtheory.figures.style import INKS, METHODS, NAMES, TEXT_INKS

_QUARTILES = (0.25, 0.5, 0.75)
_QUARTER = (METHODS["EquiNorm"][0], "--")


def draw_losses(figure, arrays, document):
    """Train and test loss of BN, GN and EquiNorm by epoch."""
    axes = figure.subplots(1, 2)
    names = ("BN", "GN", "EquiNorm")
    styles = [METHODS[name] for name in names]
    for axis, name, scale in zip(axes, ("train", "test"), ("log", "linear"), strict=True):
        _draw_curves(axis, arrays[name], styles)
        axis.set_yscale(scale)
        _label_curves(axis, arrays[name], names, styles)
        axis.set_ylabel(f"{name} loss (nats)")


def draw_quarter(figure, arrays, document):
    """Test loss by epoch of BN, EquiNorm and its quarter batch, and how far they end above BN."""
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    names = ("BN", "EquiNorm", "quarter batch")
    styles = [METHODS["BN"], METHODS["EquiNorm"], _QUARTER]
    _draw_curves(left, arrays["test"], styles)
    _label_curves(left, arrays["test"], names, styles)
    left.set_ylabel("test loss (nats)")
    paper = [(document["BN"], 0.0), None, (document["quarter"], 0.0)]
    _draw_final(right, arrays["accuracy"][:, :, -1], names, styles, paper)


def draw_short(figure, arrays, document):
    """Test accuracy of BN and EquiNorm by epoch, and how far they end above BN."""
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    names = ("BN", "EquiNorm")
    styles = [METHODS[name] for name in names]
    _draw_accuracy(left, arrays["accuracy"], names, styles)
    paper = [document[name] for name in names]
    _draw_final(right, arrays["accuracy"][:, :, -1], names, styles, paper)


def draw_spread(figure, arrays, document):
    """Test accuracy and test loss of BN, GN and EquiNorm by epoch."""
    left, right = figure.subplots(1, 2)
    names = ("BN", "GN", "EquiNorm")
    styles = [METHODS[name] for name in names]
    _draw_accuracy(left, arrays["accuracy"], names, styles)
    _draw_curves(right, arrays["test"], styles)
    _label_curves(right, arrays["test"], names, styles)
    right.set_ylabel("test loss (nats)")


def draw_mixup(figure, arrays, document):
    """Last test accuracy and loss of BN and EquiNorm without mixup, with it, and with manifold
    mixup: a mark for each run, medians with interquartile ranges joined by a line."""
    axes = figure.subplots(1, 2)
    kinds, methods = ("none", "mixup", "manifold\nmixup"), ("BN", "EquiNorm")
    last = {"test accuracy (%)": 100 * arrays["accuracy"], "test loss (nats)": arrays["test"]}
    for axis, (label, values) in zip(axes, last.items(), strict=True):
        values, ends = values[:, :, -1], []
        for row, method in enumerate(methods):
            ink, dash = METHODS[method]
            own = values[:, 3 * row : 3 * row + 3]
            places = np.arange(3) + 0.16 * (row - 0.5)
            axis.plot(places, own.T, ".", color=ink, alpha=0.35, ms=6, mec="none")
            low, middle, high = np.quantile(own, _QUARTILES, axis=0)
            reach = (middle - low, high - middle)
            axis.errorbar(places, middle, reach, fmt="o", ls=dash, color=ink, capsize=4, ms=7)
            ends.append(middle[-1])
        axis.set_xticks(range(3), kinds)
        axis.set_xlim(-0.3, 2.9)
        inks = [_in_words(METHODS[method][0]) for method in methods]
        label_lines(axis, 2.2, ends, methods, inks, fontsize=10)
        axis.set_xlabel("mixing")
        axis.set_ylabel(label)


def _draw_accuracy(axis, accuracy, names, styles):
    """Accuracy curves, with the last median and interquartile range beside each name."""
    values = 100 * accuracy
    _draw_curves(axis, values, styles)
    low, middle, high = np.quantile(values[:, :, -1], _QUARTILES, axis=0)
    labels = [
        f"{name}\n{median:.1f} (IQR {spread:.1f})"
        for name, median, spread in zip(names, middle, high - low, strict=True)
    ]
    bottom, top = axis.get_ylim()
    # room for the label of a curve that ends highest
    axis.set_ylim(bottom, top + 0.1 * (top - bottom))
    _label_curves(axis, values, labels, styles)
    axis.set_ylabel("test accuracy (%)")


def _draw_curves(axis, curves, styles):
    epochs = np.arange(curves.shape[2])
    for row, (ink, dash) in enumerate(styles):
        draw_band(axis, epochs, curves[:, row], ink, dash)
    axis.set_xlim(0, epochs[-1] * 1.5)
    axis.set_xticks(np.linspace(0, epochs[-1], 4).astype(int))
    axis.set_xlabel("epoch")


def _label_curves(axis, curves, labels, styles):
    ends = np.median(curves[:, :, -1], axis=0)
    inks = [_in_words(ink) for ink, _ in styles]
    low, high = axis.get_ylim()
    span = np.log(high / low) if axis.get_yscale() == "log" else high - low
    lines = 1 + max(label.count("\n") for label in labels)
    label_lines(
        axis,
        (curves.shape[2] - 1) * 1.03,
        ends,
        labels,
        inks,
        gap=0.075 * lines * span,
        fontsize=10,
    )


def _draw_final(axis, accuracy, names, styles, paper):
    """Points of accuracy above BN's median, ours and the paper's: a dot for each run, medians with
    interquartile ranges; `paper` has (accuracy in %, its IQR) or None for each system."""
    zero = 100 * np.median(accuracy[:, 0])
    for row, (ink, _) in enumerate(styles):
        points = 100 * accuracy[:, row] - zero
        low, middle, high = np.quantile(points, _QUARTILES)
        axis.plot(points, np.full(len(points), row), ".", color=ink, alpha=0.4, ms=7, mec="none")
        reach = [[middle - low], [high - middle]]
        axis.errorbar(middle, row, xerr=reach, fmt="o", color=ink, ms=8, capsize=4)
        if paper[row] is not None:
            theirs, spread = paper[row]
            axis.errorbar(
                theirs - paper[0][0],
                row + 0.3,
                xerr=spread / 2,
                fmt="x",
                color=INKS["black"],
                ms=8,
                mew=2,
                capsize=3,
            )
            axis.text(
                theirs - paper[0][0],
                row + 0.42,
                f"paper: {theirs:.1f} %",
                fontsize=9,
                ha="center",
                va="top",
            )
    axis.axvline(0, color=INKS["grey"], lw=0.8, ls=(0, (4, 2)), zorder=0)
    ours = 100 * np.median(accuracy, axis=0)
    labels = [f"{name}\n{value:.1f} %" for name, value in zip(names, ours, strict=True)]
    axis.set_yticks(range(len(names)), labels, fontsize=10)
    axis.set_ylim(len(names) - 0.3, -0.5)
    axis.set_xlabel("test accuracy above BN's median (points)")


def _in_words(ink):
    """The darker ink that words need."""
    return TEXT_INKS[NAMES[ink]] if ink in NAMES else ink

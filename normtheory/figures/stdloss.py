"""Drawings for the standardization loss paper: arrays in, matplotlib axes out.

Spread is mean and standard deviation over runs, as the paper draws it.
"""

from statistics import NormalDist

import numpy as np

from normtheory.figures.labels import draw_band, label_lines
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
    # the curves look at fewer test images
    final = 100 * arrays["final"].mean(0)
    axes[1].scatter(np.full(len(inks), step[-1] * 1.02), final, c=inks, s=36, zorder=3)
    ours = "dots: on all test images"
    axes[1].set_title(f"{ours}; crosses: the paper's" if document else ours, fontsize=10)


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
    """Median test accuracy by batch size with interquartile bands and every seed's dot; where there
    are two networks, the MLP on the left and the CNN beside it."""
    names = ("BN", "GN", "standardization", "none")[: arrays["accuracy"].shape[1]]
    shown = [("accuracy", "MLP"), ("cnn", "CNN")] if "cnn" in arrays else [("accuracy", "")]
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    inks = [METHODS[name][0] for name in names]
    for axes, (array, title) in zip(panels, shown, strict=True):
        ends, size = [], arrays["cnn size" if array == "cnn" else "size"][0]
        for row, name in enumerate(names):
            ink, dash = METHODS[name]
            values = 100 * arrays[array][:, row]
            ends.append(draw_band(axes, size, values, ink, dash))
            axes.plot(size, values.T, ".", color=ink, ms=5, alpha=0.6, mew=0)
        axes.set_xscale("log", base=2)
        axes.set_xticks(size, [str(each) for each in size])
        axes.set_xlim(size[0] / 1.3, size[-1] * 12)
        label_lines(axes, size[-1] * 1.2, ends, names, inks, fontsize=10)
        axes.set(xlabel="batch size", title=title)
    panels[0].set_ylabel("test accuracy (%)")


def draw_evolution(figure, arrays, document):
    """Quantiles of the features by step, one panel a method, median over runs; dashed is the
    standard normal distribution."""
    panels = figure.subplots(1, 3, sharey=True)
    step, count = arrays["step"][0], arrays["quantile"].shape[-1]
    middle = count // 2
    # pairs of levels around the median: 2 and 98 %, 14 and 86 %, 26 and 74 % of 25 levels
    pairs = [(each, count - 1 - each) for each in (0, count // 8, count // 4)]
    laws = np.median(arrays["quantile"], axis=0)  # (methods, points, levels)
    normal = NormalDist()
    for axes, law, name, label in zip(panels, laws, _NAMES, _LABELS, strict=True):
        ink = METHODS[name][0]
        for low, high in pairs:
            axes.fill_between(step, law[:, low], law[:, high], color=ink, alpha=0.22, lw=0)
            for each in (low, high):
                target = normal.inv_cdf((each + 0.5) / count)
                axes.axhline(target, color=INKS["grey"], lw=0.8, ls=(0, (4, 3)))
        axes.plot(step, law[:, middle], color=ink)
        axes.set_title(label)
        axes.set_xlabel("step")
        axes.set_xlim(0, step[-1])
    panels[0].set_ylabel("feature of the last layer")
    panels[1].text(
        0.03,
        0.97,
        "dashed: N(0, 1)",
        transform=panels[1].transAxes,
        color=INKS["grey"],
        fontsize=10,
    )
    for low, high in pairs:
        share = 100 * (high - low) / count
        panels[-1].text(
            1.02 * step[-1],
            laws[-1, -1, high],
            f"{share:.0f} %",
            color=INKS["grey"],
            fontsize=9,
            va="center",
        )


def draw_speed_ups(figure, arrays, document):
    """Accuracy by step; speed-up by accuracy, a thin line a run and the median; the tables of the
    paper beside it."""
    left, middle, right = figure.subplots(1, 3, width_ratios=(5, 5, 2))
    step = arrays["step"][0]
    inks = [METHODS[name][0] for name in _NAMES]
    ends = [
        _draw_band(left, step, 100 * arrays["accuracy"][:, row], ink)
        for row, ink in enumerate(inks)
    ]
    left.set_xlim(0, step[-1] * 1.5)
    left.set_xticks(np.linspace(0, step[-1], 5))
    left.set_ylim(0, 102)
    label_lines(left, step[-1] * 1.04, ends, _LABELS, inks, fontsize=10)
    left.set(xlabel="step", ylabel="test accuracy (%)")
    share = 100 * arrays["share"][0]
    for row in (1, 2):
        # 0 where a run never is as accurate
        speed = arrays["reached"][:, 0] / arrays["reached"][:, row]
        middle.plot(share, speed.T, color=inks[row], lw=0.8, alpha=0.5)
        middle.plot(share, np.median(speed, axis=0), color=inks[row])
    middle.set(xlabel="accuracy (% of the way to the baseline's best)", ylabel="speed-up (times)")
    for row, printed in enumerate(document.values()):
        for method in _NAMES[1:]:
            right.plot(row, printed[method][1], "x", color=METHODS[method][0], ms=8, mew=2)
    right.set_xticks(range(len(document)), list(document), rotation=30, ha="right", fontsize=10)
    right.set_xlim(-0.6, len(document) - 0.4)
    right.set_title("the paper's", fontsize=10)
    top = max(middle.get_ylim()[1], right.get_ylim()[1], 1.2)
    for axes in (middle, right):
        axes.set_ylim(0, top)
        axes.axhline(1, color=inks[0], lw=1, zorder=0)
    right.tick_params(labelleft=False)

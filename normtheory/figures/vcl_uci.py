"""Drawing for the VCL paper's UCI study: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS, METHODS

_ACTIVATIONS = (("ReLU", ":"), ("ELU", "--"), ("SELU", "-"))
_NORMALIZATIONS = ("none", "BN", "VCL")


def draw_profile(figure, arrays, document):
    """Left the Dolan-More profile: share of sets and seeds on which a pair's accuracy reaches a
    share tau of the best pair's. Right the share of sets won within each activation function, ours
    as bars (mean over seeds, a dot for each), the paper's as crosses."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1))
    accuracy = arrays["accuracy"].reshape(-1, *arrays["accuracy"].shape[2:])
    share = accuracy / accuracy.max(axis=(1, 2), keepdims=True)
    tau = np.linspace(1, 0.85, 151)
    for column, name in enumerate(_NORMALIZATIONS):
        for row, (activation, dash) in enumerate(_ACTIVATIONS):
            reached = (share[:, row, column, None] >= tau - 1e-12).mean(0)
            left.plot(
                tau, reached, dash, color=METHODS[name][0], lw=1.8, label=f"{activation} {name}"
            )
    left.set_xlim(1, 0.85)
    left.set_ylim(0, 1.02)
    left.set_xlabel("τ, share of the best pair's accuracy")
    left.set_ylabel("share of sets and seeds that reach it")
    left.legend(fontsize=8, ncols=3, loc="lower right", handlelength=1.8, columnspacing=1)
    best = arrays["accuracy"] == arrays["accuracy"].max(axis=3, keepdims=True)
    won = (best & ~best.all(axis=3, keepdims=True)).mean(1)  # (seeds, activations, normalizations)
    stated = np.array(document["wins"]) / document["sets"]
    for column, name in enumerate(_NORMALIZATIONS):
        place = np.arange(3) + 0.27 * (column - 1)
        ink = METHODS[name][0]
        right.bar(place, won.mean(0)[:, column], width=0.24, color=ink, alpha=0.75)
        for seed in won[:, :, column]:
            right.plot(place, seed, ".", color=ink, ms=4, alpha=0.5, mew=0)
        right.plot(place, stated[:, column], "x", color=INKS["black"], ms=7, mew=1.8)
        right.text(place[0], 1.02, name, color=ink, fontsize=9, ha="center", va="bottom")
    right.set_xticks(range(3), [name for name, _ in _ACTIVATIONS])
    right.set_ylim(0, 1.1)
    right.set_ylabel("share of sets won (crosses: paper)")

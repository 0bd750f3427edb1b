"""Drawing for the PER paper's Table 4: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, label_lines
from normtheory.figures.style import INKS, METHODS

_METHODS = (
    ("vanilla", *METHODS["none"]),
    ("L1", INKS["grey"], ":"),
    ("L2", INKS["sky"], "--"),
    ("RBN", METHODS["BN"][0], "-."),
    ("PER", *METHODS["PER"]),
)


def draw_perplexities(figure, arrays, document):
    """Left the change of the test perplexity against vanilla, a dot for each seed, a bar at the
    median, a cross for the paper; models stand side by side. Right the first model's validation
    perplexity by epoch, median over seeds with quartiles."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1))
    models = arrays["model"][0]
    change = 100 * (arrays["test"] / arrays["test"][..., :1] - 1)[..., 1:]
    stated = np.array(document["WikiText2"]["test"])[: len(models)]
    stated = 100 * (stated / stated[:, :1] - 1)[:, 1:]
    step = 0.8 / len(models)
    for row, model in enumerate(models):
        for column, (_, ink, _) in enumerate(_METHODS[1:]):
            place = column + step * (row - (len(models) - 1) / 2)
            values = change[:, row, column]
            left.plot(np.full(len(values), place), values, ".", color=ink, ms=7, alpha=0.5, mew=0)
            bar = place - 0.35 * step, place + 0.35 * step
            left.plot(bar, [np.median(values)] * 2, "-", color=ink, lw=3)
            left.plot(place, stated[row, column], "x", color=INKS["black"], ms=7, mew=1.8)
            if len(models) > 1 and column == 0:
                left.annotate(
                    model,
                    (place, 0.99),
                    xycoords=("data", "axes fraction"),
                    rotation=90,
                    fontsize=8,
                    ha="center",
                    va="top",
                )
    left.axhline(0, color=INKS["grey"], lw=1, ls=(0, (4, 2)), zorder=0)
    left.set_xlim(-0.6, len(_METHODS) - 1.4)
    left.set_xticks(range(len(_METHODS) - 1), [name for name, _, _ in _METHODS[1:]])
    left.set_ylabel("test perplexity against vanilla, %\n(crosses: paper)")
    curves = arrays["curve"][:, 0]
    epochs = np.arange(1, curves.shape[-1] + 1)
    ends = [
        draw_band(right, epochs, curves[:, column], ink, dash, alpha=0.15)
        for column, (_, ink, dash) in enumerate(_METHODS)
    ]
    right.set_yscale("log")
    # the labels of lines that end together need room below
    right.set_ylim(bottom=min(ends) / 1.2)
    right.set_yticks(*_ticks(right.get_ylim()))
    right.minorticks_off()
    right.set_xlim(1, 1 + (epochs[-1] - 1) * 1.3)
    right.set_xticks(np.unique(np.linspace(1, epochs[-1], 4).round().astype(int)))
    names, inks, _ = zip(*_METHODS, strict=True)
    label_lines(right, 1 + (epochs[-1] - 1) * 1.03, ends, names, inks, fontsize=10)
    right.set_xlabel("epoch")
    right.set_ylabel(f"validation perplexity, {models[0]}")


def _ticks(limits):
    """Round numbers within the limits of a logarithmic axis, and their labels."""
    low, high = limits
    found = [
        k * 10**e for e in range(6) for k in (1, 1.5, 2, 3, 4, 5, 7) if low <= k * 10**e <= high
    ]
    return found, [f"{value:g}" for value in found]

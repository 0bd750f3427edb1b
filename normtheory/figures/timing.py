"""Drawing of step times: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS, METHODS


def draw_times(figure, arrays, document):
    """Time of a step over the plain network's, a dot for each seed, the paper's ratio a cross."""
    axes = figure.subplots()
    ratio = arrays["milliseconds"] / arrays["milliseconds"][:, :1]
    names = document["names"]
    for row, name in enumerate(names):
        ink = METHODS[name.partition(",")[0]][0]
        axes.barh(row, np.median(ratio[:, row]), color=ink, height=0.55, alpha=0.75)
        axes.plot(
            ratio[:, row], np.full(len(ratio), row), ".", color=INKS["black"], ms=4, alpha=0.7
        )
    axes.plot(document["ratio"], range(len(names)), "x", color=INKS["black"], ms=8, mew=2)
    axes.axvline(1, color=INKS["grey"], lw=1, ls=(0, (4, 2)))
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    ticks = [tick for tick in (1, 1.5, 2, 3, 5, 10, 20, 40) if tick < 1.6 * ratio.max()]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(0.9, 1.2 * max(ratio.max(), max(document["ratio"])))
    axes.set_xlabel("time of a step over the plain network's (crosses: paper)")

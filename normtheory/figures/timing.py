"""Drawing of step times: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS, METHODS


def draw_times(figure, arrays, document):
    """Time of a step over the plain network's: a dot for each seed, a tick at the median, a
    cross at the paper's ratio where it has one."""
    axes = figure.subplots()
    ratio = arrays["milliseconds"] / arrays["milliseconds"][:, :1]
    names = document["names"]
    for row, name in enumerate(names):
        ink = METHODS[name.partition(",")[0]][0]
        dots = ratio[:, row]
        axes.plot(dots, np.full(len(dots), row), ".", color=ink, ms=7, alpha=0.6, mew=0)
        axes.plot([np.median(dots)] * 2, [row - 0.3, row + 0.3], color=ink)
    printed = np.array(document["ratio"], dtype=float)
    axes.plot(printed, np.arange(len(names)) + 0.4, "x", color=INKS["black"], ms=7, mew=1.8)
    axes.axvline(1, color=INKS["grey"], lw=1, ls=(0, (4, 2)))
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    ticks = [tick for tick in (1, 1.5, 2, 3, 5, 10, 20, 40) if tick < 1.6 * ratio.max()]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(min(0.9, 0.9 * ratio.min()), 1.2 * max(ratio.max(), np.nanmax(printed)))
    axes.set_xlabel("time of a step over the plain network's (crosses: paper)")
    if "load" in arrays:
        load = f"{np.median(arrays['load']):.1f} processes ran while these were timed"
        axes.set_title(load, fontsize="small", loc="right")

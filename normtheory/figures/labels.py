"""Labels written on the lines themselves, moved apart where lines end close together."""

import numpy as np

from normtheory.figures.style import INKS


def spread(positions, gap):
    """Positions of labels at least `gap` apart, each as near to its own as that allows.

    >>> spread([0.0, 0.1, 5.0], 1.0)
    array([-0.45,  0.55,  5.  ])
    """
    order = np.argsort(positions, kind="stable")
    # least squares under a minimal distance is isotonic regression of the positions less their rank
    wanted = np.asarray(positions, dtype=float)[order] - gap * np.arange(len(order))
    blocks = []
    for value in wanted:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            value, count = blocks.pop()
            total = blocks[-1][0] * blocks[-1][1] + value * count
            blocks[-1] = [total / (blocks[-1][1] + count), blocks[-1][1] + count]
    level = np.concatenate([np.full(count, value) for value, count in blocks])
    result = np.empty(len(order))
    result[order] = level + gap * np.arange(len(order))
    return result


def within(positions, gap, low, high):
    """`positions`, at least `gap` apart, moved as little as keeps them from `low` to `high`.

    Where they have no room, they leave it at the upper end.

    Examples
    --------
    >>> within([-0.45, 0.55, 5.0], 1.0, 0.0, 6.0)
    array([0., 1., 5.])
    """
    order = np.argsort(positions, kind="stable")
    ranks = gap * np.arange(len(order))
    # positions less their ranks never fall, and clipping keeps that
    level = np.asarray(positions, dtype=float)[order] - ranks
    result = np.empty(len(order))
    result[order] = np.maximum(np.minimum(level, high - ranks[-1]), low) + ranks
    return result


def label_lines(axes, x, positions, names, inks, *, gap=None, **style):
    """Write `names` at height `positions` right of `x`, in the lines' inks, without overlap.

    Call when the axis limits stand. `gap` is in data units, by default 7 % of the axis; names stay
    half of that inside it. A thin line leads to a name that had to move by more than a gap.
    """
    low, high = axes.get_ylim()
    log = axes.get_yscale() == "log"
    if log:
        low, high, positions = np.log(low), np.log(high), np.log(positions)
    gap = 0.07 * (high - low) if gap is None else gap
    apart = within(spread(positions, gap), gap, low + gap / 2, high - gap / 2)
    far = np.abs(apart - positions) > gap
    first, last = axes.get_xlim()
    room = 0.03 * (last - first) if far.any() and axes.get_xscale() == "linear" else 0.0
    for y, own, name, ink, led in zip(apart, positions, names, inks, far, strict=True):
        at, end = (np.exp((y, own))) if log else (y, own)
        if room and led:
            thin = {"arrowstyle": "-", "lw": 0.7, "color": ink, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (x, end), (x + room, at), arrowprops=thin)
        axes.text(x + room, at, name, color=ink, va="center", **style)


def draw_reference(axes, height, x, **style):
    """A dashed grey line at `height` from `x[0]` to `x[-1]`, where the data are: it stops before
    the names."""
    look = {"color": INKS["grey"], "lw": 1, "ls": (0, (4, 2)), "zorder": 0, **style}
    axes.plot([x[0], x[-1]], [height, height], **look)


def draw_band(axes, x, curves, ink, dash="-", *, alpha=0.2, **style):
    """The median of `curves` (runs, points) over x with an interquartile band; its last value."""
    low, middle, high = np.quantile(curves, (0.25, 0.5, 0.75), axis=0)
    axes.fill_between(x, low, high, color=ink, alpha=alpha, lw=0)
    axes.plot(x, middle, dash, color=ink, **style)
    return middle[-1]

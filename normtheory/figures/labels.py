"""Labels written on the lines themselves, moved apart where lines end close together."""

import numpy as np


def spread(positions, gap):
    """Positions of labels at least `gap` apart, each as near to its own as that allows.

    Parameters
    ----------
    positions : sequence of float
    gap : float
        Positive.

    Returns
    -------
    ndarray
        In the order of `positions`.

    Examples
    --------
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


def label_lines(axes, x, positions, names, inks, *, gap=None, **style):
    """Write `names` at height `positions` right of `x`, in the lines' inks, without overlap.

    Call when the axis limits stand. `gap` is in data units, by default 7 % of the axis.
    """
    low, high = axes.get_ylim()
    log = axes.get_yscale() == "log"
    if log:
        low, high, positions = np.log(low), np.log(high), np.log(positions)
    apart = spread(positions, 0.07 * (high - low) if gap is None else gap)
    for y, name, ink in zip(np.exp(apart) if log else apart, names, inks, strict=True):
        axes.text(x, y, name, color=ink, va="center", **style)

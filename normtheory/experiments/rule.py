"""When seeds have decided: a sign test that may be looked at after every seed.

If the median of a number over seeds were at most m, the chance that a seed lies above m would be at
most a half. Against that we bet. A bet that more than half lie above multiplies its stake by
2p for a seed above m and by 2(1 - p) for one below, which no strategy can expect to win if the
median is at most m: the chance that the stake ever grows to 20 is then at most 1/20 (Ville's
inequality), however often one looks and whenever one stops. So seeds may be added until the answer
is there.

The stake is split. Most of it is spread evenly over p in (1/2, 1], which gives the sign e-process
2^n B(k+1, n-k+1); `_SURE` of it is put on p = 1. The spread alone decides after 7 of 7 seeds,
10 of 11 or 12 of 14; with the split 5 of 5 decide, the fewest by which any test at this level
could, for one seed more where one dissents (11 of 12) or two do (13 of 15).
"""

import math
from functools import cache

import numpy as np

# both ends of an interval are wrong with probability 1/20 each
LEVEL = 0.9
_WON = 2 / (1 - LEVEL)
# the least share that lets five seeds decide
_SURE = 0.45


@cache
def evidence(above, seeds):
    """What the stake 1 has grown to when `above` of `seeds` seeds lie above a supposed median.

    Examples
    --------
    >>> round(evidence(5, 5), 1), round(evidence(4, 5), 1)
    (20.2, 1.0)
    """
    from scipy.special import betainc, betaln

    a, b = above + 1, seeds - above + 1
    spread = 2 * math.exp(seeds * math.log(2) + betaln(a, b)) * betainc(b, a, 0.5)
    return (1 - _SURE) * float(spread) + _SURE * (2.0**seeds if above == seeds else 0.0)


@cache
def least(seeds):
    """How many of `seeds` must lie above a supposed median to refuse it; None if all are too few.

    Examples
    --------
    >>> [least(seeds) for seeds in (4, 5, 6, 12, 20)]
    [None, 5, 6, 11, 17]
    """
    enough = [above for above in range(seeds + 1) if evidence(above, seeds) >= _WON]
    return enough[0] if enough else None


def median_interval(values):
    """The median and the medians that the values of seeds do not refuse, at `LEVEL`, at any time;
    the ends are infinite where there are too few, less than five.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    (3.0, (1.0, 5.0))
    >>> median_interval(range(12))
    (5.5, (1.0, 10.0))
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    middle, needed = float(np.median(ordered)), least(len(ordered))
    if needed is None:
        return middle, (-math.inf, math.inf)
    return middle, (float(ordered[-needed]), float(ordered[needed - 1]))


def likely(values, seeds):
    """Values of `seeds` seeds: those seen, and the rest as quantiles of a normal distribution with
    their median and spread.

    Examples
    --------
    >>> likely([1.0, 2.0, 3.0], 5).round(2)
    array([1.  , 2.  , 3.  , 1.33, 2.67])
    """
    from scipy.special import ndtri

    rest = seeds - len(values)
    normal = ndtri((np.arange(rest) + 0.5) / rest)
    return np.append(values, np.median(values) + np.std(values, ddof=1) * normal)

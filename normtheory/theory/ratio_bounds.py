"""How far apart two sample variances may be: Theorem 3 of Littwin & Wolf (2018) and what holds.

R = s1 / s2 for two independent batches of n draws, v = kappa/n - (n-3)/(n(n-1)) the relative
variance of each. The theorem's event is 4 e^2/(1+e)^2 <= (1-R)^2 <= 4 e^2/(1-e)^2.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers
from normtheory.theory.sample_variance import variance_constancy

_THIN = 1e-3  # an epsilon below it


def _epsilons(epsilon):
    return require.probabilities("epsilon", epsilon).astype(float)


def printed_bound(n: ArrayLike, kappa: ArrayLike, epsilon: ArrayLike) -> Numbers:
    """The right-hand side as printed, (1 - v / epsilon^2)^2: no positive part is taken.

    Parameters
    ----------
    n : int or array
        Batch sizes, at least 2. All arguments broadcast.
    kappa : float or array
        Kurtosis, at least 1.
    epsilon : float or array
        In (0, 1).

    Examples
    --------
    >>> float(printed_bound(2, 3.0, 0.5))  # "probability at least 49"
    49.0
    """
    epsilon = _epsilons(epsilon)
    return ((1 - variance_constancy(n, kappa) / epsilon**2) ** 2)[()]


def chebyshev_bound(n: int, kappa: ArrayLike, epsilon: ArrayLike) -> Numbers:
    """max(0, 1 - v / epsilon^2)^2 <= P[(1 - R)^2 <= 4 epsilon^2 / (1 - epsilon)^2].

    What the theorem's proof shows. Zero, hence silent, unless v < epsilon^2: never at n = 2,
    where v = (kappa + 1) / 2 >= 1. Arguments as in `printed_bound`.

    >>> float(chebyshev_bound(2, 1.0, 0.99)), round(float(chebyshev_bound(100, 3.0, 0.5)), 4)
    (0.0, 0.8449)
    """
    epsilon = _epsilons(epsilon)
    return (np.maximum(0.0, 1 - variance_constancy(n, kappa) / epsilon**2) ** 2)[()]


def cantelli_bound(n: int, kappa: ArrayLike, epsilon: ArrayLike) -> Numbers:
    """A lower bound of P[(1 - R)^2 <= 4 epsilon^2 / (1 - epsilon)^2], nowhere below Chebyshev's.

    R > a is s1 - a s2 > 0 for a variable of mean (1 - a) sigma^2 and variance
    v (1 + a^2) sigma^4: Cantelli's inequality, with a = (1 + epsilon)/(1 - epsilon), and likewise
    R < b = (1 - 3 epsilon)/(1 - epsilon), which is impossible for epsilon >= 1/3. Batches with
    s1 = s2 = 0 count as agreeing. Arguments as in `printed_bound`.

    >>> round(float(cantelli_bound(2, 1.0, 0.5)), 4), round(float(cantelli_bound(100, 3.0, 0.5)), 4)
    (0.2857, 0.9519)
    """
    epsilon = _epsilons(epsilon)
    v = variance_constancy(n, kappa)
    above = _cantelli(v, (1 + epsilon) / (1 - epsilon))
    b = (1 - 3 * epsilon) / (1 - epsilon)
    below = np.where(b > 0, _cantelli(v, np.maximum(b, 0.0)), 0.0)
    return np.maximum(0.0, 1 - above - below)[()]


def _cantelli(v, threshold):
    spread = v * (1 + threshold**2)
    return spread / (spread + (1 - threshold) ** 2)


def far_event_bound(n, kappa, epsilon):
    """An upper bound, for any distribution, of the probability of the theorem's event.

    The event asks |1 - R| >= 2 epsilon/(1 + epsilon): that the two variances are *not* close.

    >>> round(float(far_event_bound(100, 3.0, 0.5)), 4)
    0.1946
    """
    epsilon = _epsilons(epsilon)
    v, distance = variance_constancy(n, kappa), 2 * epsilon / (1 + epsilon)
    # 2 epsilon < 1 + epsilon, so the lower threshold is positive
    return np.minimum(1.0, _cantelli(v, 1 + distance) + _cantelli(v, 1 - distance))[()]


def normal_event_probability(n: int, epsilon: ArrayLike) -> tuple[Numbers, Numbers]:
    """Exact P of the theorem's event for the normal distribution, where R has Fisher's
    distribution.

    Parameters
    ----------
    n : int
        Batch size, at least 2.
    epsilon : float or array
        In (0, 1).

    Returns
    -------
    (both, upper) : floats
        P of the printed two-sided event, and of (1 - R)^2 <= 4 epsilon^2/(1 - epsilon)^2 alone.

    Examples
    --------
    >>> [round(float(p), 4) for p in normal_event_probability(100, 0.5)]
    [0.0058, 1.0]
    """
    from scipy.special import betaln, fdtr

    n, epsilon = require.integer("n", n, minimum=2), _epsilons(epsilon)
    near, far = 2 * epsilon / (1 + epsilon), 2 * epsilon / (1 - epsilon)

    def below(ratio):
        return fdtr(n - 1, n - 1, np.maximum(ratio, 0.0))

    upper = below(1 + far) - below(1 - far)
    both = upper - (below(1 + near) - below(1 - near))
    thin, half = np.minimum(epsilon, _THIN), (n - 1) / 2
    off = 2 * thin / (1 - thin**2)

    def density(ratio):
        power = (half - 1) * np.log(ratio) - 2 * half * np.log1p(ratio)
        return np.exp(power - betaln(half, half))

    # two bands beside 1, so thin that the difference is rounding
    bands = 2 * thin * off * (density(1 - off) + density(1 + off))
    return np.where(epsilon < _THIN, bands, both)[()], upper


def discrete_event_probability(law, epsilon):
    """Exact P of both events for an enumerated distribution of s^2 (a `SampleVarianceLaw`), (both,
    upper) in the shape of epsilon.

    s1 = s2 = 0 counts as R = 1, s2 = 0 < s1 as R = inf.

    >>> from normtheory.theory.sample_variance import enumerate_two_point
    >>> both, upper = discrete_event_probability(enumerate_two_point(2), 0.5)
    >>> float(both), float(upper)
    (0.25, 0.75)
    """
    epsilon = _epsilons(epsilon)[..., None, None]
    s = np.array([float(v) for v in law.values])
    weight = np.array([float(p) for p in law.probabilities])
    s1, s2 = s[:, None], s[None, :]
    # cross-multiplied: no division by an s2 of zero; slack absorbs rounding of equal values
    slack = 1e-12 * (s1 + s2)
    gap = np.abs(s1 - s2)
    upper = gap <= 2 * epsilon / (1 - epsilon) * s2 + slack
    near = gap < 2 * epsilon / (1 + epsilon) * s2 - slack
    near |= s1 == s2
    joint = weight[:, None] * weight
    return (joint * (upper & ~near)).sum((-2, -1))[()], (joint * upper).sum((-2, -1))[()]

r"""What a batch of activations looks like: moments of its units, distances to N(0, I), its rank.

Letters: `h` activations (b, d), one row a sample, one column a unit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.characteristic_distance import sphere_divergence
from normtheory.theory.slices import random_directions
from normtheory.theory.transport import sliced_wasserstein_to_normal

SLICES = 256
# samples that the divergence compares with each other, at most
_COMPARED = 1024
# beyond, squares of squares leave the range of float64
_LARGEST = 1e70


class ActivationStatistics(NamedTuple):
    """A batch of activations in numbers; arrays hold one for each unit, (d,).

    Attributes
    ----------
    samples, units : int
        b and d.
    mean, variance : ndarray
        The variance is the unbiased one.
    skewness, kurtosis : ndarray
        The third and fourth moment of the standardized unit (3 for the normal distribution); NaN
        for a constant one.
    positive : ndarray
        Share of the samples in which a unit is above 0.
    least : ndarray
        The smallest value of each unit.
    dead : ndarray of bool
        Units that are above 0 in no sample, or constant.
    square : float
        Mean of ‖h‖²/d, which is 1 for N(0, I).
    square_error : float
        Its standard error.
    second_moments : tuple of float
        The smallest and the largest eigenvalue of the mean of hhᵀ.
    correlation : float
        Root mean square of the correlations between units that are not constant, less what samples
        of independent units have; NaN for fewer than two of them.
    effective_rank : float
        exp of the entropy of the centred batch's singular values, divided by their sum.
    sliced_distance : float
        Sliced W₁ to N(0, I).
    divergence : float
        Sphere divergence from N(0, I) at bandwidth 1, unbiased: around 0 for N(0, I) itself.
    """

    samples: int
    units: int
    mean: np.ndarray
    variance: np.ndarray
    skewness: np.ndarray
    kurtosis: np.ndarray
    positive: np.ndarray
    least: np.ndarray
    dead: np.ndarray
    square: float
    square_error: float
    second_moments: tuple[float, float]
    correlation: float
    effective_rank: float
    sliced_distance: float
    divergence: float


def activation_statistics(h: ArrayLike, rng: np.random.Generator) -> ActivationStatistics:
    """Moments of each unit (NaN of a constant one), distances to N(0, I) and the effective rank.

    Roy & Vetterli (2007) for the effective rank.

    Parameters
    ----------
    h : array_like, (b, d)
        At least two samples of numbers within ±1e70.
    rng : numpy.random.Generator
        For the directions of the sliced distance; of more than 1,024 samples it chooses those that
        the divergence compares.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> h = rng.standard_normal((4096, 3)) * [1, 1, 0] + [1, 2, -1]
    >>> found = activation_statistics(h, rng)
    >>> found.mean.round(1), found.variance.round(1), found.dead
    (array([ 1.,  2., -1.]), array([1., 1., 0.]), array([False, False,  True]))
    >>> round(found.effective_rank, 2), round(found.sliced_distance, 1)
    (2.0, 1.3)
    """
    h = require.finite("h", h, ndim=2).astype(np.float64)
    require.rng(rng)
    b, d = h.shape
    if b < 2:
        raise ValueError(f"h must hold at least 2 samples, got shape {h.shape}")
    if np.abs(h).max() > _LARGEST:
        raise ValueError(f"h must lie within ±{_LARGEST:g}, got {h.flat[np.abs(h).argmax()]:g}")
    mean = h.mean(axis=0)
    centred = h - mean
    # a constant column differs from its mean by rounding, if at all
    varies = h.min(axis=0) < h.max(axis=0)
    centred[:, ~varies] = 0
    variance = (centred**2).sum(axis=0) / (b - 1)
    deviation = np.sqrt((centred**2).mean(axis=0))
    z = centred / np.where(varies, deviation, 1)
    squares = (h**2).mean(axis=1)
    chosen = h if b <= _COMPARED else h[rng.choice(b, _COMPARED, replace=False)]
    theta = random_directions(d, SLICES, rng)
    second = _eigenvalues(h) / b
    return ActivationStatistics(
        samples=b,
        units=d,
        mean=mean,
        variance=variance,
        skewness=np.where(varies, (z**3).mean(axis=0), np.nan),
        kurtosis=np.where(varies, (z**4).mean(axis=0), np.nan),
        positive=(h > 0).mean(axis=0),
        least=h.min(axis=0),
        dead=(h <= 0).all(axis=0) | ~varies,
        square=float(squares.mean()),
        square_error=float(squares.std(ddof=1) / np.sqrt(b)),
        second_moments=(float(second[0]) if b >= d else 0.0, float(second[-1])),
        correlation=_correlation(z[:, varies]),
        effective_rank=_effective_rank(centred),
        sliced_distance=sliced_wasserstein_to_normal(h, theta).mean,
        divergence=sphere_divergence(chosen, unbiased=True),
    )


def _eigenvalues(h):
    """Eigenvalues of hᵀh that may differ from 0, rising: by the smaller of its two products."""
    return np.linalg.eigvalsh(h.T @ h if h.shape[1] <= h.shape[0] else h @ h.T).clip(min=0)


def _correlation(z):
    """From ‖R‖² = d + the sum of squared correlations, each 1/(b-1) for independent units."""
    b, d = z.shape
    if d < 2:
        return float("nan")
    square = (_eigenvalues(z) ** 2).sum() / b**2
    return float(np.sqrt(max((square - d) / (d * (d - 1)) - 1 / (b - 1), 0)))


def _effective_rank(centred):
    singular = np.sqrt(_eigenvalues(centred))
    total = singular.sum()
    if total == 0:
        return 0.0
    share = singular[singular > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))

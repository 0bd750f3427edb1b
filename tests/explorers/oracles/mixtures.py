"""Littwin & Wolf (2018) on mixtures: central moments of components, searches over directions, an
integral over pairs of draws."""

import functools
import math

import flint
import mpmath
import numpy as np
from numpy.polynomial import Polynomial
from scipy import optimize, stats

from oracles import Near, legendre, point

BOUNDARY = (0.5 - math.sqrt(1 / 12), 0.5 + math.sqrt(1 / 12))  # where p(1 - p) = 1/6


def mixture_kurtosis(p, gap, first, second):
    """Fourth over squared second central moment of two normal components, by their variances."""
    parts = ((p, (1 - p) * gap, first), (1 - p, -p * gap, second))
    two = sum(w * (m**2 + v) for w, m, v in parts)
    return sum(w * (m**4 + 6 * m**2 * v + 3 * v**2) for w, m, v in parts) / two**2


def printed_kurtosis(p, gap, within):
    """Eq. 9 as the document prints it."""
    a = p * (1 - p)
    return 3 + (a - 6 * a**2) * gap**4 / (a**2 * gap**4 + 2 * a * gap**2 * within + within**2)


def mixture_kurtosis_formula(p, separation, sigma1, sigma2):
    gaps, grid = np.linspace(0, 8, 161), np.linspace(-10, 10, 401)
    within = p * sigma1**2 + (1 - p) * sigma2**2
    true = mixture_kurtosis(p, np.r_[gaps, separation], sigma1**2, sigma2**2)
    said = printed_kurtosis(p, np.r_[gaps, separation], within)
    one = p * stats.norm((1 - p) * separation, sigma1).pdf(grid)
    two = (1 - p) * stats.norm(-p * separation, sigma2).pdf(grid)
    left = [[3], (gaps, true[:-1]), (gaps, said[:-1])]
    left += [point(separation, true[-1]), point(separation, said[-1])]
    numbers = {"true": true[-1], "printed": said[-1]}
    return numbers, [left, [(grid, one + two), (grid, one), (grid, two)]]


def stationary_angles(p, gap, one, two):
    """Angles of [0, π) where the kurtosis in the plane is stationary, by a polynomial in the
    tangent, and both axes."""
    far = Polynomial(gap)
    first, second = (Polynomial([c[0, 0], 2 * c[0, 1], c[1, 1]]) for c in (one, two))
    parts = ((p, (1 - p) * far, first), (1 - p, -p * far, second))
    two = sum(w * (m**2 + v) for w, m, v in parts)
    four = sum(w * (m**4 + 6 * m**2 * v + 3 * v**2) for w, m, v in parts)
    roots = (four.deriv() * two - 2 * four * two.deriv()).roots()
    return np.sort(np.r_[0, np.pi / 2, np.arctan(roots.real) % np.pi])


def phase_shift(p, gap_x, gap_y, sd1_x, sd1_y, corr1, sd2_x, sd2_y, corr2):
    gap = np.array([gap_x, gap_y])
    one, two = (
        np.diag([x, y]) @ [[1, r], [r, 1]] @ np.diag([x, y])
        for x, y, r in ((sd1_x, sd1_y, corr1), (sd2_x, sd2_y, corr2))
    )

    def along(weight, theta):
        var1, var2 = ((theta @ c * theta).sum(axis=-1) for c in (one, two))
        return mixture_kurtosis(weight, theta @ gap, var1, var2)

    def lda(weight):
        if not gap.any():
            return np.array([1.0, 0.0])
        return np.linalg.inv(weight * one + (1 - weight) * two) @ gap

    weights = np.linspace(0.01, 0.99, 99)
    turns = np.radians(np.arange(0, 180, 1.5))
    around = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    across = np.array([-gap_y, gap_x]) if gap.any() else np.array([0.0, 1.0])
    separated = np.array([along(w, lda(w)) for w in weights])
    merged = along(weights[:, None], across).ravel()
    least = along(weights[:, None], around).min(axis=1)
    inside = (weights > BOUNDARY[0]) & (weights < BOUNDARY[1])
    lowest = stationary_angles(p, gap, one, two)
    lowest = np.stack([np.cos(lowest), np.sin(lowest)], axis=-1)
    here = along(p, lowest)
    kappa = {"lda": along(p, lda(p)), "merging": along(p, across)}
    name = "LDA" if BOUNDARY[0] <= p <= BOUNDARY[1] else "merging"
    nowhere = 0 if gap.any() else np.nan  # both directions, with equal means
    said = kappa[name.lower()] + nowhere
    best = min(here.min(), *kappa.values())
    separated, merged = separated + nowhere, merged + nowhere
    numbers = kappa | {"best": best, "name": name}
    against = [list(BOUNDARY), (weights, separated), (weights, merged), (weights, least)]
    against += [(weights, np.where(inside, separated, merged))]
    against += [point(p, best), point(p, said)]

    turn = np.linspace(0, 2 * np.pi, 73)
    rings = []
    for c, sign in ((one, 0.5), (two, -0.5)):
        low = c[0, 1] / math.sqrt(c[0, 0])
        x = math.sqrt(c[0, 0]) * np.cos(turn)
        y = low * np.cos(turn) + math.sqrt(c[1, 1] - low**2) * np.sin(turn)
        rings.append((1.5 * x + sign * gap_x, 1.5 * y + sign * gap_y))
    size = max(np.abs(ring).max() for ring in rings)
    reach = min([r for r in (4, 8, 16) if size <= 0.95 * r], default=1e6)

    def line(theta):
        theta = theta / np.hypot(*theta)
        ends = np.array([-2.0, 2.0]) * reach
        return theta[0] * ends, theta[1] * ends

    low = lowest[np.flatnonzero(here <= here.min() + 1e-11)[0]]
    # both signs are the same direction
    merging = across if gap_x >= 0 else -across
    named = {"LDA": lda(p), "merging": merging}[name]
    found = tuple(Near(each, 0, 1e-5 * reach) for each in line(low))
    lines = (np.add(line(theta), nowhere) for theta in (lda(p), merging, named))
    separating, uniting, said = (tuple(each) for each in lines)
    plane = [*rings, separating, uniting, found, said]
    plane += [tuple([s * v] for v in gap) for s in (0.5, -0.5)]

    grid, densities = np.linspace(-4, 4, 321), []
    for theta in (lda(p), across):
        far, (v1, v2) = theta @ gap, (theta @ c @ theta for c in (one, two))
        scale = math.sqrt(p * v1 + (1 - p) * v2 + p * (1 - p) * far**2)
        parts = ((p, (1 - p) * far, v1), (1 - p, -p * far, v2))
        y = sum(w * stats.norm(m, math.sqrt(v)).pdf(scale * grid) for w, m, v in parts)
        densities.append((grid, scale * y + nowhere))
    densities.append(([0 if math.isnan(nowhere) else np.nan], [0.5]))
    return numbers, [against, plane, densities]


def phase_map(p, separation, sigma1, sigma2):
    """Which direction is best, by a search over directions."""
    gap = max(separation, 1e-3)
    # of the means' squared distance; between its ends there is at most one minimum
    share = np.r_[0, 1e-5, np.linspace(0.02, 0.98, 49), 1 - 1e-5, 1]

    def best(weight, first, second):
        kappa = mixture_kurtosis(weight, gap * np.sqrt(share), first, second)
        low, high = kappa.min(axis=-1), kappa.max(axis=-1)
        return kappa.argmin(axis=-1), high - low > 1e-12 * high

    ratios = 4.0 ** np.linspace(-1, 1, 65)
    weights = (np.arange(200) + 0.5) / 200
    at, _ = best(weights[:, None], (ratios[:, None, None] * sigma2) ** 2, sigma2**2)
    merge, separate = at == 0, at == len(share) - 1  # (ratios, weights)
    bounds = np.full((65, 4), np.nan)
    for row, (m, s) in enumerate(zip(merge, separate, strict=True)):
        bounds[row, 0] = weights[~m][0] if m[0] else 0
        bounds[row, 3] = weights[~m][-1] if m[-1] else 1
        if s.any():
            bounds[row, 1:3] = weights[s][[0, -1]]
    merged, low, high, released = bounds.T
    left = [(ratios, low, high), (ratios, [0] * 65, merged), (ratios, released, [1] * 65), [1]]
    left += [([1, 1], BOUNDARY), point(min(max(sigma1 / sigma2, 0.25), 4), p)]

    def along(angle):
        at = separation * np.cos(np.radians(angle))
        return mixture_kurtosis(p, at, sigma1**2, sigma2**2)

    angles = np.linspace(0, 90, 181)
    found = optimize.minimize_scalar(along, bounds=(0, 90), options={"xatol": 1e-10})
    least, angle = min((along(0.0), 0.0), (along(90.0), 90.0), (found.fun, found.x))
    # where all directions are alike, the mark stands anywhere
    loose = 0.01 if separation and best(p, sigma1**2, sigma2**2)[1] else 90
    right = [[3], (angles, along(angles)), (Near([angle], 0, loose), Near([least], 1e-9))]
    return {"least": Near(least, 1e-9), "angle": Near(angle, 0, loose)}, [left, right]


def two_batch_loss(p, gap, ratio):
    """E L at n = 2 for components of variance 1, by integrals over the difference d of two draws
    from one component, and from both, with d = √(2β)·tan(φ)."""
    p, gap, ratio = (np.asarray(x, float) for x in np.broadcast_arrays(p, gap, ratio))
    variance, mixed = p * (1 - p) * gap**2 + 1, 2 * p * (1 - p)
    beta = variance / ratio
    width, inverse, square = np.sqrt(2 * beta)[..., None], 0, 0
    for share, mean in ((1 - mixed, 0 * gap), (mixed, gap)):
        mean = mean[..., None]
        low, high = np.arctan((mean - 13) / width), np.arctan((mean + 13) / width)
        node, weight = legendre(0, 1, 120)
        angle, weight = low + (high - low) * node, (high - low) * weight
        weight = (
            weight * np.exp(-((width * np.tan(angle) - mean) ** 2) / 4) / (2 * math.sqrt(np.pi))
        )
        inverse = inverse + share * weight.sum(axis=-1) * np.sqrt(2 / beta)
        square = square + share * (weight * np.cos(angle) ** 2).sum(-1) * np.sqrt(2 / beta**3)
    fourth = 3 + mixed * (gap**4 / 4 + 3 * gap**2)
    return 1 - 2 * variance * inverse + fourth * square


def exact_loss(p, gap, ratio):
    """The same to mpmath's digits: the mean of 1/(d² + a²) for a normal d is a Voigt profile."""
    flint.ctx.dps = mpmath.mp.dps
    variance, mixed = p * (1 - p) * gap**2 + 1, 2 * p * (1 - p)
    a, root, found = mpmath.sqrt(2 * variance / ratio), mpmath.sqrt(mpmath.pi), 1
    fourth = 3 + mixed * (gap**4 / 4 + 3 * gap**2)
    for share, mean in ((1 - mixed, 0), (mixed, gap)):
        z = (mean + 1j * a) / 2
        exact = flint.acb(z)
        profile = mpmath.mpmathify((-exact * exact).exp() * (flint.acb(0, -1) * exact).erfc())
        once = root / 2 * profile.real / a
        twice = (once + (1 - root * (z * profile).imag) / 2) / (2 * a**2)
        found += share * (4 * fourth * twice - 4 * variance * once)
    return found


@functools.cache
def separates_from(gap, ratio=None):
    """The weight at which full separation becomes a local minimum: a root of the slope in the
    distance; without a ratio at the best one, where the slope in it is a root, too."""
    digits = 32 if 0.1 < gap < 50 else 90
    with mpmath.workdps(digits):
        gap, step = mpmath.mpf(gap), mpmath.mpf(10) ** -(digits // 4)

        def by_distance(p, log):
            more, less = (exact_loss(p, gap * (1 + s), mpmath.exp(log)) for s in (step, -step))
            return (more - less) / step * (1 + 1 / gap**4) * gap

        def both(p, log):
            more, less = (exact_loss(p, gap, mpmath.exp(log + s)) for s in (step, -step))
            return by_distance(p, log), (more - less) / step

        if ratio is None:
            return float(mpmath.findroot(both, (0.22, -1), tol=1e-9, verify=False)[0])
        ends, log = (mpmath.mpf("0.05"), mpmath.mpf(1) / 2), mpmath.log(ratio)
        if by_distance(ends[1], log) >= 0:
            return math.nan
        found = mpmath.findroot(
            lambda p: by_distance(p, log), ends, "anderson", tol=1e-15, verify=False
        )
        return float(found)


def trained_phases(p, separation, ratio):
    gaps, weights, rare = np.geomspace(0.5, 20, 40), np.linspace(0.01, 0.5, 99), min(p, 1 - p)
    *held, here = (separates_from(gap, ratio) for gap in (*gaps, separation))
    losses = two_batch_loss(weights[:, None], np.linspace(0, separation, 81), ratio)
    losses /= losses[0, 0]
    free = np.interp(math.log(separation), np.log(gaps), [separates_from(gap) for gap in gaps])
    if not gaps[0] <= separation <= gaps[-1]:
        free = separates_from(separation)
    numbers = {"held": Near(here, 0, 2e-6), "free": Near(free, 0, 2e-6), "merges": BOUNDARY[0]}
    left = [BOUNDARY[:1], (gaps, Near([separates_from(gap) for gap in gaps], 0, 2e-6))]
    left.append((gaps, Near(held, 0, 2e-6)))
    right = [[1], (weights, losses[:, -1])]
    right.append((weights, losses.min(axis=1)))
    return numbers, [[*left, point(separation, rare)], [*right, [rare]]]

"""Littwin & Wolf (2018): cumulants, scipy's distributions, sums over all samples, searches."""

import functools
import math

import numpy as np
from scipy import stats

from oracles import Near, legendre, point, quantiles

ROOT = math.sqrt(3)
DENSITIES = {
    "normal": stats.norm().pdf,
    "laplace": stats.laplace(scale=math.sqrt(0.5)).pdf,
    "uniform": stats.uniform(-ROOT, 2 * ROOT).pdf,
}
WITHIN = 4 / math.sqrt(43)  # of the mixture p = 1/4, three such deviations apart, variance 1


def mixture_density(x):
    """p = 1/4 and means three standard deviations apart."""
    first, second = stats.norm(2.25 * WITHIN, WITHIN), stats.norm(-0.75 * WITHIN, WITHIN)
    return first.pdf(x) / 4 + 3 * second.pdf(x) / 4


DENSITIES["mixture"] = mixture_density


def even_moment(name, k):
    """E x^k at variance 1, by an integral over the density."""
    if name == "two-point":
        return 1.0
    x, weight = legendre(-ROOT, ROOT) if name == "uniform" else legendre(-60, 60, 3000)
    if name == "laplace":
        x, weight = legendre(0, 60, 800)
        weight = 2 * weight
    return float(weight @ (DENSITIES[name](x) * x**k))


NAMES = ("normal", "laplace", "uniform", "two-point", "mixture")
KURTOSIS = {name: even_moment(name, 4) for name in NAMES}


def constancy(n, kappa):
    """Var(s²)/σ⁴ from cumulants."""
    return (kappa - 3) / n + 2 / (n - 1)


def sample_variance(n, law, sigma, scale):
    grid = np.linspace(-8, 8, 401)
    sizes = np.unique(np.round(np.exp(np.linspace(math.log(2), math.log(200), 80))))
    here, spread = constancy(n, KURTOSIS[law]), sigma * scale
    density, atoms = [np.nan] * 401, ([0, 0], [np.nan])
    if law == "two-point":
        atoms = [x + y for x in (-spread, spread) for y in (-0.12, 0.12)], [0.5, 0, 0.5]
    else:
        density = Near(DENSITIES[law](grid / spread) / spread, 1e-9)
    numbers = {"value": here * sigma**4, "relative": here, "kurtosis": KURTOSIS[law]}
    numbers |= {"least": constancy(n, 1), "scaled": here * spread**4}
    curves = [(sizes, constancy(sizes, KURTOSIS[name])) for name in NAMES]
    rest = [point(n, here), ([n, n], [np.nan, np.nan]), ([n], [np.nan])]
    return numbers, [[(grid, density), atoms], [*curves, *rest]]


@functools.cache
def square_rule(name, n):
    """s²/σ² of n draws as nodes and weights."""
    if name == "two-point":
        k = np.arange(n + 1)
        return 4 * k * (n - k) / (n * (n - 1)), stats.binom(n, 0.5).pmf(k)
    if name == "normal":
        square = stats.chi2(n - 1)
        u, weight = quantiles(square)
        return u / (n - 1), weight
    # at n = 2 it is half the square of the difference of two draws
    if name == "laplace":
        x, weight = legendre(0, 45, 1500)
        density = DENSITIES[name](x) * (1 + math.sqrt(2) * x)
    elif name == "uniform":
        x, weight = legendre(0, 2 * ROOT, 600)
        density = (1 - x / (2 * ROOT)) / ROOT
    else:
        x, weight = legendre(0, 15, 1200)
        wide = math.sqrt(2) * WITHIN
        parts = ((0.625, 0.0), (0.1875, 3 * WITHIN), (0.1875, -3 * WITHIN))
        density = 2 * sum(w * stats.norm(m, wide).pdf(x) for w, m in parts)
    return x**2 / 2, weight * density


def has_form(name, n):
    return n == 2 or name in ("normal", "two-point")


def losses(name, n, ratio):
    """E L and E L² of (1 - s₁/(s₂ + β))², by sums over both batches."""
    u, w = square_rule(name, n)
    first = np.array([w @ u**k for k in range(5)])
    second = (ratio / (ratio * u + 1))[None, :] ** np.arange(5)[:, None] @ w
    powers = [
        sum(math.comb(k, j) * (-1) ** j * first[j] * second[j] for j in range(k + 1))
        for k in (2, 4)
    ]
    return powers


def gradient_bound(n, beta, scale):
    """The factors of the gradient, each at its worst."""
    if not beta:
        return np.nan
    growth = max(1, scale**2 / beta)  # |1 - s₁/(s₂ + β)|
    shares = np.linspace(0.2, 0.5, 100_001)
    steepest = (np.sqrt(shares) / (shares + 1) ** 2).max() / beta**1.5  # √s/(s + β)²
    return 4 * growth * np.hypot(scale / beta, scale**2 * steepest) / math.sqrt(n - 1)


def trained_loss(beta, n, law, sigma, scale):
    ratios, scales = np.geomspace(1e-2, 1e4, 121), np.geomspace(0.05, 100, 81)
    known = has_form(law, n)
    curve = [losses(law, n, t)[0] if known else np.nan for t in ratios]
    numbers, here, place = {}, np.nan, np.nan
    if beta > 0:
        place = min(sigma**2 / beta, 1e9)
    if known and beta > 0:
        ratio = sigma**2 / beta
        here, step = losses(law, n, ratio)[0], 1e-3
        ends = [losses(law, n, ratio * math.exp(k * step))[0] for k in (-2, -1, 1, 2)]
        slope = np.dot(ends, [1, -8, 8, -1]) / (12 * step)
        numbers = {"ratio": ratio, "loss": Near(here, 1e-6), "force": Near(-slope, 1e-5, 1e-7)}
    left = [[1], (ratios, Near(curve, 1e-6, 1e-9)), point(place, here, 1e-6, 1e-9)]
    bound = np.array(
        [gradient_bound(n, b, c) for b in (0.1, 1, 10, beta) for c in (*scales, scale)]
    )
    bound = bound.reshape(4, 82)
    right = [*((scales, Near(row[:-1], 1e-8)) for row in bound), [scale]]
    right.append(point(scale, bound[3, -1], 1e-8))
    return numbers, [left, right]


def moment_estimation(N, n, beta, law):
    sizes = np.arange(4, 257, 4)
    spread = even_moment(law, 8) / even_moment(law, 4) ** 2 - 1
    vcl = np.nan
    if has_form(law, n):
        mean, square = losses(law, n, 1 / beta)
        vcl = math.sqrt(square - mean**2) / mean
    fourth = np.sqrt(max(spread, 0) / np.r_[sizes, N])
    numbers = {"fourth": Near(fourth[-1], 1e-8, 1e-6), "vcl": Near(vcl, 1e-5), "both": n + n}
    left = [(sizes, Near(fourth[:-1], 1e-8, 1e-6)), Near([vcl], 1e-5)]
    left.append(point(N, fourth[-1], 1e-8, 1e-6))
    return numbers, [left, [([0, n], [1]), ([n, 2 * n], [1]), [N]]]


def few_modes(upper, middle, position, n, k):
    def kurtosis(share):
        weights = [(1 - middle) * (1 - share), middle, (1 - middle) * share]
        x = np.array([-1, position, 1]) - np.average([-1, position, 1], weights=weights)
        return np.average(x**4, weights=weights) / np.average(x**2, weights=weights) ** 2

    def counted(modes):
        """Of compositions: places of modes - 1 bars among the draws."""
        return math.factorial(n + modes - 1) // math.factorial(n) // math.factorial(modes - 1)

    def printed(modes):
        """n for two, else n + k - 1 over k."""
        if modes == 2:
            return n
        return math.factorial(n + modes - 1) // math.factorial(modes) // math.factorial(n - 1)

    shares, counts = np.linspace(0.01, 0.99, 50), np.arange(1, 13)
    modes = [(-1.0, (1 - middle) * (1 - upper)), (position, middle), (1.0, (1 - middle) * upper)]
    bars = [([x - 0.15, x + 0.15], [w]) for x, w in modes]
    here = kurtosis(upper)
    numbers = {"kappa": here, "true": counted(k), "said": printed(k)}
    middle_panel = [[3], (shares, [kurtosis(share) for share in shares]), point(upper, here)]
    right = [
        (counts, [counted(int(c)) for c in counts]),
        (counts, [printed(int(c)) for c in counts]),
    ]
    return numbers, [bars, middle_panel, [*right, point(k, counted(k))]]


def ratio_bound(n, epsilon, law, kappa):
    levels, kappas = np.linspace(0.02, 0.98, 49), np.linspace(1, 20, 96)
    own = KURTOSIS[law]
    every = np.r_[levels, epsilon]

    def cantelli(v, low, high):
        """One-sided: s₁ - a s₂ has mean 1 - a and variance v(1 + a²)."""
        sides = [(v * (1 + a * a)) / (v * (1 + a * a) + (1 - a) ** 2) for a in (low, high)]
        return sides[0] * (low > 0) + sides[1]

    v = constancy(n, own)
    near, far = 2 * every / (1 + every), 2 * every / (1 - every)
    if law == "normal":
        ratio = stats.f(n - 1, n - 1)
        events = ratio.cdf(1 + far) - ratio.cdf(1 + near) + ratio.cdf(1 - near) - ratio.cdf(1 - far)
    elif law == "two-point" and n <= 60:
        u, w = square_rule(law, n)
        both = np.outer(w, w)
        events = []
        for a, b in zip(near, far, strict=True):
            apart = np.abs(u[:, None] - u) / np.where(u > 0, u, np.nan)
            inside = (apart >= a * (1 - 1e-12)) & (apart <= b * (1 + 1e-12))
            events.append(both[inside].sum())
        events = np.array(events)
    else:
        events = np.minimum(1, cantelli(v, 1 - near, 1 + near))
    left_over = 1 - v / every**2
    upper = np.maximum(0, 1 - cantelli(v, (1 - 3 * every) / (1 - every), (1 + every) / (1 - every)))
    side = (1 - constancy(n, np.r_[kappas, kappa]) / epsilon**2) ** 2
    rows = [left_over**2, events, np.maximum(0, left_over) ** 2, upper]
    theorem = [[1], *((levels, Near(row[:-1], 1e-8, 1e-10)) for row in rows)]
    theorem += [point(epsilon, events[-1], 1e-8, 1e-10), point(epsilon, left_over[-1] ** 2)]
    exact = law == "normal" or (law == "two-point" and n <= 60)
    numbers = {"bound": left_over[-1] ** 2, "p": Near(events[-1], 1e-7, 1e-10), "side": side[-1]}
    numbers |= {"v": constancy(n, kappa), "square": epsilon * epsilon}
    numbers["kind"] = "exactly" if exact else "at most"
    middle = [[1], (kappas, side[:-1]), point(kappa, side[-1])]
    right = [[1], (levels, left_over[:-1]), point(epsilon, left_over[-1])]
    return numbers, [theorem, middle, right]


@functools.cache
def inverse(n):
    """Var of σ/s for n normal draws, by moments of 1/χ."""
    x, weight = quantiles(stats.chi2(n - 1))
    mean, square = (weight @ ((n - 1) / x) ** k for k in (0.5, 1))
    return square - mean**2


def batchnorm_noise(n, kappa, rho):
    sizes = np.unique(np.geomspace(4, 512, 60).round())
    inputs = np.linspace(-4, 4, 161)

    exact = [inverse(size) for size in sizes]
    part = (kappa - 1) / (4 * n) if kappa != 3 else inverse(n) if n > 3 else np.inf
    how = "to leading order" if kappa != 3 else "exact for normal draws"
    shares = 2 * stats.norm(scale=math.sqrt(1 / n)).sf(0.1 * np.abs(np.r_[inputs, rho]))
    numbers = {"shift": 1 / n, "part": Near(part, 1e-3), "how": how, "off": shares[-1]}
    left = [(sizes, 1 / sizes), (sizes, (kappa - 1) / 4 / sizes), (sizes, Near(exact, 1e-3))]
    left += [point(n, 1 / n), point(n, max(part, 1e-9) if part < np.inf else np.nan, 1e-3)]
    return numbers, [left, [(inputs, shares[:-1]), [rho], point(rho, shares[-1])]]

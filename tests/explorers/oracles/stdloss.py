"""The standardization loss: expectations over scipy's distributions, entropies as integrals."""

import functools
import math

import numpy as np
from scipy import stats

from oracles import Near, legendre, point, quantiles

NORMAL = stats.norm()


def divergence(mean, sigma):
    """E log of the ratio of the densities of N(mean, σ²) and N(0, 1), under the former."""
    z, weight = np.polynomial.hermite_e.hermegauss(8)
    x = mean + np.multiply.outer(sigma, z)
    log = (x**2 - z**2) / 2 - np.log(np.asarray(sigma, float))[..., None]
    return log @ (weight / weight.sum())


def standardization_loss(mu, sigma):
    grid, sigmas = np.linspace(-8, 8, 321), np.geomspace(0.1, 10, 161)
    here, spread = (float(divergence(m, np.array(sigma))) for m in (mu, 0))
    numbers = {"loss": Near(here, 1e-8, 1e-12), "spread": Near(spread, 1e-8, 1e-12)}
    left = [
        (grid, NORMAL.pdf(grid)),
        (grid, np.minimum(stats.norm(mu, sigma).pdf(grid), 1.2)),
        [mu],
    ]
    right = [(sigmas, Near(np.maximum(divergence(m, sigmas), 1e-3), 1e-8)) for m in (0, mu)]
    right.append(point(sigma, max(here, 1e-3), 1e-8))
    return numbers | {"centre": mu * mu / 2}, [left, right]


@functools.cache
def log_less_one(b):
    """E log(s²/σ²) of b normal draws, their variance over b."""
    x, weight = quantiles(stats.chi2(b - 1))
    return weight @ np.log(x / b)


def offsets(sizes):
    """What a batch adds to the loss at mean 0, variance 1: E m² + E s² is 1."""
    return np.array([-log_less_one(b) / 2 for b in sizes])


def standardization_batch(b, sigma, estimator):
    sigmas = np.geomspace(0.1, 10, 161)
    sizes = np.unique(np.geomspace(2, 128, 60).round())

    def expected(sigma):
        if b == 1:
            return np.inf * np.asarray(sigma)
        over = b if estimator == "biased" else b - 1
        squares = sigma**2 / b + sigma**2 * (b - 1) / over
        return (squares - 1 - log_less_one(b) - np.log(sigma**2 * b / over)) / 2

    def steep(b):
        """b² times the mean square of m + (h - m)(1 - 1/s²)."""
        if b <= 3:
            return np.inf
        return 1 / b + (b - 1) / b - 2 + stats.invgamma((b - 1) / 2, scale=b / 2).mean()

    def finite(values):
        return np.where(np.isfinite(values), values, np.nan)

    mean_square = 1 if estimator == "biased" else 1 + 1 / b  # κσ² - log σ² is least at 1/κ
    best, here = 1 / mean_square if b > 1 else np.nan, float(expected(sigma))
    gradient = steep(b) if b > 1 else np.nan
    curves = np.array([steep(size) for size in sizes])
    exact = Near(divergence(0, sigmas), 1e-8, 1e-12)
    left = [(sigmas, exact), (sigmas, Near(finite(expected(sigmas)), 1e-5)), [math.sqrt(best)]]
    left.append(point(sigma, float(finite(here)), 1e-5))
    right = [(sizes, Near(offsets(sizes), 1e-5)), (sizes, 1 / (1 + 1 / sizes))]
    right += [(sizes, Near(finite(curves), 1e-8)), [b], point(b, best)]
    right.append(point(b, float(finite(gradient)), 1e-8))
    numbers = {"loss": Near(here, 1e-5), "best": best, "gradient": Near(gradient, 1e-8)}
    return numbers, [left, right]


SHAPES = {
    "normal": (NORMAL, (-40, 40)),
    "logistic": (stats.logistic(scale=math.sqrt(3) / math.pi), (-60, 60)),
    "Laplace": (stats.laplace(scale=math.sqrt(0.5)), (0, 40)),
    "semicircle": (stats.semicircular(scale=2), (-2, 2)),
    "uniform": (stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)), (-math.sqrt(3), math.sqrt(3))),
    "exponential": (stats.expon(loc=-1), (-1, 60)),
}


def standardization_blind_spots(law):
    grid, most = np.linspace(-4, 4, 321), (1 + math.log(2 * math.pi)) / 2
    copies, atoms = law == "correlated copies", [np.nan] * 3
    if law == "two-point":
        density, atoms, nats = [np.nan] * 321, [0.5, 0, 0.5], -np.inf
    else:
        shape, ends = SHAPES["normal" if copies else law]
        density = shape.pdf(grid)
        x, weight = legendre(*ends, 4000)
        log = np.log(np.maximum(shape.pdf(x), 1e-300))
        nats = -(2 if law == "Laplace" else 1) * float(weight * shape.pdf(x) @ log)
    gap, correlation = most - nats, np.inf if copies else 0.0
    numbers = {"total": Near(gap + correlation, 1e-3, 1e-9), "shape": Near(gap, 1e-3, 1e-9)}
    numbers |= {"correlation": correlation, "nats": Near(nats, 1e-4), "most": most}
    heights = Near([0, 0, min(gap, 1), 0, min(correlation, 1)], 1e-3, 1e-9)
    endless = [k for k, value in ((1, gap), (2, correlation)) if value == np.inf]
    arrows = (endless, [1.04]) if endless else ([np.nan], [1.04])
    right = [([-0.3, 0.3, 0.7, 1.3, 1.7, 2.3], heights), arrows, ([0], [0])]
    bars = [-1.06, -0.94, 0.94, 1.06], atoms
    return numbers, [[(grid, NORMAL.pdf(grid)), (grid, density), bars], right]


def standardization_shapes(b, spread):
    grid, sizes = np.linspace(-4, 4, 321), np.unique(np.geomspace(2, 128, 50).round())
    side = math.sqrt(1 - spread**2)
    peaks = sum(stats.norm(m, spread).pdf(grid) for m in (side, -side)) / 2
    x, weight = np.polynomial.hermite_e.hermegauss(8)
    kurtosis = weight @ (side + spread * x) ** 4 / weight.sum()
    exact = float(offsets([b])[0])
    cost = (kurtosis / sizes + 1 / sizes) / 4
    numbers = {"kurtosis": kurtosis, "leading": (kurtosis + 1) / b / 4, "gaussian": 1 / b}
    nothing = [np.nan]
    right = [(sizes, Near(offsets(sizes), 1e-5)), (sizes, cost), point(b, exact, 1e-5)]
    right += [nothing, ([b, b], nothing * 2), ([b], nothing)]
    left = [(grid, NORMAL.pdf(grid)), (grid, np.minimum(peaks, 2.1))]
    return numbers | {"exact": Near(exact, 1e-5)}, [left, right]

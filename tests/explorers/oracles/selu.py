"""Self-normalizing networks: moments as integrals on both sides of the kink, slopes as
differences, SELU's constants as Klambauer et al. (2017) print them."""

import itertools
import math

import numpy as np
from scipy import stats

from oracles import Near, legendre, point

ALPHA, LAM = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
NORMAL = stats.norm()
VARIANCES = np.geomspace(0.01, 100, 161)


def scaled_elu(z, alpha=ALPHA, lam=LAM):
    return lam * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def integrals(m, v, *functions):
    """E f(z) for z ~ N(m, v), piece by piece: beyond the kink, near it, and where e^z is gone."""
    m, v = np.broadcast_arrays(np.asarray(m, float), np.asarray(v, float))
    s = np.sqrt(v)
    cuts = [np.full(m.shape, -10.0)]
    cuts += [np.clip((edge - m) / s, -10, 10) for edge in (-40, 0)] + [np.full(m.shape, 10.0)]
    total = [np.zeros(m.shape) for _ in functions]
    nodes, weights = legendre(0, 1, 120)
    for low, high in itertools.pairwise(cuts):
        t = low[..., None] + (high - low)[..., None] * nodes
        z = m[..., None] + s[..., None] * t
        mass = weights * NORMAL.pdf(t) * (high - low)[..., None]
        for k, function in enumerate(functions):
            total[k] = total[k] + (mass * function(z)).sum(axis=-1)
    return total


def layer(mean, variance, omega=0.0, tau=1.0, alpha=ALPHA, lam=LAM):
    """Mean and variance after a layer; the latter about the mean, so that nothing cancels."""
    m, v = omega * np.asarray(mean, float), tau * np.asarray(variance, float)
    (first,) = integrals(m, v, lambda z: scaled_elu(z, alpha, lam))
    (spread,) = integrals(m, v, lambda z: (scaled_elu(z, alpha, lam) - first[..., None]) ** 2)
    return first, spread


def path(mean, variance, omega, tau):
    found = [(np.asarray(mean, float), np.asarray(variance, float))]
    for _ in range(30):
        m, v = found[-1]
        found.append(layer(m, np.maximum(v, 1e-30), omega, tau))
    return np.moveaxis(np.array(found), 1, 0)  # (2, 31, ...)


def selu_moments(mean, variance, omega, tau):
    starts = np.array([(m, v) for m in (-3, 0, 3) for v in (0.02, 30)], float).T
    means, variances = path(np.r_[starts[0], mean], np.r_[starts[1], variance], omega, tau)
    step = 1e-4
    ends = [layer(x, 1 + y, omega, tau) for x, y in ((step, 0), (-step, 0), (0, step), (0, -step))]
    jacobian = np.array([np.subtract(ends[0], ends[1]), np.subtract(ends[2], ends[3])]) / (2 * step)
    after = layer(np.r_[VARIANCES * 0 + mean, mean], np.r_[VARIANCES, variance], omega, tau)[1]
    last = {"last_mean": means[-1, -1], "last_variance": variances[-1, -1]}
    last |= {"next_mean": means[1, -1], "next_variance": variances[1, -1]}
    numbers = {name: Near(value, 1e-5, 2e-6) for name, value in last.items()}
    numbers |= {"count": 30, "radius": Near(np.abs(np.linalg.eigvals(jacobian)).max(), 1e-5)}
    shown = np.maximum(variances, 1e-4)
    near = [(Near(m, 1e-5, 1e-7), Near(v, 1e-5)) for m, v in zip(means.T, shown.T, strict=True)]
    rest = Near(means[1:, -1], 1e-5, 1e-7), Near(shown[1:, -1], 1e-5)
    plane = [*near, point(mean, variance), rest, ([0], [1])]
    right = [(VARIANCES, VARIANCES), (VARIANCES, Near(after[:-1], 1e-6))]
    return numbers, [plane, [*right, point(variance, after[-1], 1e-6)]]


def halves(q):
    """E z, E z² over z > 0, and of 1 - e^z and its square over z < 0."""
    return integrals(
        np.zeros(np.shape(q)),
        q,
        lambda z: np.maximum(z, 0),
        lambda z: np.maximum(z, 0) ** 2,
        lambda z: -np.expm1(np.minimum(z, 0)),
        lambda z: np.expm1(np.minimum(z, 0)) ** 2,
    )


def constants(mean, variance, q):
    """α and λ > 0 for pre-activations N(0, q), as roots of a polynomial in λ; NaN without any."""
    p1, p2, n1, n2 = map(float, halves(q))
    # a = λα = (λ p1 - mean)/n1, and λ² p2 + a² n2 = mean² + variance
    lead = np.polymul([p1 / n1, -mean / n1], [p1 / n1, -mean / n1])
    roots = np.roots(np.polyadd(n2 * lead, [p2, 0, -(mean**2) - variance]))
    for lam in roots[np.isreal(roots)].real:
        a = (lam * p1 - mean) / n1
        if lam > 0 and a > 0:
            return a / lam, lam
    return np.nan, np.nan


def depth_curve(mean, variance, depth, alpha, lam):
    """Variance by layer over the units of wide layers with weights N(0, 1/n)."""
    found = np.full(65, np.nan)
    if math.isnan(alpha):
        return found
    found[0], m, v = variance, mean, variance
    for k in range(1, min(depth, 64) + 1):
        if v > 1e8 * variance:
            break
        m, v = map(float, layer(0.0, m * m + v, alpha=alpha, lam=lam))
        found[k] = v
    return found


def spreads(mean, variance, width, alpha, lam):
    """Relative standard deviation of the variance by layer: that of a layer's own units, and what
    the next layers make of the second moments before it."""

    def moments(q):
        """The second moment and the variance behind N(0, q)."""
        first, square = integrals(0.0, q, f, lambda z: f(z) ** 2)
        return np.array([square, square - first**2])

    def f(z):
        return scaled_elu(z, alpha, lam)

    second, step = mean**2 + variance, 1e-4 * variance
    squares, own = integrals(
        0.0,
        second,
        lambda z: (f(z) ** 2 - second) ** 2,
        lambda z: ((f(z) - mean) ** 2 - variance) ** 2,
    )
    kept, passed = (moments(second + step) - moments(second - step)) / (2 * step)
    before = np.r_[0, squares * np.cumsum(kept ** (2 * np.arange(63)))]
    return np.r_[0, np.sqrt((own + passed**2 * before) / width) / variance]


def selu_targets(mean, variance, depth, width):
    alpha, lam = constants(mean, variance, variance)
    p1, p2, n1, n2 = halves(np.r_[VARIANCES, variance])
    sigma = np.sqrt(np.r_[VARIANCES, variance])
    # one half alone, scaled to the variance
    low, high = -sigma * n1 / np.sqrt(n2 - n1**2), sigma * p1 / np.sqrt(p2 - p1**2)
    numbers = {"alpha": Near(alpha, 1e-7), "lam": Near(lam, 1e-7)}
    numbers |= {"low": Near(low[-1], 1e-7), "high": Near(high[-1], 1e-7)}
    lower, upper = (Near((each / sigma)[:-1], 1e-7) for each in (low, high))
    band = [(VARIANCES, lower, upper), (VARIANCES, lower), (VARIANCES, upper)]
    band.append(([variance], [min(max(mean / math.sqrt(variance), -2), 2)]))
    z, layers = np.linspace(-4, 4, 201), np.arange(65)
    middle = [(z, scaled_elu(z)), (z, Near(scaled_elu(z, alpha, lam), 1e-6))]
    zero_sum = depth_curve(mean, variance, depth, alpha, lam) / variance
    ours = constants(mean, variance, mean**2 + variance)
    plain = depth_curve(mean, variance, depth, *ours) / variance
    spread = np.zeros(65) if math.isnan(ours[0]) else spreads(mean, variance, width, *ours)
    ends = Near(np.maximum(plain * (1 - spread), 0.01), 1e-4), Near(plain * (1 + spread), 1e-4)
    right = [(layers, *ends), [1], (layers, Near(zero_sum, 1e-5)), (layers, Near(plain, 1e-5))]
    return numbers, [band, middle, [*right, *[(layers, [np.nan] * 65)] * 6]]


def selu_dropout(rate, mean, variance):
    alpha, lam = constants(mean, variance, variance)
    y, rates, sigma = np.linspace(-5, 5, 401), np.linspace(0.01, 0.95, 60), math.sqrt(variance)
    floor = -lam * alpha

    def affine(rate):
        """What undoes a mixture of the activation with a mass at the floor."""
        kept = (1 - rate) * mean + rate * floor
        square = (1 - rate) * (variance + mean**2) + rate * floor**2
        a = np.sqrt(variance / (square - kept**2))
        return a, mean - a * kept

    def density(x):
        """Of the activation of N(0, variance)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            left = NORMAL.pdf(np.log1p(-x / floor) / sigma) / sigma / (x - floor)
        right = NORMAL.pdf(x / lam / sigma) / sigma / lam
        return np.where(x > 0, right, np.where(x > floor, left, 0.0))

    a, b = affine(rate)
    before = density(mean + sigma * y) * sigma
    after = (1 - rate) * density((mean + sigma * y - b) / a) * sigma / a
    scale, shift = affine(rates)
    plain = (variance + mean**2) / (1 - rates) / variance - mean**2 / variance
    nothing = math.isnan(alpha)
    if nothing:
        before, after, plain = np.full(401, np.nan), np.full(401, np.nan), np.full(60, np.nan)
    at = (a * floor + b - mean) / sigma
    left = [(y, Near(np.minimum(before, 2), 1e-6)), (y, Near(np.minimum(after, 2), 1e-6))]
    left.append((Near([at, at], 1e-7), [0, 0 if nothing else rate]))
    right = [(rates, Near(each, 1e-7, 1e-8)) for each in (scale, shift, plain)] + [[1], [rate]]
    numbers = {"a": Near(a, 1e-7), "b": Near(b, 1e-7, 1e-8), "floor": Near(at, 1e-7)}
    return numbers, [left, right]

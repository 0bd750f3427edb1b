"""Shattered gradients, weight normalization and recorded activations: kernels as integrals over one
unit, derivatives as differences, descent by numerical gradients, statistics of scipy."""

import functools
import math

import mpmath
import numpy as np
from scipy import special, stats

from normtheory.claims import inspect_activations  # what it finds of each layer is what is shown
from oracles import Near, point, sphere
from oracles.selu import scaled_elu

BIASES = {"He 2/n": 0.0, "LeCun 1/n": 0.0, "He with biases": 0.1}
POINTS = 256


def kernels(rho):
    """2P(u, v > 0) and 2E[u⁺v⁺] for two normal variables of correlation ρ: the area of a wedge,
    whose angle is as large as ρ's distance from -1 says, and by Price's theorem the integral of
    that area over ρ, from -1 on."""
    wedge = 2 * mpmath.asin(mpmath.sqrt((1 + rho) / 2))
    return wedge / mpmath.pi, (mpmath.sin(wedge) - wedge * mpmath.cos(wedge)) / mpmath.pi


@functools.cache
@mpmath.workdps(60)
def correlations(rho, network="plain", beta=1.0, bias=0.0, depth=60):
    """Shares of units active for both inputs, and correlations of gradients: squares and products
    that a layer makes of those before it; centred as batch normalization does."""
    shares, gradient, square, product = [], [mpmath.mpf(1)], mpmath.mpf(1), mpmath.mpf(rho)
    removed = 1 / mpmath.pi if "BN" in network else 0
    for _ in range(depth):
        active, both = kernels(product / square)
        shares.append(active / 2)
        if "plain" in network:
            gain = 1 if removed else square
            square, product = gain * (1 - removed) + bias, gain * (both - removed) + bias
            gradient.append(gradient[-1] * active)
            continue
        # the branch's input is normalised with BN, and grows with the stream without
        gain = mpmath.mpf(beta) ** 2 * (1 if removed else square)
        share = gain / square
        gradient.append(gradient[-1] * (1 + share * active) / (1 + share))
        square, product = square + gain * (1 - removed), product + gain * (both - removed)
    return np.array(shares, float), np.array(gradient, float)


def gradient_decay(depth, width, init, bn, beta, rho):
    base, bias = ("+BN", 0.0) if bn == "with" else ("", BIASES[init])
    far = max(depth, 60)
    shares, plain = correlations(rho, "plain" + base, bias=bias, depth=far)
    skips = correlations(rho, "residual" + base, depth=far)[1]
    scaled = correlations(rho, "residual" + base, beta, depth=far)[1]
    depths, layers = np.arange(61), np.arange(1, 61)
    numbers = {"half": 2.0**-depth, "coactive": shares[depth - 1], "without": plain[depth]}
    numbers |= {"skipped": skips[depth], "scaled": scaled[depth]}
    left = [(depths, 2.0**-depths)]
    left += [(depths, each[:61]) for each in (plain, skips, scaled)]
    left += [(range(1, 7), [np.nan] * 6), [depth]]
    others = correlations(rho, bias=bias)[0], correlations(rho, "plain+BN")[0]
    right = [[0.25], *((layers, each) for each in others), [depth]]
    return numbers, [left, right]


def circle(depth, share):
    """-K'' at the points of a circle, K the kernel of the outputs, for a branch of that share of
    the square: a complex step for the first derivative, a difference for the second."""
    angle = 2 * np.pi * np.arange(1, POINTS // 2 + 1) / POINTS

    def slope(t):
        k = np.cos(t + 1e-20j)
        for _ in range(depth):
            open_angle = np.pi - np.arccos(k)
            new = (np.sqrt(1 - k * k) + open_angle * k) / np.pi
            k = (1 - share) * k + share * new
        return k.imag / 1e-20

    step = 3e-5
    one, two = (slope(angle + k * step) - slope(angle - k * step) for k in (1, 2))
    half = -(8 * one - two) / (12 * step)
    # at the far point the slope is 0, and the kernel is seen from one side
    far = 1e-4 / np.array([1, 2, 4])
    half[-1] = slope(np.pi - far) / far @ [1 / 3, -2, 8 / 3]
    return np.r_[1.0, half, half[-2::-1]]


def gradient_noise(depth, beta):
    both = circle(depth, 1.0), circle(depth, beta**2 / (1 + beta**2))
    powers = [np.maximum(np.fft.rfft(each).real, 0) for each in both]
    frequency, lags = np.arange(1, 128), np.arange(41)
    numbers = {"plain": Near(both[0][1], 0, 1e-5), "skipped": Near(both[1][1], 0, 1e-5)}
    spectra = []
    for name, power in zip(("plain", "skips"), powers, strict=True):
        kept = power[1:128] > 1e-10 * power[1:128].max()
        x, y = np.log(frequency[kept]), np.log(power[1:128][kept])
        # what a layer does not have is joined
        joined = np.interp(frequency, frequency[kept], y) - y.max()
        spectra.append((frequency, Near(np.exp(joined), 2e-3)))
        inside = (frequency[kept] >= 3) & (frequency[kept] <= 64)
        if power[3:64:2].sum() < power[4:65:2].sum() / 2:
            inside &= frequency[kept] % 2 == 0
        fitted = stats.linregress(x[inside], y[inside]).slope
        numbers[f"{name}_exponent"] = Near(fitted, 0, 2e-3)
    rng = np.random.default_rng(7)
    noise = rng.standard_normal(129) + 1j * rng.standard_normal(129)
    brown = np.r_[0, 1.0 / np.arange(1, 129)]
    roots = [np.ones(129), *(np.sqrt(power) for power in powers), brown]
    angle, paths = np.linspace(-180, 180, 256), []
    for k, root in enumerate(roots):
        path = np.fft.irfft(noise * root)
        paths.append((angle, Near(path / path.std() - 6 * k, 0, 2e-3)))
    middle = [[0], *((lags, Near(each[:41], 0, 1e-5)) for each in both)]
    return numbers, [paths, middle, [*spectra, (frequency, 1 / frequency**2)]]


def weight_norm_descent(eta, steps):
    """A unit of eight inputs whose teacher of length 2 stands at 60 degrees."""
    teacher = np.r_[1.0, math.sqrt(3), np.zeros(6)]
    state = np.r_[1.0, np.zeros(7), 1.0]  # v, then g

    def loss(state):
        v, g = state[..., :8], state[..., 8:]
        w = g * v / np.sqrt((v**2).sum(axis=-1, keepdims=True))
        return ((w - teacher) ** 2).sum(axis=-1) / 2

    run = []
    for _ in range(max(steps, 100) + 1):
        run.append(((state[:8] ** 2).sum(), state[8] ** 2, loss(state)))
        state = state - eta * loss(state + 1e-20j * np.eye(9)).imag / 1e-20
    norm, variance, cost = np.array(run).T
    reached, variance = variance, np.minimum(variance, 1e6)
    time = np.arange(101)
    numbers = {"norm": Near(math.sqrt(norm[steps]), 1e-6)}
    numbers |= {"reached": Near(reached[steps], 1e-6), "loss": Near(cost[steps], 1e-5, 1e-12)}
    left = [(time, Near(norm[:101], 1e-6)), point(steps, norm[steps], 1e-6)]
    right = [[1], (time, Near(variance[:101], 1e-6)), point(steps, variance[steps], 1e-6)]
    return numbers, [left, right]


def weight_norm_start(data, width):
    ones = np.ones(width)
    half = stats.halfnorm()  # rectified: half of it, and half at 0
    mean, values = {
        "white": (0 * ones, ones),
        "shifted": (ones, ones),
        "correlated": (0 * ones, 1 / np.arange(1.0, width + 1)),
        "rectified": (ones * half.mean() / 2, ones * (0.5 - half.mean() ** 2 / 4)),
    }[data]
    directions = np.random.default_rng(5).standard_normal((60, width))
    directions /= np.sqrt((directions**2).sum(axis=1))[:, None]
    centre, variance = directions @ mean, directions**2 @ values
    pooled = math.sqrt(variance.mean() + centre.var())
    share = mean @ mean / (mean @ mean + values.sum())
    # u² has the moments of a Dirichlet distribution with all parameters 1/2
    squares = stats.dirichlet([0.5] * width).cov() if width > 1 else np.zeros((1, 1))
    spread = math.sqrt(max(values @ squares @ values, 0)) / values.mean()
    numbers = {"share": Near(share, 1e-9, 1e-12), "spread": Near(spread, 1e-6, 1e-6)}
    scattered = (centre - centre.mean()) / pooled, np.sqrt(variance) / pooled
    return numbers, [[scattered, ([0], [1])]]


def full_noise(b):
    """(b - 2)/(b - 3) - 2(b - 2)/b·E[1/s] + 1 for s² = χ²/b; nothing passes at 2."""
    if b < 4:
        return {2: 1.0, 3: np.inf}[b]
    inverse = math.exp(special.gammaln(b / 2 - 1) - special.gammaln((b - 1) / 2)) * math.sqrt(b / 2)
    return (b - 2) / (b - 3) - 2 * (b - 2) / b * inverse + 1


def weight_norm_noise(batch, rho):
    sizes = np.unique(np.geomspace(2, 512, 60).round())
    left = 1 - rho**2
    full = np.array([left * full_noise(int(b)) for b in sizes])
    full[sizes == 3] = np.nan
    loud = left * full_noise(batch)
    numbers = {"quiet": 1 / batch, "loud": Near(loud, 1e-8), "times": Near(loud * batch, 1e-8)}
    curves = [(sizes, Near(full, 1e-8)), (sizes, 1 / sizes), [batch]]
    return numbers, [[*curves, point(batch, 1 / batch), point(batch, min(loud, 10), 1e-8)]]


def weight_norm_cost(batch, fan_in, positions):
    """Twelve numbers a row and eight a unit, eight a weight and five a unit, six a product."""
    sizes, fans = np.geomspace(2, 512, 60), np.geomspace(8, 4096, 60)
    bn, wn = 12 * batch * positions + 8, 8 * fan_in + 5
    numbers = {"bn": bn, "wn": wn, "layer": 6 * batch * positions * fan_in}
    left = [(sizes, 12 * positions * sizes + 8), (sizes, [wn] * 60), point(batch, bn)]
    right = [(fans, [bn] * 60), (fans, 8 * fans + 5), point(fan_in, bn), point(fan_in, wn)]
    return numbers, [[*left, point(batch, wn)], right]


def network_activations(statistic, assumption, nonlinearity, tau):
    functions = {
        "ReLU": lambda h: np.maximum(h, 0),
        "tanh": np.tanh,
        "SELU": scaled_elu,
        "none": lambda h: h,
    }
    rng, layers = np.random.default_rng(7), {}
    h = rng.standard_normal((128, 32))
    for k in range(1, 7):
        layers[str(k)] = h @ (rng.standard_normal((32, 32)) * math.sqrt(tau / 32))
        h = functions[nonlinearity](layers[str(k)])

    def rank(h):
        size = np.linalg.svd(h - h.mean(axis=0), compute_uv=False)
        return math.exp(stats.entropy(size)) / 32

    def far(h):
        """W₁ of 128 equal masses to N(0, 1) along each direction: the area between."""
        theta = np.random.default_rng(0).standard_normal((256, 32))
        x = np.sort(h @ (theta / np.linalg.norm(theta, axis=1)[:, None]).T, axis=0).T
        edges = np.c_[np.full(256, -40), x, np.full(256, 40)]
        share = np.arange(129) / 128
        turn = np.clip(special.ndtri(share), edges[:, :-1], edges[:, 1:])

        def under(y):  # the integral of the normal distribution function up to y
            return y * special.ndtr(y) + stats.norm.pdf(y)

        sides = [share * (turn - edges[:, :-1]) - under(turn) + under(edges[:, :-1])]
        sides.append(under(edges[:, 1:]) - under(turn) - share * (edges[:, 1:] - turn))
        return np.add(*sides).sum(axis=1).mean()

    def divergence(h):
        """∫ exp(-t²/2)|φ(t) - exp(-t²/2)|² dt, less each point's distance to itself."""
        c, mass = sphere(32, 64)

        def pairs(lengths, v):
            smooth = np.exp(-np.multiply.outer(lengths**2, c**2) / (2 * v)) @ mass
            return math.sqrt(2 * np.pi / v) * smooth

        apart = np.linalg.norm(h[:, None] - h, axis=-1)[~np.eye(128, dtype=bool)]
        level = math.sqrt(2 * np.pi / 3)
        return pairs(apart, 1).mean() - 2 * pairs(np.linalg.norm(h, axis=1), 2).mean() + level

    of, target = {
        "mean": (lambda h: h.mean(axis=0), 0),
        "variance": (lambda h: h.var(axis=0, ddof=1), 1),
        "skewness": (stats.skew, 0),
        "kurtosis": (lambda h: stats.kurtosis(h, fisher=False), 3),
        "share of dead units": (lambda h: (h.max(axis=0) <= 0).mean(), 0),
        "sliced W₁ to N(0, I)": (far, 0),
        "sphere divergence": (divergence, 0),
        "effective rank / units": (rank, 1),
    }[statistic]
    loose = 1e-6, 1e-7
    rows = [np.quantile(of(h), (0.25, 0.5, 0.75)) for h in layers.values()]
    low, middle, high = (Near(each, *loose) for each in np.array(rows).T)
    place = range(1, 7)
    left = [[target], (place, low, high), (place, middle), (place, middle)]
    found = [
        next(one for one in layer if one.name == assumption)
        for layer in inspect_activations(layers).findings.values()
    ]
    share = [np.nan if one.share is None else 100 * one.share for one in found]
    unknown = [k for k, one in enumerate(found, 1) if one.share is None]
    numbers = {"target": target, "first": "1", "last": "6", "claims": ", ".join(found[0].claims)}
    for name, k in (("first", 0), ("last", -1)):
        numbers |= {f"{name}_value": Near(rows[k][1], *loose), f"{name}_answer": found[k].answer}
    return numbers, [left, [unknown, (place, share), (place, share)]]

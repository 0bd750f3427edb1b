"""The expected trained loss by a second route: densities integrated here, patterns counted."""

import functools
import math

import numpy as np

from normtheory.theory.certified import turns
from normtheory.theory.two_batch_loss import best_ratio, expected_loss

# distributions and batch sizes whose expected loss is known exactly
SETTINGS = (
    ("normal", 2),
    ("laplace", 2),
    ("uniform", 2),
    ("mixture", 2),
    ("two-point", 2),
    ("normal", 10),
    ("two-point", 10),
)


def target(name, n):
    """The ratio sigma^2 / beta that the expected loss draws the variance to."""
    return best_ratio(lambda ratio: expected_loss(name, n, ratio), low=1e-2, high=1e4).ratio


def _bell(x, mean, variance):
    square = np.minimum((x - mean) ** 2 / (2 * variance), 300)
    return np.exp(-square) / math.sqrt(2 * math.pi * variance)


def _density(name, x):
    if name == "laplace":
        return np.exp(-math.sqrt(2) * abs(x)) / math.sqrt(2)
    if name == "uniform":
        return (abs(x) < math.sqrt(3)) / math.sqrt(12)
    if name == "mixture":
        scale = 1 / math.sqrt(1 + 27 / 16)
        first = 0.25 * _bell(x, 2.25 * scale, scale**2)
        return first + 0.75 * _bell(x, -0.75 * scale, scale**2)
    return _bell(x, 0, 1)


@functools.cache
def rule(name, n):
    """Values of u = s² / σ² and their weights."""
    if name == "two-point":
        ones = np.arange(n + 1)
        u = 4 * ones * (n - ones) / (n * (n - 1))
        w = np.array([math.comb(n, int(k)) / 2**n for k in ones])
    elif name == "normal":
        y = np.arange(-120 / (n - 1) - 10, 4, 4e-3)
        u, w = np.exp(y), np.exp(np.maximum((n - 1) / 2 * (1 + y - np.exp(y)), -300))
    else:
        # the density of the difference of two draws, by the trapezoidal rule
        d = np.exp(np.arange(-22, 3.4, 0.02))
        x = np.arange(-14, 14, 4e-3)
        here = _density(name, x)
        w = d * np.array([here @ _density(name, x + each) for each in d])
        u = d**2 / 2
    w = w / w.sum()
    return u / (w @ u), w


def loss(name, n, ratio):
    """E[L] at one ratio from the definition, both batches integrated."""
    u, w = rule(name, n)
    inverse = 1 / (ratio * u + 1)
    first, second = w @ inverse, w @ inverse**2
    return 1 - 2 * ratio * first + ratio**2 * (w @ u**2) * second


def slope(name, n, ratio):
    """d E[L] / d log ratio, differentiated at each u."""
    u, w = rule(name, n)
    inverse = 1 / (ratio * u + 1)
    g2, g3 = (w @ inverse**k for k in (2, 3))
    # d(1 + tu)^-k / d log t = -k ((1 + tu)^-k - (1 + tu)^-(k+1))
    return -2 * ratio * g2 + 2 * ratio**2 * (w @ u**2) * g3


@functools.cache
def _inverse_powers(name, n, log):
    """E (β + u)⁻ᵏ at a value of log β, k from 0 to 5, as balls."""
    from flint import arb, ctx

    with ctx.workprec(128):
        b = arb(log).exp()
        if name == "two-point":
            u, w = rule(name, n)
            return [
                sum(x * (b + arb(y)) ** -k for x, y in zip(w, u, strict=True)) for k in range(6)
            ]
        # u = v / a with v from a Gamma distribution: the first power is an incomplete gamma
        # function, and by parts (a + s - k) B_k - B_{k-1} + k s B_{k+1} = 0 for those of s + v
        a, whole = arb(n - 1) / 2, n % 2
        s, k = a * b, arb(1 if whole else 0.5)
        gamma = s.expint(k) if whole else arb.pi().sqrt() * s.sqrt().erfc()
        while k < a:
            gamma, k = (s**-k * (-s).exp() - gamma) / k, k + 1
        found = [arb(1), s.exp() * s ** (a - 1) * gamma]
        for k in range(1, 5):
            found.append((found[k - 1] - (a + s - k) * found[k]) / (k * s))
        return [each * a**k for k, each in enumerate(found)]


def turns_of_the_force(name, n, low, high):
    """Signs of the slope in β of the force on σ² at σ = 1, between two β, by interval arithmetic.

    The force is twice βA₂ - mβA₃ with m = E u² and A_k = E (β + u)⁻ᵏ, which falls in β: what it is
    at the ends of a box encloses it.
    """
    from flint import arb

    def powers(log):
        ends = math.nextafter(float(log.lower()), -9), math.nextafter(float(log.upper()), 9)
        return [
            x.union(y) for x, y in zip(*(_inverse_powers(name, n, e) for e in ends), strict=True)
        ]

    m = 1 + arb(1 if name == "two-point" else 3) / n - arb(n - 3) / (n * (n - 1))

    def first(log):
        _, _, two, three, four, _ = powers(log)
        return two - m * three + log.exp() * (3 * m * four - 2 * three)

    def second(log):
        _, _, _, three, four, five = powers(log)
        return 6 * m * four - 4 * three + log.exp() * (6 * four - 12 * m * five)

    return turns(first, second, math.log(low), math.log(high), boxes=2000)

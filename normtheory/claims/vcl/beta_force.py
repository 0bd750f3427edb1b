"""The expected trained loss by a second route: densities integrated here, patterns counted."""

import functools
import math

import numpy as np

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

"""Probabilities of sample variances by a second route: all batches, or quadrature."""

import functools
import itertools

import numpy as np

LEVELS = np.linspace(0.02, 0.98, 49)  # of ε


def kurtosis_of(atoms, weights):
    """Of points of these weights, from their moments."""
    x = np.asarray(atoms) - np.dot(weights, atoms)
    return np.dot(weights, x**4) / np.dot(weights, x**2) ** 2


def standardized_points(rng, counts, evenness, repeats):
    """Random atoms of mean 0 and variance 1, and their weights."""
    for k, each in itertools.product(counts, evenness):
        for _ in range(repeats):
            weights = rng.dirichlet(np.full(k, each)) + 1e-6
            weights /= weights.sum()
            atoms = rng.standard_cauchy(k)
            atoms -= weights @ atoms
            yield atoms / np.sqrt(weights @ atoms**2), weights


def spread(n, kappa):
    """v, the variance of s² / σ²."""
    return kappa / n - (n - 3) / (n * (n - 1))


@functools.cache
def _legendre():
    return np.polynomial.legendre.leggauss(300)


def normal_below(ratio, n):
    """P[R < ratio] of the normal distribution: s1 / (s1 + s2) has a beta distribution."""
    nodes, weights = _legendre()
    half, end = (n - 1) / 2, ratio / (1 + ratio)
    # x = sin² of an angle: no singular ends

    def mass(top):
        angle = (nodes + 1) / 2 * top
        logs = (2 * half - 1) * np.log(np.maximum(np.sin(2 * angle), 1e-300))
        return top * weights @ np.exp(np.maximum(logs, -300))

    return mass(np.arcsin(np.sqrt(end))) / mass(np.pi / 2)


def normal_event(n, epsilon):
    """P of the printed event, and of its upper half."""
    near, far = 2 * epsilon / (1 + epsilon), 2 * epsilon / (1 - epsilon)
    upper = normal_below(1 + far, n) - normal_below(max(1 - far, 0), n)
    return upper - normal_below(1 + near, n) + normal_below(1 - near, n), upper


def patterns(atoms, weights, n):
    """Values of s² and their probabilities, draw by draw."""
    draws = np.array(list(itertools.product(range(len(atoms)), repeat=n)))
    values = np.array(atoms)[draws].var(axis=1, ddof=1).round(12)
    found, where = np.unique(values, return_inverse=True)
    return found, np.bincount(where, np.array(weights)[draws].prod(axis=1))


def discrete_event(found, epsilon):
    """P of the printed event, and of its upper half, for two batches with these s²."""
    values, chances = found
    far, near = 2 * epsilon / (1 - epsilon), 2 * epsilon / (1 + epsilon)
    s1, s2, joint = values[:, None], values, chances[:, None] * chances
    upper = abs(s1 - s2) <= far * s2 + 1e-9
    close = (abs(s1 - s2) < near * s2 - 1e-9) | ((s1 == 0) & (s2 == 0))
    return joint[upper & ~close].sum(), joint[upper].sum()


FEW_POINTS = (
    ((-1.0, 1.0), (0.5, 0.5)),
    ((0.0, 1.0), (0.9, 0.1)),
    ((0.0, 1.0), (0.7, 0.3)),
    ((-1.0, 0.0, 1.0), (0.3, 0.4, 0.3)),
    ((0.0, 1.0, 5.0), (0.5, 0.4, 0.1)),
)


def cantelli(v, epsilon):
    """Cantelli's bounds of P[R > a] and P[R < b], by hand."""
    a, b = (1 + epsilon) / (1 - epsilon), (1 - 3 * epsilon) / (1 - epsilon)
    above = v * (1 + a * a) / (v * (1 + a * a) + (a - 1) ** 2)
    return above, (b > 0) * v * (1 + b * b) / (v * (1 + b * b) + (1 - b) ** 2)


@functools.cache
def upper_half():
    """(n, κ, ε, P of the upper half) of discrete distributions and of the normal one."""
    found, levels = [], LEVELS[::4]
    for (atoms, weights), n in itertools.product(FEW_POINTS, (2, 3, 5, 7)):
        kappa, counted = kurtosis_of(atoms, weights), patterns(atoms, weights, n)
        found += [(n, kappa, e, discrete_event(counted, e)[1]) for e in levels]
    for n in (2, 3, 5, 10, 30, 100, 300, 1000):
        found += [(n, 3.0, e, normal_event(n, e)[1]) for e in levels]
    return np.array(found).T

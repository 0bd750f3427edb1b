"""What checks know of wide rectifier networks: integrals over angles, not `theory`'s formulas."""

import numpy as np

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)


def kernels(rho):
    """2 P(u > 0, v > 0) and 2 E relu(u) relu(v) for standard normal u, v of correlation `rho`.

    In polar form both are integrals over the directions in which u and v are positive.
    """
    gap = np.arccos(np.minimum(np.maximum(rho, -1), 1))
    half = (np.pi - gap) / 2
    angle = gap / 2 + np.multiply.outer(_NODES, half)  # from gap - pi/2 to pi/2
    both = np.cos(angle) * np.cos(angle - gap)
    mean = (_WEIGHTS @ both.reshape(len(_WEIGHTS), -1)).reshape(half.shape)
    return 2 * half / np.pi, 2 / np.pi * half * mean


def shares_of_units(active):
    """Share of units that two inputs of a batch have in common, over all pairs, and share active;
    `active` has the shape (..., batch, width)."""
    batch, count = active.shape[-2], active.sum(axis=-2)
    both = (count * (count - 1)).mean(axis=-1) / (batch * (batch - 1))
    return both, active.mean(axis=(-2, -1))


def by_depth(rho, depth, beta=None):
    """Correlation of the gradients after `depth` layers, with skips if there is a `beta`."""
    rho, gradient = np.asarray(rho, float), np.ones_like(rho, float)
    weight = 1.0 if beta is None else beta**2 / (1 + beta**2)
    for _ in range(depth):
        active, after = kernels(rho)
        gradient = gradient * (1 - weight * (1 - active))
        rho = rho + weight * (after - rho)
    return gradient


def derivative(angle, depth, beta=None, step=2e-3):
    """-K'' at angles, K the kernel of the output along a circle of inputs, by differences."""
    weight = 1.0 if beta is None else beta**2 / (1 + beta**2)

    def output(t):
        value = np.cos(t)
        for _ in range(depth):
            value = value + weight * (kernels(value)[1] - value)
        return value

    angle = np.asarray(angle, float)
    here, before, after = output(np.stack([angle, angle - step, angle + step]))
    return (2 * here - before - after) / step**2

"""What checks know of SELU's layers one after the other: by quadrature, not by `theory`."""

import math

import numpy as np

from normtheory.claims.selu.quadrature import layer as any_layer
from normtheory.theory.selu import ALPHA, LAMBDA


def layer(mean, variance, omega=0.0, tau=1.0):
    """Mean and variance after a layer."""
    return any_layer(mean, variance, ALPHA, LAMBDA, omega, tau)


def settled(mean, variance, omega, tau, layers=200):
    """Moments after many layers, by quadrature."""
    for _ in range(layers):
        mean, variance = layer(mean, max(variance, 1e-30), omega, tau)
    return mean, variance


def jacobian(omega, step=1e-5):
    """Derivative of a layer at (0, 1) in mean and variance, by central differences."""
    sides = [(layer(m, 1 + v, omega), layer(-m, 1 - v, omega)) for m, v in step * np.eye(2)]
    return np.transpose([np.subtract(*pair) / (2 * step) for pair in sides])


def radius(omega):
    """Spectral radius at (0, 1)."""
    return np.abs(np.linalg.eigvals(jacobian(omega))).max()


def _at(z):
    return LAMBDA * (z if z > 0 else ALPHA * math.expm1(z))


def dead_state(omega, start=-1.5):
    """Where a layer without variance ends for this weight sum, one mean or two."""
    mean = start
    for _ in range(3000):
        mean = _at(omega * mean)
    return mean, _at(omega * mean)


def growth(omega):
    """What the layers at the dead state do to a small variance, in one step or in two, less 1."""
    means = dead_state(omega)[: 1 if omega > 0 else 2]
    factors = [layer(mean, 1e-10, omega)[1] / 1e-10 for mean in means]
    return float(np.prod(factors)) - 1


def _half_scaled_erfc(y):
    """e^(y²) erfc(y) / 2 of a ball; it falls, and its values at the ends enclose it."""
    low, high = ((end * end).exp() * end.erfc() / 2 for end in (y.lower(), y.upper()))
    return low.union(high)


def variance_parts(x):
    """V(x) and V(x) - x V'(x), each as its coefficients of lam², lam a and a², where a = lam alpha,
    as balls of python-flint.

    V is the variance after the activation of N(0, x).
    """
    from flint import arb

    once, twice = _half_scaled_erfc((x / 2).sqrt()), _half_scaled_erfc((2 * x).sqrt())
    root, gone = (x / (2 * arb.pi())).sqrt(), 0.5 - once  # E[z; z>0] and E[1 - e^z; z<0]
    value = x / 2 - root * root, 2 * root * gone, twice - 2 * once + 0.5 - gone * gone
    change = once * (x - 1) - root + 0.5
    falls = twice * (1 - 2 * x) - once * (2 - x) + 0.5 - gone * change
    return value, (0 * x, root * change, falls)


def variance_slopes(x):
    """V'(x) and V(x) - x V'(x) over lam², as balls of python-flint."""
    value, falls = (sum(c * ALPHA**k for k, c in enumerate(each)) for each in variance_parts(x))
    return (value - falls) / x, falls


def stability(omega):
    """1 - T + D, 1 + T + D and 1 - D at (0, 1), with trace T and determinant D of the Jacobian, as
    balls: it attracts where all three are positive (Jury)."""
    from flint import arb

    one = arb(1)
    once, twice = _half_scaled_erfc((one / 2).sqrt()), _half_scaled_erfc((2 * one).sqrt())
    root = (1 / (2 * arb.pi())).sqrt()
    # of the mean and the variance, each in the mean and in the variance that enter
    mean = LAMBDA * (0.5 + ALPHA * once), LAMBDA * (root + ALPHA * (once - root)) / 2
    by_mean = 2 * LAMBDA**2 * (root + ALPHA**2 * (twice - once))
    variance = by_mean, LAMBDA**2 * variance_slopes(one)[0]
    trace = omega * mean[0] + variance[1]
    determinant = omega * (mean[0] * variance[1] - mean[1] * variance[0])
    return 1 - trace + determinant, 1 + trace + determinant, 1 - determinant

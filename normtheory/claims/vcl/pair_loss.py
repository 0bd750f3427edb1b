"""The trained loss at n = 2 of few points, by all pairs: for what is said of its minimisers."""

import numpy as np

from normtheory.claims import sp


def pair_loss(atoms, weights, ratio=None):
    """E[L] of a discrete distribution at n = 2, β = 1 or σ² = ratio β."""
    atoms, weights = np.asarray(atoms, float), np.asarray(weights, float)
    u, joint = (atoms[:, None] - atoms) ** 2 / 2, np.outer(weights, weights)
    beta = 1.0 if ratio is None else (joint * u).sum() / ratio
    return (
        1
        + (joint * u**2).sum() * (joint / (u + beta) ** 2).sum()
        - 2 * (joint * u).sum() * (joint / (u + beta)).sum()
    )


def gains(ratio, place, scale=None, step=1e-5):
    """Change of `pair_loss` when two balanced points give up some of their mass to `place`."""
    atoms = np.array([-1, 1, place]) * (1 if scale is None else scale)
    mixed = (0.5 - step / 2, 0.5 - step / 2, step)
    return pair_loss(atoms, mixed, ratio) - pair_loss(atoms[:2], (0.5, 0.5), ratio)


def searched(rng):
    """Least `pair_loss` over distributions of up to four atoms."""
    from scipy.optimize import minimize

    def objective(z):
        weights = np.exp(z[k:] - z[k:].max())
        return pair_loss(z[:k], weights / weights.sum())

    found = []
    for k in (3, 4):
        for _ in range(4):
            found.append(minimize(objective, rng.normal(0, 1.5, 2 * k)).fun)
    return min(found)


def rate_of_change():
    """What moving mass from ±1 to x does to E[L] at n = 2, times a positive number and over the
    factor (x² - 1)²: from the power of x to the coefficient, a polynomial in β."""
    field, x, b = sp.field("x, b", sp.QQ)

    def change(f):
        # of the mean of f(u) over pairs, u half the squared distance
        return f((x - 1) ** 2 / 2) + f((x + 1) ** 2 / 2) - f(field(0)) - f(field(2))

    def mean(f):
        return (f(field(0)) + f(field(2))) / 2

    u, square = (lambda u: u), (lambda u: u**2)
    one, two, three = (lambda u, k=k: 1 / (u + b) ** k for k in (1, 2, 3))
    # E[L] = 1 + E[u²] E[(u + β)⁻²] - 2 E[u] E[(u + β)⁻¹], β held at E[u]/t: E[u] is 1
    rate = change(square) * mean(two) + mean(square) * change(two)
    rate += -2 * change(u) * mean(one) - 2 * mean(u) * change(one)
    rate += (2 * mean(u) * mean(two) - 2 * mean(square) * mean(three)) * b * change(u)
    below = 2 * b**2 * (b + 2) ** 3 * ((2 * b + x**2 + 1) ** 2 - 4 * x**2) ** 2
    rest = (rate * below / (x**2 - 1) ** 2).as_expr()
    variables = sp.symbols("x b")
    found = sp.Poly(rest, variables[0]).as_dict()
    return {power: sp.Poly(each, variables[1]) for (power,), each in found.items()}

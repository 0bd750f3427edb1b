"""Optimisation over laws: discrete laws with free atoms and free weights, from many starts.

A minimiser over laws is confirmed by its first-order condition. Moving a little mass from a law P
to the point x changes F[P] at the rate IF(x), its influence function; P can be a minimiser only if
IF(x) >= 0 for every x, with equality on the atoms of P.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory.arguments import (
    Array,
    require_callable,
    require_finite,
    require_integer,
    require_positive,
    require_rng,
)

# starts in a row that may fail before the fault is taken to be the functional's
PATIENCE = 100


class FoundLaw(NamedTuple):
    """A discrete law found by the search: its value, atoms (sorted) and weights."""

    value: float
    atoms: np.ndarray
    weights: np.ndarray

    def merged(self, tolerance=1e-3):
        """The same law with atoms closer than `tolerance` standard deviations joined and atoms of
        weight below `tolerance` squared dropped."""
        atoms, weights = [], []
        sigma = np.sqrt(self.weights @ (self.atoms - self.weights @ self.atoms) ** 2)
        for x, w in zip(self.atoms, self.weights, strict=True):
            if w < tolerance**2:
                continue
            if atoms and x - atoms[-1] < tolerance * sigma:
                total = weights[-1] + w
                atoms[-1] = (atoms[-1] * weights[-1] + x * w) / total
                weights[-1] = total
            else:
                atoms.append(x)
                weights.append(w)
        return FoundLaw(self.value, np.array(atoms), np.array(weights))


def minimize_over_laws(
    functional: Callable[..., Any],
    k: int,
    rng: np.random.Generator,
    *,
    starts: int = 20,
    spread: float = 1.0,
) -> list[FoundLaw]:
    """Smallest value of a functional over laws with at most k atoms, from many random starts.

    Parameters
    ----------
    functional : callable
        ``functional(atoms, weights, at)`` returns (F, IF(at), IF'(at)): the value, and the
        influence function with its derivative at the points `at`.
    k : int
        Number of free atoms, at least 2; weights are free, too, and may vanish.
    rng : numpy.random.Generator
    starts : int
    spread : float
        Scale of the starting atoms, positive.

    Returns
    -------
    list of FoundLaw
        One per start, best first.

    Raises
    ------
    ValueError
        If `k` < 2 or `starts` < 1.
    FloatingPointError, ValueError
        If the functional raises it from each of 100 starts in a row.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> best = minimize_over_laws(kurtosis_functional, 3, rng, starts=5)[0]
    >>> round(best.value, 6)
    1.0
    """
    from scipy.optimize import minimize

    require_callable("functional", functional)
    require_rng(rng)
    k, spread = require_integer("k", k, minimum=2), require_positive("spread", spread)
    starts = require_integer("starts", starts, minimum=1)

    def unpack(z):
        weights = np.exp(z[k:] - z[k:].max())
        return z[:k], weights / weights.sum()

    def objective(z):
        atoms, weights = unpack(z)
        value, influence, slope = functional(atoms, weights, atoms)
        return value, np.concatenate([weights * slope, weights * (influence - weights @ influence)])

    found, failures = [], 0
    while len(found) < starts:
        start = np.concatenate([rng.normal(0, spread, k), rng.normal(0, 1, k)])
        try:
            # gradient tolerance far below what the claims ask of the value
            with np.errstate(divide="raise", over="raise", invalid="raise"):
                result = minimize(objective, start, jac=True, method="BFGS", options={"gtol": 1e-9})
        except (FloatingPointError, ValueError):
            # a step of the line search left all mass on one point, or ran off to where squares
            # overflow (a functional may ignore scale): this start says nothing, take another
            failures += 1
            if failures == PATIENCE:
                raise
            continue
        failures = 0
        atoms, weights = unpack(result.x)
        order = np.argsort(atoms)
        found.append(FoundLaw(float(result.fun), atoms[order], weights[order]))
    return sorted(found, key=lambda law: law.value)


def kurtosis_functional(
    atoms: ArrayLike, weights: ArrayLike, at: ArrayLike
) -> tuple[float, Array, Array]:
    """Kurtosis of a discrete law with its influence function.

    With z = (x - mu) / sigma and the law's standardized third moment g,
    IF(x) = z^4 - 4 g z - kappa - 2 kappa (z^2 - 1).

    Parameters
    ----------
    atoms : array of shape (k,)
        Not all equal.
    weights : array of shape (k,)
        At least 0, with sum 1.
    at : array
        Where the influence function is wanted, in the units of the atoms.

    Returns
    -------
    (kappa, IF(at), IF'(at))

    Examples
    --------
    >>> value, influence, slope = kurtosis_functional([-1, 1], [0.5, 0.5], [0.0, 1.0, 2.0])
    >>> float(value), influence.tolist()  # (z^2 - 1)^2
    (1.0, [1.0, 0.0, 9.0])
    """
    atoms = require_finite("atoms", atoms, ndim=1).astype(float)
    weights = require_finite("weights", weights, ndim=1, at_least=0).astype(float)
    at = require_finite("at", at).astype(float)
    if weights.shape != atoms.shape or abs(weights.sum() - 1) > 1e-9:
        raise ValueError(
            f"weights must have shape {atoms.shape}, as atoms has, and sum to 1, "
            f"got {weights.tolist()}"
        )
    mean = weights @ atoms
    sigma = np.sqrt(weights @ (atoms - mean) ** 2)
    if not sigma > 0:
        raise ValueError(f"atoms must not all be equal, got {atoms.tolist()}")
    z = (atoms - mean) / sigma
    skewness, kappa = weights @ z**3, weights @ z**4
    z = (at - mean) / sigma
    influence = z**4 - 4 * skewness * z - kappa - 2 * kappa * (z**2 - 1)
    slope = (4 * z**3 - 4 * skewness - 4 * kappa * z) / sigma
    return kappa, influence, slope

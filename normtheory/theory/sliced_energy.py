r"""PER with the term that it lacks: a divergence that N(0, I), and nothing else, minimises.

PER is linear in the distribution of the activations: E_θ E|⟨θ, h⟩ - Z₁|, the attraction to the
target. The repulsion between activations that an energy distance has is missing, and without it
every activation is best at 0. With it,

    PER - ½·E_θ E|⟨θ, h - h'⟩| - 1/√π = E_θ ∫ (F_θ(y) - Φ(y))² dy,

which is 0 for N(0, I) only. The average over directions has a closed form here, too:
E_θ|⟨θ, v⟩| = E|θ₁|·‖v‖. Letters: `h` activations (b, d), h' an independent copy, F_θ the
distribution function of ⟨θ, h⟩, Z₁ standard normal.
"""

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.sphere_average import mean_projection


@overload
def projected_energy(h: ArrayLike, *, gradient: Literal[False] = ...) -> float: ...
@overload
def projected_energy(h: ArrayLike, *, gradient: Literal[True]) -> tuple[float, Array]: ...
def projected_energy(h: ArrayLike, *, gradient: bool = False) -> float | tuple[float, Array]:
    """PER less half the mean projected distance between activations, less 1/√π.

    It is the mean over directions of ∫(F_θ - Φ)², F_θ being the empirical distribution function:
    at least 0.

    Arguments as in `projected_error_loss`.

    The energy distance of Székely and Rizzo (2013) to N(0, I), times E|θ₁|/2. Costs b² distances.

    >>> rng = np.random.default_rng(0)
    >>> near, far = rng.standard_normal((500, 3)), np.zeros((500, 3))
    >>> round(projected_energy(near), 3), round(projected_energy(far), 3)
    (0.003, 0.234)
    """
    h = require.finite("h", h, ndim=2)
    require.flag("gradient", gradient)
    b, d = h.shape
    apart = cdist(h, h)
    factor = mean_projection(d)
    repulsion = factor / 2 * float(apart.mean())
    if not gradient:
        return float(projected_error_loss(h) - repulsion - 1 / np.sqrt(np.pi))
    error, slope = projected_error_loss(h, gradient=True)
    # coinciding activations repel each other in no direction
    inverse = np.divide(1.0, apart, out=np.zeros_like(apart), where=apart > 0)
    push = (inverse.sum(axis=1)[:, None] * h - inverse @ h) * (factor / b**2)
    return float(error - repulsion - 1 / np.sqrt(np.pi)), (slope - push).astype(h.dtype)


def scaled_normal_energy(s: ArrayLike) -> Numbers:
    """The same for N(0, s²I), in any dimension: √(2/π)·√(1 + s²) - (1 + s)/√π.

    Parameters
    ----------
    s : array_like
        Standard deviations, at least 0.

    Examples
    --------
    >>> abs(float(scaled_normal_energy(1.0))) < 1e-15, round(float(scaled_normal_energy(0.0)), 3)
    (True, 0.234)
    """
    s = require.finite("s", s, at_least=0)
    # the difference of the two roots, times their sum over it: near s = 1 they cancel
    distance = s - 1
    return (distance / (np.sqrt(2) * np.hypot(1, s) + 1 + s) * distance / np.sqrt(np.pi))[()]

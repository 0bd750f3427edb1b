r"""PER in one dimension beside the losses that it is compared with, as functions and expressions.

    inner integral   x·erf(x/√2) + √(2/π)·exp(-x²/2), slope erf(x/√2): PER for d = 1
    shifted          the same less √(2/π), so that it is 0 at 0
    Pseudo-Huber     δ(√(δ² + x²) - δ): slope 1·δ at infinity for the usual δ = 1
    Huber            x²/2 up to δ, then δ(|x| - δ/2)

PER and the loss √(δ² + x²) - δ (Pseudo-Huber divided by δ) both have slope 1 at infinity. They
cannot agree at both ends: near 0 PER is √(2/π)·x²/2, which is δ = √(π/2); far away it is
|x| - √(2/π), which is δ = √(2/π).
"""

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import erf

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Numbers

# δ that gives √(δ² + x²) - δ PER's curvature at 0, and PER's offset at infinity
DELTA_CURVATURE = float(np.sqrt(np.pi / 2))
DELTA_OFFSET = float(np.sqrt(2 / np.pi))
# beyond x = 40 both losses are at their asymptotes to 1e-2 and their gap is monotone
_GRID = np.concatenate([np.linspace(0, 12, 4801), np.geomspace(12.01, 1e6, 600)])
_NEAR = np.geomspace(0.1, 10, 801)


@overload
def inner_integral(x: ArrayLike, *, gradient: Literal[False] = ...) -> Numbers: ...
@overload
def inner_integral(x: ArrayLike, *, gradient: Literal[True]) -> tuple[Numbers, Numbers]: ...
def inner_integral(x: ArrayLike, *, gradient: bool = False) -> Numbers | tuple[Numbers, Numbers]:
    r"""One projection's share of PER: W₁ of a point mass at x to N(0, 1).

    Equal to E|x - Z|, to the integral of |Φ(y) - 1{x <= y}| over y, and to
    x·erf(x/√2) + √(2/π)·exp(-x²/2).

    Joo et al. (2020), Eq. 5 and 6.

    Parameters
    ----------
    x : array_like
        Projections ⟨θ, h⟩, any shape; float32 stays float32.
    gradient : bool
        Also return the derivative, erf(x/√2).

    Examples
    --------
    >>> value, slope = inner_integral([0.0, 1.0, 3.0], gradient=True)
    >>> np.round(value, 4), np.round(slope, 4)
    (array([0.7979, 1.1666, 3.0008]), array([0.    , 0.6827, 0.9973]))
    """
    x = require.finite("x", x)
    require.flag("gradient", gradient)
    slope = erf(x * x.dtype.type(np.sqrt(0.5)))
    # exp underflows to 0 for large x, where the square may overflow: clip, it changes no digit
    square = np.minimum(np.abs(x), x.dtype.type(1e4)) ** 2
    value = x * slope + x.dtype.type(np.sqrt(2 / np.pi)) * np.exp(-square / 2)
    return (value, slope) if gradient else value


@overload
def shifted_error(x: ArrayLike, *, gradient: Literal[False] = ...) -> Numbers: ...
@overload
def shifted_error(x: ArrayLike, *, gradient: Literal[True]) -> tuple[Numbers, Numbers]: ...
def shifted_error(x: ArrayLike, *, gradient: bool = False) -> Numbers | tuple[Numbers, Numbers]:
    """PER in one dimension less its value at 0, √(2/π), as the document's Fig. 3 draws it.

    Arguments as in `inner_integral`.

    >>> round(float(shifted_error(1.0)), 6)
    0.368746
    """
    require.flag("gradient", gradient)
    value, slope = inner_integral(x, gradient=True)
    value = value - value.dtype.type(np.sqrt(2 / np.pi))
    return (value, slope) if gradient else value


@overload
def pseudo_huber(
    x: ArrayLike, delta: float = ..., *, gradient: Literal[False] = ...
) -> Numbers: ...
@overload
def pseudo_huber(
    x: ArrayLike, delta: float = ..., *, gradient: Literal[True]
) -> tuple[Numbers, Numbers]: ...
def pseudo_huber(
    x: ArrayLike, delta: float = 1.0, *, gradient: bool = False
) -> Numbers | tuple[Numbers, Numbers]:
    """Pseudo-Huber loss of slope 1 at infinity: √(δ² + x²) - δ.

    Joo et al. (2020), Fig. 3, at δ = 1. Multiplied by δ it is the usual Pseudo-Huber loss, of
    curvature 1 at 0.

    Parameters
    ----------
    x : array_like
    delta : float
        Positive; 1 is the document's.
    gradient : bool
        Also return the derivative, x/√(δ² + x²).

    Examples
    --------
    >>> float(pseudo_huber(3.0, 4.0))
    1.0
    """
    delta = require.positive("delta", delta)
    x = require.finite("x", x)
    require.flag("gradient", gradient)
    root = np.hypot(x, x.dtype.type(delta))
    # √(δ² + x²) - δ cancels near 0
    value = x * (x / (root + x.dtype.type(delta)))
    return (value, x / root) if gradient else value


@overload
def huber(x: ArrayLike, delta: float = ..., *, gradient: Literal[False] = ...) -> Numbers: ...
@overload
def huber(
    x: ArrayLike, delta: float = ..., *, gradient: Literal[True]
) -> tuple[Numbers, Numbers]: ...
def huber(
    x: ArrayLike, delta: float = 1.0, *, gradient: bool = False
) -> Numbers | tuple[Numbers, Numbers]:
    """Huber loss: x²/2 for |x| <= δ, δ(|x| - δ/2) beyond; its derivative is x cut off at ±δ.

    Arguments as in `pseudo_huber`.

    Joo et al. (2020), Fig. 3.

    >>> huber([0.5, 2.0])
    array([0.125, 1.5  ])
    """
    delta = require.positive("delta", delta)
    x = require.finite("x", x)
    require.flag("gradient", gradient)
    slope = np.clip(x, -delta, delta)
    value = slope * (x - slope / 2)
    return (value, slope) if gradient else value


def pseudo_huber_gap(delta: float = 1.0, *, gradient: bool = False) -> float:
    """Largest distance between shifted PER and √(δ² + x²) - δ over all x, or between their slopes.

    Parameters
    ----------
    delta : float, positive
    gradient : bool
        Compare the slopes instead of the values.

    Examples
    --------
    >>> round(pseudo_huber_gap(1.0), 4), round(pseudo_huber_gap(1.0, gradient=True), 4)
    (0.2021, 0.0644)
    """
    require.flag("gradient", gradient)
    # a small delta turns long before PER does, and the slopes are farthest apart near δ^(2/3)
    x = np.r_[_GRID, require.positive("delta", delta) ** (2 / 3) * _NEAR]
    per = shifted_error(x, gradient=True)[int(gradient)]
    other = pseudo_huber(x, delta, gradient=True)[int(gradient)]
    # at infinity the values differ by δ - √(2/π), the slopes not at all
    limit = 0.0 if gradient else abs(delta - DELTA_OFFSET)
    return float(max(np.abs(per - other).max(), limit))


def best_matching_delta(*, gradient: bool = False) -> tuple[float, float]:
    """The δ for which √(δ² + x²) - δ stays closest to shifted PER, and the distance it leaves.

    Parameters
    ----------
    gradient : bool
        Match the slopes instead of the values.

    Examples
    --------
    >>> [round(v, 3) for v in best_matching_delta(gradient=True)]
    [1.005, 0.063]
    """
    found = minimize_scalar(
        lambda delta: pseudo_huber_gap(delta, gradient=gradient),
        bounds=(DELTA_OFFSET, DELTA_CURVATURE),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.x), float(found.fun)


def inner_integral_expression(claimed=True):
    """The inner integral in sympy, in the real symbol x: the document's closed form, or with
    ``claimed=False`` the integral ∫|Φ(y) - 1{x <= y}|dy that it stands for, evaluated by sympy from
    its definition.
    """
    import sympy as sp

    x, y = sp.symbols("x y", real=True)
    if claimed:
        return x * sp.erf(x / sp.sqrt(2)) + sp.sqrt(2 / sp.pi) * sp.exp(-(x**2) / 2)
    below = (1 + sp.erf(y / sp.sqrt(2))) / 2
    above = (1 - sp.erf(y / sp.sqrt(2))) / 2
    return sp.integrate(below, (y, -sp.oo, x)) + sp.integrate(above, (y, x, sp.oo))

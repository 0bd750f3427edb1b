r"""How far activations are from N(0, I) over all directions, exactly: SIGReg without slices.

With φ_n the empirical characteristic function of ⟨θ, h⟩ and θ uniform on the sphere, the family

    D_w = E_θ ∫ |φ_n(t) - exp(-t²/2)|² w(t) dt

is 0 in the limit for N(0, I) only. Letters: `h` activations (b, d), `s` bandwidth.

    w = 1/(2πt²)       the energy distance: PER with the repulsion that it lacks
                       (`projected_energy`)
    w = exp(-st²/2)    T_s, the statistic of Epps and Pulley over b, averaged over directions:
                       what SIGReg estimates from random slices, at s = 1

As 1/t² = ½∫exp(-st²/2) ds, the first is (1/4π)∫T_s ds: all bandwidths at once. Both have a closed
form, because E_θ exp(-z⟨θ, u⟩²), u a unit vector, depends on z and d alone:

    K_d(z) = ₁F₁(1/2; d/2; -z),
    T_s = √(2π/s)·mean_jk K_d(‖h_j - h_k‖²/2s)
        - 2√(2π/(s+1))·mean_j K_d(‖h_j‖²/2(s+1)) + √(2π/(s+2)).

How 1 - K_d is evaluated, here and in torch (near the target T is the small difference of large
terms; in 1 - K_d no digits are lost at z = 0). With w = √(d/(d + 2z)) in (0, 1]

    1 - K_d(z) = (1 - w²)·F(w),   F = Σ_k c_k T_k(2w - 1),

and F lies between 1/2 and 1 and is smooth for every z from 0 to infinity.
`sphere_kernel_coefficients(d, dtype)` returns c: in float32 31 terms at d = 2, 11 at d = 1024.
They come from K_d = ∫ exp(-zu) u^(-1/2) (1-u)^((d-3)/2) du over its value at z = 0, by the
trapezoid rule in log(u/(1-u)), which converges geometrically.
"""

from functools import lru_cache
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import dct
from scipy.spatial.distance import cdist

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array, Numbers
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.sliced_energy import projected_energy
from normtheory.theory.sphere_average import chebyshev_sum

_TAIL = {"float64": 1e-15, "float32": 3e-8}
_NODES = 128
_LOG_T = np.arange(-76, 100.001, 0.25)


def _weights(scale, d):
    """Nodes u and weights of ∫ u^(-1/2) (1-u)^((d-3)/2) du, fit for exponents up to `scale`."""
    log_t = _LOG_T - np.log(scale)
    t = np.exp(log_t)
    return 2 * t / (1 + 2 * t), np.exp(log_t / 2 - (d - 2) / 2 * np.log1p(2 * t)) / (1 + 2 * t)


def sphere_kernel_coefficients(d: int, dtype: Literal["float64", "float32"] = "float64") -> Array:
    """Chebyshev coefficients of F, with which 1 - K_d(z) = (1 - w²)·F(w), w = √(d/(d + 2z)).

    They are those of T_k(2w - 1), read-only float64.

    Parameters
    ----------
    d : int
        Dimension, at least 2; K₁(z) is exp(-z).
    dtype : {"float64", "float32"}
        Precision to reach; fewer terms for float32.

    Examples
    --------
    >>> [len(sphere_kernel_coefficients(d, "float32")) for d in (2, 64, 1024)]
    [31, 11, 11]
    """
    d = require.integer("d", d, minimum=2)
    return _coefficients(d, require.choice("dtype", dtype, tuple(_TAIL)))


@lru_cache(maxsize=512)
def _coefficients(d, dtype):
    half = (np.arange(_NODES) + 0.5) * np.pi / _NODES / 2
    w = np.cos(half) ** 2
    beyond = np.sin(half) ** 2 * (1 + w)  # 1 - w² without its cancellation
    z = d * beyond / w**2 / 2
    u, weights = _weights((d + 2 * z)[:, None], d)
    values = -(weights * np.expm1(-z[:, None] * u)).sum(axis=1) / _weights(d, d)[1].sum() / beyond
    terms = dct(values, type=2) / _NODES
    terms[0] /= 2
    dropped = np.cumsum(np.abs(terms[::-1]))[::-1]
    terms = terms[: max(1, int(np.argmax(dropped < _TAIL[dtype])))].copy()
    terms.flags.writeable = False
    return terms


@lru_cache(maxsize=512)
def _slopes(d):
    """The coefficients of F's derivative."""
    return np.polynomial.chebyshev.chebder(sphere_kernel_coefficients(d))


@overload
def sphere_kernel(z: ArrayLike, d: int, *, gradient: Literal[False] = ...) -> Array: ...
@overload
def sphere_kernel(z: ArrayLike, d: int, *, gradient: Literal[True]) -> tuple[Array, Array]: ...
def sphere_kernel(z: ArrayLike, d: int, *, gradient: bool = False) -> Array | tuple[Array, Array]:
    """E exp(-z·θ₁²) for a uniform direction θ in d dimensions: ₁F₁(1/2; d/2; -z).

    Parameters
    ----------
    z : array_like
        At least 0, any shape.
    d : int
        Dimension, at least 1.
    gradient : bool
        Also return the derivative in z.

    Returns
    -------
    ndarray, or (ndarray, ndarray)
        float64, the shape of `z`; absolute error at most 1e-14, that of 1 - K relative.

    Examples
    --------
    >>> np.round(sphere_kernel([0.0, 1.0, 100.0], 1), 4)
    array([1.    , 0.3679, 0.    ])
    >>> np.round(sphere_kernel([0.0, 1.0, 100.0], 64), 4)
    array([1.    , 0.9847, 0.489 ])
    """
    gradient = require.flag("gradient", gradient)
    missing, slope = _missing(z, d, gradient)
    return (1 - missing, -slope) if gradient else 1 - missing


def _missing(z, d, gradient):
    """1 - K_d(z), and its derivative where it is wanted."""
    z = require.finite("z", z, at_least=0).astype(np.float64)
    d = require.integer("d", d, minimum=1)
    if d == 1:
        return -np.expm1(-z), np.exp(-z)
    c = sphere_kernel_coefficients(d)
    square = d / (d + 2 * z)
    w = np.sqrt(square)
    beyond = 2 * z / (d + 2 * z)
    # F changes with t = 2w - 1, w with z by -w³/d
    value = chebyshev_sum(c, 2 * w - 1)
    if not gradient:
        return beyond * value, None
    slope = 2 * chebyshev_sum(_slopes(d), 2 * w - 1)
    return beyond * value, w * square / d * (2 * w * value - beyond * slope)


@overload
def sphere_divergence(
    h: ArrayLike,
    bandwidth: float | None = ...,
    *,
    unbiased: bool = ...,
    gradient: Literal[False] = ...,
) -> float: ...
@overload
def sphere_divergence(
    h: ArrayLike, bandwidth: float | None = ..., *, unbiased: bool = ..., gradient: Literal[True]
) -> tuple[float, Array]: ...
def sphere_divergence(
    h: ArrayLike, bandwidth: float | None = 1.0, *, unbiased: bool = False, gradient: bool = False
) -> float | tuple[float, Array]:
    """Squared distance of activations to N(0, I) in characteristic functions, over all directions.

    Epps & Pulley (1983); Balestriero & LeCun (2025) for the mean over directions (LeJEPA's SIGReg,
    there by random slices). At N(0, I) its mean is √(2π)(1 - 1/√3)/b at s = 1 in every dimension.
    Costs b² distances.

    Parameters
    ----------
    h : array_like, (b, d)
        Activations, float32 or float64.
    bandwidth : float or None
        s > 0 of the weight exp(-st²/2); 1 is SIGReg's. None: the weight 1/(2πt²), which is
        `projected_energy`.
    unbiased : bool
        Take pairs of different activations only (b >= 2): the mean over batches is then that of
        an infinite batch, at the price of values below 0.
    gradient : bool
        Also return the gradient (b, d).

    Examples
    --------
    >>> h = np.random.default_rng(0).standard_normal((500, 3))
    >>> [round(sphere_divergence(x), 3) for x in (h, 2 * h, 0 * h)]
    [0.004, 0.238, 0.409]
    >>> round(sphere_divergence(h, None), 3)
    0.003
    """
    h = require.finite("h", h, ndim=2)
    unbiased = require.flag("unbiased", unbiased)
    gradient = require.flag("gradient", gradient)
    b, d = h.shape
    if unbiased and b < 2:
        raise ValueError(f"h must hold at least 2 activations when unbiased, got shape {h.shape}")
    pairs = b * (b - 1) if unbiased else b * b
    if bandwidth is None:
        value, slope = projected_energy(h, gradient=True)
        if unbiased:
            # what the repulsion lacks for its pairs of an activation with itself
            error, pull = projected_error_loss(h, gradient=True)
            value -= (float(error) - 1 / np.sqrt(np.pi) - value) / (b - 1)
            slope = slope - (pull - slope) / (b - 1)
        return (value, slope) if gradient else value
    s = require.positive("bandwidth", bandwidth)
    wide = h.astype(np.float64)
    near, far = np.sqrt(2 * np.pi / s), np.sqrt(2 * np.pi / (s + 1))
    between, push = _missing(cdist(wide, wide, "sqeuclidean") / (2 * s), d, gradient)
    away, pull = _missing((wide**2).sum(axis=1) / (2 * (s + 1)), d, gradient)
    level = near - 2 * far + np.sqrt(2 * np.pi / (s + 2))
    value = float(level - near * between.sum() / pairs + 2 * far * away.mean())
    if not gradient:
        return value
    apart = push.sum(axis=1)[:, None] * wide - push @ wide
    slope = 2 * far * pull[:, None] * wide / (b * (s + 1)) - 2 * near * apart / (pairs * s)
    return value, slope.astype(h.dtype)


def scaled_normal_divergence(scale: ArrayLike, bandwidth: float = 1.0) -> Numbers:
    """The divergence of N(0, scale²·I) itself from N(0, I): the same in every dimension.

    √(2π/(s+2q)) - 2√(2π/(s+1+q)) + √(2π/(s+2)) with q = scale².

    Parameters
    ----------
    scale : array_like
        Standard deviations, at least 0.
    bandwidth : float
        s > 0.

    Examples
    --------
    >>> np.abs(np.round(scaled_normal_divergence([0.0, 1.0]), 3))
    array([0.409, 0.   ])
    """
    scale = require.finite("scale", scale, at_least=0)
    s, q = require.positive("bandwidth", bandwidth), scale.astype(np.float64) ** 2
    terms = 1 / np.sqrt(s + 2 * q) - 2 / np.sqrt(s + 1 + q) + 1 / np.sqrt(s + 2)
    return (np.sqrt(2 * np.pi) * terms)[()]

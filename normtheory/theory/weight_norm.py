r"""Weight normalization: a unit's weights as length times direction, :math:`w = g\,v/\|v\|`.

Letters as in Salimans & Kingma (2016): `v` of shape (units, inputs), `g` and the bias `b` of shape
(units,), `eta` the learning rate. Arrays are float64.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array


class Scale(NamedTuple):
    """Length and bias of each unit, shape (units,)."""

    g: np.ndarray
    b: np.ndarray


class Descent(NamedTuple):
    """One unit under gradient descent, each of shape (steps + 1,)."""

    squared_norm: np.ndarray  # of v
    length: np.ndarray  # g, whose square is the unit's variance for white inputs
    loss: np.ndarray
    squared_gradient: np.ndarray  # of the loss with respect to v
    certain: np.ndarray  # whether |v| has four digits: a large eta turns v chaotically


def normalized_weight(v: ArrayLike, g: ArrayLike) -> Array:
    r"""The weights :math:`g\,v/\|v\|`, row by row; no row of `v` may be zero.

    >>> normalized_weight([[3.0, 4.0]], [10.0]).tolist()
    [[6.0, 8.0]]
    """
    v, norm = _rows(v)
    return _lengths(g, v) * (v / norm)


def weight_norm_gradients(
    weight_gradient: ArrayLike, v: ArrayLike, g: ArrayLike
) -> tuple[Array, Array]:
    r"""Gradients with respect to v and g, in their shapes, from that with respect to w (Eq. 3).

    :math:`\nabla_g L = \nabla_w L\cdot v/\|v\|` and
    :math:`\nabla_v L = \frac{g}{\|v\|}(\nabla_w L - \nabla_g L\,v/\|v\|)`, orthogonal to v.

    >>> grad_v, grad_g = weight_norm_gradients([[1.0, 0.0]], [[3.0, 4.0]], [10.0])
    >>> grad_v.round(2).tolist(), grad_g.tolist()
    ([[1.28, -0.96]], [0.6])
    """
    v, norm = _rows(v)
    weight_gradient = require.finite("weight_gradient", weight_gradient, ndim=2)
    if weight_gradient.shape != v.shape:
        raise ValueError(f"weight_gradient must have shape {v.shape}, got {weight_gradient.shape}")
    return _gradients(weight_gradient, v / norm, _lengths(g, v) / norm)


def _gradients(weight_gradient, direction, scale):
    grad_g = (weight_gradient * direction).sum(axis=1)
    return scale * (weight_gradient - grad_g[:, None] * direction), grad_g


def descend_unit(
    steps: int, eta: float, *, target: float = 2.0, inputs: int = 8, start: float = 1.0
) -> Descent:
    r"""Gradient descent of one weight-normalised unit towards a linear teacher on white inputs.

    The loss is :math:`\frac12\|w - w^*\|^2`; the teacher has length `target` and makes an angle of
    60 degrees with the first v, whose norm is `start`; g starts at 1, as the data-dependent
    initialisation sets it.

    Parameters
    ----------
    steps : int, at least 0
    eta, target, start : float, positive
    inputs : int, at least 2

    Examples
    --------
    >>> run = descend_unit(200, 0.1)
    >>> bool((np.diff(run.squared_norm) > -1e-12).all()), round(float(run.length[-1]), 4)
    (True, 2.0)
    """
    steps = require.integer("steps", steps, minimum=0)
    given = {"eta": eta, "target": target, "start": start}
    eta, target, start = (require.positive(*each) for each in given.items())
    inputs = require.integer("inputs", inputs, minimum=2)
    teacher = np.zeros((1, inputs))
    teacher[0, :2] = target * np.array([0.5, np.sqrt(0.75)])
    # beside it one whose eta differs in the fourteenth digit
    v, g, eta = (
        np.tile(start * np.eye(1, inputs), (2, 1)),
        np.ones(2),
        eta * np.array([1, 1 + 1e-14]),
    )
    found, certain = [], True
    for _ in range(steps + 1):
        v, norm = _rows(v)
        gap = g[:, None] * (v / norm) - teacher
        grad_g = (gap * (v / norm)).sum(axis=1)
        # across v there is the teacher's part alone, which a large g would drown
        grad_v = _gradients(-teacher, v / norm, g[:, None] / norm)[0]
        certain &= abs(norm[1, 0] / norm[0, 0] - 1) < 5e-5
        loss, slope = (gap[0] ** 2).sum() / 2, (grad_v[0] ** 2).sum()
        found.append(((v[0] ** 2).sum(), g[0], loss, slope, certain))
        v, g = v - eta[:, None] * grad_v, g - eta * grad_g
    *arrays, certain = np.array(found).T
    return Descent(*arrays, certain.astype(bool))


def data_dependent_scale(inputs: ArrayLike, v: ArrayLike, *, per: str = "unit") -> Scale:
    r"""The g = 1/σ and b = -µ/σ that standardise :math:`t = v\cdot x/\|v\|` on a batch (Eq. 5),
    over which every unit has to vary by more than rounding.

    Parameters
    ----------
    inputs : array_like, shape (batch, inputs)
    v : array_like, shape (units, inputs)
    per : str
        "unit": mean and standard deviation of each unit; "layer": one of both for all units.

    Examples
    --------
    >>> g, b = data_dependent_scale([[0.0, 0.0], [2.0, 0.0]], [[3.0, 0.0]])
    >>> g.tolist(), b.tolist()
    ([1.0], [-1.0])
    """
    v, norm = _rows(v)
    inputs = require.finite("inputs", inputs, ndim=2)
    if inputs.shape[1] != v.shape[1]:
        raise ValueError(f"inputs must have {v.shape[1]} columns as v has, got {inputs.shape}")
    t = inputs @ (v / norm).T  # (batch, units)
    require.choice("per", per, ("unit", "layer"))
    axis = 0 if per == "unit" else None
    mean, spread = t.mean(axis=axis), t.std(axis=axis)
    # equal rows need not give equal products, nor equal products their own mean
    rounding = 16 * np.finfo(float).eps * np.linalg.norm(inputs, axis=1).max()
    if not np.all(spread > rounding):
        raise ValueError(
            "inputs must make every unit vary, got a unit of standard deviation "
            f"{float(np.min(spread)):.3g}"
        )
    ones = np.ones(len(v))
    return Scale(ones / spread, -ones * mean / spread)


def unit_scatter(mean: ArrayLike, covariance_spectrum: ArrayLike) -> tuple[float, float]:
    r"""How unequal random directions are for data of that mean and those covariance eigenvalues, of
    which none is negative and not all are 0.

    Returns
    -------
    mean_share : float
        Share of the units' mean square that lies between the units' means:
        :math:`\|\mu\|^2/(\|\mu\|^2 + \mathrm{tr}\,\Sigma)`.
    variance_spread : float
        Relative standard deviation of the units' variances,
        :math:`u^\top\Sigma u` for u uniform on the sphere.

    Examples
    --------
    >>> unit_scatter(np.zeros(4), np.ones(4))
    (0.0, 0.0)
    """
    mean = require.finite("mean", mean, ndim=1)
    values = require.finite("covariance_spectrum", covariance_spectrum, ndim=1, at_least=0)
    total, n = values.sum(), len(values)
    if not total > 0:
        raise ValueError(f"covariance_spectrum must have a positive sum, got {total}")
    share = (mean**2).sum() / ((mean**2).sum() + total)
    # E (u'Su)^2 = (tr^2 + 2 tr S^2) / (n (n + 2)); from the mean, so that nothing cancels
    spread = 2 * n * ((values - total / n) ** 2).sum() / (total**2 * (n + 2))
    return float(share), float(np.sqrt(spread))


def _lengths(g, v):
    g = require.finite("g", g, ndim=1)
    if len(g) != len(v):
        raise ValueError(f"g must have shape ({len(v)},), got {g.shape}")
    return g[:, None]


def _rows(v):
    v = require.finite("v", v, ndim=2)
    norm = np.linalg.norm(v, axis=1, keepdims=True)
    if not (norm > 0).all():
        raise ValueError("v must have no zero row, got a row of norm 0")
    return v, norm

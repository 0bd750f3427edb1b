"""Equilibrium normalization of weights (EquiNorm): the update, its denominators and what it loses.

`w` kernels (channels out, channels in, kh, kw), `v` sums of the input by channel, `r` the total
that the positive weights are to contribute, `b` shift and `s` scale per output channel:
w'' = s w' = s (w + b). Superscript + means the sum of the positive entries, n+ their number.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.convolution import convolve
from normtheory.theory.precision import TOLERANCE

PASSES = (1, 2)


class Equilibrium(NamedTuple):
    """Normalized weights with the quantities that made them."""

    weights: np.ndarray  # (c_out, c_in, kh, kw)
    shift: np.ndarray  # (c_out,)
    scale: np.ndarray  # (c_out,)
    denominator: np.ndarray  # (c_out,)


def channel_sums(x: ArrayLike) -> Array:
    """v_c, the sum of a batch (batch, c_in, height, width) over examples and positions.

    >>> channel_sums(np.ones((2, 3, 4, 4))).tolist()
    [32.0, 32.0, 32.0]
    """
    return require.finite("x", x, ndim=4).sum(axis=(0, 2, 3))


def target_total(batch, height, width, stride=1):
    """r = batch x height out x width out x stride^2 (Sec. 4.1, "Updates"), from the *input's* size.

    The output has ceil(height / stride) rows, so r is batch x height x width only if the stride
    divides both.

    >>> target_total(1, 3, 3), target_total(1, 8, 8, 2), target_total(1, 7, 7, 2)
    (9, 64, 64)
    """
    batch, height, width, stride = (
        require.integer(name, value, minimum=1)
        for name, value in [
            ("batch", batch),
            ("height", height),
            ("width", width),
            ("stride", stride),
        ]
    )
    return batch * -(-height // stride) * -(-width // stride) * stride**2


def shift(w, v):
    """b_d = -sum_c v_c w_dc / (kh kw sum_c v_c): makes the batch mean of the output zero.

    With one input channel it is -mean(w), whatever the input. There is none if the channel sums add
    up to zero.

    >>> shift(np.array([[[[1.0, 2.0, 6.0]]]]), [5.0]).tolist()
    [-3.0]
    """
    w, v = _weights_and_sums(w, v)
    total = v.sum()
    if abs(total) <= TOLERANCE["float64"] * np.abs(v).sum():
        raise ValueError(f"v must not add up to zero (nor the sums of x), got {v.tolist()}")
    positions = w.shape[2] * w.shape[3]
    return -(w.sum(axis=(2, 3)) @ v) / (positions * total)


def denominator(w, v, *, passes=2):
    """What r is divided by to give the scale: sum_c v_c w'+_dc, or its one-pass form.

    Two passes add the positive entries of w + b; one pass adds w + b over the positive entries of
    *w*: sum_c v_c (w+_dc + b_d n+_dc). With v >= 0 one pass never exceeds two passes and is never
    negative.

    >>> w = np.array([[[[1.0, 2.0, 6.0]]]])
    >>> denominator(w, [1.0]).tolist(), denominator(w, [1.0], passes=1).tolist()
    ([3.0], [0.0])
    """
    w, v = _weights_and_sums(w, v)
    require.choice("passes", passes, PASSES)
    shifted = w + shift(w, v)[:, None, None, None]
    counted = shifted > 0 if passes == 2 else w > 0
    return np.where(counted, shifted, 0).sum(axis=(2, 3)) @ v


def normalized_weights(
    w: ArrayLike, v: ArrayLike, r: float, *, passes: Literal[1, 2] = 2
) -> Equilibrium:
    """The normalized weights (Sec. 4.1; one pass: "Single pass formulation").

    There are none if the channel sums add up to zero or a denominator vanishes to rounding.

    Parameters
    ----------
    w : array_like of shape (c_out, c_in, kh, kw)
    v : array_like of shape (c_in,)
        Channel sums of the input.
    r : float
        Target total, positive, see `target_total`.
    passes : {1, 2}
        The paper's experiments use 1.

    Examples
    --------
    >>> normalized_weights(np.array([[[[1.0, 2.0, 6.0]]]]), [5.0], 30).weights.ravel().tolist()
    [-4.0, -2.0, 6.0]
    """
    w, v = _weights_and_sums(w, v)
    b = shift(w, v)
    below = denominator(w, v, passes=passes)
    size = (np.abs(w) + np.abs(b)[:, None, None, None]).sum(axis=(2, 3)) @ np.abs(v)
    vanished = np.abs(below) <= TOLERANCE["float64"] * size
    if vanished.any():
        d = int(np.flatnonzero(vanished)[0])
        raise ValueError(
            f"w must leave a denominator away from zero with {passes} pass(es) in every output "
            f"channel, got {below[d]:.3g} in channel {d}"
        )
    scale = require.positive("r", r) / below
    weights = scale[:, None, None, None] * (w + b[:, None, None, None])
    return Equilibrium(weights, b, scale, below)


def normalize(
    x: ArrayLike, w: ArrayLike, *, stride: int = 1, passes: Literal[1, 2] = 2
) -> Equilibrium:
    """`normalized_weights` with v and r taken from a batch of inputs, as in training.

    Parameters
    ----------
    x : array_like of shape (batch, c_in, height, width)
    w : array_like of shape (c_out, c_in, kh, kw)
    stride : int, at least 1
    passes : {1, 2}

    Examples
    --------
    >>> normalize(np.ones((1, 1, 2, 2)), [[[[1.0, 2.0, 6.0]]]]).scale.tolist()
    [0.3333333333333333]
    """
    x = require.finite("x", x, ndim=4)
    r = target_total(x.shape[0], x.shape[2], x.shape[3], stride)
    return normalized_weights(w, channel_sums(x), r, passes=passes)


def contributions(
    x: ArrayLike, w: ArrayLike, *, padding: str = "cyclic", stride: int = 1
) -> tuple[Array, Array]:
    """What the positive and the negative weights add to the total output, by output channel.

    >>> x = np.ones((1, 1, 3, 3))
    >>> w = normalize(x, np.arange(9.0).reshape(1, 1, 3, 3)).weights
    >>> [part.round(9).tolist() for part in contributions(x, w)]
    [[9.0], [-9.0]]
    """
    w = require.finite("w", w, ndim=4)
    return tuple(
        convolve(x, part, padding=padding, stride=stride).sum(axis=(0, 2, 3))
        for part in (np.maximum(w, 0), np.minimum(w, 0))
    )


def _weights_and_sums(w, v):
    w, v = require.finite("w", w, ndim=4), require.finite("v", v, ndim=1)
    if v.shape[0] != w.shape[1]:
        raise ValueError(f"v must have {w.shape[1]} entries, one a channel of w, got {v.shape[0]}")
    return w, v

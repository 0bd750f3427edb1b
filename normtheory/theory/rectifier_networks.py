"""Random rectifier networks of finite width: who is active, and how outputs follow the input.

They are what `normtheory.theory.gradient_correlation` predicts in the limit of width.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.gradient_correlation import NETWORKS


def layers(
    inputs: ArrayLike,
    direction: ArrayLike,
    *,
    depth: int,
    width: int,
    rng: np.random.Generator,
    network: str = "plain",
    beta: float = 1.0,
) -> Iterator[tuple[NDArray[np.bool_], Array]]:
    """Send inputs and a tangent through random networks, layer by layer.

    Parameters
    ----------
    inputs : array_like, shape (..., batch, d)
        Leading axes are independent networks. Their mean square is that of the stream which a
        residual network starts with; other networks do not depend on it.
    direction : array_like, broadcastable to `inputs`
        Direction in which each input is moved.
    network : str
        One of `gradient_correlation.NETWORKS`; BN uses the statistics of the batch, and the tangent
        takes them as given.
    beta : float, positive

    Yields
    ------
    active : ndarray of bool, shape (..., batch, width)
        Which rectifiers let the input pass.
    tangent : ndarray, shape (..., batch, width)
        Derivative of what follows the layer along `direction`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> active, tangent = next(layers(np.eye(3), np.eye(3), depth=1, width=8, rng=rng))
    >>> active.shape
    (3, 8)
    """
    inputs = require.finite("inputs", inputs)
    if inputs.ndim < 2:
        raise ValueError(f"inputs must have shape (..., batch, d), got {inputs.shape}")
    depth = require.integer("depth", depth, minimum=1)
    width = require.integer("width", width, minimum=1)
    require.choice("network", network, NETWORKS)
    normalised, residual = network.endswith("+BN"), network.startswith("residual")
    beta = require.positive("beta", beta)
    require.rng(rng)
    direction = require.finite("direction", direction)
    both = np.concatenate(require.broadcast(inputs=inputs, direction=direction), axis=-2)
    batch = inputs.shape[-2]

    def linear(x, gain):
        weights = rng.standard_normal((*x.shape[:-2], x.shape[-1], width))
        weights *= np.sqrt(gain / x.shape[-1])
        return x @ weights

    if residual:
        both = linear(both, 1.0)
    for _ in range(depth):
        z = both if residual else linear(both, 2.0)
        here, moved = z[..., :batch, :], z[..., batch:, :]
        if normalised:
            here = here - here.mean(axis=-2, keepdims=True)
            spread = here.std(axis=-2, keepdims=True)
            here, moved = here / spread, moved / spread
        active = here > 0
        after = np.concatenate([here * active, moved * active], axis=-2)
        both = both + beta * linear(after, 2.0) if residual else after
        yield active, both[..., batch:, :]


def circle_derivative(
    points: int,
    depth: int,
    width: int,
    *,
    rng: np.random.Generator,
    network: str = "plain",
    beta: ArrayLike = 1.0,
) -> Array:
    """Derivative of a network's outputs along a circle of inputs (cos t, sin t).

    Parameters
    ----------
    points : int, at least 4
    depth, width, rng, network, beta
        As in `layers`.

    Returns
    -------
    ndarray, shape (points, width)
        One column per output unit (each a random linear reading of the last layer), as the points
        go round.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> circle_derivative(16, 2, 10, rng=rng).shape
    (16, 10)
    """
    # of an 8-bit integer numpy takes the root in half precision
    width = require.integer("width", width, minimum=1)
    t = 2 * np.pi * np.arange(require.integer("points", points, minimum=4)) / points
    # radius sqrt(2): coordinates of mean square 1
    inputs = np.sqrt(2) * np.stack([np.cos(t), np.sin(t)], axis=1)
    direction = np.sqrt(2) * np.stack([-np.sin(t), np.cos(t)], axis=1)
    *_, (_, tangent) = layers(
        inputs, direction, depth=depth, width=width, rng=rng, network=network, beta=beta
    )
    return tangent @ rng.standard_normal((width, width)) / np.sqrt(width)


def autocorrelation(series: ArrayLike) -> Array:
    """Circular autocorrelation of the columns about 0, averaged over the columns: 1 at lag 0.

    Parameters
    ----------
    series : ndarray, shape (points, columns)
        Not all 0.

    Examples
    --------
    >>> autocorrelation(np.array([[1.0], [-1.0], [1.0], [-1.0]])).tolist()
    [1.0, -1.0, 1.0, -1.0]
    """
    series = require.finite("series", series, ndim=2)
    if not series.any():
        raise ValueError("series must not be all 0, got zeros")
    # to entries of about 1 first: squares of very large ones are no floats
    power = (np.abs(np.fft.rfft(series / np.abs(series).max(), axis=0)) ** 2).mean(axis=1)
    found = np.fft.irfft(power, len(series))
    return found / found[0]

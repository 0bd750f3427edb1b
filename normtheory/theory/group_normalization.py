"""Group normalization of a layer's features, example by example (Wu & He, 2018)."""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array


def group_normalize(h: ArrayLike, groups: int) -> Array:
    """Each example's features, standardized within each of `groups` groups of neighbours: 0 where a
    group does not vary, as in a group of one.

    One group is layer normalization; as many groups as features is instance normalization of a
    layer without positions.

    Parameters
    ----------
    h : array_like of shape (b, d)
    groups : int
        A divisor of d.

    Examples
    --------
    >>> group_normalize([[1.0, 3.0, 10.0, 30.0]], 2).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """
    h = require.finite("h", h, ndim=2)
    groups = require.integer("groups", groups, minimum=1)
    if h.shape[1] % groups:
        raise ValueError(f"groups must divide {h.shape[1]}, got {groups}")
    split = h.reshape(len(h), groups, -1)
    centred = split - split.mean(axis=2, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=2, keepdims=True))
    return (centred / np.where(deviation > 0, deviation, 1)).reshape(h.shape)

"""Random directions, and what is shared by means over slices.

Letters: `h` activations (b, d), `theta` unit directions (s, d).
"""

from typing import Literal

import numpy as np

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.normal_numbers import box_muller


def random_directions(
    d: int,
    s: int,
    rng: np.random.Generator,
    *,
    orthogonal: bool = False,
    dtype: Literal["float64", "float32"] = "float64",
) -> Array:
    """Directions uniform on the unit sphere, (s, d).

    Joo et al. (2020), Algorithm 1, lines 3 and 4.

    Parameters
    ----------
    d, s : int
        Dimension and number of directions, at least 1.
    orthogonal : bool
        Draw them in blocks of d mutually orthogonal ones. Each is still uniform, and sums over a
        block vary less: ‖h‖² comes out exactly.

    Examples
    --------
    >>> theta = random_directions(3, 6, np.random.default_rng(0), orthogonal=True)
    >>> bool(np.allclose(theta.T @ theta, 2 * np.eye(3)))
    True
    """
    d = require.integer("d", d, minimum=1)
    s = require.integer("s", s, minimum=1)
    dtype = np.dtype(require.choice("dtype", dtype, ("float64", "float32")))
    require.rng(rng)
    if not require.flag("orthogonal", orthogonal):
        theta = _normals(s, d, rng) if dtype == np.float32 else rng.standard_normal((s, d))
        lengths = np.sqrt(np.linalg.vecdot(theta, theta))
        # all coordinates 0 is possible in float32 for small d, about once in 2^24 draws at d = 1
        if not lengths.all():
            theta[lengths == 0, 0], lengths[lengths == 0] = 1, 1
        theta /= lengths[:, None]
        return theta
    blocks = []
    for start in range(0, s, d):
        q, r = np.linalg.qr(rng.standard_normal((d, min(d, s - start)), dtype=dtype))
        # the factorisation fixes signs; undone, the directions are uniform
        blocks.append((q * np.where(np.diagonal(r) < 0, -1, 1).astype(dtype)).T)
    return np.concatenate(blocks)


def _normals(s, d, rng):
    pairs = (s * d + 1) // 2
    uniform, angle = rng.random((2, pairs), dtype=np.float32)
    np.subtract(np.float32(1), uniform, out=uniform)  # in (0, 1]
    angle *= np.float32(2 * np.pi)
    return box_muller(uniform, angle, np.empty(s * d, dtype=np.float32)).reshape(s, d)


def require_slices(h, theta):
    """Return (h, theta) as float arrays of one dtype, or raise ValueError unless they are (b, d)
    and (s, d) with s >= 2 and rows of `theta` of length 1."""
    h = require.finite("h", h, ndim=2)
    theta = require.finite("theta", theta, ndim=2).astype(h.dtype, copy=False)
    if theta.shape[1] != h.shape[1]:
        raise ValueError(f"theta must have shape (s, {h.shape[1]}), got {theta.shape}")
    if len(theta) < 2:
        raise ValueError(f"theta must hold at least 2 directions, got {len(theta)}")
    lengths = np.linalg.vecdot(theta, theta)
    if np.abs(lengths - 1).max() > 1e-4:
        raise ValueError(
            f"theta must hold directions of length 1, got {lengths[np.abs(lengths - 1).argmax()]}"
            " as a squared length"
        )
    return h, theta


def slice_mean(values):
    """The mean over slices with its standard error, from one float64 value a slice."""
    s, mean = len(values), values.mean()
    centred = values - mean
    return Estimate(float(mean), float(np.sqrt(centred @ centred / (s - 1) / s)), s)

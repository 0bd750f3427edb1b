"""Point clouds sampled from parametric shapes: a small task in the manner of ModelNet-40."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from normtheory.data.classification import Classification

TRAIN, TEST, POINTS, SEED = 2000, 500, 128, 0


def load_point_clouds(origin: Literal["made"] | None = None) -> Classification:
    """Clouds of 128 points on ten shapes, each stretched, turned about its axis and jittered: x of
    shape (rows, 3, points), centred and scaled into the unit ball, float32. The same numbers
    every time.
    """
    if origin not in (None, "made"):
        raise ValueError(f"origin must be None or made, got {origin!r}")
    rng = np.random.default_rng(SEED)
    drawn = (point_clouds(rows, POINTS, rng) for rows in (TRAIN, TEST))
    parts = [part for x, y in drawn for part in (_rounded(x), y)]
    note = f"clouds of {POINTS} points on {len(SHAPES)} parametric shapes"
    return Classification.of(parts, len(SHAPES), name="point-clouds", origin="made", note=note)


def _rounded(x):
    """Towards the middle, to multiples of 1/4096: the last digits of a sine differ from one
    processor to the next, and so does the sign of a zero."""
    return np.trunc(x * 4096) / np.float32(4096) + np.float32(0)


def point_clouds(
    clouds: int, points: int, rng: np.random.Generator, jitter: float = 0.02
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Labelled clouds, classes in turn.

    Parameters
    ----------
    clouds, points : int
        How many clouds, at least 1, and points in each, at least 2.
    rng : numpy.random.Generator
    jitter : float
        Standard deviation of the noise on every coordinate; the cloud's radius is 1.

    Returns
    -------
    x : ndarray of float32, shape (clouds, 3, points)
    y : ndarray of int64, shape (clouds,)

    Raises
    ------
    ValueError
        If there are too few clouds or points, or `jitter` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = point_clouds(20, 64, np.random.default_rng(0))
    >>> x.shape, y.tolist()[:3], bool(np.linalg.norm(x, axis=1).max() <= 1)
    ((20, 3, 64), [0, 1, 2], True)
    """
    # one point alone lies in the middle of its cloud, which has no size then
    for name, value, least in (("clouds", clouds, 1), ("points", points, 2)):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value!r}")
    if not 0 <= jitter < np.inf:
        raise ValueError(f"jitter must lie in [0, ∞), got {jitter!r}")
    y = np.arange(clouds) % len(SHAPES)
    x = np.empty((clouds, 3, points), np.float32)
    for row, label in enumerate(y):
        cloud = SHAPES[label](rng.random((2, points)), rng)  # (3, points)
        cloud = cloud * rng.uniform(0.7, 1.3, (3, 1))
        angle = rng.uniform(0, 2 * np.pi)
        cloud[:2] = _rotation(angle) @ cloud[:2]
        cloud = cloud - cloud.mean(1, keepdims=True)
        cloud = cloud / np.linalg.norm(cloud, axis=0).max()
        cloud = cloud + jitter * rng.standard_normal(cloud.shape)
        # the noise must not push a point out of the unit ball
        x[row] = cloud / max(1.0, np.linalg.norm(cloud, axis=0).max() * (1 + 1e-6))
    return x, y.astype(np.int64)


def _rotation(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def _sphere(u, rng):
    height, turn = 2 * u[0] - 1, 2 * np.pi * u[1]
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), height])


def _cube(u, rng):
    face = rng.integers(6, size=u.shape[1])
    a, b = 2 * u - 1
    side = np.where(face % 2, 1.0, -1.0)
    columns = np.stack([side, a, b])
    order = np.stack([np.roll([0, 1, 2], k) for k in range(3)])[face // 2].T
    return np.take_along_axis(columns, order, axis=0)


def _cylinder(u, rng):
    turn = 2 * np.pi * u[0]
    return np.stack([np.cos(turn), np.sin(turn), 2 * u[1] - 1])


def _cone(u, rng):
    radius, turn = np.sqrt(u[0]), 2 * np.pi * u[1]
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), 1 - 2 * radius])


def _torus(u, rng):
    a, b = 2 * np.pi * u
    ring = 1 + 0.4 * np.cos(b)
    return np.stack([ring * np.cos(a), ring * np.sin(a), 0.4 * np.sin(b)])


def _helix(u, rng):
    turn = 6 * np.pi * u[0]
    return np.stack([np.cos(turn), np.sin(turn), 2 * u[0] - 1 + 0.05 * u[1]])


def _saddle(u, rng):
    a, b = 2 * u - 1
    return np.stack([a, b, a**2 - b**2])


def _disc(u, rng):
    radius, turn = np.sqrt(u[0]), 2 * np.pi * u[1]
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.zeros_like(radius)])


def _roll(u, rng):
    turn = 1.5 * np.pi * (1 + 2 * u[0])
    return np.stack([turn * np.cos(turn) / 14, turn * np.sin(turn) / 14, 2 * u[1] - 1])


def _cross(u, rng):
    axis = rng.integers(3, size=u.shape[1])
    cloud = np.zeros((3, u.shape[1]))
    cloud[axis, np.arange(u.shape[1])] = 2 * u[0] - 1
    return cloud


SHAPES = (_sphere, _cube, _cylinder, _cone, _torus, _helix, _saddle, _disc, _roll, _cross)

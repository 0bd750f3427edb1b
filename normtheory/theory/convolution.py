"""Convolutions on a torus or a padded image, the plain reference that the claims are held against.

As in every deep learning library "convolution" is the cross-correlation: kernels are not flipped.
`x` images (batch, channels in, height, width), `w` kernels (channels out, channels in, kh, kw),
`y` outputs (batch, channels out, height out, width out) of "same" size before the stride.
"""

import numpy as np
from numpy.typing import ArrayLike

from normtheory.theory import arguments as require
from normtheory.theory.arguments import Array

# our word -> numpy's word for it
PADDINGS = {"cyclic": "wrap", "zero": "constant", "reflect": "reflect", "replicate": "edge"}

KERNELS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "box blur": [[1 / 9] * 3] * 3,
    "Gaussian blur": [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8], [1 / 16, 1 / 8, 1 / 16]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "Sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "mixed signs": [[0.6, -0.3, 0.8], [-0.5, 0.9, 0.2], [0.1, -0.7, 0.4]],
}


def named_kernel(name: str) -> Array:
    """One of the 3 x 3 kernels of `KERNELS`, (1, 1, 3, 3).

    >>> float(named_kernel("Sobel").sum())
    0.0
    """
    require.choice("name", name, KERNELS)
    return np.array(KERNELS[name], dtype=float)[None, None]


IMAGES = ("texture", "flat", "one bright pixel", "signed texture", "dark")


def named_image(name, *, size=6, channels=1, batch=1):
    """A small deterministic batch of images (batch, channels, size, size), as a convolution meets
    them after a ReLU.

    "signed texture" is one that it can only meet in the first layer. Later channels are brighter:
    channel c is scaled by c + 1.

    >>> float(named_image("flat", size=2).sum()), float(named_image("dark", size=2).sum())
    (4.0, 0.0)
    """
    require.choice("name", name, IMAGES)
    size = require.integer("size", size, minimum=1)
    channels = require.integer("channels", channels, minimum=1)
    batch = require.integer("batch", batch, minimum=1)
    b, c, i, j = np.indices((batch, channels, size, size))
    if name in ("flat", "dark"):
        x = np.full(b.shape, float(name == "flat"))
    elif name == "one bright pixel":
        x = ((i == 0) & (j == 0)).astype(float)
    else:
        # additive recurrence with irrational steps: even coverage of [0, 1) without a generator
        u = (0.7548776662 * i + 0.5698402910 * j + 0.6180339887 * c + 0.4142135624 * b) % 1
        x = np.maximum(u - 0.3, 0) if name == "texture" else u - 0.7
    return x * (c + 1)


def convolve(x: ArrayLike, w: ArrayLike, *, padding: str = "cyclic", stride: int = 1) -> Array:
    """Convolution with "same" padding, then every `stride`-th row and column.

    Parameters
    ----------
    x : array_like of shape (batch, c_in, height, width)
    w : array_like of shape (c_out, c_in, kh, kw)
    padding : str
        One of `PADDINGS`; "cyclic" makes each weight meet each input exactly once.
    stride : int, at least 1

    Returns
    -------
    ndarray of shape (batch, c_out, ceil(height / stride), ceil(width / stride))

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> convolve(x, named_kernel("box blur")).round(6).ravel().tolist()
    [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    """
    x, w = require.finite("x", x, ndim=4), require.finite("w", w, ndim=4)
    require.choice("padding", padding, PADDINGS)
    stride = require.integer("stride", stride, minimum=1)
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"w must have {x.shape[1]} input channels as x has, got shape {w.shape}")
    kh, kw = w.shape[2:]
    widths = [(0, 0), (0, 0), ((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2)]
    padded = np.pad(x, widths, mode=PADDINGS[padding])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    # (batch, c_in, h, w, kh, kw) x (c_out, c_in, kh, kw) -> (batch, h, w, c_out)
    y = np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3]))
    return np.moveaxis(y, -1, 1)


def retained_share(size: int, kernel_size: int, padding: str = "zero") -> Array:
    """Share of a flat image that each weight of a kernel still meets, (kernel_size, kernel_size).

    With zero padding the weight at offset (i, j) meets (size - |i|)(size - |j|) of size^2 inputs;
    with the other paddings all of them.

    Parameters
    ----------
    size : int
        Height and width of the image, at least 1.
    kernel_size : int
        Odd, at most 2 size - 1.

    Examples
    --------
    >>> retained_share(4, 3).tolist()
    [[0.5625, 0.75, 0.5625], [0.75, 1.0, 0.75], [0.5625, 0.75, 0.5625]]
    """
    size = require.integer("size", size, minimum=1)
    kernel_size = require.integer("kernel_size", kernel_size, minimum=1)
    require.choice("padding", padding, PADDINGS)
    if kernel_size % 2 == 0 or kernel_size > 2 * size - 1:
        raise ValueError(
            f"kernel_size must be odd and at most {2 * size - 1} for size {size}, got {kernel_size}"
        )
    if padding != "zero":
        return np.ones((kernel_size, kernel_size))
    kept = 1 - np.abs(np.arange(kernel_size) - kernel_size // 2) / size
    return np.outer(kept, kept)


def norm(values, p):
    """The L^p norm (a quasi-norm for p < 1) of an array's entries, p = inf allowed.

    >>> norm([3.0, -4.0], 2), norm([3.0, -4.0], np.inf)
    (5.0, 4.0)
    """
    magnitude = np.abs(require.finite("values", values))
    if p == np.inf:
        return float(magnitude.max())
    p = require.positive("p", p)
    largest = magnitude.max()
    if largest == 0:
        return 0.0
    # scaled, so that large p neither overflows nor loses everything
    return float(largest * ((magnitude / largest) ** p).sum() ** (1 / p))


def young_exponent(p: float, q: float) -> float:
    """r with 1/p + 1/q = 1/r + 1: infinite when 1/p + 1/q = 1; when it is less, no r exists.

    Parameters
    ----------
    p, q : float, positive

    Examples
    --------
    >>> young_exponent(1, 1), young_exponent(2, 1), young_exponent(2, 2)
    (1.0, 2.0, inf)
    """
    inverse = 1 / require.positive("p", p) + 1 / require.positive("q", q) - 1
    # 1/p + 1/q = 1 need not come out exactly
    if abs(inverse) < 1e-12:
        return np.inf
    if inverse < 0:
        raise ValueError(f"q must satisfy 1/p + 1/q >= 1, got p = {p!r} and q = {q!r}")
    return 1 / inverse

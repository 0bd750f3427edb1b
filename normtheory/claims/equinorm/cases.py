"""What EquiNorm's claims share: the reader's parameters and random cases."""

from itertools import product

import numpy as np

from normtheory.claims import Parameter
from normtheory.theory.convolution import IMAGES, KERNELS

KERNEL = Parameter(
    "kernel", "w", "kernel before normalization", "mixed signs", choices=tuple(KERNELS)
)
INPUT = Parameter(
    name="input", symbol="x", meaning="image that goes in", default="texture", choices=IMAGES
)
CHANNELS = Parameter.count("channels", "C", "input channels", 4, (1, 64), (1, 4096))
SIZE = Parameter.count("size", "H", "height and width of the input in pixels", 8, (4, 64), (4, 64))
SMALL = 0.05  # what this ledger lets pass as "small" where the paper gives no number


def torus_total(x, w):
    """Sum of all outputs of a cyclic convolution, output by output, for entries of any type."""
    (height, width), (kh, kw) = x.shape, w.shape
    return sum(
        w[a, b] * x[(i + a) % height, (j + b) % width]
        for i, j, a, b in product(range(height), range(width), range(kh), range(kw))
    )


def random_batch(rng, channels):
    size = int(rng.integers(2, 7))
    # squared heavy tails: bright and dark pixels far apart, all positive
    return rng.standard_normal((int(rng.integers(1, 4)), channels, size, size + 1)) ** 4


def random_kernel(rng, outputs, channels):
    kh, kw = rng.integers(1, 4, 2)
    w = rng.standard_normal((outputs, channels, int(kh) + 1, int(kw))) ** 3
    return w + rng.choice([0, 1, 10])


def equilibrium_weights(x, w):
    """The two-pass update of Sec. 4.1 for stride 1, written again."""
    v = x.sum(axis=(0, 2, 3))
    shifted = w - ((w.mean(axis=(2, 3)) @ v) / v.sum())[:, None, None, None]
    below = np.maximum(shifted, 0).sum(axis=(2, 3)) @ v
    return shifted * (x[:, 0].size / below)[:, None, None, None]

"""How many parameters and convolutions a residual network has, counted layer by layer."""

from typing import NamedTuple

from numpy.typing import ArrayLike

from normtheory.theory import arguments as require

BLOCKS = ("basic", "bottleneck")
SHORTCUTS = ("projection", "padding")
EXPANSION = 4


class NetworkSize(NamedTuple):
    """Totals of a residual network; `convolutions` leaves the shortcuts' 1 x 1 out."""

    parameters: int
    convolutions: int
    shortcuts: int


def residual_network_size(
    blocks: ArrayLike,
    planes: int,
    *,
    block: str = "basic",
    shortcut: str = "projection",
    preactivation: bool = True,
    classes: int = 10,
    stem_kernel: int = 3,
) -> NetworkSize:
    """Parameters and convolutions of a residual network on colour images.

    The stem has `planes` outputs, stage k works at planes x 2^k, every normalization layer has a
    scale and a shift per channel, convolutions have no bias, one linear layer ends it.

    Parameters
    ----------
    blocks : array_like of int, shape (stages,)
        Blocks in each stage, at least 1.
    planes : int
        Channels after the stem.
    block : str
        "basic" (two 3 x 3) or "bottleneck" (1 x 1, 3 x 3, 1 x 1 with four times the channels out).
    shortcut : str
        "projection" by a 1 x 1 convolution where the shape changes, or "padding" by zeros.
    preactivation : bool
        Normalization before each convolution, none on shortcuts and one at the end (He et al.
        2016a); else after each convolution, shortcuts' included.

    Examples
    --------
    The published sizes of ResNet-18 and ResNet-152 on ImageNet:

    >>> imagenet = dict(preactivation=False, classes=1000, stem_kernel=7)
    >>> residual_network_size([2, 2, 2, 2], 64, **imagenet).parameters
    11689512
    >>> residual_network_size([3, 8, 36, 3], 64, block="bottleneck", **imagenet).parameters
    60192808
    """
    blocks = require.finite("blocks", blocks, ndim=1)
    blocks = [require.integer("blocks", count, minimum=1) for count in blocks.tolist()]
    if sum(blocks) > 100_000:  # they are counted one by one
        raise ValueError(f"blocks must be at most 100000 in all, got {sum(blocks)}")
    require.flag("preactivation", preactivation)
    planes = require.integer("planes", planes, minimum=1)
    require.choice("block", block, BLOCKS)
    require.choice("shortcut", shortcut, SHORTCUTS)
    classes = require.integer("classes", classes, minimum=2)
    stem_kernel = require.integer("stem_kernel", stem_kernel, minimum=1)

    convolutions = [(3, planes, stem_kernel)]  # (channels in, channels out, kernel size)
    projections, normalized = [], []
    channels = planes
    for stage, count in enumerate(blocks):
        inner = planes * 2**stage
        outer = inner * (EXPANSION if block == "bottleneck" else 1)
        for _ in range(count):
            path = _path(block, channels, inner, outer)
            convolutions += path
            normalized += [a if preactivation else b for a, b, _ in path]
            if channels != outer and shortcut == "projection":
                projections.append((channels, outer, 1))
            channels = outer
    if preactivation:
        normalized.append(channels)
    else:
        normalized += [planes] + [b for _, b, _ in projections]
    weights = sum(a * b * k * k for a, b, k in convolutions + projections)
    parameters = weights + 2 * sum(normalized) + (channels + 1) * classes
    return NetworkSize(parameters, len(convolutions), len(projections))


def _path(block, channels, inner, outer):
    if block == "basic":
        return [(channels, inner, 3), (inner, outer, 3)]
    return [(channels, inner, 1), (inner, inner, 3), (inner, outer, 1)]

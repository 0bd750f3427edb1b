"""The convolutional network on which the papers on VCL and PER train CIFAR-10, and small ones of
its kind.

The papers name it by its source, Clevert, Unterthiner & Hochreiter (2016), section 4.2: eleven
convolutions that keep the size of the map, in seven stacks; 2 x 2 max pooling and dropout behind
each stack but the last, which gives the class scores.
"""

from typing import NamedTuple

import torch
from torch import nn

from normtheory.experiments.cifar_settings import ACTIVATIONS, NORMALIZATIONS

_ACTIVATIONS = {"ReLU": nn.ReLU, "LeakyReLU": lambda: nn.LeakyReLU(0.2), "ELU": nn.ELU}
# divides every number of filters above; the VCL paper does not give its number of groups
_GROUPS = 4


class Layer(NamedTuple):
    """A hidden convolution: its `name` in the model, its `shape` (channels, side, side), and
    `before`, how many modules stand before the nonlinearity that follows it."""

    name: str
    shape: tuple[int, int, int]
    before: int


class ScalarBias(nn.Module):
    """One learned number added to all activations, at the start 0 (Zhang et al., 2019)."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, input):
        return input + self.bias


def convolutional_network(
    stacks, side, activation, normalization="none", *, dropout=(), scalar_bias=False, classes=10
):
    """A network of stacks of convolutions, with He's initialisation: images (b, 3, side, side),
    channels last in memory, to scores (b, classes); and the `Layer` of each hidden convolution.

    `stacks` has filters and kernel side of each, as `cifar_settings.STACKS`; max pooling halves the
    map behind each stack, and has to leave one position. `dropout` is a rate for each stack, or
    empty. The `normalization` stands before the nonlinearity; with `scalar_bias` a `ScalarBias`
    follows it where it is rectified.

    >>> from normtheory.experiments.cifar_settings import DROPOUT, STACKS
    >>> model, hidden = convolutional_network(STACKS, 32, "ELU", dropout=DROPOUT)
    >>> len(hidden) + 1, hidden[2].shape
    (11, (240, 16, 16))
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {activation!r}")
    if normalization not in NORMALIZATIONS:
        raise ValueError(
            f"normalization must be one of {', '.join(NORMALIZATIONS)}, got {normalization!r}"
        )
    layers, hidden, channels = [], [], 3
    for stack, rate in zip(stacks, dropout or [0.0] * len(stacks), strict=True):
        for filters, kernel in stack:
            layers += _convolution(channels, filters, kernel)
            name, channels = str(len(layers) - 1), filters
            if normalization != "none":
                layers.append(_normalization(normalization, filters))
            hidden.append(Layer(name, (filters, side, side), len(layers)))
            layers.append(_ACTIVATIONS[activation]())
            if scalar_bias and activation != "ELU":
                layers.append(ScalarBias())
        if side > 1:
            layers.append(nn.MaxPool2d(2))
            side //= 2
        if rate:
            layers.append(nn.Dropout(rate))
    if side > 1:
        raise ValueError(f"stacks must bring the map down to one position, got {side} a side")
    layers += [*_convolution(channels, classes, 1), nn.Flatten()]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last), tuple(hidden)


def _convolution(channels, filters, kernel):
    """A convolution that keeps the size of the map; an even kernel reaches right and down."""
    odd, reach = kernel % 2, kernel // 2
    layer = nn.Conv2d(channels, filters, kernel, padding=reach if odd else 0)
    nn.init.kaiming_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    return [layer] if odd else [nn.ZeroPad2d((reach - 1, reach, reach - 1, reach)), layer]


def _normalization(kind, channels):
    if kind == "BN":
        return nn.BatchNorm2d(channels)
    return nn.GroupNorm(1 if kind == "LN" else _GROUPS, channels)

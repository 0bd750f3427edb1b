"""Pre-activation residual networks for colour images, normalized as one likes."""

from itertools import pairwise

import torch
from torch import nn

from normtheory.nn import EquiNormConv2d
from normtheory.nn.initialisation import balance_signs_

NORMALIZATIONS = ("BN", "GN", "EquiNorm")
_EXPANSION = 4


class ResidualNetwork(nn.Module):
    """Residual network with normalization and ReLU before each convolution (He et al. 2016a).

    EquiNorm, with `passes` and `fraction` of `normtheory.nn.EquiNormConv2d`, normalizes inside the
    convolution, so there ReLU alone stands before it: no input may be negative, images among them.
    `blocks` has those of each stage, and all stages but the first halve the image and double the
    channels; a `bottleneck` has 1 x 1, 3 x 3, 1 x 1 with four times the channels, instead of two 3
    x 3. The widths are those of `normtheory.theory.network_sizes.residual_network_size`.
    """

    def __init__(
        self,
        normalization,
        blocks,
        planes,
        *,
        bottleneck=False,
        groups=32,
        passes=1,
        fraction=1.0,
        classes=10,
    ):
        super().__init__()
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"normalization must be one of {', '.join(NORMALIZATIONS)}, got {normalization!r}"
            )
        parts = _Parts(normalization, groups, passes, fraction)
        channels = planes
        stages = []
        for stage, count in enumerate(blocks):
            inner = planes * 2**stage
            layers = [parts.convolution(3, planes, 3, 1)] if stage == 0 else []
            for block in range(count):
                stride = 2 if stage > 0 and block == 0 else 1
                layers.append(_Block(parts, channels, inner, stride, bottleneck))
                channels = layers[-1].channels
            stages.append(nn.Sequential(*layers))
        self.stages = nn.ModuleList(stages)
        self.head = nn.Sequential(
            *parts.rectified(channels),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels, classes),
        )
        self.to(memory_format=torch.channels_last)

    def forward(self, input, mix=None, depth=0):
        """Scores (b, classes); `mix` is applied to the input of stage `depth`, 0 for the images."""
        for level, stage in enumerate(self.stages):
            if mix is not None and level == depth:
                input = mix(input)
            input = stage(input)
        return self.head(input)


class _Parts:
    """The layers of one network: all convolutions, and what stands before them."""

    def __init__(self, normalization, groups, passes, fraction):
        self.normalization, self.groups = normalization, groups
        self.passes, self.fraction = passes, fraction

    def convolution(self, before, after, kernel, stride):
        sizes = (before, after, kernel, stride, kernel // 2)
        if self.normalization == "EquiNorm":
            layer = EquiNormConv2d(*sizes, passes=self.passes, fraction=self.fraction)
        else:
            layer = nn.Conv2d(*sizes, bias=False)
        nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        if self.normalization == "EquiNorm":
            balance_signs_(layer.weight)
        return layer

    def rectified(self, channels):
        if self.normalization == "BN":
            return nn.BatchNorm2d(channels), nn.ReLU()
        if self.normalization == "GN":
            return nn.GroupNorm(self.groups, channels), nn.ReLU()
        return (nn.ReLU(),)


class _Block(nn.Module):
    def __init__(self, parts, before, inner, stride, bottleneck):
        super().__init__()
        self.channels = inner * _EXPANSION if bottleneck else inner
        widths = (before, inner, inner, self.channels) if bottleneck else (before, inner, inner)
        kernels = (1, 3, 1) if bottleneck else (3, 3)
        strides = (1, stride, 1) if bottleneck else (stride, 1)
        self.rectified = nn.Sequential(*parts.rectified(before))
        path = []
        for (a, b), kernel, step in zip(pairwise(widths), kernels, strides, strict=True):
            path += [*(parts.rectified(a) if path else ()), parts.convolution(a, b, kernel, step)]
        self.path = nn.Sequential(*path)
        self.shortcut = None
        if before != self.channels:
            self.shortcut = parts.convolution(before, self.channels, 1, stride)

    def forward(self, input):
        rectified = self.rectified(input)
        kept = input if self.shortcut is None else self.shortcut(rectified)
        return kept + self.path(rectified)

"""How the papers on VCL and PER train on CIFAR-10: SGD with momentum and a falling rate, images
cropped and mirrored at random, a loss on the activations beside the cross entropy.

The papers name it by its source, Clevert, Unterthiner & Hochreiter (2016), section 4.2: eleven
convolutions that keep the size of the map, in seven stacks; 2 x 2 max pooling and dropout behind
each stack but the last, which gives the class scores.
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from normtheory import data
from normtheory.experiments.cifar_settings import ACTIVATIONS, NORMALIZATIONS
from normtheory.experiments.training import batches, right, step
from normtheory.nn import ProjectedErrorLoss, VarianceConstancyLoss, regularize

_ACTIVATIONS = {"ReLU": nn.ReLU, "LeakyReLU": lambda: nn.LeakyReLU(0.2), "ELU": nn.ELU}
# divides every number of filters; the VCL paper does not give its number of groups
_GROUPS = 4
_BORDER = 4
_CHUNK = 1000


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


def images(configuration, name, device):
    """The data set `name` as (x_train, y_train, x_test, y_test) on `device`, channels last.

    The configuration's "rows" of the train part, or all where it is None; squares of "pool" pixels
    a side averaged.
    """
    loaded = data.load(name, configuration.get("data", {}).get(name))
    rows = configuration["rows"]

    def part(x, y):
        pixels = F.avg_pool2d(torch.from_numpy(x), configuration["pool"])
        return pixels.to(device, memory_format=torch.channels_last), torch.from_numpy(y).to(device)

    return *part(loaded.x_train[:rows], loaded.y_train[:rows]), *part(loaded.x_test, loaded.y_test)


def final_right(method, activation, configuration, seed, train, *parts):
    """Which images of each of `parts`, pairs of images and classes, a network trained with `method`
    on `train` gets right in the end."""
    run = Run(method, activation, configuration, seed, train[0])
    for _ in run.epochs(*train):
        pass
    return [right(run.model, *part, size=_CHUNK).cpu().numpy() for part in parts]


def errors(right, configuration):
    """``error``, the share of images (..., images) that are not right, and where the configuration
    has "right", ``error wrong``: these images."""
    wrong = {"error wrong": ~right} if configuration.get("right") else {}
    return {"error": 1 - right.mean(-1), **wrong}


class Run:
    """A network of one method before, during and after its training: its `model` and `hidden`
    layers.

    The configuration has "stacks", "dropout" and "scalar_bias" of `convolutional_network`; "rates",
    pairs of a learning rate and its epochs; "bias_rate", what biases' rate is multiplied by;
    "batch", "momentum", "decay", "augment" and "gamma". The seed decides weights, batches, crops
    and dropout alike for every `cifar_settings.Method`; `x` is looked at for device and side.
    """

    def __init__(self, method, activation, configuration, seed, x):
        self._method, self._configuration = method, configuration
        torch.manual_seed(seed)
        self._generator = torch.Generator().manual_seed(seed)
        self.model, self.hidden = convolutional_network(
            configuration["stacks"],
            x.shape[-1],
            activation,
            "none" if method.name in _LOSSES else method.name,
            dropout=configuration["dropout"],
            scalar_bias=configuration["scalar_bias"],
        )
        self.model.to(x.device)
        self._handle, self._weight = None, 0.0
        if method.name in _LOSSES:
            weight, loss = _LOSSES[method.name](method, configuration, seed, x.device)
            losses = {layer.name: loss(layer.shape) for layer in self.hidden}
            self._handle, self._weight = regularize(self.model, losses), weight

    def epochs(self, x, y):
        """Train on `x` and `y`, and yield after every epoch."""
        settings = self._configuration
        optimizer = self._optimizer()
        beside = {"handle": self._handle, "weight": self._weight}
        factors = [group["lr"] for group in optimizer.param_groups]
        each = len(x) // settings["batch"]
        # the VCL paper clips each layer's gradient where it uses its loss
        clipped = [
            list(layer.parameters())
            for layer in self.model
            if self._method.name == "VCL" and isinstance(layer, nn.Conv2d)
        ]
        for rate, epochs in settings["rates"]:
            for group, factor in zip(optimizer.param_groups, factors, strict=True):
                group["lr"] = rate * factor
            for _ in range(epochs):
                for inputs, targets in batches(x, y, settings["batch"], each, self._generator):
                    if settings["augment"]:
                        inputs = augmented(inputs, self._generator)
                    step(self.model, optimizer, inputs, targets, **beside, clipped=clipped)
                yield
        if self._handle is not None:
            self._handle.remove()

    def _optimizer(self):
        settings = self._configuration
        biases, weights = [], []
        for name, parameter in self.model.named_parameters():
            (biases if name.endswith("bias") else weights).append(parameter)
        groups = [
            {"params": parameters, "lr": rate, "weight_decay": settings["decay"]}
            for parameters, rate in ((weights, 1.0), (biases, settings["bias_rate"]))
        ]
        if self._handle is not None and list(self._handle.parameters()):
            groups.append({"params": list(self._handle.parameters()), "lr": 1.0})
        return torch.optim.SGD(groups, momentum=settings["momentum"], fused=True)


def _vcl(method, configuration, seed, device):
    # a beta for each channel and position, as counted in the PER paper
    return configuration["gamma"], lambda shape: VarianceConstancyLoss(
        shape, n=method.n, device=device
    )


def _per(method, configuration, seed, device):
    generator = method.slices and torch.Generator(device).manual_seed(seed)
    # the sum over samples, as Algorithm 1 has it
    loss = ProjectedErrorLoss(method.slices, generator=generator, reduction="sum")
    return method.coefficient, lambda shape: loss


_LOSSES = {"VCL": _vcl, "PER": _per}


def augmented(x, generator):
    """Images (b, channels, side, side) padded with zeros, cropped at random and, half of them,
    mirrored; `generator` is on the CPU, so that every device draws alike."""
    count, side = len(x), x.shape[-1]
    down, across = torch.randint(2 * _BORDER + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    place = torch.arange(side)
    rows, columns = place + down, torch.where(mirrored, place.flip(0), place) + across
    index = torch.arange(count).view(-1, 1, 1), rows.unsqueeze(2), columns.unsqueeze(1)
    padded = F.pad(x, (_BORDER,) * 4).permute(0, 2, 3, 1)
    # the index puts channels last, where they stay in memory
    return padded[tuple(part.to(x.device) for part in index)].permute(0, 3, 1, 2)

"""Small networks for the 8 x 8 digits that scikit-learn ships, convolutional or dense, with the
normalization of one's choice, and their training."""

from itertools import pairwise

import torch
from torch import nn

from normtheory.experiments.training import accuracy, batches, right, step
from normtheory.nn import StandardizationLoss, regularize

CHANNELS = (1, 16, 32, 32)
WIDTHS = (64,) * 7
_GROUP = 8


def network(method, kind="cnn"):
    """ "cnn": three 3 x 3 convolutions with ReLU, the second of stride 2, and a linear readout;
    "mlp": six rectified layers of 64 units.

    `method` is "none", "BN", "GN" (groups of 8 channels or units) or "standardization" (no layer:
    the loss is added in training).
    """
    conv = kind == "cnn"
    layers = [] if conv else [nn.Flatten()]
    for index, (before, after) in enumerate(pairwise(CHANNELS if conv else WIDTHS)):
        stride = 2 if index == 1 else 1
        layers.append(nn.Conv2d(before, after, 3, stride, 1) if conv else nn.Linear(before, after))
        if method == "BN":
            layers.append(nn.BatchNorm2d(after) if conv else nn.BatchNorm1d(after))
        elif method == "GN":
            layers.append(nn.GroupNorm(after // _GROUP, after))
        layers.append(nn.ReLU())
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    if not conv:
        return nn.Sequential(*layers, nn.Linear(WIDTHS[-1], 10))
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(CHANNELS[-1] * 16, 10))
    return model.to(memory_format=torch.channels_last)


def train(model, x, y, configuration, generator, *, batch, rate, weight=0.0):
    """SGD with momentum for "steps" steps; with `weight` the standardization loss is added."""
    handle = regularize(model, StandardizationLoss(reduction="sum")) if weight else None
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=rate,
        momentum=configuration["momentum"],
        weight_decay=configuration["decay"],
        fused=True,
    )
    for inputs, targets in batches(x, y, batch, configuration["steps"], generator):
        step(model, optimizer, inputs, targets, handle=handle, weight=weight)
    if handle is not None:
        handle.remove()


def best_right(kind, method, size, configuration, tensors, seed):
    """Which test rows a network gets right at the rate that is best on the rows held out."""
    x, y, *test = tensors
    rows = len(x) - configuration["held"]
    best, found = -1.0, None
    for rate in configuration["rates"]:
        torch.manual_seed(seed)
        model = network(method, kind).to(x.device)
        train(
            model,
            x[:rows],
            y[:rows],
            configuration,
            torch.Generator().manual_seed(seed),
            batch=size,
            rate=rate,
            weight=configuration["weight"] if method == "standardization" else 0.0,
        )
        held = accuracy(model, x[rows:], y[rows:])
        if held > best:
            best, found = held, right(model, *test).cpu().numpy()
    return found

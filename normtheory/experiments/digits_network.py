"""A small convolutional network for the 8 x 8 digits that scikit-learn ships, with the
normalization of one's choice, and its training."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from normtheory.experiments.training import batches
from normtheory.nn import StandardizationLoss, regularize

CHANNELS = (1, 16, 32, 32)


def network(method):
    """Three 3 x 3 convolutions with ReLU, the second of stride 2, and a linear readout.

    `method` is "none", "BN", "GN" (groups of 8 channels) or "standardization" (no layer: the loss
    is added in training).
    """
    layers = []
    for index, (before, after) in enumerate(pairwise(CHANNELS)):
        layers.append(nn.Conv2d(before, after, 3, 2 if index == 1 else 1, 1))
        nn.init.kaiming_normal_(layers[-1].weight)
        nn.init.zeros_(layers[-1].bias)
        if method == "BN":
            layers.append(nn.BatchNorm2d(after))
        elif method == "GN":
            layers.append(nn.GroupNorm(after // 8, after))
        layers.append(nn.ReLU())
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(CHANNELS[-1] * 16, 10))
    return model.to(memory_format=torch.channels_last)


def train(model, tensors, configuration, generator, *, batch, rate, weight=0.0):
    """SGD with momentum for `epochs`; `rate(epoch)` is the learning rate of an epoch.

    With `weight` the standardization loss is added.
    """
    x, y = tensors[:2]
    handle = regularize(model, StandardizationLoss(reduction="sum")) if weight else None
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=1.0,
        momentum=configuration["momentum"],
        weight_decay=configuration["decay"],
        fused=True,
    )
    for epoch in range(configuration["epochs"]):
        optimizer.param_groups[0]["lr"] = rate(epoch)
        for inputs, targets in batches(x, y, batch, len(x) // batch, generator):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), targets)
            if handle is not None:
                loss = loss + weight * handle.penalty()
            loss.backward()
            optimizer.step()
    if handle is not None:
        handle.remove()

"""The rectified network of the note on weight normalization, with each method."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import remove_parametrizations

from normtheory.nn import MeanOnlyBatchNorm1d, data_dependent_init_


def network(method, configuration, features, classes, generator):
    """The rectified network of one method.

    Weights, or directions v with weight normalization, are drawn N(0, spread²); weights that no
    start will scale are He's where the configuration has a "control".
    """
    width = configuration["width"]
    layers, before = [nn.Flatten()], features
    for _ in range(configuration["layers"]):
        starts = method.startswith("WN") or method.endswith("init")
        he = configuration.get("control") and not starts
        spread = (2 / before) ** 0.5 if he else configuration["spread"]
        layer = _linear(before, width, spread, generator)
        layers.append(weight_norm(layer) if starts else layer)
        if method == "BN":
            layers.append(nn.BatchNorm1d(width))
        if method.endswith("mean"):
            layers.append(MeanOnlyBatchNorm1d(width))
        layers.append(nn.ReLU())
        before = width
    layers.append(_linear(before, classes, configuration["spread"], generator))
    return nn.Sequential(*layers)


def _linear(before, after, spread, generator):
    layer = nn.Linear(before, after)
    with torch.no_grad():
        layer.weight.normal_(0, spread, generator=generator)
        layer.bias.zero_()
    return layer


def started(method, configuration, x, generator):
    """The network of one method before its training on `x`, after the start that the method has."""
    model = network(method, configuration, x[0].numel(), 10, generator).to(x.device)
    if "init" in method:
        data_dependent_init_(model, x[: 4 * configuration["batch"]])
    if method == "none+init":
        for layer in model[1:-1:2]:
            remove_parametrizations(layer, "weight")
    return model

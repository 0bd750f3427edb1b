"""The networks of the VCL paper's experiments on UCI sets, and their training: cross entropy, VCL,
and gradients that are clipped layer by layer where VCL is used."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from normtheory.experiments.training import batches, evaluated, step
from normtheory.nn import VarianceConstancyLoss, regularize

_LAYERS = {"ReLU": nn.ReLU, "ELU": nn.ELU, "SELU": nn.SELU}


class Network(nn.Module):
    """ELU network, He initialisation, whose `activations` are those before each nonlinearity."""

    def __init__(self, features, classes, configuration, batchnorm):
        super().__init__()
        depth, width = configuration["depth"], configuration["width"]
        sizes = [features] + [width] * depth
        self.hidden = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.norms = nn.ModuleList(
            nn.BatchNorm1d(width) if batchnorm else nn.Identity() for _ in range(depth)
        )
        self.dropout = nn.Dropout(configuration["dropout"])
        self.head = nn.Linear(width, classes)
        self.activations = []

    def forward(self, input):
        self.activations = []
        for layer, norm in zip(self.hidden, self.norms, strict=True):
            before = norm(layer(input))
            self.activations.append(before)
            input = F.elu(before)
        return self.head(self.dropout(input))


def trained(method, configuration, seed, x, y, classes):
    """The `Network` of "none", "BN" or "VCL", trained on `x` and `y`."""
    # the same draws for every method: they start from the same weights and see the same batches
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = Network(x.shape[1], classes, configuration, method == "BN").to(x.device)
    layers = *network.hidden, network.head
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    rates = configuration["rates"]
    for _ in _stretches(network, layers, method, configuration, rates, x, y, generator):
        pass
    return network


def standardized_activations(network, inputs):
    """Activations by layer, (layers, rows, width), each unit at mean 0 and variance 1."""
    network.eval()
    with torch.no_grad():
        network(inputs)
    layers = torch.stack(network.activations).double().cpu().numpy()
    layers -= layers.mean(1, keepdims=True)
    return layers / np.sqrt((layers**2).mean(1, keepdims=True))


def network(activation, normalization, configuration, features, classes):
    layers, hidden, before = [], [], features
    for _ in range(configuration["depth"]):
        linear = nn.Linear(before, configuration["width"])
        # He's weights, and 1/fan-in for SELU, whose map asks for it
        gain = 1.0 if activation == "SELU" else 2.0
        nn.init.normal_(linear.weight, std=(gain / before) ** 0.5)
        nn.init.zeros_(linear.bias)
        hidden.append(linear)
        layers.append(linear)
        if normalization == "BN":
            layers.append(nn.BatchNorm1d(configuration["width"]))
        layers.append(_LAYERS[activation]())
        if activation == "SELU":
            layers.append(nn.AlphaDropout(0.05))
        before = configuration["width"]
    if activation != "SELU":
        layers.append(nn.Dropout(0.5))
    return nn.Sequential(*layers, nn.Linear(before, classes)), hidden


def curve(pair, configuration, rates, seed, parts, classes):
    """Accuracies on the validation and the test part after every epoch, each at its rate.

    `pair` is an activation function and a normalization, `parts` are rows and classes to train on,
    to validate and to test.
    """
    torch.manual_seed(seed)
    (x, y), *judges = parts
    model, hidden = network(*pair, configuration, x.shape[1], classes)
    model = model.to(x.device)
    layers, generator = (*hidden, model[-1]), torch.Generator().manual_seed(seed)
    epochs = [(rate, len(x) // configuration["batch"]) for rate in rates]
    return [
        [evaluated(model, *part)[1] for part in judges]
        for _ in _stretches(model, layers, pair[1], configuration, epochs, x, y, generator)
    ]


def _stretches(model, layers, method, configuration, rates, x, y, generator):
    """Train, and yield after each of `rates`, pairs of a rate and its steps.

    The last of `layers` is the readout, which VCL leaves alone.
    """
    handle, clipped = None, ()
    if method == "VCL":
        clipped = [list(layer.parameters()) for layer in layers]
        handle = regularize(
            model,
            lambda units: VarianceConstancyLoss(units, n=configuration["n"], device=x.device),
            list(layers[:-1]),
        )
    parameters = [*model.parameters(), *(() if handle is None else handle.parameters())]
    optimizer = torch.optim.SGD(parameters, lr=1.0, fused=True)
    beside = {"weight": configuration["gamma"], "clip": configuration["clip"]}
    for rate, steps in rates:
        optimizer.param_groups[0]["lr"] = rate
        for inputs, targets in batches(x, y, configuration["batch"], steps, generator):
            step(model, optimizer, inputs, targets, handle=handle, clipped=clipped, **beside)
        yield
    if handle is not None:
        handle.remove()

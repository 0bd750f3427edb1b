"""Cost of a training step with a loss or a normalization, over the step without it."""

import torch
from torch import nn

from benchmarks.row import ratio_row
from benchmarks.timing import race
from normtheory import nn as ours

# what a step may cost over the step without: MLP b = 20, MLP b = 128, CNN b = 128
TARGETS = {
    "VCL": (1.30, 1.15, 1.05),
    "exact PER": (1.30, 1.20, 1.30),
    "standardization loss": (1.35, 1.20, 1.35),
}


def mlp(normalization=None, *, width=256, depth=8, inputs=64, outputs=10):
    """A multi-layer perceptron of `depth` hidden layers, ReLU, optionally normalised."""
    layers, size = [], inputs
    for _ in range(depth):
        layers.append(nn.Linear(size, width))
        if normalization:
            layers.append(normalization(width))
        layers.append(nn.ReLU())
        size = width
    return nn.Sequential(*layers, nn.Linear(size, outputs))


def cnn(normalization=None, *, planes=(32, 16, 8), outputs=10):
    """The standardization paper's network for MNIST (A.1): 3x3 kernels, stride 2."""
    layers, size = [], 1
    for plane in planes:
        layers.append(nn.Conv2d(size, plane, 3, stride=2, padding=1))
        if normalization:
            layers.append(normalization(plane))
        layers.append(nn.ReLU())
        size = plane
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(size * 16, outputs))


def step(model, input, target, loss=None, weight=0.01):
    """One training step of plain gradient descent, as a callable without arguments."""
    handle = ours.regularize(model, loss) if loss else None
    parameters = list(model.parameters())
    if handle:
        parameters += handle.parameters()
    optimizer = torch.optim.SGD(parameters, lr=1e-4)

    def run():
        optimizer.zero_grad()
        total = nn.functional.cross_entropy(model(input), target)
        if handle:
            total = total + weight * handle.penalty()
        total.backward()
        optimizer.step()

    return run


def losses(n=5):
    """The losses that are raced, by name."""
    return {
        "VCL": lambda units: ours.VarianceConstancyLoss(units, n=n),
        "exact PER": ours.ProjectedErrorLoss(),
        "standardization loss": ours.StandardizationLoss(),
        "L2 penalty": ours.ActivationPenalty(2),
    }


def networks():
    """Networks and inputs, by name: ``(build, input, normalization)``."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    images = draw(128, 1, 28, 28).to(memory_format=torch.channels_last)
    return {
        "MLP 256x8, b = 20": (mlp, draw(20, 64), nn.BatchNorm1d),
        "MLP 256x8, b = 128": (mlp, draw(128, 64), nn.BatchNorm1d),
        "CNN 32-16-8, b = 128": (cnn, images, nn.BatchNorm2d),
    }


def race_steps(name, *, rounds=15, seconds=0.05):
    """Race of the vanilla step, batch normalization and all losses on one of `networks`."""
    build, input, normalization = networks()[name]
    target = torch.arange(input.shape[0]) % 10

    def network(kind=None):
        torch.manual_seed(0)
        return build(kind).to(memory_format=torch.channels_last)

    contestants = {
        "vanilla": step(network(), input, target),
        "BatchNorm": step(network(normalization), input, target),
    }
    for kind, loss in losses().items():
        contestants[kind] = step(network(), input, target, loss)
    return race(contestants, rounds=rounds, seconds=seconds)


def rows(*, rounds=15, seconds=0.05):
    """Cost of a training step over the step without a loss, and over batch normalization's."""
    table = []
    for index, name in enumerate(networks()):
        found = race_steps(name, rounds=rounds, seconds=seconds)
        for kind in ("BatchNorm", *losses()):
            asked = {}
            if kind in TARGETS:
                asked = {"sense": "at most", "target": TARGETS[kind][index]}
            table.append(
                ratio_row(
                    f"step with {kind}, {name}",
                    "vanilla step",
                    found.ratio(kind, "vanilla"),
                    milliseconds=1e3 * found.median(kind),
                    **asked,
                )
            )
            if kind in TARGETS:
                table.append(
                    ratio_row(
                        f"step with {kind}, {name}",
                        "step with BatchNorm",
                        found.ratio(kind, "BatchNorm"),
                        sense="at most",
                        target=1.0,
                    )
                )
    return table

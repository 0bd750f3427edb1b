"""Cost of a whole training step with a loss or a normalization, over the step without it."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from benchmarks.row import ratio_row
from benchmarks.timing import race
from normtheory import nn as ours

NORMALIZATIONS = ("BatchNorm", "weight norm", "SELU", "EquiNorm")
# what a step may cost over the step without it, by network
TARGETS = {
    "MLP 256x8, b = 20": {"VCL": 1.3, "exact PER": 1.3, "standardization loss": 1.35},
    "MLP 256x8, b = 128": {"VCL": 1.15, "exact PER": 1.2, "standardization loss": 1.2},
    "CNN 32-16-8, b = 128": {"VCL": 1.05, "exact PER": 1.3, "standardization loss": 1.35},
}
# and over the step with batch normalization
OVER_BATCH_NORM = {"VCL": 1, "exact PER": 1, "standardization loss": 1, "EquiNorm": 2}


def mlp(kind=None, *, width=256, depth=8, inputs=64, outputs=10):
    """A multi-layer perceptron of `depth` hidden layers, ReLU, one of `NORMALIZATIONS` or none."""
    layers, size = [], inputs
    for _ in range(depth):
        # inputs may be negative, which EquiNorm refuses
        equal = kind == "EquiNorm" and layers
        linear = ours.EquiNormLinear(size, width) if equal else nn.Linear(size, width)
        layers += _normalised(kind, linear, nn.BatchNorm1d)
        size = width
    return nn.Sequential(*layers, nn.Linear(size, outputs))


def cnn(kind=None, *, planes=(32, 16, 8), outputs=10):
    """The standardization paper's network for MNIST (A.1): 3x3 kernels, stride 2."""
    layers, size = [], 1
    for plane in planes:
        equal = ours.EquiNormConv2d if kind == "EquiNorm" and layers else nn.Conv2d
        layers += _normalised(kind, equal(size, plane, 3, stride=2, padding=1), nn.BatchNorm2d)
        size = plane
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(size * 16, outputs))


def _normalised(kind, layer, batch_norm):
    """A layer and what follows it."""
    if kind == "SELU":
        ours.selu_normal_(layer.weight)
    if kind == "weight norm":
        layer = weight_norm(layer)
    after = [batch_norm(layer.weight.shape[0])] if kind == "BatchNorm" else []
    return [layer, *after, ours.SELU() if kind == "SELU" else nn.ReLU()]


class Transformer(nn.Module):
    """Two layers of torch's encoder, with layer normalization as it has it, and a linear head."""

    def __init__(self, width=64, outputs=10):
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, outputs)

    def forward(self, tokens):
        return self.head(self.encoder(tokens).mean(1))


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


def losses():
    """The losses that are raced, by name."""
    generator = torch.Generator().manual_seed(0)
    return {
        "VCL": lambda units: ours.VarianceConstancyLoss(units, n=5),
        "exact PER": ours.ProjectedErrorLoss(),
        "standardization loss": ours.StandardizationLoss(),
        "L2 penalty": ours.ActivationPenalty(2),
        "sliced Wasserstein, 64 slices": ours.SlicedWassersteinLoss(64, generator=generator),
        "energy distance": ours.SphereDivergenceLoss(),
        "SIGReg": ours.SphereDivergenceLoss(1.0),
        "sliced Epps-Pulley, 64 slices": ours.SlicedNormalityLoss(
            "epps-pulley", 64, generator=generator
        ),
    }


def networks():
    """Networks, inputs and what they can be normalised by, by name."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator)

    def narrow(kind=None):
        return mlp(kind, width=64, depth=6)

    def wide(kind=None):
        return mlp(kind, width=512, depth=6)

    images = draw(128, 1, 28, 28).to(memory_format=torch.channels_last)
    return {
        "MLP 64x6, b = 20": (narrow, draw(20, 64), NORMALIZATIONS),
        "MLP 256x8, b = 20": (mlp, draw(20, 64), NORMALIZATIONS),
        "MLP 256x8, b = 128": (mlp, draw(128, 64), NORMALIZATIONS),
        "MLP 512x6, b = 256": (wide, draw(256, 64), NORMALIZATIONS),
        "CNN 32-16-8, b = 128": (cnn, images, NORMALIZATIONS),
        "transformer 64x2, b = 8, 32 tokens": (Transformer, draw(8, 32, 64), ()),
    }


def race_steps(name, *, rounds=15, seconds=0.05):
    """Race of the vanilla step, all normalizations and all losses on one of `networks`."""
    build, input, normalizations = networks()[name]
    target = torch.arange(input.shape[0]) % 10

    def network(*kind):
        torch.manual_seed(0)
        return build(*kind).to(memory_format=torch.channels_last)

    contestants = {"vanilla": step(network(), input, target)}
    for kind in normalizations:
        contestants[kind] = step(network(kind), input, target)
    for kind, loss in losses().items():
        contestants[kind] = step(network(), input, target, loss)
    return race(contestants, rounds=rounds, seconds=seconds)


def rows(*, rounds=15, seconds=0.05, names=None):
    """Cost of a training step over the vanilla step, and over batch normalization's."""
    table = []
    for name in names or networks():
        found = race_steps(name, rounds=rounds, seconds=seconds)
        for kind in [kind for kind in found.seconds if kind != "vanilla"]:
            for peer, targets in (
                ("vanilla", TARGETS.get(name, {})),
                ("BatchNorm", OVER_BATCH_NORM),
            ):
                if peer == "BatchNorm" and (name not in TARGETS or kind not in targets):
                    continue
                asked = {"sense": "at most", "target": targets[kind]} if kind in targets else {}
                table.append(
                    ratio_row(
                        f"step with {kind}, {name}",
                        "vanilla step" if peer == "vanilla" else "step with BatchNorm",
                        found.ratio(kind, peer),
                        milliseconds=1e3 * found.median(kind),
                        **asked,
                    )
                )
    return table

"""Losses and layers by name, as the tests of all of them make them."""

import itertools

import torch

from normtheory import nn

SPHERE = {
    "energy": {},
    "sigreg": {"bandwidth": 1.0, "unbiased": True},
    "sigreg-pairs": {"bandwidth": 1.0, "pairs": 2},
}
TESTS = ["epps-pulley", "cramer-von-mises", "anderson-darling"]
LOSSES = ["vcl", "vcl-all", "per", "per-mc", "standardization", "sliced", "l1", "l2"]
LOSSES += [*SPHERE, *TESTS]


class Network(torch.nn.Module):
    """Parts by name, and what they do: ``Network(lambda self, x: self.head(x), head=layer)``."""

    def __init__(self, run, **parts):
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.run(self, *inputs)


def network(between, *sizes, seed=0):
    """Linear layers of these sizes, and ``between()`` between them."""
    torch.manual_seed(seed)
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), between()]
    return torch.nn.Sequential(*layers[:-1])


def attached():
    """Losses by name as `regularize` takes them."""
    return {
        "vcl": lambda units: nn.VarianceConstancyLoss(units, n=3),
        "per": nn.ProjectedErrorLoss(),
        "standardization": nn.StandardizationLoss(),
        "l1": nn.ActivationPenalty(1),
        "l2": nn.ActivationPenalty(2),
        "sliced": nn.SlicedWassersteinLoss(4, generator=torch.Generator().manual_seed(0)),
    }


class Reseeded(torch.nn.Module):
    """A module that draws the same random numbers in every call."""

    def __init__(self, make):
        super().__init__()
        self.generator = torch.Generator()
        self.loss = make(self.generator)

    def forward(self, input, **keywords):
        self.generator.manual_seed(0)
        return self.loss(input, **keywords)


def build(name, units, device="cpu", dtype=torch.float32, **settings):
    """A loss for inputs whose units are on axis 1, unless `settings` says otherwise."""
    settings = {"reduction": "mean", "dim": 1, **settings}
    if name.startswith("vcl"):
        pairs = "all" if name.endswith("all") else "first"
        return nn.VarianceConstancyLoss(
            units, n=2, pairs=pairs, device=device, dtype=dtype, **settings
        )
    if name == "per":
        return nn.ProjectedErrorLoss(**settings)
    if name == "per-mc":
        return Reseeded(lambda g: nn.ProjectedErrorLoss(5, generator=g, **settings))
    if name == "sliced":
        return Reseeded(lambda g: nn.SlicedWassersteinLoss(5, generator=g, **settings))
    if name == "standardization":
        return nn.StandardizationLoss(**settings)
    if name in TESTS:
        return Reseeded(lambda g: nn.SlicedNormalityLoss(name, 5, generator=g, **settings))
    if name in SPHERE:
        settings = {**SPHERE[name], **settings}
        del settings["reduction"]  # there is one term
        if "pairs" not in settings:
            return nn.SphereDivergenceLoss(**settings)
        return Reseeded(lambda g: nn.SphereDivergenceLoss(generator=g, **settings))
    return nn.ActivationPenalty(int(name[1]), **settings)


def layers():
    """Name -> (layer in float64, shape of a positive input).

    Without running statistics, or in evaluation mode: no transform can change a buffer in place,
    in our layers as in torch's own.
    """
    kind = {"dtype": torch.float64}
    still = {**kind, "track_running_stats": False}
    return {
        "EquiNormConv2d": (nn.EquiNormConv2d(2, 2, 3, padding=1, **still), (3, 2, 4, 4)),
        "EquiNormLinear": (nn.EquiNormLinear(4, 3, **still), (5, 4)),
        "MeanOnlyBatchNorm1d": (nn.MeanOnlyBatchNorm1d(3, **still), (5, 3)),
        "MeanOnlyBatchNorm2d": (nn.MeanOnlyBatchNorm2d(2, **still), (3, 2, 2, 2)),
        "BatchNormLSTMCell": (nn.BatchNormLSTMCell(2, 3, max_length=2, **kind).eval(), (4, 2)),
        "BatchNormLSTM": (nn.BatchNormLSTM(2, 2, max_length=2, **kind).eval(), (3, 4, 2)),
        "SELU": (nn.SELU(0.0, 4.0), (5, 3)),
        "AlphaDropout": (nn.AlphaDropout(0.5).eval(), (5, 3)),
    }

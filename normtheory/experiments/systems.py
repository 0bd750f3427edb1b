"""Every system of the suite as the same small network on the same task, to stand side by side.

A rectified multilayer perceptron, or a rectified network of 3 x 3 convolutions; what a system
changes is one layer, one loss or one function in it. All start from weights of one draw (SELU's
have their own variance) and see the same batches.
"""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from normtheory.experiments.side_by_side import METHODS, QUANTITIES
from normtheory.experiments.training import right, step
from normtheory.nn import (
    SELU,
    EquiNormConv2d,
    EquiNormLinear,
    ProjectedErrorLoss,
    SphereDivergenceLoss,
    StandardizationLoss,
    VarianceConstancyLoss,
    balance_signs_,
    data_dependent_init_,
    regularize,
    selu_normal_,
)
from normtheory.theory.transport import sliced_wasserstein_to_normal

# weight and reduction of the losses: the documents' where they give them (PER, VCL), else ours;
# made when asked for, since the first loss brings torch's compiler along
LOSSES = {
    "VCL": (0.01, lambda: partial(VarianceConstancyLoss, n=10)),
    "PER": (3e-4, partial(ProjectedErrorLoss, reduction="sum")),
    "PER, mean": (0.01, ProjectedErrorLoss),
    "standardization": (1.0, StandardizationLoss),
    "sphere": (0.01, SphereDivergenceLoss),
}
_NORMS = ("BN", "LN", "GN", "RMSNorm")
# "none+start" has the weights that the data-dependent start of WN gives, and no more of it
_STARTED = ("WN", "none+start")
_KNOWN = (*METHODS, "GN", "RMSNorm", "none+start", "sphere", "PER, mean")
_START_ROWS = 256
_LEAST_VARIANCE = 1e-12


class System:
    """One system: a network of `depth` hidden layers of `width` units, its optimizer (SGD) and, for
    a loss on activations, that loss.

    Parameters
    ----------
    method : str
        One of `METHODS`, "GN", "RMSNorm", "sphere" for the loss of sphere divergence, "PER, mean"
        for the mean over units where "PER" sums, or "none+start".
    x : Tensor, (rows, features)
        Training inputs: their number of features and device, and the rows for WN's start.
    summed : float or None
        Weight of the standardization loss as the paper sums it over units; None for 1 and the mean.
    standardized : bool
        Whether SELU's network standardizes its inputs by `x`, as its theorem asks for.
    weight : float or None
        Of a method's loss, where it is not the one above.
    side : int or None
        Of the pictures in `x`, for convolutions of `width` channels; None for linear layers.
    generator : torch.Generator
        On the CPU.
    """

    def __init__(
        self,
        method,
        x,
        classes,
        *,
        width,
        depth,
        rate,
        momentum,
        generator,
        summed=None,
        standardized=False,
        weight=None,
        side=None,
    ):
        if method not in _KNOWN:
            raise ValueError(f"method must be one of {', '.join(_KNOWN)}, got {method!r}")
        self.method = method
        self.model, self._watched = _network(
            method, x.shape[1], classes, width, depth, generator, side
        )
        if method == "SELU" and standardized:
            self.model = nn.Sequential(_Standardized(x), *self.model)
            self._watched = frozenset(index + 1 for index in self._watched)
        self.model.to(x.device)
        if method in _STARTED:
            data_dependent_init_(self.model, x[:_START_ROWS])
        if method == "none+start":
            for layer in filter(is_parametrized, self.model):
                remove_parametrizations(layer, "weight")
        self._weight, loss = LOSSES.get(method, (0.0, None))
        if method == "standardization" and summed is not None:
            self._weight, loss = summed, partial(StandardizationLoss, reduction="sum")
        if weight is not None:
            self._weight = weight
        self._handle = regularize(self.model, loss()) if loss else None
        parameters = list(self.model.parameters())
        # the VCL paper clips each layer's gradient where it uses its loss
        layers = [list(layer.parameters()) for layer in self.model if method == "VCL"]
        self._clipped = [layer for layer in layers if layer]
        if self._handle:
            parameters += list(self._handle.parameters())
        self._optimizer = torch.optim.SGD(parameters, lr=rate, momentum=momentum, fused=True)

    def step(self, x, y):
        """One step of SGD; the cross entropy before it, as a tensor."""
        beside = {"handle": self._handle, "weight": self._weight, "clipped": self._clipped}
        return step(self.model, self._optimizer, x, y, **beside)

    def accuracy(self, x, y):
        """Share of rows classified rightly, in evaluation mode."""
        return self.right(x, y).mean()

    def right(self, x, y):
        """Which rows are classified rightly, in evaluation mode: bool ndarray."""
        return right(self.model, x, y).cpu().numpy()

    def activations(self, x):
        """What enters each nonlinearity, after the layer's normalization, as in training.

        Returns
        -------
        list of ndarray, (rows, width)
            Batch statistics are those of `x`; the network does not change.
        """
        counting = [m for m in self.model if getattr(m, "running_mean", None) is not None]
        momenta = [module.momentum for module in counting]
        for module in counting:
            module.momentum = 0.0
        found, h = [], x
        with torch.no_grad():
            for index, layer in enumerate(self.model):
                if index in self._watched:
                    found.append(h.cpu().numpy())
                h = layer(h)
        for module, momentum in zip(counting, momenta, strict=True):
            module.momentum = momentum
        return found


class _Standardized(nn.Module):
    """Inputs less the mean of some rows, over their standard deviation."""

    def __init__(self, rows):
        super().__init__()
        self.register_buffer("mean", rows.mean(0))
        # what never changes stays 0
        self.register_buffer("deviation", rows.std(0).clamp(min=1e-6))

    def forward(self, input):
        return (input - self.mean) / self.deviation


def moments(layers, theta):
    """What the distribution of the activations (rows, width) is like, layer by layer.

    Gives medians over units of |mean|, ``variance`` and ``kurtosis`` (of the units that vary, NaN
    if none does), and ``distance``, the exact sliced W1 to N(0, I) along `theta` (slices, width).
    All NaN where a network diverged.

    >>> rng = np.random.default_rng(0)
    >>> found = moments([rng.standard_normal((4000, 3)).astype("float32")], np.eye(3, dtype="f4"))
    >>> {name: round(float(value[0]), 1) for name, value in found.items()}
    {'mean': 0.0, 'variance': 1.0, 'kurtosis': 3.0, 'distance': 0.0}
    """
    found = [_moments(h, theta) for h in layers]
    return {name: np.array([layer[name] for layer in found]) for name in QUANTITIES}


def _moments(h, theta):
    if not np.isfinite(h).all():
        return dict.fromkeys(QUANTITIES, np.nan)
    mean = h.mean(0, dtype=np.float64)
    centred = h - mean
    variance = np.mean(centred**2, axis=0)
    alive = variance > _LEAST_VARIANCE
    kurtosis = np.mean(centred[:, alive] ** 4, axis=0) / variance[alive] ** 2
    return {
        "mean": np.median(np.abs(mean)),
        "variance": np.median(variance),
        "kurtosis": np.median(kurtosis) if alive.any() else np.nan,
        "distance": sliced_wasserstein_to_normal(h, theta).mean,
    }


def _network(method, features, classes, width, depth, generator, side):
    """The network, and the positions in it of its nonlinearities."""
    layers, watched, before = [], [], features
    if side:
        layers, before = [nn.Unflatten(1, (-1, side, side))], features // side**2
    for _ in range(depth):
        layers.append(_hidden(method, before, width, generator, side))
        if method in _NORMS:
            layers.append(_norm(method, width, side))
        watched.append(len(layers))
        layers.append(SELU() if method == "SELU" else nn.ReLU())
        before = width
    if side:
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    layers.append(_start(nn.Linear(before, classes), generator))
    return nn.Sequential(*layers), frozenset(watched)


def _norm(method, width, side):
    """Normalization over the batch, or over the units of one example: of a picture, all places."""
    if method == "BN":
        return (nn.BatchNorm2d if side else nn.BatchNorm1d)(width)
    if method == "GN":
        return nn.GroupNorm(4 if side else 8, width)
    return (nn.LayerNorm if method == "LN" else nn.RMSNorm)([width, side, side] if side else width)


def _hidden(method, before, width, generator, side):
    kernel = {"kernel_size": 3, "padding": 1} if side else {}
    if method == "EquiNorm":
        layer = (EquiNormConv2d if side else EquiNormLinear)(before, width, **kernel)
        nn.init.kaiming_normal_(layer.weight, generator=generator)
        balance_signs_(layer.weight.data, generator=generator)
        return layer
    layer = (nn.Conv2d if side else nn.Linear)(before, width, **kernel)
    if method == "SELU":
        selu_normal_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
        return layer
    layer = _start(layer, generator)
    return weight_norm(layer) if method in _STARTED else layer


def _start(layer, generator):
    nn.init.kaiming_normal_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer

"""Trained networks used as `inference` asks: by stored statistics and by those of a batch, and with
all folded into the weights that can be."""

from copy import deepcopy
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_linear_bn_eval
from torch.nn.utils.parametrize import is_parametrized

from normtheory.experiments.race import digits, looks, shares
from normtheory.experiments.suite.inference import METHODS
from normtheory.experiments.training import right, timed
from normtheory.nn import EquiNormLinear
from normtheory.nn.layers.equinorm_weights import equinorm_weights


def inferred(configuration, seed, device):
    """The arrays of `inference.run`."""
    tensors = digits(configuration, device)
    models = [_trained(method, configuration, tensors, seed) for method in METHODS]
    *_, x, y = tensors
    found = [_regimes(model, x, y, configuration, seed) for model in models]
    return {
        "accuracy": np.array(found),
        "inference cost": _costs(models, x, configuration),
        "rows": np.array(configuration["rows"]),
    }


def _trained(method, configuration, tensors, seed):
    """The network at the rate that is best on rows held out, in evaluation mode."""
    found = []
    for rate in configuration["rates"]:
        place = {**configuration, "rate": rate}
        (system,) = looks(method, place, tensors, seed, [configuration["steps"]])
        found.append((shares(system, configuration, tensors)[1], system.model))
    return max(found, key=lambda each: each[0])[1].eval()


def _regimes(model, x, y, configuration, seed):
    """Shares of the rows classified rightly, as `inference.REGIMES` orders them."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed)).to(x.device)
    x, y, size = x[order], y[order], configuration["batch"]
    by_class, brighter = y.argsort(stable=True), x + configuration["brighter"]
    return [
        float(right(model, x, y).float().mean()),
        by_batches(model, x, y, size),
        by_batches(model, x, y, 2),
        by_batches(model, x[by_class], y[by_class], size),
        float(right(model, brighter, y).float().mean()),
        by_batches(model, brighter, y, size),
    ]


def by_batches(model, x, y, size):
    """Share of rows classified rightly by the statistics of their batch of `size`; a last, short
    one is left out. The network stays as it is."""
    model, rows = deepcopy(model).train(), len(x) // size * size
    with torch.no_grad():
        found = torch.cat([model(batch) for batch in x[:rows].split(size)])
    return float((found.argmax(1) == y[:rows]).float().mean())


def folded(model):
    """A network that gives what `model` gives in evaluation mode, with batch normalization, weight
    normalization and EquiNorm in the weights of linear layers; `model` stays as it is."""
    layers = []
    for layer in model:
        if isinstance(layer, nn.BatchNorm1d):
            layers[-1] = fuse_linear_bn_eval(layers[-1], layer)
            continue
        if isinstance(layer, EquiNormLinear):
            mean, passes = layer.running_mean, layer.passes
            shifted, scale = equinorm_weights(layer.weight, mean, passes=passes)
            layer = _linear(shifted * (layer.gain / scale)[:, None], layer.bias)
        elif is_parametrized(layer, "weight"):
            layer = _linear(layer.weight, layer.bias)
        layers.append(layer)
    return nn.Sequential(*layers).eval()


def _linear(weight, bias):
    made = nn.Linear(*weight.T.shape, device=weight.device)
    made.weight.data, made.bias.data = weight.detach(), bias.detach()
    return made


def _costs(models, x, configuration):
    """Times over those of the first, (methods, rows, 2): as trained, and folded."""
    both = [*models, *map(folded, models)]
    found = []
    for rows in configuration["rows"]:
        steps = [partial(_infer, model) for model in both]
        times = timed(steps, x[:rows], None, configuration["rounds"], configuration["timed"])
        found.append(np.median(times / times[:, :1], axis=0).reshape(2, -1))
    return np.array(found).transpose(2, 0, 1)


def _infer(model, x, _):
    with torch.no_grad():
        return model(x)[0, 0]

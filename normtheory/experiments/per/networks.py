"""The networks whose activations Figures 4 and 5 follow, with each method, epoch by epoch.

The paper's is the 11-layer CNN on CIFAR-10; the small one is a rectified network on the 8 x 8
digits that scikit-learn ships. Activations are those before the nonlinearity, after batch
normalization where there is one. PER is added as in Algorithm 1, without the factor 1/b.
"""

import math

import numpy as np
import torch
from torch import nn

from normtheory.experiments.cifar_settings import Method
from normtheory.experiments.cifar_training import Run, images
from normtheory.experiments.training import batches, on_device, step
from normtheory.nn import ProjectedErrorLoss, regularize
from normtheory.theory.transport import sliced_wasserstein_to_normal


def training_set(configuration, device):
    """Inputs and classes to train on: CIFAR-10 for a configuration with "stacks", else digits."""
    if "stacks" in configuration:
        return images(configuration, configuration["images"], device)[:2]
    x, y, *_ = on_device("digits", configuration, device)
    return x.flatten(1), y


def epochs(method, configuration, seed, x, y):
    """Train a network with `method`; before training and after every epoch yield it, and how many
    of its modules stand before each nonlinearity."""
    train = _convolutional if "stacks" in configuration else _dense
    return train(method, configuration, seed, x, y)


def sizes(configuration, x):
    """Units in each layer whose activations are watched."""
    if "stacks" not in configuration:
        return [configuration["width"]] * configuration["depth"]
    run = Run(Method("none"), configuration["activation"], configuration, 0, x)
    return [math.prod(layer.shape) for layer in run.hidden]


def _convolutional(method, configuration, seed, x, y):
    chosen = Method(method)
    if method == "PER":
        coefficient, slices = configuration["coefficient"], configuration["per_slices"]
        chosen = Method("PER", coefficient=coefficient, slices=slices)
    run = Run(chosen, configuration["activation"], configuration, seed, x)
    watched = [layer.before for layer in run.hidden]
    yield run.model, watched
    for _ in run.epochs(x, y):
        yield run.model, watched


def _dense(method, configuration, seed, x, y):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model, watched = _network(method, configuration, x.shape[1])
    model = model.to(x.device)
    handle = None
    if method == "PER":
        handle = regularize(model, ProjectedErrorLoss(reduction="sum"))
    optimizer = torch.optim.SGD(
        model.parameters(), lr=configuration["rate"], momentum=configuration["momentum"], fused=True
    )
    per_epoch = len(x) // configuration["batch"]
    yield model, watched
    for _ in range(configuration["epochs"]):
        for inputs, targets in batches(x, y, configuration["batch"], per_epoch, generator):
            weight = configuration["coefficient"]
            step(model, optimizer, inputs, targets, handle=handle, weight=weight)
        yield model, watched
    if handle is not None:
        handle.remove()


def _network(method, configuration, features):
    layers, watched, before = [], [], features
    for _ in range(configuration["depth"]):
        linear = nn.Linear(before, configuration["width"])
        nn.init.kaiming_normal_(linear.weight)
        nn.init.zeros_(linear.bias)
        layers.append(linear)
        if method == "BN":
            layers.append(nn.BatchNorm1d(configuration["width"]))
        watched.append(len(layers))
        layers.append(nn.ReLU())
        before = configuration["width"]
    return nn.Sequential(*layers, nn.Linear(before, 10)), watched


def observed(model, watched, x, theta, shown, units):
    """Activations of all rows: quantiles of `units`, one of each of the layers `shown`; moments and
    distance by layer."""
    training = model.training
    # batch statistics of all rows, as training would use, and no dropout
    model.eval()
    norms = [each for each in model if isinstance(each, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.train()
        norm.track_running_stats = False
    with torch.no_grad():
        layers = [model[:index](x).flatten(1).cpu().numpy() for index in watched]
    for norm in norms:
        norm.track_running_stats = True
    model.train(training)
    # a constant unit is infinitely far from variance 1, which the median bears
    with np.errstate(divide="ignore"):
        gaps = [np.abs(np.log2(layer.var(0))) for layer in layers]
    return {
        "quantiles": np.array(
            [
                np.quantile(layers[index][:, unit], (0.25, 0.5, 0.75))
                for index, unit in zip(shown, units, strict=True)
            ]
        ),
        "mean": np.array([np.median(np.abs(layer.mean(0))) for layer in layers]),
        "variance": np.array([np.median(layer.var(0)) for layer in layers]),
        "gap": np.array([np.median(gap) for gap in gaps]),
        "distance": np.array(
            [sliced_wasserstein_to_normal(layer, theta[layer.shape[1]]).mean for layer in layers]
        ),
    }

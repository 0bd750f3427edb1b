"""The small networks of appendices A.1 and A.2, and how they are trained on MNIST."""

import copy
from itertools import pairwise

import torch
from torch import nn

from normtheory.experiments.training import batches, evaluated, right, step
from normtheory.nn import StandardizationLoss, regularize


def network(kind, batchnorm, classes=10, kernel=3):
    """The three-layer CNN (A.1), kernels of side `kernel`, or MLP (A.2), with ReLU and Glorot's
    initialisation; batch normalization shifts, but does not scale."""
    sizes = {"cnn": (1, 32, 16, 8), "mlp": (784, 100, 100, 100)}[kind]
    layers = [] if kind == "cnn" else [nn.Flatten()]
    for before, after in pairwise(sizes):
        if kind == "cnn":
            layers.append(nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2))
            norm = nn.BatchNorm2d
        else:
            layers.append(nn.Linear(before, after))
            norm = nn.BatchNorm1d
        if batchnorm:
            layers.append(norm(after))
            layers[-1].weight.requires_grad_(False)
        layers.append(nn.ReLU())
    if kind == "cnn":
        layers.append(nn.Flatten())
    layers.append(nn.Linear(8 * 4 * 4 if kind == "cnn" else 100, classes))
    model = nn.Sequential(*layers)
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return model.to(memory_format=torch.channels_last) if kind == "cnn" else model


def trained(method, configuration, tensors, seed, weight=1.0, look=None):
    """Train one network; `look(model)` is called at every point of the curve.

    Gives the curve, (step, train cross entropy, test cross entropy, test accuracy) at every "every"
    steps, of the last training batch and of the first "rows" test images; and which of all test
    images are classified rightly in the end.
    """
    x_train, y_train, x_test, y_test = tensors
    # every method starts from the same weights and sees the same batches
    torch.manual_seed(seed)
    model = network(
        configuration["network"], method == "BN", kernel=configuration.get("kernel", 3)
    ).to(x_train.device)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        lr=configuration["rate"],
        weight_decay=configuration["decay"],
        fused=True,
    )
    handle = None
    if method == "standardization":
        handle = regularize(model, StandardizationLoss(reduction="sum"))
    rows, every = configuration["rows"], configuration["every"]
    shown = x_test[:rows], y_test[:rows]
    before, _ = evaluated(model, x_train[:rows], y_train[:rows])
    curve = [(0, before, *evaluated(model, *shown))]
    if look is not None:
        look(model)
    steps = batches(x_train, y_train, configuration["batch"], configuration["steps"], generator)
    for count, (x, y) in enumerate(steps, start=1):
        loss = step(model, optimizer, x, y, handle=handle, weight=weight)
        if count % every == 0:
            curve.append((count, loss.item(), *evaluated(model, *shown)))
            if look is not None:
                look(model)
    if handle is not None:
        handle.remove()
    return curve, right(model, x_test, y_test).cpu().numpy()


def features(model, images):
    """What the last layer gives to its nonlinearity in training, shape (images, 8, 4, 4).

    Batch normalization takes the statistics of these images, as it does in training; a copy of
    the model keeps its running averages out of it.
    """
    with torch.no_grad():
        # after it come the nonlinearity, the flattening and the readout
        return copy.deepcopy(model).train()[:-3](images)

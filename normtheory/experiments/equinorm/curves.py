"""Training with several normalizations on the same CIFAR-10 images, looked at after each epoch."""

import numpy as np
import torch

from normtheory import data
from normtheory.experiments.cifar_training import augmented, images
from normtheory.experiments.equinorm.mixup import mixed_loss
from normtheory.experiments.equinorm.network import ResidualNetwork
from normtheory.experiments.equinorm.schedules import SCHEDULES
from normtheory.experiments.training import batches, evaluated, right


def positive_images(configuration, device):
    """(x_train, y_train, x_test, y_test) of CIFAR-10 on `device`, black pixels at 0.

    EquiNorm asks for positive inputs, and the paper recommends to leave the usual centring out.
    """
    name = configuration.get("images", "cifar10")
    x_train, y_train, x_test, y_test = images(configuration, name, device)
    loaded = data.load(name, configuration.get("data", {}).get(name))
    black = torch.from_numpy(loaded.x_train.min((0, 2, 3), keepdims=True)).to(device)
    return x_train - black, y_train, x_test - black, y_test


def curve(system, configuration, tensors, seed):
    """Train and test loss and test accuracy before training and after every epoch, and which test
    images are classified rightly in the end."""
    normalization, mixing = system
    quarter = normalization == "quarter"
    torch.manual_seed(seed)
    model = ResidualNetwork(
        "EquiNorm" if quarter else normalization,
        **configuration["network"],
        fraction=0.25 if quarter else 1.0,
    ).to(tensors[0].device)
    # an evaluation before any training has no running statistics to use
    with torch.no_grad():
        model(tensors[0][:1000])
    rows = len(tensors[2])
    curve, parts = [], ((tensors[0][:rows], tensors[1][:rows]), tensors[2:])

    def look():
        (train, _), (test, accuracy) = (evaluated(model, *part) for part in parts)
        curve.append((train, test, accuracy))

    look()
    for _ in _trained(model, mixing, configuration, tensors[:2], seed):
        look()
    return curve, right(model, *parts[1], size=1000).cpu().numpy()


def _trained(model, mixing, configuration, tensors, seed):
    """Train `model` by SGD with momentum, and yield after every epoch."""
    schedule = SCHEDULES[configuration["schedule"]]
    size, epochs = configuration["batch"], configuration["epochs"]
    alpha = configuration["alpha"].get(mixing)
    generator = torch.Generator().manual_seed(seed)
    # a stream of its own: every system sees the same batches and crops, mixed or not
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=1.0, weight_decay=configuration["decay"], momentum=0.9, fused=True
    )
    (group,) = optimizer.param_groups
    each = len(tensors[0]) // size
    stream = batches(*tensors, size, epochs * each, generator)
    for step, (x, y) in enumerate(stream, start=1):
        group["lr"], group["momentum"] = map(float, schedule((step - 1) / (epochs * each)))
        if configuration["augment"]:
            x = augmented(x, generator)
        optimizer.zero_grad()
        mixed_loss(model, x, y, mixing, alpha, rng).backward()
        optimizer.step()
        if step % each == 0:
            yield

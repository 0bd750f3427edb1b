"""Training with several normalizations on the same CIFAR-10 images, looked at after each epoch, by
the paper's two schedules, with mixup (Zhang et al. 2018) and manifold mixup (Verma et al. 2018)."""

import numpy as np
import torch
from torch.nn import functional as F

from normtheory import data
from normtheory.experiments.cifar_training import augmented, images
from normtheory.experiments.equinorm.network import ResidualNetwork
from normtheory.experiments.equinorm.settings import KINDS
from normtheory.experiments.training import batches, evaluated, right

# the images, and the inputs of the second and third stage
DEPTHS = 3
# 6.1: 10-fold decreases at epochs 150 and 225 of 300
_STEPS = (0.5, 0.75)
# 6.2: a 5-fold ramp up to epoch 13 of 30, down to epoch 26, then 100 times less
_RAMP = (0.0, 13 / 30, 26 / 30, 1.0)


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


def mixed_loss(model, inputs, targets, kind, alpha, rng):
    """Cross entropy of one batch whose rows are mixed with those of a permutation of it.

    One share is drawn for the batch from Beta(`alpha`, `alpha`); rows and losses are mixed by it.
    Mixup mixes the images, manifold mixup the inputs of one of the first three stages, drawn for
    the batch.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "none":
        return F.cross_entropy(model(inputs), targets)
    if not alpha > 0:
        raise ValueError(f"alpha must be positive, got {alpha!r}")
    share = rng.beta(alpha, alpha)
    order = torch.from_numpy(rng.permutation(len(inputs))).to(inputs.device)
    depth = int(rng.integers(DEPTHS)) if kind == "manifold" else 0
    scores = model(inputs, lambda rows: torch.lerp(rows[order], rows, share), depth)
    return share * F.cross_entropy(scores, targets) + (1 - share) * F.cross_entropy(
        scores, targets[order]
    )


def steps(share):
    """(learning rate, momentum) of the long schedule.

    Examples
    --------
    >>> [round(steps(epoch / 300)[0], 4) for epoch in (0, 149, 150, 225)]
    [0.1, 0.1, 0.01, 0.001]
    """
    return 0.1 * 0.1 ** sum(share >= place for place in _STEPS), 0.9


def ramp(share):
    """(learning rate, momentum) of the short schedule, linear between the epochs that the paper
    names; the last part is linear in the logarithm of the rate.

    Examples
    --------
    >>> [[round(float(value), 3) for value in ramp(epoch / 30)] for epoch in (0, 13, 26, 28, 30)]
    [[0.1, 0.95], [0.5, 0.85], [0.1, 0.95], [0.01, 0.85], [0.001, 0.85]]
    """
    if share > _RAMP[2]:
        annealed = (share - _RAMP[2]) / (_RAMP[3] - _RAMP[2])
        return 0.1 * 0.01**annealed, 0.85
    return np.interp(share, _RAMP[:3], (0.1, 0.5, 0.1)), np.interp(
        share, _RAMP[:3], (0.95, 0.85, 0.95)
    )


SCHEDULES = {"steps": steps, "ramp": ramp}

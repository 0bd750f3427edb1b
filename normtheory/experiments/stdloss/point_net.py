"""PointNet (Qi et al. 2017) for the classification of point clouds, with the three ways of A.3 to
normalize it, and its training."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from normtheory.experiments.training import accuracy, batches
from normtheory.nn import StandardizationLoss, regularize

_JITTER = 0.02
_CHUNK = 256


class PointNet(nn.Module):
    """Shared layers on every point, the maximum over points, and three layers on the cloud.

    All layers take rows: points of all clouds one after the other, so that the statistics of a unit
    run over the batch and the points. Behind each but the last stands nothing, batch normalization,
    or ("standardization") the trained scale and shift that A.3 gives the network with the loss.
    `width` is a factor of the published widths; `transforms` turn the points, and the features of
    the second layer, by networks of their own; `dropout` stands before the last layer.
    """

    def __init__(self, method, classes, *, width=1.0, transforms=True, dropout=0.3):
        super().__init__()
        sizes = [int(size * width) for size in (64, 64, 64, 128, 1024, 512, 256)]
        self.turn_points = _Transform(3, method, width) if transforms else None
        self.points = _layers((3, *sizes[:2]), method)
        self.turn_features = _Transform(sizes[1], method, width) if transforms else None
        self.features = _layers(sizes[1:5], method)
        self.cloud = nn.Sequential(_layers(sizes[4:], method), nn.Dropout(dropout))
        self.readout = nn.Linear(sizes[-1], classes)
        for module in self.modules():
            if isinstance(module, nn.Linear) and not hasattr(module, "turns"):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, clouds):
        """Scores (b, classes) of `clouds` (b, 3, points).

        `gap` says how far the transforms of the features then are from orthogonal: the squared norm
        of I - A Aᵀ, mean over clouds.
        """
        count, _, points = clouds.shape
        rows = clouds.transpose(1, 2)  # (b, points, 3)
        if self.turn_points is not None:
            rows = rows @ self.turn_points(rows)
        rows = self.points(rows.reshape(count * points, 3)).view(count, points, -1)
        self.gap = rows.new_zeros(())
        if self.turn_features is not None:
            turn = self.turn_features(rows)
            rows = rows @ turn
            eye = torch.eye(turn.shape[1], device=turn.device)
            self.gap = (turn @ turn.transpose(1, 2) - eye).square().sum((1, 2)).mean()
        rows = self.features(rows.reshape(count * points, -1)).view(count, points, -1)
        return self.readout(self.cloud(rows.amax(1)))


class _Transform(nn.Module):
    """A matrix for each cloud; the identity before training."""

    def __init__(self, size, method, width):
        super().__init__()
        shared = [int(each * width) for each in (64, 128, 1024)]
        self.points = _layers((size, *shared), method)
        self.cloud = _layers((shared[-1], int(512 * width), int(256 * width)), method)
        self.matrix = nn.Linear(int(256 * width), size * size)
        self.matrix.turns = True
        nn.init.zeros_(self.matrix.weight)
        with torch.no_grad():
            self.matrix.bias.copy_(torch.eye(size).view(-1))
        self.size = size

    def forward(self, rows):
        count, points, _ = rows.shape
        found = self.points(rows.reshape(count * points, -1)).view(count, points, -1)
        return self.matrix(self.cloud(found.amax(1))).view(count, self.size, self.size)


class Affine(nn.Module):
    """A trained scale and shift of each unit; the identity before training."""

    def __init__(self, units):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units))
        self.bias = nn.Parameter(torch.zeros(units))

    def forward(self, input):
        return torch.addcmul(self.bias, input, self.weight)


def _layers(sizes, method):
    layers = []
    for before, after in pairwise(sizes):
        layers.append(nn.Linear(before, after))
        if method == "BN":
            layers.append(nn.BatchNorm1d(after))
        elif method == "standardization":
            layers.append(Affine(after))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def normalized(model):
    """Names of the layers that a normalization follows, or the loss applies to."""
    outputs = {model.readout} | {
        turn.matrix for turn in (model.turn_points, model.turn_features) if turn is not None
    }
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module not in outputs
    ]


def curve(method, configuration, tensors, classes, seed):
    """Test accuracies before training and after every "every" steps of Adam.

    The rate is halved every "halved" epochs. Beside "width", "transforms" and "dropout" of
    `PointNet` the configuration has "batch", "rate", "steps", "weight" of the standardization loss,
    and "orthogonality", that of the transforms' penalty. `x` in the tensors is (rows, 3, points).
    """
    x_train, y_train, x_test, y_test = tensors
    # every method starts from the same weights and sees the same batches
    torch.manual_seed(seed)
    shape = {name: configuration[name] for name in ("width", "transforms", "dropout")}
    model = PointNet(method, classes, **shape).to(x_train.device)
    generator = torch.Generator().manual_seed(seed)
    handle = None
    if method == "standardization":
        handle = regularize(model, StandardizationLoss(reduction="sum"), normalized(model))
    optimizer = torch.optim.Adam(model.parameters(), lr=configuration["rate"], fused=True)
    size = configuration["batch"]
    epoch = len(x_train) // size
    found = [accuracy(model, x_test, y_test, size=_CHUNK)]
    steps = batches(x_train, y_train, size, configuration["steps"], generator)
    for step, (x, y) in enumerate(steps, start=1):
        halvings = (step - 1) // (epoch * configuration["halved"])
        optimizer.param_groups[0]["lr"] = configuration["rate"] * 0.5**halvings
        optimizer.zero_grad()
        loss = F.cross_entropy(model(turned(x, generator)), y)
        loss = loss + configuration["orthogonality"] * model.gap
        if handle is not None:
            loss = loss + configuration["weight"] * handle.penalty()
        loss.backward()
        optimizer.step()
        if step % configuration["every"] == 0:
            found.append(accuracy(model, x_test, y_test, size=_CHUNK))
    return found


def turned(clouds, generator):
    """Each of the clouds (b, 3, points) turned at random about the vertical axis, with fresh noise
    on every point; `generator` is on the CPU."""
    angle = 2 * torch.pi * torch.rand(len(clouds), generator=generator)
    cosine, sine = angle.cos(), angle.sin()
    matrix = torch.zeros(len(clouds), 3, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine, -sine
    matrix[:, 1, 0], matrix[:, 1, 1] = sine, cosine
    matrix[:, 2, 2] = 1
    noise = _JITTER * torch.randn(clouds.shape, generator=generator)
    return matrix.to(clouds.device) @ clouds + noise.to(clouds.device)

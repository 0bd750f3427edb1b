"""PointNet: its sizes, what each method adds, its training, and the steps to an accuracy."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from normtheory import data
from normtheory.experiments.stdloss import point_net
from normtheory.experiments.stdloss.mnist import METHODS
from normtheory.experiments.stdloss.point_net import PointNet, curve, normalized, turned
from normtheory.experiments.stdloss.speed_up import EXPERIMENTS, first_steps

(ENTRY,) = EXPERIMENTS
SHORT = ENTRY.scale("smoke").configuration
# units of the layers that are normalized: a transform has five, the network itself seven
UNITS = 2 * (64 + 128 + 1024 + 512 + 256) + (64 + 64 + 64 + 128 + 1024 + 512 + 256)


def made(method, **options):
    torch.manual_seed(0)
    return PointNet(method, 10, **options)


def clouds(count=20, points=16):
    x, y = data.point_clouds(count, points, np.random.default_rng(0))
    return torch.from_numpy(x), torch.from_numpy(y)


def test_published_sizes():
    def dense(*sizes):
        return sum(a * b + b for a, b in pairwise(sizes))

    def transform(size):
        return dense(size, 64, 128, 1024) + dense(1024, 512, 256, size * size)

    wanted = transform(3) + dense(3, 64, 64) + transform(64) + dense(64, 64, 128, 1024)
    wanted += dense(1024, 512, 256, 10)
    count = {method: sum(p.numel() for p in made(method).parameters()) for method in METHODS}
    assert count["none"] == wanted
    # A.3: a scale and a shift at each layer, with BN and with the loss
    assert count["BN"] == count["standardization"] == wanted + 2 * UNITS


def test_every_layer_that_bn_would_follow_carries_the_loss():
    model = made("standardization")
    modules = dict(model.named_modules())
    names = normalized(model)
    assert len(names) == 2 * 5 + 7
    assert sum(modules[name].out_features for name in names) == UNITS
    assert not {model.readout, model.turn_points.matrix, model.turn_features.matrix} & {
        modules[name] for name in names
    }
    assert len(normalized(made("BN", transforms=False))) == 7


@pytest.mark.parametrize("method", METHODS)
def test_scores_know_no_order_of_points_and_transforms_start_as_the_identity(method):
    model, (x, _) = made(method, width=0.25).eval(), clouds()
    with torch.no_grad():
        scores = model(x)
        shuffled = model(x[:, :, torch.randperm(16, generator=torch.Generator().manual_seed(1))])
        plain = made(method, width=0.25, transforms=False).eval()
        plain.load_state_dict(
            {name: value for name, value in model.state_dict().items() if "turn" not in name}
        )
        alone = plain(x)
    assert scores.shape == (20, 10) and model.gap == plain.gap == 0
    torch.testing.assert_close(shuffled, scores)
    torch.testing.assert_close(alone, scores)


def test_the_loss_alone_changes_nothing_before_training():
    x, _ = clouds()
    none, loss = (made(method, width=0.25).eval() for method in ("none", "standardization"))
    torch.testing.assert_close(loss(x), none(x))
    assert not torch.allclose(made("BN", width=0.25).train()(x), none(x))


def test_the_gap_is_that_from_orthogonal_transforms():
    model, (x, _) = made("none", width=0.25), clouds()
    with torch.no_grad():
        # twice a turn of 16 features: A Aᵀ = 4 I
        model.turn_features.matrix.bias.copy_(2 * torch.eye(16).flip(0).view(-1))
    model(x)
    assert float(model.gap.detach()) == pytest.approx(16 * 9)


def test_turns_keep_the_vertical_axis_and_distances(monkeypatch):
    x, _ = clouds()
    monkeypatch.setattr(point_net, "_JITTER", 0.0)
    y = turned(x, torch.Generator().manual_seed(0))
    torch.testing.assert_close(y[:, 2], x[:, 2])
    torch.testing.assert_close(y.norm(dim=1), x.norm(dim=1))
    angle = torch.atan2(y[:, 1], y[:, 0]) - torch.atan2(x[:, 1], x[:, 0])
    angle = torch.remainder(angle, 2 * torch.pi)
    # one angle for all points of a cloud, others for other clouds
    assert angle.std(1).median() < 1e-3 < angle[:, 0].std()
    monkeypatch.setattr(point_net, "_JITTER", 0.5)
    noise = turned(x, torch.Generator().manual_seed(0)) - y
    assert noise.std() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_gives_the_same_curve(method):
    x, y = clouds(96)
    found = curve(method, SHORT, (x, y, x, y), 10, 0)
    assert len(found) == 1 + SHORT["steps"] // SHORT["every"]
    assert found == curve(method, SHORT, (x, y, x, y), 10, 0)


@pytest.mark.parametrize(("method", "name"), [("none", "halved"), ("standardization", "weight")])
def test_the_rate_is_halved_and_the_loss_has_its_weight(method, name):
    x, y = clouds(96)
    settings = SHORT | {"steps": 12, "every": 1, "halved": 1, "rate": 1e-2}
    found = curve(method, settings, (x, y, x, y), 10, 0)
    changed = curve(method, settings | {name: 100}, (x, y, x, y), 10, 0)
    # an epoch has three steps: up to its end the rate is the same
    assert (found[:4] == changed[:4]) is (name == "halved") and found != changed


def test_first_steps():
    step, accuracy = np.array([0, 10, 20, 30]), np.array([0.1, 0.5, 0.3, 0.9])
    found = first_steps(step, accuracy, np.array([0.05, 0.3, 0.5, 0.7, 0.95]))
    # what guessing reaches takes one step, between points it is linear, once reached is reached
    np.testing.assert_allclose(found, [1, 5, 10, 20 + 10 * 0.4 / 0.6, np.inf])


def test_findings_read_the_steps():
    reached = np.array([[40.0, 88.0], [30.0, 20.0], [50.0, np.inf]])
    arrays = {"reached": reached, "accuracy": np.array([[0.1, 0.8], [0.1, 0.95], [0.1, 0.7]])}
    found = {finding.name: finding.measure(arrays) for finding in ENTRY.findings}
    assert found == pytest.approx(
        {
            "consistent-BN": 4 / 3,
            "consistent-standardization": 0.0,
            "number-BN": 4.4,
            "number-standardization": 0.0,
            "some-of-the-gains": -1.0,
            "BN-ends-above": 15.0,
        }
    )
    reached[2, 1] = 40.0
    (between,) = (each for each in ENTRY.findings if each.name == "some-of-the-gains")
    assert between.measure(arrays) == pytest.approx(1.2) == between.document


def test_the_printed_speed_ups_follow_from_the_printed_steps():
    for table in ENTRY.document.values():
        for method in METHODS[1:]:
            steps, times = table[method]
            assert times == pytest.approx(table["none"][0] / steps, abs=0.05)

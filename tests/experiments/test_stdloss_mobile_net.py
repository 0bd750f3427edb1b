"""MobileNet-v1 for Figure 7 at paper scale: sizes, statistics of each core alone, and the path."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from normtheory.experiments import training
from normtheory.experiments.stdloss import batch_size, mobile_net
from normtheory.experiments.stdloss.mobile_net import CoreBatchNorm2d, CoreLoss, network
from normtheory.nn import StandardizationLoss

(ENTRY,) = batch_size.EXPERIMENTS
PAPER = ENTRY.scale("paper").configuration
CORES, SIZE = 4, 3


def maps(channels=5, side=2):
    generator = torch.Generator().manual_seed(0)
    return 1 + 2 * torch.randn(CORES * SIZE, channels, side, side, generator=generator)


def test_published_sizes():
    convolutions, channels = 3 * 32 * 9, 32
    for after, _ in mobile_net.BLOCKS:
        convolutions += 9 * channels + channels * after
        channels = after
    units = 32 + sum(after for after, _ in mobile_net.BLOCKS)
    units += 32 + sum(after for after, _ in mobile_net.BLOCKS[:-1])
    readout = 1024 * 10 + 10
    count = {
        method: sum(p.numel() for p in network(method, PAPER).parameters())
        for method in batch_size.METHODS
    }
    # scale and shift with BN (A.6) and GN; biases without
    assert count["BN"] == count["GN"] == convolutions + 2 * units + readout
    assert count["standardization"] == convolutions + units + readout
    layers = list(network("BN", PAPER))
    # a first convolution and a depthwise and a pointwise one a block, each followed by ReLU6
    assert sum(isinstance(layer, nn.ReLU6) for layer in layers) == 27
    with torch.no_grad():
        assert nn.Sequential(*layers[:-3]).eval()(torch.zeros(1, 3, 32, 32)).shape[1:] == (
            1024,
            2,
            2,
        )


def test_groups_have_32_channels():
    norms = [m for m in network("GN", PAPER) if isinstance(m, nn.GroupNorm)]
    assert {norm.num_channels / norm.num_groups for norm in norms} == {32}


def test_each_core_normalizes_its_own_rows():
    x = maps()
    layer = CoreBatchNorm2d(5, CORES)
    with torch.no_grad():
        layer.weight.copy_(torch.arange(1.0, 6.0))
        layer.bias.copy_(torch.arange(5.0))
    alone = []
    for part in x.split(SIZE):
        single = nn.BatchNorm2d(5)
        single.load_state_dict(layer.state_dict())
        alone.append((single(part), single.running_mean, single.running_var))
    found = layer(x)
    outputs, means, variances = zip(*alone, strict=True)
    torch.testing.assert_close(found, torch.cat(outputs))
    torch.testing.assert_close(layer.running_mean, torch.stack(means).mean(0))
    torch.testing.assert_close(layer.running_var, torch.stack(variances).mean(0))
    # not the same as one batch
    assert not torch.allclose(found, nn.BatchNorm2d(5)(x) * layer.weight.view(-1, 1, 1))
    whole = nn.BatchNorm2d(5).eval()
    whole.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer.eval()(x), whole(x))


def test_each_core_has_a_loss_of_its_own():
    x, loss = maps(), StandardizationLoss(dim=1, reduction="sum")
    wanted = torch.stack([loss(part) for part in x.split(SIZE)]).mean()
    torch.testing.assert_close(CoreLoss(CORES)(x), wanted)
    assert not torch.isclose(wanted, loss(x))


def images(rows):
    """Dark and bright images, told apart by their mean."""
    rng = np.random.default_rng(0)
    y = np.arange(rows) % 2
    x = 0.1 * rng.standard_normal((rows, 3, 32, 32)) + np.where(y, 1, -1)[:, None, None, None]
    return x.astype(np.float32), y


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
def test_the_papers_path_runs_and_learns(monkeypatch):
    asked = []

    def load(name, origin):
        asked.append((name, origin))
        (x, y), (x_test, y_test) = images(64), images(32)
        return SimpleNamespace(x_train=x, y_train=y, x_test=x_test, y_test=y_test)

    monkeypatch.setattr(training, "data", SimpleNamespace(load=load))
    # of all 27 layers, what so few images teach follows the last bits of the processor
    monkeypatch.setattr(mobile_net, "BLOCKS", mobile_net.BLOCKS[:3])
    tiny = PAPER | {"width": 0.25, "cores": 2, "sizes": [8, 16], "epochs": 8, "rate": 0.3}
    found = batch_size.run({**tiny, "data": {"cifar10": "files"}}, 0, "cpu")
    assert asked == [("cifar10", "files")]
    assert found["size"].tolist() == [8, 16] and found["accuracy"].shape == (4, 2)
    assert found["accuracy"][:, 0].min() > 0.9
    again = batch_size.run(tiny | {"sizes": [16]}, 0, "cpu")
    np.testing.assert_array_equal(again["accuracy"], found["accuracy"][:, 1:])


def test_the_rate_is_that_of_the_batch_and_falls(monkeypatch):
    rates = []

    class Optimizer(torch.optim.RMSprop):
        def step(self):
            rates.append(self.param_groups[0]["lr"])

    monkeypatch.setattr(torch.optim, "RMSprop", Optimizer)
    x, y = (torch.from_numpy(array) for array in images(16))
    configuration = PAPER | {"width": 0.125, "cores": 4, "epochs": 7}
    mobile_net.final_accuracy("GN", 2, configuration, (x, y, x, y), 0)
    start = 0.165 * 2 / 128
    wanted = [start] * 6 + [start * 0.94] * 6 + [start * 0.94**2] * 2
    np.testing.assert_allclose(rates, wanted)

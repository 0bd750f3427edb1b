"""The networks of A.1 and A.2: sizes, what batch normalization may learn, and the training loop."""

import numpy as np
import pytest
import torch

from normtheory.experiments.stdloss.mnist import EXPERIMENTS
from normtheory.experiments.stdloss.networks import METHODS, network, trained

SHORT = {
    "network": "mlp",
    "rate": 1e-3,
    "decay": 0.0,
    "batch": 8,
    "steps": 6,
    "every": 2,
    "rows": 16,
}


def tensors():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(32, 1, 28, 28, generator=generator)
    return x, torch.arange(32) % 10, x, torch.arange(32) % 10


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        # 3 x 3 kernels with biases, and 8 channels of 4 x 4 to 10 classes
        ("cnn", 32 * 10 + 16 * (32 * 9 + 1) + 8 * (16 * 9 + 1) + 10 * 129),
        ("mlp", 100 * 785 + 2 * 100 * 101 + 10 * 101),
    ],
)
def test_networks_have_the_stated_sizes(kind, parameters):
    plain = network(kind, False)
    assert sum(p.numel() for p in plain.parameters()) == parameters
    assert plain(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    # batch normalization adds one shift a unit, and its scale is not trained
    trainable = sum(p.numel() for p in network(kind, True).parameters() if p.requires_grad)
    assert trainable - parameters == {"cnn": 32 + 16 + 8, "mlp": 300}[kind]


def test_same_seed_gives_the_same_curve_and_the_methods_differ():
    curves = {method: trained(method, SHORT, tensors(), 0)[0] for method in METHODS}
    assert curves["standardization"] == trained("standardization", SHORT, tensors(), 0)[0]
    assert [point[0] for point in curves["none"]] == [0, 2, 4, 6]
    # all start at the same network; batch normalization changes what it computes
    assert curves["none"][0] == curves["standardization"][0] != curves["BN"][0]
    assert curves["none"][-1] != curves["standardization"][-1]


def test_weight_zero_is_the_baseline():
    found = trained("standardization", SHORT, tensors(), 0, weight=0.0)[0]
    np.testing.assert_allclose(found, trained("none", SHORT, tensors(), 0)[0], rtol=1e-5)


def test_the_papers_schedule_is_run_in_full():
    cnn = EXPERIMENTS[0].scale("toy").configuration
    assert (cnn["steps"], cnn["batch"], cnn["rate"], cnn["decay"]) == (1000, 128, 1e-3, 4e-5)
    assert EXPERIMENTS[0].scale("toy").seeds == 10

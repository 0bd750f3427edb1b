"""The networks of A.1 and A.2: sizes, what batch normalization may learn, the training loop, and
the law of their features."""

import numpy as np
import pytest
import torch

from normtheory.experiments.stdloss import evolution
from normtheory.experiments.stdloss.mnist import METHODS
from normtheory.experiments.stdloss.networks import features, network, trained

SHORT = dict(network="mlp", rate=1e-3, decay=0.0, batch=8, steps=6, every=2, rows=16)


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


def test_looking_on_changes_nothing():
    short, seen = SHORT | {"network": "cnn"}, []

    def look(model):
        seen.append(features(model, tensors()[0]))

    for method in METHODS:
        seen.clear()
        curve, final = trained(method, short, tensors(), 0, look=look)
        again, right = trained(method, short, tensors(), 0)
        assert curve == again and (final == right).all()
        assert len(seen) == len(curve) and not torch.equal(seen[0], seen[-1])


def test_features_are_what_the_last_nonlinearity_gets_in_training():
    x = tensors()[0]
    torch.manual_seed(0)
    plain, normalized = network("cnn", False), network("cnn", True)
    before = {name: value.clone() for name, value in normalized.state_dict().items()}
    found = features(plain, x)
    assert found.shape == (32, 8, 4, 4) and found.min() < 0
    with torch.no_grad():
        scores = plain[-1](torch.relu(found).flatten(1))
        torch.testing.assert_close(scores, plain(x))
    standard = features(normalized, x)
    torch.testing.assert_close(standard.mean((0, 2, 3)), torch.zeros(8), atol=1e-5, rtol=0)
    # a hundredth of its variance is epsilon's where a unit hardly moves
    torch.testing.assert_close(standard.var((0, 2, 3)), torch.ones(8), atol=0.02, rtol=0)
    for name, value in normalized.state_dict().items():
        assert torch.equal(value, before[name]), name


def evolving(*scales):
    """Laws of three methods, Gaussian quantiles times a scale at each of three points."""
    normal = torch.special.ndtri(torch.from_numpy(evolution.LEVELS)).numpy()
    scales = np.array(scales, dtype=float)
    return {"quantile": scales[:, :, None] * normal, "spread": scales}


def measured(arrays):
    (entry,) = evolution.EXPERIMENTS
    return {finding.name: finding.measure(arrays) for finding in entry.findings}


def test_findings_on_laws_that_only_grow():
    arrays = evolving((1, 2, 8), (1, 1, 1), (0.5, 1, 1))
    found, wide = measured(arrays), np.abs(arrays["quantile"][1, 0]).mean()
    assert found["scale"] == pytest.approx(3) and found["shape"] == pytest.approx(0, abs=1e-12)
    # in units of the last deviation: (7 + 6) / 2 / 8 for the baseline, 0.5 / 2 for the loss
    # and 0 for BN: the worse of the two counts
    assert found["stable"] == pytest.approx(wide * (13 / 16 - 1 / 4))
    # and from BN's law (0 + 1 + 7) / 3 against (0.5 + 0 + 0) / 3
    assert found["like-BN"] == pytest.approx(wide * 7.5 / 3)


def test_a_uniform_law_is_as_far_from_a_gaussian_as_the_finding_says():
    arrays = evolving(*[(1, 1, 1)] * 3)
    arrays["quantile"][0, -1] = 5 + 3 * evolution.LEVELS
    assert measured(arrays)["shape"] == pytest.approx(0.14, abs=0.005)
    assert measured(evolving(*[(1, 1, 1)] * 3))["shape"] == 0


def test_the_kernels_have_the_side_that_is_asked_for():
    for side in (3, 5):
        sides = {layer.kernel_size for layer in network("cnn", False, kernel=side)[:-1:2][:3]}
        assert sides == {(side, side)}
        assert network("cnn", False, kernel=side)(torch.zeros(2, 1, 28, 28)).shape == (2, 10)

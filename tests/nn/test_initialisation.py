"""Initial weights: what they sum to, whatever their layout, and what a batch makes of them."""

import copy

import pytest
import torch
from torch import nn as torch_nn
from torch.nn.utils.parametrizations import weight_norm

from normtheory import nn
from tests.nn import cases
from tests.refused import refuses


def test_data_dependent_init_standardises_every_layer(draw):
    generator = torch.Generator().manual_seed(0)
    model = torch_nn.Sequential(
        weight_norm(torch_nn.Conv2d(2, 6, 3)),
        torch_nn.ReLU(),
        torch_nn.Flatten(),
        weight_norm(torch_nn.Linear(6 * 16, 5)),
    )
    x = torch.randn(64, 2, 6, 6, generator=generator) * 3 + 1
    directions = [model[i].parametrizations.weight.original1.clone() for i in (0, 3)]
    assert nn.data_dependent_init_(model, x) == ["0", "3"]
    first = model[0](x)
    for output, axes in ((first, (0, 2, 3)), (model(x), (0,))):
        torch.testing.assert_close(
            output.mean(axes), torch.zeros(output.shape[1]), rtol=0, atol=2e-6
        )
        deviation = output.std(axes, correction=0)
        torch.testing.assert_close(deviation, torch.ones(output.shape[1]), rtol=1e-5, atol=0)
    for i, direction in zip((0, 3), directions, strict=True):
        assert torch.equal(model[i].parametrizations.weight.original1, direction)
    assert not model[0]._forward_hooks


def test_data_dependent_init_is_the_paper_s_formula(draw):
    """g = 1/std(t), b = -mean(t)/std(t) with t = v·x/‖v‖."""
    layer = weight_norm(torch_nn.Linear(4, 3))
    x = draw(50, 4)
    v = layer.parametrizations.weight.original1.detach()
    t = x @ (v / v.norm(dim=1, keepdim=True)).T
    nn.data_dependent_init_(torch_nn.Sequential(layer), x)
    gain = layer.parametrizations.weight.original0[:, 0]
    torch.testing.assert_close(gain, 1 / t.std(0, correction=0))
    torch.testing.assert_close(layer.bias, -t.mean(0) / t.std(0, correction=0))


def test_data_dependent_init_refuses(draw):
    with pytest.raises(ValueError, match="must have a layer with"):
        nn.data_dependent_init_(torch_nn.Linear(2, 2), torch.ones(3, 2))
    without = torch_nn.Sequential(weight_norm(torch_nn.Linear(2, 2, bias=False)))
    refuses(ValueError, "layer '0' must have a bias", nn.data_dependent_init_, without, draw(3, 2))
    constant = torch_nn.Sequential(weight_norm(torch_nn.Linear(2, 2)))
    with pytest.raises(ValueError, match="unit 0 of layer '0' vary over the batch"):
        nn.data_dependent_init_(constant, torch.ones(5, 2))
    shared = torch_nn.Sequential(weight_norm(torch_nn.Linear(2, 2), dim=None))
    refuses(ValueError, "one gain per unit", nn.data_dependent_init_, shared, draw(3, 2))
    called = "inputs must be what the model is called with"
    for inputs in (draw(3, 5), draw(3, 2).double()):
        refuses(ValueError, called, nn.data_dependent_init_, constant, inputs)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: weight_norm(torch_nn.Linear(4, 4), dim=1), (9, 4)),
        (lambda: weight_norm(torch_nn.ConvTranspose2d(4, 4, 3)), (9, 4, 5, 5)),
        (lambda: weight_norm(torch_nn.ConvTranspose2d(4, 4, 3, groups=2), dim=1), (9, 4, 5, 5)),
    ],
    ids=["linear", "transposed", "groups"],
)
def test_data_dependent_init_refuses_gains_along_another_axis(layer, shape, draw):
    """As many gains as units, but not the units' own."""
    with pytest.raises(ValueError, match="layer '0' must have one gain per unit"):
        nn.data_dependent_init_(torch_nn.Sequential(layer()), draw(*shape))


def test_data_dependent_init_of_a_transposed_convolution(draw):
    model = torch_nn.Sequential(weight_norm(torch_nn.ConvTranspose2d(3, 4, 3), dim=1))
    x = draw(9, 3, 5, 5) + 1
    nn.data_dependent_init_(model, x)
    deviation, mean = torch.std_mean(model(x), (0, 2, 3), correction=0)
    torch.testing.assert_close(mean, torch.zeros(4), rtol=0, atol=2e-6)
    torch.testing.assert_close(deviation, torch.ones(4), rtol=1e-5, atol=0)


def test_data_dependent_init_needs_a_batch(draw):
    for layer, shape in ((torch_nn.Conv2d(2, 3, 3), (2, 6, 6)), (torch_nn.Linear(2, 3), (2,))):
        with pytest.raises(ValueError, match="layer '0' must run on a batch, got an output of"):
            nn.data_dependent_init_(torch_nn.Sequential(weight_norm(layer)), draw(*shape))
    with pytest.raises(ValueError, match="unit 0 of layer '0' vary"):
        model = torch_nn.Sequential(weight_norm(torch_nn.Linear(2, 3)))
        nn.data_dependent_init_(model, torch.full((4, 2), torch.inf))


def test_data_dependent_init_that_fails_late_changes_nothing(draw):
    dead = cases.Network(lambda self, x: 0 * x)
    model = torch_nn.Sequential(
        weight_norm(torch_nn.Linear(2, 3)), dead, weight_norm(torch_nn.Linear(3, 2))
    )
    before = copy.deepcopy(model.state_dict())
    refuses(ValueError, "let unit 0 of layer '2' vary", nn.data_dependent_init_, model, draw(9, 2))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_data_dependent_init_of_a_layer_that_runs_twice(draw):
    layer = weight_norm(torch_nn.Linear(3, 3))
    last = weight_norm(torch_nn.Linear(3, 2))
    model = torch_nn.Sequential(layer, layer, last)
    x = draw(40, 3) * 3 + 1
    assert nn.data_dependent_init_(model, x) == ["0", "2"]
    deviation, mean = torch.std_mean(layer(x), 0, correction=0)
    torch.testing.assert_close(deviation, torch.ones(3))
    # what came after saw the second run as it will be
    deviation, mean = torch.std_mean(model(x), 0, correction=0)
    torch.testing.assert_close(deviation, torch.ones(2))
    torch.testing.assert_close(mean, torch.zeros(2), rtol=0, atol=2e-6)


def test_balance_signs():
    weight = torch.ones(50, 3, 2, 1)
    generator = torch.Generator().manual_seed(0)
    assert nn.balance_signs_(weight, generator=generator) is weight
    assert weight.abs().eq(1).all()
    assert weight.sum(2).eq(0).all()
    refuses(ValueError, "two weights other than 0", nn.balance_signs_, torch.ones(3, 1))
    refuses(ValueError, "at least two axes", nn.balance_signs_, torch.ones(3))
    with pytest.raises(ValueError, match=r"must not be empty, got shape \(0, 3\)"):
        nn.balance_signs_(torch.ones(0, 3))
    for bad in (torch.nan, torch.inf):
        with pytest.raises(ValueError, match=f"weight must be finite, got {bad}"):
            nn.balance_signs_(torch.full((2, 3), bad))


@pytest.mark.parametrize(
    "weight",
    [
        torch.ones(5, 3, 2, 2).contiguous(memory_format=torch.channels_last),
        torch.ones(4, 5).T,
        torch.ones(5, 8)[:, ::2],
    ],
    ids=["channels last", "transposed", "gaps"],
)
def test_balance_signs_in_any_layout(weight):
    stride = weight.stride()
    dense = nn.balance_signs_(torch.ones(weight.shape), generator=torch.Generator().manual_seed(3))
    assert nn.balance_signs_(weight, generator=torch.Generator().manual_seed(3)) is weight
    assert torch.equal(weight, dense)
    assert weight.stride() == stride


def test_selu_weights():
    generator = torch.Generator().manual_seed(0)
    weight = nn.selu_normal_(torch.empty(2000, 100), omega=0.5, tau=1.2, generator=generator)
    assert float(weight.sum(1).mean()) == pytest.approx(0.5, abs=0.15)
    assert float(weight.square().sum(1).mean()) == pytest.approx(1.2, rel=0.02)
    for settings, mean, variance in (
        ({}, 0.0, 1 / 5),
        ({"omega": 2.0}, 2 / 5, (1 - 4 / 5) / 5),
        ({"omega": -1.0, "tau": 3.0}, -1 / 5, (3 - 1 / 5) / 5),
    ):
        expected = torch.empty(4, 5).normal_(
            mean, variance**0.5, generator=generator.manual_seed(1)
        )
        found = nn.selu_normal_(torch.empty(4, 5), generator=generator.manual_seed(1), **settings)
        torch.testing.assert_close(found, expected)
    refuses(ValueError, "tau must exceed", nn.selu_normal_, torch.empty(3, 4), omega=2.0)
    refuses(ValueError, "at least two axes", nn.selu_normal_, torch.empty(3))
    refuses(ValueError, "must not be empty", nn.selu_normal_, torch.empty(0, 3))

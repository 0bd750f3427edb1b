"""The networks of the PER paper's Figures 4 and 5, and what is looked at in them."""

import numpy as np
import pytest
import torch

from normtheory.experiments.cifar_settings import STACKS
from normtheory.experiments.per import networks, training
from normtheory.theory.slices import random_directions

pytestmark = pytest.mark.usefixtures("bundled")

NARROW = [[[4, kernel] for _, kernel in stack] for stack in STACKS]
PAPER = training.EXPERIMENTS[0].scale("paper").configuration
SMALL_CNN = {
    **PAPER,
    "stacks": NARROW,
    "rows": 40,
    "batch": 20,
    "rates": [[0.05, 1], [0.02, 1]],
    "per_slices": 4,
    "slices": 8,
    "observed": 30,
}
DENSE = {**training._TOY, "width": 6, "depth": 3, "epochs": 2}


@pytest.mark.slow
def test_the_paper_scale_runs():
    arrays = training.run_evolution(SMALL_CNN, 0, "cpu")
    # 3 methods, 10 hidden layers, the start and 2 epochs
    assert arrays["quantiles"].shape == (3, 3, 3, 3)
    assert arrays["variance"].shape == (3, 10, 3)
    assert all(np.isfinite(array).all() for array in arrays.values())
    # plain and PER start alike, then part
    np.testing.assert_array_equal(arrays["mean"][0, :, 0], arrays["mean"][2, :, 0])
    assert (arrays["mean"][0, :, 2] != arrays["mean"][2, :, 2]).any()
    distance = training.run_closeness(SMALL_CNN, 0, "cpu")["distance"]
    assert distance.shape == (3, 10, 3) and (distance > 0).all()


def test_what_is_observed_is_what_enters_the_nonlinearities():
    rng = np.random.default_rng(0)
    x = torch.randn(50, 5, generator=torch.Generator().manual_seed(0))
    theta = {6: random_directions(6, 4, rng, dtype="float32")}
    torch.manual_seed(0)
    model, watched = networks._network("BN", DENSE, 5)
    model[1].weight.data.fill_(2.0)
    model.insert(3, torch.nn.Dropout(0.9))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    watched = [watched[0], *(index + 1 for index in watched[1:])]
    found = networks.observed(model, watched, x, theta, [0, 1, 2], [0, 1, 2])
    again = networks.observed(model, watched, x, theta, [0, 1, 2], [0, 1, 2])
    # no dropout: nothing is left to chance
    assert all((found[name] == again[name]).all() for name in found)
    # batch statistics of these rows, scaled by 2 in the first layer
    np.testing.assert_allclose(found["variance"], [4, 1, 1], rtol=1e-3)
    np.testing.assert_allclose(found["mean"], 0, atol=1e-6)
    normalized = torch.nn.functional.batch_norm(model[0](x), None, None, training=True) * 2
    quartiles = np.quantile(normalized[:, 0].detach().numpy(), (0.25, 0.5, 0.75))
    np.testing.assert_allclose(found["quantiles"][0], quartiles, atol=1e-6)
    assert model.training
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("configuration", [DENSE, SMALL_CNN], ids=["digits", "cnn"])
def test_sizes_are_those_of_the_watched_layers(configuration):
    x, y = networks.training_set(configuration, "cpu")
    model, watched = next(networks.epochs("BN", configuration, 0, x, y))
    found = [model[:index](x[:2]).flatten(1).shape[1] for index in watched]
    assert found == networks.sizes(configuration, x)

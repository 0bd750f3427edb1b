"""Where each method trains: bands counted by hand, weights and rates chosen without test rows."""

import numpy as np
import pytest

from normtheory.experiments import atlas, stored
from normtheory.experiments.catalogue import experiment
from normtheory.figures.atlas import draw_atlas
from normtheory.figures.picture import picture

SMALL = {**atlas.TOY, "depths": [1], "rates": [0.1], "width": 16, "steps": 5, "weights": [0.3]}


@pytest.fixture
def arrays():
    """Every method learns at one rate more than the one before, up to all nine, at each depth."""
    learns = np.minimum(np.arange(len(atlas.METHODS)), 9)
    accuracy = np.where(np.arange(9) < learns[:, None, None], 0.9, 0.1).repeat(2, axis=1)
    return {"accuracy": accuracy, "held": 1 - accuracy, "depth": np.array([6, 24])} | {
        "rate": np.array(atlas.TOY["rates"])
    }


def measured(name, arrays):
    findings = experiment("suite.atlas").findings
    return next(each for each in findings if each.name == name).measure(arrays)


def test_findings_count_octaves_of_rows_named_here(arrays):
    # none, its start and BN stand first; the losses from the seventh to the tenth
    assert atlas.METHODS[:3] == ("none", "none+start", "BN")
    assert atlas.METHODS[6:10] == atlas.LOSSES
    counted = {"bn": 2, "start": -1, "losses": 9, "instead": 7, "depth": 0}
    assert {name: measured(name, arrays) for name in counted} == counted
    arrays["accuracy"][0, 0, :4] = 0.6  # learnt at the least depth alone
    assert measured("depth", arrays) == 4


def test_the_best_rate_is_that_of_the_rows_held_out(arrays):
    arrays["accuracy"][2, -1] = np.linspace(0.1, 0.9, 9)
    arrays["held"][2, -1] = np.eye(9)[3]
    assert measured("best", arrays) == pytest.approx(100 * (0.4 - 0.1))


def test_the_notebook_names_those_that_learn():
    accuracy = stored.show("suite.atlas").arrays["accuracy"]
    bands = atlas.bands(accuracy)
    assert (np.median(bands[..., 0], axis=0) > len(atlas.TOY["rates"]) / 2).all()
    share = (bands[..., 1] > 0).mean(axis=0)
    learning = {name for name, each in zip(atlas.METHODS, share, strict=True) if each > 0.5}
    assert learning == {"BN", "EquiNorm", "SELU"}


def test_weights_are_those_of_the_losses_chosen_on_rows_held_out(monkeypatch):
    tried = []

    def reached(method, configuration, tensors, seed, depth, rate, weight):
        tried.append((depth, rate, weight))
        return -weight, weight == 0.01  # the test rows would choose the least

    monkeypatch.setattr(atlas, "_reached", reached)
    assert atlas._weight("PER", atlas.TOY, (), 0) == 0.01
    assert tried == [(6, 2.0**-6, weight) for weight in atlas.TOY["weights"]]
    assert atlas._weight("BN", atlas.TOY, (), 0) == 0.0


def test_no_batch_holds_a_row_held_out(monkeypatch):
    import torch

    from normtheory.experiments import race

    x = torch.arange(500.0)[:, None].repeat(1, 4)
    tensors = x, torch.zeros(500, dtype=int), x[:10], torch.zeros(10, dtype=int)
    seen = []

    class System:
        def __init__(self, method, x, classes, **settings):
            seen.append(x)

        def step(self, x, y):
            seen.append(x)
            return torch.tensor(float("nan"))

        def accuracy(self, x, y):
            return float(x.max())

    monkeypatch.setattr(race, "System", System)
    monkeypatch.setattr(race, "digits", lambda *_: tensors)
    # a network that is no number is left after the first step
    assert atlas._reached("none", SMALL, tensors, 0, 1, 0.1, 0.0) == (9.0, 346.0)
    assert torch.cat(seen).min() == 347.0 and len(seen) == 2


@pytest.mark.parametrize("method", ["GN", "RMSNorm", "none+start", "sphere"])
def test_methods_that_only_the_atlas_has_train(method):
    import torch

    from normtheory.experiments.race import digits
    from normtheory.experiments.systems import System

    x, y, *_ = digits({}, "cpu")
    system = System(
        *(method, x[:100], 10),
        **{"width": 16, "depth": 2, "rate": 0.1, "momentum": 0.9, "weight": 0.01},
        generator=torch.Generator().manual_seed(0),
    )
    if method == "none+start":  # every unit starts standardized, with plain weights
        first = system.model[0](x[:100])
        assert not hasattr(system.model[0], "parametrizations")
        torch.testing.assert_close(first.var(0, unbiased=False), torch.ones(16), rtol=1e-3, atol=0)
    first, *_, last = [system.step(x[:100], y[:100]) for _ in range(20)]
    assert last < first


def test_the_picture_draws_each_map_and_counts_octaves(arrays):
    stacked = {name: np.stack([array] * 3) for name, array in arrays.items()}
    with picture((11, 6.4)) as figure:
        draw_atlas(figure, stacked, experiment("suite.atlas").document)
        maps = [axes.images[0].get_array() for axes in figure.axes if axes.images][:13]
        np.testing.assert_allclose(maps, 100 * arrays["accuracy"])
        (bands,) = [axes for axes in figure.axes if len(axes.lines) == 2]
        assert [label.get_text() for label in bands.get_yticklabels()] == list(atlas.METHODS)
        for line in bands.lines:
            assert line.get_xdata().tolist() == [*range(9), 9, 9, 9, 9]

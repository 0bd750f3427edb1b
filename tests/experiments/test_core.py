"""The scale core: what it corrects of the stored runs, on little data."""

import numpy as np
import pytest

from normtheory.experiments.catalogue import experiment
from normtheory.experiments.redraw import redrawn

pytestmark = pytest.mark.usefixtures("bundled")

_STACKS = {"stacks": [[[4, 5]], [[4, 1], [4, 3]], [[4, 1]]], "pool": 4, "rates": [[0.01, 1]]}
# what makes seconds of an hour; the design stays
CUT = {
    "vcl.fig3": {"sets": ["car"], "width": 8, "rates": [[0.01, 1], [0.001, 1]]},
    "vcl.table2": {**_STACKS, "rows": 40, "batch": 20},
    "per.table3": {**_STACKS, "rows": 60, "batch": 20, "held": 20, "coefficients": [1e-2, 1e-4]},
    "per.table4": {
        **{"width": 8, "words": 50, "train": 400, "held": 100, "batch": 4, "length": 5},
        **{"epochs": 1, "coefficients": [1e-3]},
    },
    "equinorm.fig3": {"rows": 64, "batch": 32, "pool": 8, "epochs": 1},
    "stdloss.fig2": {"steps": 4, "every": 2, "rows": 50, "weights": [0.001, 1.0, 10.0, 100.0]},
    "stdloss.fig5": {
        **{"train": 40, "test": 20, "points": 16, "width": 0.125, "steps": 12, "every": 4}
    },
    "suite.side-by-side": {
        **{"rows": 120, "held": 40, "width": 16, "depth": 2, "checkpoints": [0, 4]},
        **{"rounds": 1, "timed": 1, "rates": [0.01, 0.05], "batch": 16},
    },
}

# what is known by its shares alone: several sets of rows, the first test images
SHARES = {"vcl.fig3": {"accuracy"}, "stdloss.fig2": {"accuracy"}}


def cut(id, **changes):
    return {**experiment(id).scale("core").configuration, **CUT[id], **changes}


@pytest.mark.slow
@pytest.mark.parametrize("id", CUT)
def test_it_runs_and_its_findings_measure_it(id):
    entry = experiment(id)
    assert set(CUT[id]) <= set(entry.scale("core").configuration)
    arrays = entry.run(cut(id), 0, "cpu")
    for finding in entry.findings:
        assert not np.isnan(finding.measure(arrays)), finding.name
    counted = {name.rpartition(" ")[0]: name for name in arrays if name[-5:] in ("right", "wrong")}
    assert set(counted) == set(entry.scale("core").tested) - SHARES.get(id, set())
    for name, images in counted.items():
        last = arrays[name][..., -1] if id == "equinorm.fig3" else arrays[name]
        np.testing.assert_allclose(arrays[images].mean(-1), last, rtol=1e-6)
    stacked = {name: np.stack([array] * 2) for name, array in arrays.items()}
    tested = entry.scale("core").tested
    if id != "vcl.fig3":  # which has one set here, and thirteen there
        assert len(redrawn(stacked, tested, draws=1)) == bool(tested)


def test_accuracies_of_the_uci_sets_are_means_over_all_splits():
    from normtheory.experiments.vcl import uci

    one = {**cut("vcl.fig3"), "rates": [[0.01, 1]]}
    alone = []
    for seed in range(4):
        # the toy design: one split, which the seed chooses
        loaded = {key: value for key, value in one.items() if key != "splits"}
        assert uci._rates(loaded) == [0.01]
        alone.append(uci.run(loaded, seed, "cpu")["accuracy"].shape)
    found = uci.run(one, 0, "cpu")["accuracy"]
    assert found.shape == alone[0]
    assert (found * 4 * 43 == pytest.approx(np.round(found * 4 * 43))) and found.max() <= 1


def test_the_rate_is_chosen_on_rows_that_are_in_no_batch(monkeypatch):
    import torch

    from normtheory.experiments import race

    seen = []

    class System:
        def __init__(self, rate):
            self.rate = rate

        def step(self, inputs, targets):
            seen.append(inputs)

        def accuracy(self, x, y):
            held.append(x)
            return self.rate

    held = []
    monkeypatch.setattr(
        race, "contestants", lambda m, configuration, x, seed: [System(configuration["rate"])]
    )
    x = torch.arange(60.0)[:, None]
    configuration = {"held": 20, "rates": [0.1, 0.3, 0.2], "batch": 8, "checkpoints": [0, 5]}
    assert race._best_rate("none", configuration, x, x, 0) == 0.3
    assert torch.cat(held).max() < 20 <= torch.cat(seen).min()

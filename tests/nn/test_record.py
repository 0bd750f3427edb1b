"""A record holds what the layers put out in runs of the model, in whatever mode, and no more."""

import copy
import logging
import pickle

import numpy as np
import pytest
import torch
from torch import nn as torch_nn

from normtheory import nn
from normtheory.claims import read_activations
from normtheory.nn.record import Record
from tests.nn import cases
from tests.refused import refuses

LOSS = nn.StandardizationLoss()


def network(last=torch_nn.Identity):
    return torch_nn.Sequential(
        torch_nn.Linear(6, 8), torch_nn.ReLU(inplace=True), torch_nn.Linear(8, 3), last()
    )


def regularized():
    model = network()
    return model, nn.regularize(model, LOSS, ["0", "2"])


def test_it_holds_what_the_layers_put_out_in_every_mode(draw):
    model, handle = regularized()
    x, y, z = draw(5, 6), draw(7, 6), draw(2, 6)
    with handle.record() as record:
        model(x)
        handle.penalty().backward()
        model.eval()(y)
        with torch.no_grad():
            model(z)
    model(draw(4, 6))
    arrays = record.arrays()
    assert list(arrays) == ["0", "2"]
    wanted = model[0](torch.cat([x, y, z])).detach().cpu().numpy()
    np.testing.assert_allclose(arrays["0"], wanted, rtol=1e-5, atol=1e-6)
    assert (arrays["0"] < 0).any()  # before the rectifier in place


def test_penalties_are_as_without_it(draw):
    model, handle = regularized()
    x = draw(16, 6)
    model(x)
    without = handle.penalty()
    with handle.record():
        model(x)
        torch.testing.assert_close(handle.penalty(), without)


def test_layers_that_run_outside_of_the_model_are_not_recorded(draw):
    model, handle = regularized()
    with handle.record() as record:
        model[0](draw(5, 6))
        refuses(RuntimeError, r"the model must run after handle\.record", record.arrays)
        model(draw(4, 6))
        model[0](draw(5, 6))
    assert record.arrays()["0"].shape == (4, 8)


def test_recomputation_is_not_recorded(draw):
    def run(self, x):
        return torch.utils.checkpoint.checkpoint(self.inner, x, use_reentrant=False)

    model = cases.Network(run, inner=network())
    handle = nn.regularize(model, LOSS, ["inner.0"])
    with handle.record() as record:
        model(draw(5, 6)).sum().backward()
    assert record.arrays()["inner.0"].shape == (5, 8)


def test_positions_are_samples_and_padding_is_left_out(draw):
    model = torch_nn.Sequential(torch_nn.Linear(6, 8), torch_nn.Tanh(), torch_nn.Linear(8, 3))
    handle = nn.regularize(model, LOSS)
    tokens = draw(3, 4, 6)
    mask = torch.zeros(3, 4, dtype=torch.bool)
    mask[0, 1:] = True
    with handle.record() as record:
        model(tokens)
    assert record.arrays()["0"].shape == (12, 8)
    kept = record.arrays(mask=mask)["0"]
    np.testing.assert_allclose(kept, model[0](tokens[~mask]).detach().numpy(), rtol=1e-5)
    np.testing.assert_array_equal(record.arrays(mask=[mask])["0"], kept)
    assert record.inspect(mask=mask).statistics["0"].samples == 9
    with handle.record() as flat:
        model(draw(5, tokens.shape[2]))
    assert flat.arrays(mask=mask)["0"].shape[0] == 5  # without positions no padding
    refuses(ValueError, r"mask must have shape \(3, 4\)", record.arrays, mask=mask[:2])
    with pytest.raises(ValueError, match="mask must be one, or one for each of 1 outputs"):
        record.arrays(mask=[mask, mask])


def test_channels_are_units(draw):
    model = torch_nn.Sequential(
        torch_nn.Conv2d(2, 5, 3), torch_nn.Flatten(), torch_nn.Linear(20, 3)
    )
    handle = nn.regularize(model, LOSS)
    x = draw(6, 2, 4, 4)
    with handle.record() as record:
        model(x)
    wanted = model[0](x).permute(0, 2, 3, 1).reshape(24, 5).detach().numpy()
    np.testing.assert_array_equal(record.arrays()["0"], wanted)


def test_an_unknown_axis_is_asked_for(draw):
    odd = cases.Network(lambda self, x: x.view(2, 2, -1))
    model = torch_nn.Sequential(odd, torch_nn.Flatten())
    handle = nn.regularize(model, LOSS, ["0"])
    with handle.record() as record:
        model(draw(2, 8))
    refuses(ValueError, r"layer '0' holds the units: .*dim=\{'0': -1\}", record.arrays)


def test_a_second_record_ends_the_first(draw):
    model, handle = regularized()
    first = handle.record()
    model(draw(5, 6))
    second = handle.record()
    model(draw(4, 6))
    assert first.arrays()["0"].shape == (5, 8) and second.arrays()["0"].shape == (4, 8)
    handle.remove()
    refuses(RuntimeError, "this regularizer was removed", handle.record)


def test_a_saved_record_is_what_inspect_reads(draw, tmp_path):
    record = Record()
    record.take("file", draw(5, 4), (-1, None))  # numpy's savez has an argument of that name
    record.take("a/b", draw(5, 2).half(), (-1, None))
    record.save(tmp_path / "layers.npz")
    found = read_activations(tmp_path / "layers.npz")
    assert {name: (h.shape, h.dtype.name) for name, h in found.items()} == {
        "file": ((5, 4), "float32"),
        "a/b": ((5, 2), "float32"),
    }
    np.testing.assert_array_equal(found["file"], record.arrays()["file"])
    refuses(ValueError, r"path must end in \.npz", record.save, tmp_path / "layers.csv")


def test_the_summary_is_logged_a_line_for_each_layer(draw, caplog):
    model, handle = regularized()
    refuses(RuntimeError, r"run the model in `with handle\.record", handle.summary)
    with handle.record():
        model(draw(50, 6))
    with caplog.at_level(logging.INFO, logger="normtheory"):
        text = handle.summary()
    assert [r.getMessage() for r in caplog.records] == text.splitlines()
    assert [line.partition(":")[0] for line in text.splitlines()] == ["0", "2"]
    taken = []
    handle.summary(taken.append)
    assert taken == text.splitlines()


def test_copies_take_no_record_along(draw):
    model, handle = regularized()
    with handle.record():
        model(draw(5, 6))
        for other in (copy.deepcopy(handle), pickle.loads(pickle.dumps(handle))):
            refuses(RuntimeError, "nothing to sum up", other.summary)


def test_a_compiled_model_is_recorded(draw):
    model, handle = regularized()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    x = draw(5, 6)
    compiled(x)
    with handle.record() as record:
        compiled(x)
    np.testing.assert_allclose(
        record.arrays()["0"], model[0](x).detach().numpy(), rtol=1e-5, atol=1e-6
    )

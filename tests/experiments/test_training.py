"""Training loops: every row once an epoch, the same order for the same seed."""

import numpy as np
import pytest
import torch

from normtheory.experiments.devices import one_thread, resolve_device
from normtheory.experiments.training import accuracy, batches, evaluated


def test_batches_show_every_row_once_an_epoch():
    rows = torch.arange(10)
    drawn = [x for x, _ in batches(rows, rows, 3, 6, torch.Generator().manual_seed(0))]
    assert len(drawn) == 6 and all(len(x) == 3 for x in drawn)
    for epoch in (drawn[:3], drawn[3:]):
        assert len(set(torch.cat(epoch).tolist())) == 9
    assert drawn[0].tolist() != drawn[3].tolist()
    again = [x for x, _ in batches(rows, rows, 3, 6, torch.Generator().manual_seed(0))]
    assert all(torch.equal(a, b) for a, b in zip(drawn, again, strict=True))


def test_inputs_and_targets_stay_together():
    rows = torch.arange(50)
    for x, y in batches(rows, rows * 2, 7, 20, torch.Generator().manual_seed(1)):
        assert torch.equal(y, 2 * x)


@pytest.mark.parametrize("size", [0, 11])
def test_batch_larger_than_the_data_is_refused(size):
    with pytest.raises(ValueError, match="size must lie between 1 and 10"):
        next(batches(torch.arange(10), torch.arange(10), size, 1, torch.Generator()))


def test_loss_and_accuracy_in_evaluation_mode():
    model = torch.nn.Sequential(torch.nn.Dropout(0.99), torch.nn.Identity())
    scores, targets = torch.eye(4), torch.tensor([0, 1, 2, 0])
    loss, share = evaluated(model, scores, targets, size=3)
    # -log of e / (e + 3) in three rows, of 1 / (e + 3) in one
    assert loss == pytest.approx(np.log(np.e + 3) - 3 / 4)
    assert share == 0.75 == accuracy(model, scores, targets, size=3) and model.training


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="machine without CUDA, got 'cuda'"):
            resolve_device("cuda")


def test_one_thread_restores_what_was():
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before

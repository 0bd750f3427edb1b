"""A data set's fingerprint is of what is used: after split and scaling, and of all of it."""

from dataclasses import fields, replace

import numpy as np
import pytest

from normtheory import data
from normtheory.data.dataset import DataSet

NAMES = ("adult", "cifar10", "digits", "mnist", "point-clouds", "uci/wine", "wikitext-2")


@pytest.fixture(autouse=True)
def bundled(monkeypatch):
    """No files, no network: the stand-ins, which every machine has."""
    monkeypatch.delenv("NORMTHEORY_DATA", raising=False)
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "1")
    data.load.cache_clear()
    yield
    data.load.cache_clear()


def _changed(value):
    """The same but for one number or word."""
    if isinstance(value, tuple):
        return (*value[:-1], value[-1] + "x")
    changed = np.array(value)
    changed.flat[-1] += 1
    return changed


@pytest.mark.filterwarnings("ignore:.*nor to be had otherwise:UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_it_changes_with_everything_that_is_used_and_with_nothing_else(name):
    loaded = data.load(name)
    for field in fields(loaded):
        if field.name in DataSet.__annotations__:
            continue
        other = replace(loaded, **{field.name: _changed(getattr(loaded, field.name))})
        assert other.fingerprint != loaded.fingerprint, field.name
    elsewhere = replace(loaded, origin="elsewhere", note="the same numbers")
    assert elsewhere.fingerprint == loaded.fingerprint


def _rescaled(loaded):
    return {part: getattr(loaded, part) * np.float32(1.001) for part in ("x_train", "x_test")}


def _split_one_row_later(loaded):
    moved = {}
    for kind in ("x", "y"):
        train, test = getattr(loaded, f"{kind}_train"), getattr(loaded, f"{kind}_test")
        moved[f"{kind}_train"] = np.concatenate([train, test[:1]])
        moved[f"{kind}_test"] = test[1:]
    return moved


@pytest.mark.parametrize("change", [_rescaled, _split_one_row_later])
def test_another_scaling_or_split_of_the_same_file_is_other_data(change):
    loaded = data.load("digits")
    assert replace(loaded, **change(loaded)).fingerprint != loaded.fingerprint


def test_a_loader_that_scales_otherwise_loads_other_data(monkeypatch):
    before = data.load_adult("bundled").fingerprint
    scale = "normtheory.data.adult.standardized"
    monkeypatch.setattr(scale, lambda *parts: [part / 2 for part in parts])
    assert data.load_adult("bundled").fingerprint != before

"""What all data sets share: a fingerprint of what is used, after split and scaling, and of all of
it; and a stand-in that says so where neither files nor a network are."""

from dataclasses import fields, replace
from urllib.error import URLError

import numpy as np
import pytest

from normtheory import data
from normtheory.data.dataset import DataSet
from tests.refused import refuses

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


# where each data set comes from, and what stands in for it
AWAY = {
    "adult": ("openml", "bundled breast cancer"),
    "cifar10": ("openml", "scikit-learn's bundled digits instead"),
    "cifar10-whole": ("openml", "scikit-learn's bundled digits instead"),
    "mnist": ("openml", "scikit-learn's bundled digits instead"),
    "tiny-shakespeare": ("download", "the descriptions of scikit-learn's data sets"),
    "uci/car": ("download", "the UCI set 'car' is neither"),
    "wikitext-2": ("files", "the descriptions of scikit-learn's data sets"),
}


@pytest.mark.parametrize("offline", ["", "1"])
@pytest.mark.parametrize("name", AWAY)
def test_without_files_and_network_a_stand_in_says_so_and_offline_nobody_is_asked(
    name, offline, monkeypatch, tmp_path
):
    def unreachable(*given, **named):
        raise AssertionError("asked the network") if offline else URLError("no network")

    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    monkeypatch.setenv("NORMTHEORY_OFFLINE", offline)
    for place in ("sklearn.datasets.fetch_openml", "pooch.retrieve"):
        monkeypatch.setattr(place, unreachable)
    monkeypatch.setattr("normtheory.data.sources.cache_directory", lambda: tmp_path / "cache")
    origin, words = AWAY[name]
    with pytest.warns(UserWarning, match=words):
        loaded = data.load(name)
    assert loaded.stand_in and loaded.origin == "bundled"
    why = "network, which NORMTHEORY" if offline else "network or the cache"
    needed = f"origin '{origin}' needs" + f" the {why}" * (origin != "files")
    refuses(ValueError, needed, data.load, name, origin)
    refuses(ValueError, "origin must be None, files", data.load, name, "elsewhere")

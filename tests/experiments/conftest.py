"""The sample experiment, and no network."""

import argparse
import importlib.util
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from normtheory import data
from normtheory.experiments import catalogue, command, report, store


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Tests read NORMTHEORY_DATA or the bundled stand-ins, never the network."""
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "1")
    yield
    data.load.cache_clear()


@pytest.fixture
def bundled(monkeypatch):
    """No files: the stand-ins, which every machine has."""
    monkeypatch.delenv("NORMTHEORY_DATA", raising=False)
    data.load.cache_clear()


def pytest_itemcollected(item):
    """Whoever asks for the stand-ins is not warned of them."""
    if "bundled" in item.fixturenames:
        said = "ignore:.*(bundled|nor to be had otherwise):UserWarning"
        item.add_marker(pytest.mark.filterwarnings(said))


@pytest.fixture
def sample(monkeypatch):
    """The module of the sample experiment, known to the catalogue for this test."""
    path = Path(__file__).with_name("sample_experiment.py")
    spec = importlib.util.spec_from_file_location("sample_experiment", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "sample_experiment", module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(catalogue._HOME, "sample.normal", "sample_experiment")
    module.EXPERIMENTS = (module.made(),)
    return module


@pytest.fixture
def copied(tmp_path, request):
    """A folder with the stored results that the test's module names, to be changed."""
    for id in request.module.COPIED:
        for suffix in (".json", ".npz"):
            shutil.copy(report.stored_path(id).with_suffix(suffix), tmp_path)
    return tmp_path


@pytest.fixture
def rewrite():
    """Changes entries of a stored record, which then belongs to the arrays beside it again."""

    def call(path, **changes):
        content = json.loads(path.read_text(encoding="utf-8")) | changes
        del content["digest"]
        with np.load(path.with_suffix(".npz")) as arrays:
            content["digest"] = store.digest(arrays, content)
        path.write_text(json.dumps(content), encoding="utf-8")

    return call


@pytest.fixture
def figures(sample, tmp_path, capsys):
    """Run the command on a line of options; returns exit code, output and errors."""

    def call(*options):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        arguments = ["--out", str(tmp_path), "--jobs", "1", "--device", "cpu", *options]
        code = command.main(parser.parse_args(arguments))
        return (code, *capsys.readouterr())

    return call

"""Recorded training runs: each notebook's is there, is what training gives, and plays on a page."""

import dataclasses
import json
from itertools import islice
from pathlib import Path

import nbformat
import numpy as np
import pytest
from refused import refuses

from normtheory.experiments import digits_run, law_run, recorded
from normtheory.explorers import controls, recording, still, tables
from normtheory.explorers.calls import Call, shown
from normtheory.pages.recordings import runs

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
RUNS = dict(zip(("law", "unit", "VCL"), islice(runs(NOTEBOOKS), 3), strict=True))


def test_every_notebook_with_a_training_run_has_its_recording():
    found = list(runs(NOTEBOOKS))
    watched = [p for p in NOTEBOOKS.glob("*.ipynb") if "explorers.watch(" in p.read_text("utf-8")]
    assert len(found) == len(watched) == 11
    for run, values in found:
        settings, courses = run.recordings(**values)
        assert len(settings) == len(courses) == np.prod([len(v) for v in run.recorded.values()])
        for course in courses:
            assert course["step"][0] == 0 and course["step"][-1] == run.steps
            assert {len(array) for array in course.values()} == {len(course["step"])}


@pytest.mark.parametrize("name", RUNS)
def test_what_is_recorded_is_what_training_gives(name):
    run, values = RUNS[name]
    settings, courses = run.recordings(**values)
    assert len(settings) > 1 and not np.array_equal(*(list(c.values())[1] for c in courses[:2]))
    for k in (0, -1):
        points = list(islice(run.points(run.steps, **settings[k]), 3))
        for array in ("step", *courses[k]):
            now = np.array([point[array] for point in points], float)
            np.testing.assert_allclose(courses[k][array][:3], now, rtol=1e-3, atol=1e-3)


def test_a_recording_is_drawn_as_the_run_draws_itself():
    run = law_run()
    explorer = recording(run)
    assert explorer.values == {"step": 600, "law": "normal", "n": "10", "seed": "0"}
    pictures = list(run.train(law="laplace", n=2, seed=0))
    for step, (fraction, scene) in zip((0, 300, 600), pictures[::30], strict=True):
        assert fraction == step / 600
        played = explorer.scene(step=step, law="laplace", n="2", seed="0")
        assert played.text == scene.text
        for name, array in scene.arrays().items():
            np.testing.assert_allclose(played.arrays()[name], array, rtol=1e-6, err_msg=name)
    # between two pictures the earlier one stays
    assert explorer.scene(step=309).text == explorer.scene(step=300).text


def test_a_method_can_be_drawn_alone():
    run, values = next(each for each in runs(NOTEBOOKS) if "PER" in each[0].parts)
    explorer = recording(run, **values)
    assert run.parts == ("all", "none", "BN", "PER")
    alone, every = explorer.scene(drawn="BN"), explorer.scene()
    assert "none" in every.text and "none" not in alone.text and "BN accuracy" in alone.text
    for name, array in every.arrays().items():
        drawn = alone.arrays()[name]
        panel, layer, axis = name.split(".")
        curve = int(layer) - (len(every.panels[int(panel)].layers) - 3)
        if axis == "y" and curve in (0, 2):
            assert np.isnan(drawn).all()
        else:
            np.testing.assert_array_equal(drawn, array)
    assert digits_run("none").parts == ()


def test_the_page_says_what_was_recorded():
    explorer = recording(law_run(), n=2)
    assert explorer.title == "Recorded training: A distribution learns to keep its sample variance"
    note = explorer.spec["note"]
    assert note.startswith("Recorded before, not trained on this page: 1000 values; 600 steps; ")
    assert "n = 2, 10, 50; seed = 0" in note
    assert explorer.spec["given"] == "experiments.law_run()"
    described, _ = still._Page(explorer).parts()
    described = json.loads(described)
    assert described["note"] == note and described["spec"]["scrubbed"] == "step"


@pytest.mark.slow
def test_a_page_holds_every_recorded_picture_within_its_size():
    sizes = {}
    for run, values in RUNS.values():
        explorer = recording(run, **values)
        sizes[run.title] = len(still.embed(explorer))
        every = controls.positions(explorer.parameters["step"], tables.POSITIONS)
        held = [t.stops["step"] for t, _ in tables.Tables(explorer).tables if "step" in t.stops]
        assert held and all(stops == every for stops in held)
    assert max(sizes.values()) < 1.5e6, sizes


def test_what_is_not_recorded_is_refused():
    run = dataclasses.replace(law_run(), call="experiments.other()")
    refuses(ValueError, r"run must be one that is recorded, got .*other\(\) at", recording, run)
    refuses(ValueError, "run must be one that", recording, digits_run("none"), rate=0.5)


def test_a_call_in_a_notebook_is_read_and_done_later():
    found = shown(nbformat.read(NOTEBOOKS / "08_selu.ipynb", as_version=4))
    ((name, [make], values),) = [call for _, call in found if call and call[0] == "watch"]
    given = ("none", "SELU"), (("quantity", "variance"), ("depth", 12))
    assert (name, values) == ("watch", {"rate": 0.005})
    # so that a site that has made one knows it again
    assert make == Call("experiments", "digits_run", *given) and len({make, Call(*make)}) == 1
    assert make().title == "Training now: none, SELU" and make().knobs[1]["default"] == 12


def test_the_same_runs_are_the_same_file(tmp_path):
    run = dataclasses.replace(law_run(), steps=20, recorded={"seed": (0, 1)})
    for name in ("one", "two"):
        recorded.record([(run, {})], tmp_path / f"{name}.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    first, second = recorded.load(run, {}, tmp_path / "one.npz")
    assert first["step"].tolist() == list(range(21))
    assert not np.array_equal(first["kurtosis"], second["kurtosis"])


def test_a_page_plays_the_recording_in_the_place_of_a_notebooks_training_run(monkeypatch):
    monkeypatch.setattr(still, "embed", lambda explorer: f"<b>{explorer.title}</b>")
    notebook = nbformat.read(NOTEBOOKS / "01_sample_variance.ipynb", as_version=4)
    titles = [each.title for each in still.enliven(notebook)]
    (title,) = [each for each in titles if each.startswith("Recorded training: A distribution")]
    written = nbformat.writes(notebook)
    assert f"<b>{title}</b>" in written and "needs a notebook" not in written


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("06_standardization_loss", "stdloss.fig3"),
        ("07_equilibrium_normalization", "equinorm.fig2"),
        ("10_weight_normalization", "weightnorm.training"),
    ],
)
def test_a_page_plays_the_stored_training_run_that_a_notebook_shows(name, id):
    found = shown(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4))
    ((_, [make], _),) = [call for _, call in found if call and call[0] == "recording"]
    assert make == Call("experiments", "course", (id,), ()) and make().place == id

"""Stored training runs that are played: all that are stored, as they are stored, and no others."""

import numpy as np
import pytest
from refused import refuses

from normtheory import experiments
from normtheory.experiments import catalogue, courses, report, stored
from normtheory.explorers import recording, still
from normtheory.figures.scene import Band, Curve

LOSSES = ("train", "loss", "test", "accuracy")


def held(id):
    """Losses and accuracies of a result by seed, system and point."""
    arrays = stored.arrays(id) if report.load(id) else {}
    return [arrays[n] for n in LOSSES if n in arrays and arrays[n].ndim == 3]


def test_every_result_that_holds_a_course_is_played():
    assert {id for id in catalogue.ids() if any(a.shape[2] >= 10 for a in held(id))} == set(
        courses.COURSES
    )


@pytest.mark.parametrize("id", courses.COURSES)
def test_what_is_played_is_what_is_stored(id):
    explorer = recording(experiments.course(id))
    for seed, point in (("all", -1), ("all", 3), ("0", 7), ("4", 0)):
        step = stored.arrays(id).get("step", np.arange(31)[None])[0][point]
        scene = explorer.scene(step=round(step), seed=seed)
        for panel, array in zip(scene.panels, held(id), strict=True):
            factor = 100 if panel.ylabel == "%" else 1
            shown = array[:, :, : point % array.shape[2] + 1]
            shown = factor * (shown if seed == "all" else shown[[int(seed)]])
            drawn = [layer.y for layer in panel.layers if isinstance(layer, Curve)]
            np.testing.assert_allclose(drawn, np.median(shown, axis=0))
            bands = [(each.low, each.high) for each in panel.layers if isinstance(each, Band)]
            quartiles = np.percentile(shown, [25, 75], axis=0)
            np.testing.assert_allclose(np.swapaxes(bands, 0, 1), quartiles)
            low, high = panel.ylim
            assert low <= np.min(drawn) and np.max(drawn) <= high
        names = [layer.label for layer in panel.layers if isinstance(layer, Curve)]
        assert len(names) == len(set(names)) == shown.shape[1]
        last = np.median(shown, axis=0)[:, -1]
        assert scene.text.endswith(
            ": " + "; ".join(f"{n} {v:.3g}" for n, v in zip(names, last, strict=True)) + "."
        )
        assert f" {round(step)} of " in scene.text


def test_systems_are_named_in_the_order_of_their_arrays():
    configuration = experiments.show("equinorm.mixup").content["configuration"]
    (_, looks) = courses.COURSES["equinorm.mixup"]
    for (name, *_), (method, kind) in zip(looks, configuration["systems"], strict=True):
        assert name.startswith(method) and ("" if kind == "none" else kind) in name
    for id in ("equinorm.fig2", "equinorm.fig3", "equinorm.fig4"):
        systems = experiments.show(id).content["configuration"]["systems"]
        assert [n for n, *_ in courses.COURSES[id][1]] == [method for method, _ in systems]


def test_a_line_of_python_opens_it_where_it_was_left():
    explorer = recording(experiments.course("equinorm.fig2"), step=12, seed="3")
    assert explorer.values == {"step": 12, "seed": "3"}
    assert explorer.spec["given"] == 'experiments.course("equinorm.fig2")'
    assert explorer.spec["place"] == "equinorm.fig2" and explorer.name == "recording"
    again = "normtheory figures equinorm.fig2 trains anew."
    assert explorer.spec["note"].endswith(again) and "30 epochs" in explorer.spec["note"]
    # and a recording of the notebooks'
    run = experiments.digits_run("none", "SELU", depth=12)
    explorer = recording(run, rate=0.005, step=50, drawn="SELU", seed=1)
    assert explorer.values == {"step": 50, "drawn": "SELU", "seed": "1"}
    assert explorer.spec["given"] == f"{run.call}, rate=0.005"


@pytest.mark.slow
def test_they_stay_small_on_a_page():
    sizes = {id: len(still.embed(recording(courses.course(id)))) for id in courses.COURSES}
    assert max(sizes.values()) < 1.5e6, sizes


def test_what_has_no_course_is_refused(tmp_path):
    wrong = "id must be one of equinorm.fig2, .*, got 'vcl.fig1'"
    refuses(ValueError, wrong, courses.course, "vcl.fig1")
    refuses(ValueError, "nothing is stored for", courses.course, "stdloss.fig1", tmp_path)

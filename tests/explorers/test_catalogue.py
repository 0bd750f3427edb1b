"""Every explorer: its sliders move its picture, its claims answer in time, its labels fit."""

import dataclasses
import functools

import numpy as np
import pytest
from matplotlib.figure import Figure

from normtheory import explorers
from normtheory.claims import STATES
from normtheory.explorers import controls
from normtheory.figures import drawing, lettering, style

NAMES = explorers.catalogue()
# logarithmic and equal axes, a legend, columns of unequal width
FITTED = ("phase_shift", "sample_variance", "sliced_wasserstein", "joint_laws", "selu_targets")


def drawn(scene):
    """Everything a reader sees: arrays, limits, labels and the text."""
    labels = [layer.look() for panel in scene.panels for layer in panel.layers]
    frames = [panel.frame() for panel in scene.panels]
    arrays = {name: values.tobytes() for name, values in scene.arrays().items()}
    return repr((arrays, labels, frames, scene.text))


def test_it_is_called_what_it_says(explorer):
    assert getattr(explorers, explorer.name) and explorer.name in NAMES
    assert explorer.claims or explorer.parameters


def test_the_sweep_runs_and_repeats_itself(explorer):
    assert repr(explorer.sweep()) == repr(explorer.sweep())


def test_every_slider_changes_what_is_seen(explorer):
    def seen(values):
        return drawn(explorer.scene(**values)) + repr(explorer.standings(**values))

    for parameter in explorer.parameters.values():
        settings = (
            {**values, parameter.name: value}
            for values in explorer.presets.values()
            for value in controls.milestones(parameter)
        )
        first = seen(next(settings))
        assert any(seen(at) != first for at in settings), f"{parameter.name} moves nothing"


def test_its_sliders_have_ends_and_the_picture_is_drawn_there(explorer):
    for parameter in explorer.parameters.values():
        if parameter.choices:
            continue
        low, high = parameter.domain
        inward = 0 if parameter.closed else 1 if parameter.integer else 1e-9 * (high - low)
        for end in (low + inward, high - inward):
            assert explorer.scene(**{parameter.name: end}).text
            for _, state, _ in explorer.standings(**{parameter.name: end}):
                assert state in STATES
        with pytest.raises(ValueError, match=parameter.name):
            explorer.scene(**{parameter.name: 1e12})


def test_a_preset_shows_where_each_claim_fails_and_so_does_its_button(explorer):
    for k, claim in enumerate(explorer.claims):
        states = {explorer.standings(**at)[k][1] for at in explorer.presets.values()}
        # an amendment that says by how much has no setting where the document is wrong
        fails = any(case.startswith("fails") for case in claim.at.cases)
        assert ("fails" in states) == (fails and claim.verdict != "holds"), claim.id
        if claim.breaks:
            assert explorer.standings(**claim.breaks)[k][1] == "fails", claim.id


def test_the_structure_of_the_picture_is_constant(explorer):
    """The browser draws ahead of the kernel only into panels and layers that it knows."""
    kinds = set()
    for parameter in explorer.parameters.values():
        for value in controls.milestones(parameter):
            scene = explorer.scene(**{parameter.name: value})
            kinds.add(
                (scene.size, *(tuple(type(x).__name__ for x in p.layers) for p in scene.panels))
            )
    assert len(kinds) == 1


@functools.cache
def width(text):
    return lettering.outline(text)["width"]


@pytest.mark.parametrize(
    "explorer",
    [pytest.param(n, marks=[] if n in FITTED else pytest.mark.slow) for n in NAMES],
    indirect=True,
)
def test_titles_and_labels_fit_their_panels(explorer):
    scenes = [explorer.scene(**values) for values in explorer.presets.values()]
    alone = [each for each in scenes if len(each.panels) == 1]
    narrow = [dataclasses.replace(each, size=(drawing.PHONE, each.size[1])) for each in alone]
    for scene in scenes + narrow:
        bare = [dataclasses.replace(panel, layers=(), legend="") for panel in scene.panels]
        axes = drawing.draw(dataclasses.replace(scene, panels=bare), Figure())
        for index, (panel, each) in enumerate(zip(scene.panels, axes, strict=True)):
            box = each.get_position()
            column = scene.widths[index % scene.columns] / sum(scene.widths)
            room = scene.size[0] * min(1 - box.x0, column)
            assert width(panel.title) <= room, panel.title
            space = scene.size[0] * box.width + 2 * drawing.MARGIN["right"]
            assert width(panel.xlabel) <= space, panel.xlabel
            margins = drawing.MARGIN["top"] + drawing.MARGIN["bottom"]
            assert width(panel.ylabel) <= scene.size[1] * box.height + margins, panel.ylabel


def test_what_is_drawn_is_finite_or_left_out_on_purpose(explorer):
    for values in explorer.presets.values():
        for name, array in explorer.scene(**values).arrays().items():
            assert not np.isinf(array).any(), name


def test_as_printed_is_dashed_orange_and_true_is_solid_blue(explorer):
    for panel in explorer.scene().panels:
        looks = [layer.look() for layer in panel.layers]
        inks = {look["color"] for look in looks}
        for look in looks:
            drawn = {name: look[name] for name in ("color", "dash", "marker") if name in look}
            said = look["label"]
            if look["color"] == "orange" or "printed" in said.replace("printed event", ""):
                assert drawn in (style.PRINTED, style.PRINTED_POINT), look
            # blue is free where there is nothing printed to tell it from
            elif look["color"] == "blue" and "orange" in inks:
                assert look["kind"] in ("Fill", "Bars") or drawn in (style.TRUE, style.TRUE_POINT)


def test_a_standing_speaks_plain_text(explorer):
    for values in explorer.presets.values():
        for id, state, reason in explorer.standings(**values):
            assert state in STATES, id
            assert "$" not in reason and "\\" not in reason, reason
            assert reason or state == "silent", id

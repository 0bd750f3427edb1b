"""The words of every picture, as matplotlib draws it, at sixty settings: none covers another."""

import dataclasses

import numpy as np
import pytest
from collisions import settings, wrong
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from normtheory import explorers
from normtheory.explorers import wire
from normtheory.figures import drawing, lettering, places
from normtheory.figures.picture import styled
from normtheory.figures.scene import Curve, Fill, Panel, Points, Scene, VLine

# legends, logarithmic axes, curves that come and go, an empty panel, many labels
NAMES = explorers.catalogue()
FEW = ("pseudo_huber_loss", "ratio_bound", "selu_targets", "sliced_wasserstein", "phase_shift")
X = np.linspace(0, 1, 50)


def problems(scene, drawn=None):
    """What is wrong with the words of a scene that matplotlib writes; `drawn` keeps the axes."""
    drawn, key = {} if drawn is None else drawn, wire.key(scene)
    if key not in drawn:
        bare = [dataclasses.replace(panel, layers=()) for panel in scene.panels]
        figure = Figure(dpi=drawing.DPI)
        pen = FigureCanvasAgg(figure).get_renderer()
        drawn[key] = pen, drawing.draw(dataclasses.replace(scene, panels=bare), figure)
    (pen, axes), found = drawn[key], []

    def box(artist):
        extent = artist.get_window_extent(pen)
        return extent.x0, scene.size[1] - extent.y1, extent.x1, scene.size[1] - extent.y0

    with styled(lettering.RC):
        for panel, ax in zip(scene.panels, axes, strict=True):
            left, top, right, bottom = box(ax.patch)
            shape = (left, top, right - left, bottom - top)
            lettering.write(panel, places.Map(panel, shape), ax)
            words = [(each.get_text(), box(each)) for each in ax.texts]
            frames = [box(each) for each in ax.patches if isinstance(each, Rectangle)]
            widest = max(frames, key=lambda each: each[2] - each[0], default=None)
            found += wrong(panel, (left, top, right, bottom), words, widest)
            for each in [*ax.texts, *ax.patches, *ax.lines]:
                each.remove()
    return found


@pytest.mark.parametrize("name", FEW)
def test_no_word_covers_another_at_some_settings(name, made):
    drawn = {}
    for values in settings(made(name), 4):
        assert problems(made(name).scene(**values), drawn) == [], values


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_word_covers_another_at_sixty_settings(name, made):
    drawn = {}
    for values in settings(made(name), 60):
        assert problems(made(name).scene(**values), drawn) == [], values


def around(scene):
    """The words around the axes that cover each other or leave the picture."""
    figure = Figure(dpi=drawing.DPI)
    pen = FigureCanvasAgg(figure).get_renderer()
    with styled(lettering.RC):
        axes = drawing.draw(scene, figure)
        figure.draw_without_rendering()
        words = []
        for ax in axes:
            words += [ax._left_title, ax.xaxis.label, ax.yaxis.label]
            for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
                ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
                words += [tick.label1 for tick in ticks if low <= tick.get_loc() <= high]
        words = [word for word in words if word.get_text()]
        extents = [word.get_window_extent(pen) for word in words]
    width, height = figure.bbox.size
    found = []
    for k, (word, a) in enumerate(zip(words, extents, strict=True)):
        if min(a.x0, a.y0, width - a.x1, height - a.y1) < -1:
            found.append(f"{word.get_text()!r} leaves the picture")
        for other, b in zip(words[:k], extents[:k], strict=True):
            if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1:
                found.append(f"{word.get_text()!r} covers {other.get_text()!r}")
    return found


def scene(*layers, **changed):
    panel = Panel(**{"xlim": (0, 1), "ylim": (0, 1), "layers": layers, **changed})
    return Scene((panel,), "one line", size=(400, 300))


def framed(explorer):
    """The explorer's presets, one of each set of axes."""
    return {wire.key(s): s for s in (explorer.scene(**at) for at in explorer.presets.values())}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n == "collapse" else pytest.mark.slow) for n in NAMES]
)
def test_titles_and_ticks_cover_no_other_and_stay_on_the_picture(name, made):
    for each in framed(made(name)).values():
        assert around(each) == []


def test_ticks_that_cover_each_other_are_noticed():
    ticks = ((0.5, "a long one"), (0.52, "another"))
    assert around(scene(xticks=ticks)) == ["'another' covers 'a long one'"]
    assert around(scene(xticks=((1.0, "far beyond the edge"),))) == [
        "'far beyond the edge' leaves the picture"
    ]


def test_a_legend_goes_where_nothing_is_and_else_labels_stand_beside_their_marks(monkeypatch):
    rising = Curve(X, X, label="rising")
    for wish in ("upper right", "lower left", "center right"):
        assert problems(scene(rising, legend=wish)) == []
    full = [Curve(X, X * 0 + y, label=f"at {y:.1f}") for y in np.linspace(0.05, 0.95, 5)]
    assert problems(scene(*full, legend="upper right")) == []
    # where it would stand is noticed
    monkeypatch.setattr("normtheory.figures.places.meets", lambda traced, box: box[0] == 68)
    monkeypatch.setattr("normtheory.figures.places._GRID", (1,))
    falling = Curve(X, 1 - X, label="falling")
    assert "the legend covers 'falling'" in problems(scene(falling, legend="lower right"))


def test_what_is_not_there_has_no_label_and_an_empty_panel_says_so(monkeypatch):
    gone = [
        Curve(X, X * np.nan, label="none"),
        Fill(X, X + 5, label="far"),
        Points([2.0], [0.5], label="beside"),
        VLine([3.0], label="line"),
    ]
    assert problems(scene(*gone)) == [] == problems(scene(*gone, legend="upper left"))
    # a line between two points beyond the axes is there
    assert problems(scene(Curve([-1, 2], [0.5, 0.6], label="through"))) == []
    monkeypatch.setattr("normtheory.figures.places.silence", lambda *given: "")
    assert problems(scene(*gone)) == ["the panel shows nothing and says nothing"]
    monkeypatch.setattr("normtheory.figures.places.meets", lambda *given: True)
    told = problems(scene(gone[0], Curve(X, X)))
    assert told == ["'none' names what is not there"]


def test_labels_that_cover_each_other_are_noticed(monkeypatch):
    near = [Curve(X, X * 0 + 0.5 + k / 100, label=f"number {k}") for k in range(4)]
    assert problems(scene(*near)) == []
    assert problems(dataclasses.replace(scene(*near), size=(1000, 200))) == []
    monkeypatch.setattr("normtheory.figures.places.LINE", 1)
    assert "'number 0' covers 'number 1'" in problems(scene(*near))

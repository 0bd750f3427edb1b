"""Pictures as data: what a scene refuses, and that a file shows its arrays."""

import csv
import io
import itertools
import json
import re
from functools import partial

import numpy as np
import pytest
from matplotlib.figure import Figure

from normtheory.figures import drawing, lettering, places, style
from normtheory.figures.scene import (
    Band,
    Bars,
    Curve,
    Fill,
    HLine,
    Panel,
    Points,
    Scene,
    Text,
    VLine,
)
from tests.refused import refuses

X = np.linspace(0.1, 1, 50)


def panel(*layers, **changed):
    return Panel(**{"xlim": (0.1, 1), "ylim": (0.01, 2), "layers": layers, **changed})


def scene(*layers, **changed):
    return Scene((panel(*layers, **changed),), "one line")


EVERY_LAYER = (
    Curve(X, X**2, label="curve", dash="--"),
    Band(X, X, X + 0.1, label="band"),
    Fill(X, X, label="fill"),
    Points([0.5], [0.7], label="points", marker="x"),
    Bars([0.1, 0.5, 0.9], [1.0, 0.5], label="bars"),
    VLine([0.3], label="$x_0$"),
    HLine([0.3], label="$y_0$"),
    Text([0.2], [1.5], label="text"),
)


def test_a_picture_that_makes_no_sense_is_refused():
    refused = partial(refuses, ValueError)
    refused("one length", Curve, [1, 2], [1])
    refused("1 axis", Curve, [[1, 2]], [[1, 2]])
    refused("one edge more", Bars, [1, 2], [1, 2])
    refused("teal", Curve, [1], [1], color="teal")
    refused("dash", Curve, [1], [1], dash="-.-")
    refused("marker", Points, [1], [1], marker="*")
    refused("xlim", panel, xlim=(1, 0))
    refused("ylim", panel, ylim=(0, np.inf))
    refused("ylim must be positive", panel, ylim=(0, 1), yscale="log")
    refused("xscale", panel, xscale="symlog")
    refused("panels", Scene, (), "text")
    refused("text", Scene, (panel(),), "two\nlines")
    refused("widths", Scene, (panel(),), "text", widths=(1, 2))


def test_arrays_cannot_change_after_the_picture_was_made():
    values = np.array([1.0, 2.0])
    curve = Curve(values, values)
    values[0] = 5
    assert curve.x[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        curve.x[0] = 3


def test_matplotlib_draws_the_arrays_of_the_scene():
    (axes,) = drawing.draw(scene(*EVERY_LAYER), Figure())
    curve, fill_edge, points, vertical, horizontal = axes.lines
    np.testing.assert_array_equal(curve.get_ydata(), X**2)
    np.testing.assert_array_equal(fill_edge.get_ydata(), X)
    np.testing.assert_array_equal(points.get_xydata(), [[0.5, 0.7]])
    np.testing.assert_array_equal(vertical.get_xdata(), [0.3, 0.3])
    np.testing.assert_array_equal(horizontal.get_ydata(), [0.3, 0.3])
    assert {t.get_text() for t in axes.texts} == {layer.label for layer in EVERY_LAYER}


def test_direct_labels_stay_inside_and_cover_no_other():
    same = [Curve(X, 0 * X + 1, label=f"label {k}", label_at=0.5) for k in range(4)]
    figure = Figure(dpi=drawing.DPI)
    (axes,) = drawing.draw(scene(*same), figure)
    heights = sorted(t.get_position()[1] * figure.get_size_inches()[1] * 100 for t in axes.texts)
    assert np.diff(heights).min() > places.LINE - 1
    low, high = axes.get_position().y0, axes.get_position().y1
    assert all(low <= t.get_position()[1] <= high for t in axes.texts)


def test_labels_at_one_place_give_way_by_whole_lines_upwards_first():
    lines = [HLine([1.0], label=f"label {k}", label_at=0.5) for k in range(13)]
    figure = Figure(dpi=drawing.DPI)
    (axes,) = drawing.draw(scene(*lines), figure)
    heights = [t.get_position()[1] * figure.get_size_inches()[1] * drawing.DPI for t in axes.texts]
    moved = (np.array(heights) - heights[0]) / places.LINE
    np.testing.assert_allclose(moved, [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6], atol=1e-6)


def test_a_label_keeps_within_its_panel_and_has_its_layers_colour():
    corners = [Text([x], [y], label="label", color="sky") for x in (0.1, 1) for y in (0.01, 2)]
    figure = Figure(dpi=drawing.DPI)
    (axes,) = drawing.draw(scene(*corners), figure)
    width, height = 100 * figure.get_size_inches()
    box, wide = axes.get_position(), lettering.outline("label")["width"]
    found = np.array([t.get_position() for t in axes.texts]) * [width, height]
    left, right = box.x0 * width + 2, box.x1 * width - wide
    low, high = box.y0 * height + 4, box.y1 * height - 13
    np.testing.assert_allclose(
        found, [(left, low), (left, high), (right, low), (right, high)], atol=1e-6
    )
    assert {t.get_color() for t in axes.texts} == {style.TEXT_INKS["sky"]}


@pytest.mark.parametrize("format", drawing.FORMATS)
def test_the_same_scene_is_the_same_file(format):
    first, second = (drawing.render(scene(*EVERY_LAYER), format) for _ in range(2))
    assert first == second
    assert first != drawing.render(scene(*EVERY_LAYER[1:]), format)


def test_an_unknown_format_is_refused():
    refuses(ValueError, "format must be one of", drawing.render, scene(), "bmp")


def test_the_frame_holds_the_axes_and_no_layer():
    with_layers, without = drawing.frame(scene(Curve(X, X))), drawing.frame(scene())
    assert with_layers["svg"] == without["svg"]
    (axes,) = with_layers["axes"]
    left, top, width, height = axes["box"]
    assert left == drawing.MARGIN["left"]
    assert top == drawing.MARGIN["top"]
    assert left + width == with_layers["width"] - drawing.MARGIN["right"]
    assert top + height == with_layers["height"] - drawing.MARGIN["bottom"]


def test_panels_stand_in_rows_of_columns_of_their_widths():
    panels = [panel(legend="upper right" * (k == 2)) for k in range(3)]
    laid = drawing.frame(Scene(panels, "text", columns=2, widths=(3, 1), size=(800, 500)))["axes"]
    assert [axes["box"] for axes in laid] == [
        [68, 36, 600 - 68 - 16, 250 - 36 - 54],
        [668, 36, 200 - 68 - 16, 250 - 36 - 54],
        [68, 286, 600 - 68 - 16, 250 - 36 - 54],
    ]
    assert [axes["legend"] for axes in laid] == ["", "", "upper right"]
    assert {(*axes["xlim"], *axes["ylim"]) for axes in laid} == {(0.1, 1, 0.01, 2)}


def test_the_frames_panels_have_their_axes_where_a_file_has_them():
    panels = [panel(equal=k == 1, xscale="linear", yscale="linear") for k in range(3)]
    shown = Scene(panels, "text", columns=2, widths=(3, 1), size=(790, 500))
    figure = Figure()
    for ax, axes in zip(drawing.draw(shown, figure), drawing.frame(shown)["axes"], strict=True):
        place = ax.get_position()
        left, bottom, wide, high = place.x0, place.y0, place.width, place.height
        box = [790 * left, 500 * (1 - bottom - high), 790 * wide, 500 * high]
        assert axes["box"] == pytest.approx(box, abs=0.02)


def test_a_panel_that_stays_is_drawn_once(monkeypatch):
    drawn = []
    monkeypatch.setattr(drawing, "_draw_axes", lambda panel, ax: drawn.append(panel.title))
    drawing._axes.cache_clear()
    for k in range(3):
        drawing.frame(Scene((panel(title="stays"), panel(title=f"{k}")), "text"))
    drawing._axes.cache_clear()
    assert drawn == ["stays", "0", "1", "2"]


def test_axes_that_take_over_anothers_ticks_are_as_if_they_were_new():
    looks = [
        {"xscale": "log"},
        {"equal": True, "xlim": (0, 1), "ylim": (0, 1), "title": "$p$", "xlabel": "left behind"},
        {"xticks": ((0.2, "few"), (0.7, "many")), "yscale": "log", "ylabel": "$y$"},
        {"ylim": (-3, 3)},
    ]
    described = [json.dumps(panel(**look).frame()) for look in looks]
    fresh = []
    for each in described:
        drawing._blank.cache_clear()
        fresh.append(drawing._axes.__wrapped__(each, 400, 300))
    for first, second in itertools.permutations(range(len(looks)), 2):
        drawing._axes.__wrapped__(described[first], 400, 300)
        assert drawing._axes.__wrapped__(described[second], 400, 300) == fresh[second]


def test_a_panel_alone_has_narrow_axes_beside_its_own():
    wide = drawing.frame(scene())
    narrow = wide["narrow"]
    assert (narrow["width"], narrow["height"]) == (drawing.PHONE, wide["height"])
    for each, width in ((wide, wide["width"]), (narrow, drawing.PHONE)):
        left, _, across, _ = each["axes"][0]["box"]
        assert left + across == width - drawing.MARGIN["right"]
        assert f'viewBox="0 0 {0.72 * width:g} ' in each["svg"]
    two = Scene((panel(), panel()), "text")
    small = Scene((panel(),), "text", size=(drawing.PHONE, 300))
    assert "narrow" not in drawing.frame(two) and "narrow" not in drawing.frame(small)


def test_an_equal_aspect_shrinks_the_axes():
    (axes,) = drawing.frame(scene(equal=True, xlim=(0, 1), ylim=(0, 1)))["axes"]
    assert axes["box"][2] == axes["box"][3]


def test_an_outline_closes_its_glyphs_and_knows_its_width():
    narrow, wide = lettering.outline("$p$"), drawing.outline(r"$\Sigma_w^{-1}\Delta$")
    assert narrow["path"].startswith("M") and narrow["path"].endswith("Z")
    assert 0 < narrow["width"] < wide["width"]
    assert narrow["depth"] > 0  # p reaches below the line


def test_an_outline_is_an_svg_path_of_the_letters_size():
    bar = lettering.outline("l", size=72)
    numbers = np.array([float(n) for n in re.findall(r"-?[\d.]+", bar["path"])]).reshape(-1, 2)
    # 72 points are 100 pixels: DejaVu Sans' l is 0.76 em high, from the baseline up, 0.09 em wide
    np.testing.assert_allclose(np.ptp(numbers, axis=0), [9, 76], atol=0.5)
    assert numbers[:, 1].max() == 0
    assert bar["path"].count("M") == bar["path"].count("Z") == 1 and "L" in bar["path"]
    np.testing.assert_allclose([bar["width"], bar["height"], bar["depth"]], [28, 76, 0], atol=1)
    # one Q for two points, so that a browser reads the same curve
    curves = re.findall(r"Q[^QLMZC]*", lettering.outline("o")["path"])
    assert curves and all(len(piece.split()) == 4 for piece in curves)


def test_mathtext_that_cannot_be_read_is_an_error():
    refuses(ValueError, "Unknown symbol", lettering.outline, r"$\nosuchsymbol{$")


def test_the_csv_holds_every_value():
    rows = list(csv.reader(io.StringIO(scene(*EVERY_LAYER).csv())))
    assert len(rows) - 1 == sum(len(v) for v in scene(*EVERY_LAYER).arrays().values())
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["label"] == "curve" and float(first["value"]) == X[0]
    assert (first["panel"], first["layer"], first["index"]) == ("0", "0", "0")


def test_arrays_are_named_by_panel_and_layer_counted_from_0():
    two = Scene((panel(Curve(X, X)), panel(HLine([1.0]), VLine([0.5]))), "text")
    assert list(two.arrays()) == ["0.0.x", "0.0.y", "1.0.y", "1.1.x"]

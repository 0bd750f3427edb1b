"""Pictures as data: what a scene refuses, and that a file shows its arrays."""

import csv
import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from normtheory.figures import drawing, lettering
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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Curve([1, 2], [1]), "one length"),
        (lambda: Curve([[1, 2]], [[1, 2]]), "1 axis"),
        (lambda: Bars([1, 2], [1, 2]), "one more edge"),
        (lambda: Curve([1], [1], color="teal"), "teal"),
        (lambda: Curve([1], [1], dash="-.-"), "dash"),
        (lambda: Points([1], [1], marker="*"), "marker"),
        (lambda: panel(xlim=(1, 0)), "xlim"),
        (lambda: panel(ylim=(0, np.inf)), "ylim"),
        (lambda: panel(ylim=(0, 1), yscale="log"), "ylim must be positive"),
        (lambda: panel(xscale="symlog"), "xscale"),
        (lambda: Scene((), "text"), "panels"),
        (lambda: Scene((panel(),), "two\nlines"), "text"),
        (lambda: Scene((panel(),), "text", widths=(1, 2)), "widths"),
    ],
)
def test_a_picture_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


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
    assert np.diff(heights).min() > lettering.LINE_HEIGHT - 1
    low, high = axes.get_position().y0, axes.get_position().y1
    assert all(low <= t.get_position()[1] <= high for t in axes.texts)


@pytest.mark.parametrize("format", drawing.FORMATS)
def test_the_same_scene_is_the_same_file(format):
    first, second = (drawing.render(scene(*EVERY_LAYER), format) for _ in range(2))
    assert first == second
    assert first != drawing.render(scene(*EVERY_LAYER[1:]), format)


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="format must be one of"):
        drawing.render(scene(), "bmp")


def test_the_frame_holds_the_axes_and_no_layer():
    with_layers, without = drawing.frame(scene(Curve(X, X))), drawing.frame(scene())
    assert with_layers["svg"] == without["svg"]
    (axes,) = with_layers["axes"]
    left, top, width, height = axes["box"]
    assert left == drawing.MARGIN["left"]
    assert top == drawing.MARGIN["top"]
    assert left + width == with_layers["width"] - drawing.MARGIN["right"]
    assert top + height == with_layers["height"] - drawing.MARGIN["bottom"]


def test_an_equal_aspect_shrinks_the_axes():
    (axes,) = drawing.frame(scene(equal=True, xlim=(0, 1), ylim=(0, 1)))["axes"]
    assert axes["box"][2] == axes["box"][3]


def test_an_outline_closes_its_glyphs_and_knows_its_width():
    narrow, wide = lettering.outline("$p$"), drawing.outline(r"$\Sigma_w^{-1}\Delta$")
    assert narrow["path"].startswith("M") and narrow["path"].endswith("Z")
    assert 0 < narrow["width"] < wide["width"]
    assert narrow["depth"] > 0  # p reaches below the line


def test_mathtext_that_cannot_be_read_is_an_error():
    with pytest.raises(ValueError, match="Unknown symbol"):
        lettering.outline(r"$\nosuchsymbol{$")


def test_the_csv_holds_every_value():
    rows = list(csv.reader(io.StringIO(scene(*EVERY_LAYER).csv())))
    assert len(rows) - 1 == sum(len(v) for v in scene(*EVERY_LAYER).arrays().values())
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["label"] == "curve" and float(first["value"]) == X[0]

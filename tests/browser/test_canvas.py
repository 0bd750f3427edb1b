"""What the browser computes itself, against matplotlib and Python."""

import csv
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from shown import Shown, made

from normtheory import explorers
from normtheory.explorers import controls, wire
from normtheory.figures import drawing
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene, VLine

pytestmark = pytest.mark.browser
X = np.linspace(0.02, 9.5, 60)
SCENES = [
    Scene([Panel(xlim=(0.01, 10), ylim=(1e-3, 50), xscale=xs, yscale=ys)], "scales")
    for xs in ("linear", "log")
    for ys in ("linear", "log")
]


@pytest.mark.parametrize(
    "scene", SCENES, ids=lambda s: f"{s.panels[0].xscale}-{s.panels[0].yscale}"
)
def test_points_land_where_matplotlib_puts_them(modules, scene):
    rng = np.random.default_rng(5)
    points = np.exp(rng.uniform(np.log(0.01), np.log(10), (200, 2)))
    figure = Figure(dpi=drawing.DPI)
    (axes,) = drawing.draw(scene, figure)
    expected = axes.transData.transform(points)
    found = modules.evaluate(
        """([axes, points]) => {
          const map = modules.canvas.mapping(axes);
          return points.map(([x, y]) => [map.x(x), map.y(y)]);
        }""",
        [drawing.frame(scene)["axes"][0], points.tolist()],
    )
    found = np.array(found)
    found[:, 1] = scene.size[1] - found[:, 1]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_labels_stand_where_matplotlib_puts_them(modules):
    layers = (
        Curve(X, X, label="$a^2$", label_at=0.5),
        Curve(X, X + 0.1, label="$b^2$", label_at=0.5),
        Curve(X, 9 - X, label="$c$", label_at=1.0),
        HLine([5], label="$d$", label_at=0.0),
        VLine([8], label="$e$"),
        Points([2], [7], label="$f$"),
    )
    empty = Curve(X, X * np.nan, label="$g$")
    panels = [
        Panel(xlim=(0, 10), ylim=(0, 10), layers=(*layers, empty)),
        Panel(xlim=(0, 10), ylim=(0, 20), layers=layers, legend="upper left"),
        Panel(xlim=(0.1, 10), ylim=(0, 10), layers=(empty,), xscale="log"),
    ]
    scene = Scene(panels, "labels")
    expected = [
        (t.get_position()[0] * scene.size[0], (1 - t.get_position()[1]) * scene.size[1])
        for axes in drawing.draw(scene, Figure(dpi=drawing.DPI))
        for t in axes.texts
    ]
    assert len(expected) == 13
    look, data = wire.picture(scene)
    found = modules.evaluate(
        """([look, data, frame, inks]) => {
          const bytes = Uint8Array.from(data);
          const context = document.createElement("canvas").getContext("2d");
          const places = [];
          const translate = context.translate.bind(context);
          context.translate = (x, y) => { places.push([x, y]); translate(x, y); };
          modules.canvas.paint(context, frame, modules.canvas.decode(look, bytes), inks);
          return places;
        }""",
        [look, list(data), drawing.frame(scene), {"line": {}, "text": {}, "halo": "#ffffff"}],
    )
    np.testing.assert_allclose(found, expected, atol=0.6)


def test_the_rows_that_a_page_saves_are_those_that_python_writes(modules):
    labels = (r"$\psi$", 'say "b"', "a, b", "plain", "")
    x = np.array([0.0, 0.5])
    layers = [*(Curve(x, x, label=label) for label in labels), HLine([0.25], label="$c$")]
    panels = [
        Panel(title=title, xlim=(0, 1), ylim=(0, 1), layers=tuple(layers))
        for title in ("", "a, titled")
    ]
    scene = Scene(panels, "labels")
    look, data = wire.picture(scene)
    found = modules.evaluate(
        """([look, data, frame]) => {
          const { canvas, saving } = modules;
          return saving.csv(canvas.decode(look, Uint8Array.from(data)), frame);
        }""",
        [look, list(data), drawing.frame(scene)],
    )
    rows, expected = (list(csv.DictReader(io.StringIO(each))) for each in (found, scene.csv()))
    assert list(rows[0]) == list(expected[0])
    for row, wanted in zip(rows, expected, strict=True):
        assert float(row.pop("value")) == float(wanted.pop("value")) and row == wanted


def test_a_line_far_outside_the_panel_is_cut_and_inside_is_where_it_was(modules):
    lines = [
        ([0, 5, 10], [5, 5, 1e9]),
        ([-1e9, 1e9], [2, 2]),
        ([0, 4, 6, 10], [1e8, 1e8, -1e8, -1e8]),
        ([0, 1, 2], [np.inf, 8, np.inf]),
        ([-9, 19], [100, 100]),
    ]
    scene = Scene([Panel(xlim=(0, 10), ylim=(0, 10), layers=())], "far")
    (axes,) = drawing.frame(scene)["axes"]
    left, top, width, height = axes["box"]
    found = modules.evaluate(
        """([axes, lines]) => lines.map(([x, y]) => {
          const passed = [];
          const context = Object.assign(new modules.svg.Sketch(), {
            moveTo: (...at) => passed.push([0, ...at]),
            lineTo: (...at) => passed.push([1, ...at]),
          });
          const layer = { kind: "Curve", x, y, width: 2, dash: "--", color: "blue", label: "" };
          modules.canvas.paint(context, { axes: [axes], glyphs: {} }, { panels: [[layer]] },
            { line: {}, text: {}, halo: "" });
          return passed;
        })""",
        [axes, [[list(map(float, x)), list(map(float, y))] for x, y in lines]],
    )
    spots = [np.array(each)[:, 1:] for each in found[:4]]
    for each in spots:
        assert (np.abs(each - [left + width / 2, top + height / 2])
                <= [width / 2 + 41, height / 2 + 41]).all()  # fmt: skip
    scale = width / 10, height / 10
    data = [np.c_[(p[:, 0] - left) / scale[0], (top + height - p[:, 1]) / scale[1]] for p in spots]
    # as far as it is seen
    assert data[0][:2] == pytest.approx(np.array([[0, 5], [5, 5]]))
    assert data[1][:, 1] == pytest.approx(2) and np.ptp(data[1][:, 0]) > 10
    assert data[2][:, 0] == pytest.approx(5, abs=1e-6) and np.ptp(data[2][:, 1]) > 10
    assert data[3][1] == pytest.approx([1, 8])
    assert found[4] == [], "nothing of it is seen"


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), (" 2,5 ", 2.5), ("1e-3", 1e-3), ("0", None), ("-1", None), ("", None), ("x", None),
     ("1/2", None), ("inf", None),
     (".5", 0.5), ("2,50", 2.5), ("1.000", 1), ("10", 10), ("1E+1", 10),
     ("1,000", None), ("12,000", None), ("1,000.5", None), ("1,000,000", None), ("0x10", None),
     ("0b11", None), ("1_000", None), ("Infinity", None)],
)  # fmt: skip
def test_typed_values_obey_the_parameter(modules, text, value):
    parameter = made("sample_variance").parameters["sigma"]
    found = modules.evaluate(
        """([control, text]) => {
          const { parse } = modules.setting;
          try { return parse(control, text); } catch (error) { return error.message; }
        }""",
        [controls.describe(parameter), text],
    )
    if value is None:
        assert found.startswith("sigma must be a number in (1e-30, 40)")
        assert f'"{text}"' in found
        # a thousand or one: said, not guessed
        assert found.endswith("may part decimals or thousands") == (text in ("1,000", "12,000"))
    else:
        assert found == value == parameter.validate(found)


def test_the_copied_line_recreates_the_view(modules):
    explorer = explorers.sample_variance(n=7, law="laplace", sigma=0.3)
    line = modules.evaluate(
        "([spec, values]) => modules.setting.python(spec, values)", [explorer.spec, explorer.values]
    )
    assert line == 'explorers.sample_variance(sigma=0.3, n=7, law="laplace")'
    again = eval(line, {"explorers": explorers})  # what a reader would paste
    assert again.values == explorer.values


LINK = "([spec, values]) => modules.setting.write(spec, values)"
UNLINK = """([spec, link]) => {
  try { return modules.setting.read(spec, link); } catch (error) { return error.message; }
}"""


@pytest.mark.parametrize(
    ("name", "changed", "link"),
    [
        ("sample_variance", {}, "#sample_variance"),
        ("sample_variance", {"n": 7, "sigma": 1e-05}, "#sample_variance?sigma=0.00001&n=7"),
        ("lp_normalization", {"batch": "two values"}, "#lp_normalization?batch=two+values"),
    ],
)
def test_a_link_carries_the_view(modules, name, changed, link):
    spec = made(name).spec
    values = {**made(name).values, **changed}
    assert modules.evaluate(LINK, [spec, values]) == link
    assert modules.evaluate(UNLINK, [spec, link]) == values


def test_a_link_speaks_of_one_explorer_only(modules):
    spec = made("sample_variance").spec
    for other in ("", "#", "#ratio_bound?n=7", "#sample-variance", "#sample_variance2?n=7"):
        assert modules.evaluate(UNLINK, [spec, other]) is None, other


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("n=1", 'n must be a whole number in [2, 500], got "1"'),
        ("n=2.5", "n must be a whole number"),
        ("sigma=<b>", 'got "<b>"'),
        ("law=cauchy", "law must be one of "),
        ("m=3", "the link names m, and the sliders here are "),
        ("n=7&n=9", "the link names n twice"),
    ],
)
def test_a_wrong_link_is_refused(modules, settings, sentence):
    spec = made("sample_variance").spec
    found = modules.evaluate(UNLINK, [spec, f"#sample_variance?{settings}"])
    assert sentence in found, found


def test_linked_sliders_move_together_and_the_theme_follows(jupyterlab):
    one, two = (Shown(jupyterlab.page, name) for name in ("sample_variance", "ratio_bound"))
    one.press("n", "Home")
    two.settle({"n": 2}, "the other explorer")
    two.press("n", "End")
    one.settle({"n": 50}, "the first explorer")
    light = one.settle()
    for theme, is_dark in (("JupyterLab Dark", True), ("JupyterLab Light", False)):
        change = f"jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})"
        one.page.evaluate(change)
        dark = "node => node.classList.contains('nt-dark')"
        one.wait_until(lambda: one.root.evaluate(dark) is is_dark, theme)  # noqa: B023
        assert (one.settle() != light) is is_dark
    jupyterlab.assert_clean()

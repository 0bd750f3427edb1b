"""Hands on the picture itself: what it says where a pointer is, and marks that are dragged."""

import numpy as np
import pytest
from shown import Shown, made

from normtheory.explorers import controls, wire
from normtheory.figures import drawing
from normtheory.figures.scene import (
    Band,
    Bars,
    Curve,
    Fill,
    HLine,
    Layer,
    Panel,
    Points,
    Scene,
    Text,
    VLine,
)

pytestmark = pytest.mark.browser
# bars and points; a plane whose picture is tabulated; ellipses
NAMES = ("few_modes", "trained_phases", "phase_shift")
READ = """([look, data, frame, places]) => {
  const { canvas, crosshair } = modules;
  const picture = canvas.decode(look, Uint8Array.from(data));
  return places.map(([panel, x, y]) => {
    const map = canvas.mapping(frame.axes[panel]);
    const found = crosshair.reading(picture, frame, { x: map.x(x), y: map.y(y) });
    return found && [found.place, found.rows.map(({ name, says }) => [name, says])];
  });
}"""
X = np.linspace(0.0, 10.0, 41)
TURN = np.linspace(0, 2 * np.pi, 73)


@pytest.fixture(scope="module")
def address(still_page):
    return still_page([made(name) for name in NAMES])


def read(modules, scene, *places):
    """What the crosshair reads at places (panel, x, y): the place, each layer's name and words."""
    look, data = wire.picture(scene)
    return modules.evaluate(READ, [look, list(data), drawing.frame(scene), list(places)])


def test_the_crosshair_reads_every_kind_of_layer(modules):
    circle = Curve(5 + 2 * np.cos(TURN), 5 + 2 * np.sin(TURN), color="black", label="circle")
    layers = (
        Curve(X, X**2, label="square"),
        Band(X, X, X + 1, label="band"),
        Fill(X, 10 - X, label="density"),
        Bars([2, 4, 6], [7.0, 8.0], label="bars"),
        Points([3, 8], [9, 1], label="dots"),
        VLine([3], label="here"),
        HLine([2.5], label="level"),
        Text([1], [1], label="words"),
        circle,
    )
    assert {type(layer) for layer in layers} == set(Layer.__subclasses__())
    scene = Scene([Panel(xlim=(0, 10), ylim=(0, 10), layers=layers)], "kinds")
    met, (place, beside), circled = read(modules, scene, (0, 3, 9), (0, 9, 5), (0, 5, 6.5))
    assert place == {"x": "9", "y": "5"}
    assert met[1] == [
        ["square", "9"], ["band", "3 to 4"], ["density", "7"], ["bars", "7"], ["dots", "(3, 9)"],
        ["here", "3"], ["level", "2.5"], ["circle", "5"],
    ]  # fmt: skip
    assert beside == [["square", "81"], ["band", "9 to 10"], ["density", "1"], ["level", "2.5"]]
    # of a curve that passes twice the nearer side
    assert dict(circled[1])["circle"] == "7"


def test_the_crosshair_reads_between_points_on_scales_and_names_what_has_no_name(modules):
    panels = (
        Panel(xlim=(1, 100), ylim=(1e-3, 1e3), xscale="log", yscale="log",
              layers=(Curve([1, 100], [1, 100], label="line", color="green", dash="--"),)),
        Panel(xlim=(0, 1), ylim=(0, 1), layers=(Curve([0, 1], [0, 1], color="green", dash="--"),
                                                Curve([0, 0.4, 1], [0, np.nan, 1], color="grey"))),
    )  # fmt: skip
    log, like, beside = read(
        modules, Scene(panels, "scales"), (0, 10, 1), (1, 0.5, 0), (1, 1.01, 0.5)
    )
    assert log[1] == [["line", "10"]], "a straight line between its points on these axes"
    assert like[1] == [["line", "0.5"]], "no value where a curve is broken"
    assert beside is None


def centre(handle):
    box = handle.bounding_box()
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def mouse(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*((start + end) / 2))
    page.mouse.move(*end)
    page.mouse.up()


def finger(page, start, end):
    session = page.context.new_cdp_session(page)
    for kind, places in (
        ("touchStart", [start]), ("touchMove", [(start + end) / 2]), ("touchMove", [end]),
        ("touchEnd", []),
    ):  # fmt: skip
        points = [{"x": float(x), "y": float(y)} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


SCREENS = {
    "desktop": ({"viewport": {"width": 1280, "height": 900}}, mouse),
    "phone": ({"viewport": {"width": 390, "height": 844}, "has_touch": True}, finger),
}
DRAGS = [
    ("few_modes", "position middle", (20, -40)),
    ("few_modes", "upper", (-30, 0)),
    ("trained_phases", "separation p", (-80, -120)),
    ("phase_shift", "gap_x gap_y", (-15, -12)),
    ("phase_shift", "sd1_x", (8, 0)),
]


@pytest.fixture(scope="module", params=["desktop", pytest.param("phone", marks=pytest.mark.slow)])
def screen(request, browser, address):
    """A page of explorers on a screen, and a hand."""
    options, drag = SCREENS[request.param]
    context = browser.new_context(**options)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    yield page, drag
    context.close()
    assert not errors


def test_marks_are_dragged_and_their_sliders_follow(screen):
    page, drag = screen
    for name, sliders, way in DRAGS:
        shown = Shown(page, name)
        before = shown.values()
        handle = shown.root.locator(f'.nt-handle[data-drag="{sliders}"]').first
        handle.scroll_into_view_if_needed()
        start = centre(handle)
        drag(page, start, start + way)
        shown.wait_until(lambda: shown.values() != before, f"{name}: {sliders}")  # noqa: B023
        shown.settle()
        after = shown.values()
        changed = {slider for slider in after if after[slider] != before[slider]}
        # a page's tables may take other sliders to their steps, which the page says
        assert changed == set(sliders.split()) or "nearest" in shown.root.inner_text(), name
        if made(name).formula:
            # along an axis without a slider the mark follows its curve
            off = np.abs(centre(handle) - (start + way))[np.array(way) != 0]
            assert off.max() < 6, (name, sliders)
        shown.button("reset")
        shown.settle(before)


def test_the_arrow_keys_move_a_mark_by_a_step(page, address):
    page.goto(address)
    shown, explorer = Shown(page, "few_modes"), made("few_modes")
    handle = shown.root.locator('.nt-handle[data-drag="position middle"]')
    wanted = dict(explorer.values)
    for key, name, way in (("ArrowUp", "middle", 1), ("ArrowLeft", "position", -1)):
        stops = controls.positions(explorer.parameters[name])
        wanted[name] = stops[stops.index(wanted[name]) + way]
        handle.focus()
        page.keyboard.press(key)
        shown.settle(wanted, key)
    said = [f"{name} {wanted[name]:g}" for name in ("position", "middle")]
    assert handle.get_attribute("aria-valuetext") == ", ".join(said)
    # a mark on the other side of a mean goes where the arrow points
    shown = Shown(page, "phase_shift")
    other = shown.root.locator('.nt-handle[data-drag="gap_x gap_y"]').nth(1)
    start = centre(other)
    other.focus()
    page.keyboard.press("ArrowRight")
    shown.wait_until(lambda: centre(other)[0] > start[0], "to the right")
    assert shown.values()["gap_x"] < made("phase_shift").values["gap_x"]


def test_a_pointer_reads_every_panel_and_leaves(page, address):
    page.goto(address)
    for name in NAMES:
        shown, scene = Shown(page, name), made(name).scene()
        frame, canvas = drawing.frame(scene), shown.root.locator("canvas").bounding_box()
        scale = canvas["width"] / frame["width"]
        box = shown.root.locator(".nt-reading")
        assert not box.is_visible()
        for axes in frame["axes"]:
            left, top, width, height = axes["box"]
            x, y = left + 0.4 * width, top + 0.5 * height
            page.mouse.move(canvas["x"] + scale * x, canvas["y"] + scale * y)
            first = box.locator("b").first
            expected = np.interp(0.4, [0, 1], np.log(axes["xlim"]) if axes["xscale"] == "log"
                                 else axes["xlim"])  # fmt: skip
            expected = np.exp(expected) if axes["xscale"] == "log" else expected
            assert float(first.inner_text()) == pytest.approx(expected, rel=0.02, abs=0.05)
            assert box.locator("b").count() > 1
        page.mouse.move(1, 1)
        assert not box.is_visible()

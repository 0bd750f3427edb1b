"""What a reader saves of the picture: a sheet with title, sentence, setting and claims."""

import struct
from xml.etree import ElementTree

import pytest
from shown import Shown, made

from normtheory.explorers.sweep import plain

pytestmark = pytest.mark.browser
NAME = "few_modes"
WORDS = {"holds": "holds here", "fails": "fails here", "outside": "outside the claim"}
SVG = "{http://www.w3.org/2000/svg}"
# how much the sheet's pixels differ from those on the screen, and from those a little beside them
DIFFER = """async (root, [svg, x, y]) => {
  const canvas = root.querySelector("canvas");
  const { width, height } = canvas;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const pixels = (dx) => {
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [width, height];
    const context = copy.getContext("2d");
    context.drawImage(image, -x - dx, -y);
    return context.getImageData(0, 0, width, height).data;
  };
  const screen = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const mean = (a) => a.reduce((sum, v, k) => sum + Math.abs(v - screen[k]), 0) / a.length;
  return [canvas.width, mean(pixels(0)), mean(pixels(5))];
}"""


@pytest.fixture(scope="module")
def shown(browser, still_page):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(still_page([made(NAME)]))
    yield Shown(page, NAME)
    page.close()


def saved(shown, format):
    with shown.page.expect_download() as found:
        shown.button(format)
    assert found.value.suggested_filename == f"{NAME}.{format.lower()}"
    return found.value.path().read_bytes()


def test_the_svg_says_everything_and_is_the_picture(shown):
    shown.type("upper", "0.123456")
    shown.settle({"upper": 0.123456})
    data = saved(shown, "SVG")
    root = ElementTree.fromstring(data)
    said = " ".join(node.text for node in root.findall(f"{SVG}text"))
    explorer = made(NAME)
    values = {**explorer.values, "upper": 0.123456}
    assert said.startswith(explorer.title)
    assert explorer.scene(**values).text in said
    assert ", ".join(f"{name} = {plain(v)}" for name, v in values.items()) in said
    for claim, (_, state, reason) in zip(
        explorer.claims, explorer.standings(**values), strict=True
    ):
        assert f"{claim.id} ({claim.verdict} as a whole) {WORDS[state]}: {reason}." in said
    inner = root.find(f"{SVG}svg")
    place = [float(inner.get("x")), float(inner.get("y"))]
    width, same, beside = shown.root.evaluate(DIFFER, [data.decode(), *place])
    assert width == explorer.scene().size[0], "the screen shows the picture at its own size"
    assert same < 1 < beside


def test_the_png_has_two_pixels_for_one(shown):
    root = ElementTree.fromstring(saved(shown, "SVG"))
    png = saved(shown, "PNG")
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == tuple(
        2 * int(root.get(k)) for k in ("width", "height")
    )

"""The words of every picture as the browser draws it, on a canvas and as SVG, at sixty settings."""

import base64

import pytest
from collisions import settings, wrong
from shown import FEW, made, rarely

from normtheory import explorers
from normtheory.explorers import wire

pytestmark = pytest.mark.browser
ALONE = ("fisher_blocks", "projection_cost", "wasserstein_bound")
ALONE += ("weight_norm_start", "weight_norm_noise")
# for each panel its words, each with the box that it takes, and the box of its legend
WORDS = """([look, text, frame, kind]) => {
  const { canvas, svg } = modules;
  const picture = canvas.decode(look, Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  const inks = { line: {}, text: {}, halo: "#ffffff" };
  return picture.panels.map((layers, k) => {
    const context = kind === "canvas" ? document.createElement("canvas").getContext("2d")
      : new svg.Sketch();
    const [words, boxes] = [[], []];
    let place = [0, 0];
    const own = Object.fromEntries(
      ["translate", "fillText", "measureText", "rect"].map((n) => [n, context[n].bind(context)]));
    // letters of mathtext are outlines: written plainly here, as wide as they are
    context.measureText = (word) => frame.glyphs[word] ?? own.measureText(word);
    context.translate = (...at) => own.translate(...(place = at));
    context.fillText = (word, ...at) => {
      const { width } = context.measureText(word);
      words.push([word, [place[0], place[1] - 13, place[0] + width, place[1] + 5]]);
      own.fillText(word, ...at);
    };
    context.rect = (x, y, w, h) => {
      boxes.push([x, y, x + w, y + h]);
      own.rect(x, y, w, h);
    };
    const alone = { ...frame, glyphs: {}, axes: [frame.axes[k]] };
    canvas.paint(context, alone, { panels: [layers] }, inks);
    // the first one clips, and squares mark points
    const legend = boxes.slice(1).find((box) => box[2] - box[0] > 30);
    return [words, legend ?? null];
  });
}"""


@pytest.fixture
def problems(modules):
    """Finds what is wrong with the words of an explorer's picture at a setting."""

    def find(explorer, values, kind="canvas", size=""):
        scene = explorer.scene(**values)
        (look, data), frame = wire.picture(scene), wire.frame(scene)
        frame = {**frame, **frame.get(size, {})}
        text = base64.b64encode(data).decode()
        found = []
        drawn = modules.evaluate(WORDS, [look, text, {**frame, "svg": ""}, kind])
        for panel, axes, (words, legend) in zip(scene.panels, frame["axes"], drawn, strict=True):
            left, top, width, height = axes["box"]
            found += wrong(panel, (left, top, left + width, top + height), words, legend)
        return found

    return find


@pytest.mark.parametrize("kind", ["canvas", "svg"])
@pytest.mark.parametrize("name", (*FEW, "pseudo_huber_loss"))
def test_no_word_covers_another_at_some_settings(problems, name, kind):
    for values in settings(made(name), 2):
        assert problems(made(name), values, kind) == [], values


@pytest.mark.parametrize("name", [*ALONE[:2], *rarely(*ALONE[2:])])
def test_no_word_covers_another_where_a_phone_has_one_panel(problems, name):
    for values in settings(made(name), 12):
        assert problems(made(name), values, size="narrow") == [], values


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["canvas", "svg"])
@pytest.mark.parametrize("name", explorers.catalogue())
def test_no_word_covers_another_at_sixty_settings(problems, name, kind):
    sizes = ["", "narrow"] if len(made(name).scene().panels) == 1 else [""]
    for values in settings(made(name), 60):
        for size in sizes:
            assert problems(made(name), values, kind, size) == [], (size, values)

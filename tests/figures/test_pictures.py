"""Pictures look as they were stored: those of the notebooks, which nbval skips, and a scene with
everything that a scene can hold. After a change that is meant, `make notebooks`, or for the scene
`python tests/figures/test_pictures.py`."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from normtheory import experiments
from normtheory.experiments import catalogue
from normtheory.figures import drawing, scene, style
from normtheory.figures.picture import note_below, picture, rendered

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
STORED = Path(__file__).with_name("every_layer.png")


@pytest.fixture(scope="module")
def pictures():
    """The notebooks' pictures by the id of their experiment."""
    found = {}
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            shown = re.search(r'experiments\.show\("([\w.-]+)"\)', "".join(cell["source"]))
            for output in cell.get("outputs", ()) if shown else ():
                if "image/png" in output.get("data", ()):
                    found[shown[1]] = base64.b64decode(output["data"]["image/png"])
    return found


def changed(*pictures):
    """How many pixels differ visibly between two PNG files."""
    now, then = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for png in pictures
    )
    assert now.shape == then.shape
    return (abs(now - then).max(axis=-1) > 8).sum()


@pytest.mark.slow
@pytest.mark.parametrize("id", catalogue.ids())
def test_a_notebook_shows_the_picture_that_is_drawn_today(id, pictures):
    assert changed(experiments.show(id).picture(), pictures[id]) <= 20


def test_a_slightly_wider_line_is_a_change(pictures, monkeypatch):
    width = style.RC["lines.linewidth"]
    monkeypatch.setitem(style.RC, "lines.linewidth", 1.1 * width)
    assert changed(experiments.show("per.timing").picture(), pictures["per.timing"]) > 20


def test_a_file_has_200_dots_to_the_inch_and_no_date():
    with picture((3, 2)) as figure:
        assert figure.dpi == 100
        figure.subplots().plot([0, 1])
        note_below(figure, "a note")
        files = rendered(figure, "some.where")
    assert set(files) == {".png", ".svg"}
    assert Image.open(io.BytesIO(files[".png"])).size == (600, 400)
    assert b"<dc:date>" not in files[".svg"]
    (note,) = figure.texts
    assert (note.get_position()[0], note.get_ha(), note.get_fontsize()) == (0.01, "left", 7.5)


def every_layer():
    """Each layer by its defaults with a direct label, and in a legend; axes of every kind."""
    x = np.linspace(0.1, 1, 40)
    layers = (
        scene.Fill(x, 0.3 * x, label="fill"),
        scene.Bars([0.1, 0.4, 0.7, 1.0], [0.2, 0.5, 0.3], label="bars"),
        scene.Band(x, 0.5 * x, 0.6 * x, label="band"),
        scene.Curve(x, x**2, label="curve $x^2$"),
        scene.Points([0.3], [0.8], label="left"),
        scene.Points([0.8], [0.9], marker="x", label="right"),
        scene.VLine([0.2], label="$x_0$"),
        scene.VLine([0.9], label="$x_1$"),
        scene.HLine([0.7], label="$y_0$"),
        scene.Text([0.6], [0.95], label="text", align="center"),
    )
    axes = {"xlim": (0.1, 1.0), "ylim": (0.01, 1.0), "xlabel": "along", "ylabel": "up"}
    crowd = [scene.HLine([0.5], label=f"level {k}", label_at=0.1 * k) for k in range(11)]
    # one at each edge, one outside, one that is nowhere
    crowd += [scene.Text([k], [k], label="edge") for k in (0.1, 1.0, 1.2, np.nan)]
    crowd += [scene.Curve(x, x, color="green", dash="--", label="late", label_at=0.9)]
    tall = {**axes, "ylim": (0.01, 6.0)}  # room for a legend
    ticks = ((0.2, "low"), (0.8, "high"))
    return scene.Scene(
        (
            scene.Panel(title="labels", layers=layers, **axes),
            scene.Panel(title="legend", layers=layers, legend="upper left", xscale="log", **tall),
            scene.Panel(title="crowd", layers=crowd, **axes),
            scene.Panel(
                title="equal", equal=True, xticks=ticks, yticks=ticks, yscale="log", **axes
            ),
        ),
        "every layer",
        columns=2,
        widths=(2, 1),
        size=(900, 700),
    )


def test_a_scene_looks_as_stored():
    assert changed(drawing.render(every_layer(), dpi=drawing.DPI), STORED.read_bytes()) <= 20


if __name__ == "__main__":
    STORED.write_bytes(drawing.render(every_layer(), dpi=drawing.DPI))

"""What a page without a kernel saves, against what Python saves."""

import csv
import io

import numpy as np
import pytest

from normtheory.explorers import scripts, wire
from normtheory.figures import drawing
from normtheory.figures.scene import Curve, HLine, Panel, Scene

pytestmark = pytest.mark.browser
RUN = """async ([explorer, companions, look, data, frame]) => {
  const url = URL.createObjectURL(new Blob([explorer], { type: "text/javascript" }));
  const { load } = await import(url);
  const { canvas, saving } = await load(companions);
  return saving.csv(canvas.decode(look, Uint8Array.from(data)), frame);
}"""


def test_the_rows_are_those_that_python_writes(page):
    labels = (r"$\psi$", 'say "b"', "a, b", "plain", "")
    x = np.array([0.0, 0.5])
    layers = [*(Curve(x, x, label=label) for label in labels), HLine([0.25], label="$c$")]
    panels = [
        Panel(title=title, xlim=(0, 1), ylim=(0, 1), layers=tuple(layers))
        for title in ("", "a, titled")
    ]
    scene = Scene(panels, "labels")
    look, data = wire.picture(scene)
    page.goto("about:blank")
    sources = scripts.source("explorer"), scripts.companions()
    found = page.evaluate(RUN, [*sources, look, list(data), drawing.frame(scene)])
    rows = list(csv.DictReader(io.StringIO(found)))
    expected = list(csv.DictReader(io.StringIO(scene.csv())))
    assert list(rows[0]) == list(expected[0])
    for key in set(rows[0]) - {"value"}:
        assert [row[key] for row in rows] == [row[key] for row in expected]
    values = [[float(row["value"]) for row in each] for each in (rows, expected)]
    np.testing.assert_array_equal(*values)

"""What each experiment's picture holds when its stored arrays are drawn: data, axes, colours, sizes
and words; a digest of it is stored.

After a change that is meant, ``python tests/figures/test_drawn.py`` stores the new ones.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from normtheory.experiments import catalogue, report
from normtheory.figures.picture import picture

STORED = Path(__file__).with_name("drawn.txt")
RESULTS = Path(__file__).parents[2] / "results"
AXES = "position xlim ylim xscale yscale xticks yticks title xlabel ylabel".split()
LINE = "xydata color linestyle linewidth marker markersize markeredgewidth alpha".split()
AREA = "offsets facecolor edgecolor linewidth alpha".split()
TEXT = "text position fontsize color ha va rotation".split()


def held(figure):
    """Everything that a figure holds, in the order in which it was drawn."""
    for axes in figure.axes:
        yield from of(axes, AXES)
        for line in axes.lines:
            yield from of(line, LINE)
        for area in axes.collections:
            yield from of(area, AREA)
            yield from (path.vertices for path in area.get_paths())
        for patch in axes.patches:
            yield from of(patch, AREA[1:])
            yield patch.get_path().transformed(patch.get_patch_transform()).vertices
        for image in axes.images:
            yield from of(image, ("array", "clim"))
        for legend in filter(None, [axes.get_legend()]):
            yield from (text.get_text() for text in legend.get_texts())
    for text in [text for each in (figure, *figure.subfigs, *figure.axes) for text in each.texts]:
        yield from of(text, TEXT)


def of(artist, names):
    return (getattr(artist, f"get_{name}")() for name in names)


def told(value):
    """A value in words, numbers to five digits."""
    array = np.ma.getdata(value) if not hasattr(value, "bounds") else np.array(value.bounds)
    numbers = np.asarray(array, dtype=object).ravel()
    return " ".join(f"{x:.5g}" if isinstance(x, float | int) else str(x) for x in numbers)


def look(id):
    """A digest of an experiment's picture."""
    entry, (_, arrays) = catalogue.experiment(id), report.load(id, RESULTS)
    with picture(entry.size) as figure:
        entry.draw(figure, arrays, entry.document)
        text = "\n".join(map(told, held(figure)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("id", catalogue.ids())
def test_a_picture_changes_on_purpose(id):
    stored = dict(line.split() for line in STORED.read_text().splitlines())
    assert look(id) == stored[id], "if that was meant: python tests/figures/test_drawn.py"


if __name__ == "__main__":
    STORED.write_text("".join(f"{id} {look(id)}\n" for id in catalogue.ids()))

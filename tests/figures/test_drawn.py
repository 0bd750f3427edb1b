"""What each experiment's picture holds when its stored arrays are drawn: data, axes, colours, sizes
and words."""

from pathlib import Path

import numpy as np
import pytest
from digests import changes_on_purpose, digest

from normtheory.experiments import catalogue, report
from normtheory.figures.picture import picture

NAMES = catalogue.ids()
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
            yield from (
                each
                for text in legend.get_texts()
                for each in of(text, ("text", "fontsize", "color"))
            )
        ticks = *axes.get_xticklabels(), *axes.get_yticklabels()
        for label in (axes.title, axes.xaxis.label, axes.yaxis.label, *ticks):
            yield from of(label, ("fontsize", "color", "rotation"))
    for text in [text for each in (figure, *figure.subfigs, *figure.axes) for text in each.texts]:
        yield from of(text, TEXT)


def of(artist, names):
    return (getattr(artist, f"get_{name}")() for name in names)


def words(value):
    """A value in words, numbers to five digits."""
    array = np.ma.getdata(value) if not hasattr(value, "bounds") else np.array(value.bounds)
    numbers = np.asarray(array, dtype=object).ravel()
    return " ".join(f"{x:.5g}" if isinstance(x, float | int) else str(x) for x in numbers)


def told(id):
    """A digest of an experiment's picture."""
    entry, (_, arrays) = catalogue.experiment(id), report.load(id, RESULTS)
    with picture(entry.size) as figure:
        entry.draw(figure, arrays, entry.document)
        text = "\n".join(map(words, held(figure)))
    return digest(text)


@pytest.mark.parametrize("id", NAMES)
def test_a_picture_changes_on_purpose(id):
    changes_on_purpose(__file__, id, told(id))

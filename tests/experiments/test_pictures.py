"""The pictures in the notebooks are those that the stored results draw today; nbval skips them."""

import base64
import io
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from normtheory import experiments
from normtheory.experiments import catalogue
from normtheory.figures import style

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def pictures():
    """The stored pictures by the id of their experiment."""
    found = {}
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for id in re.findall(r'^experiments\.show\("(.+)"\)', cell.source, re.MULTILINE):
                (found[id],) = (o.data["image/png"] for o in cell.outputs if "image/png" in o.data)
    return found


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def changed(id, stored):
    """How many pixels of today's picture differ visibly from the stored one."""
    now, then = pixels(experiments.show(id).picture()), pixels(base64.b64decode(stored))
    assert now.shape == then.shape
    return (abs(now - then).max(axis=-1) > 8).sum()


@pytest.mark.parametrize("id", catalogue.ids())
def test_a_notebook_shows_the_picture_that_is_drawn_today(id, pictures):
    assert changed(id, pictures[id]) <= 20, "run `make notebooks` if the change is meant"


def test_a_slightly_wider_line_is_a_change(pictures, monkeypatch):
    width = style.RC["lines.linewidth"]
    monkeypatch.setitem(style.RC, "lines.linewidth", 1.1 * width)
    assert changed("per.timing", pictures["per.timing"]) > 20

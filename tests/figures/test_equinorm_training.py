"""What the figures of EquiNorm's training draw is the data they are given, and the paper's."""

import numpy as np
import pytest

from normtheory.figures.equinorm_training import (
    draw_losses,
    draw_mixup,
    draw_quarter,
    draw_short,
    draw_spread,
)
from normtheory.figures.picture import picture

RNG = np.random.default_rng(0)


def arrays(systems):
    return {name: RNG.uniform(0.3, 0.6, (5, systems, 8)) for name in ("train", "test", "accuracy")}


def medians(axes, systems):
    return [line.get_ydata() for line in axes.lines[:systems]]


@pytest.mark.parametrize(
    ("draw", "names"), [(draw_losses, ("train", "test")), (draw_spread, ("accuracy", "test"))]
)
def test_curves_are_medians_with_quartiles(draw, names):
    given = arrays(3)
    with picture((9, 4)) as figure:
        draw(figure, given, {})
        for axes, name in zip(figure.axes, names, strict=True):
            values = given[name] * (100 if name == "accuracy" else 1)
            np.testing.assert_allclose(medians(axes, 3), np.median(values, axis=0))
            for row, band in enumerate(axes.collections):
                low, high = np.quantile(values[:, row], (0.25, 0.75), axis=0)
                heights = band.get_paths()[0].vertices[:, 1]
                assert heights.min() == pytest.approx(low.min())
                assert heights.max() == pytest.approx(high.max())


def test_the_spread_is_written_beside_the_names():
    given = arrays(3)
    with picture((9, 4)) as figure:
        draw_spread(figure, given, {})
        texts = [text.get_text() for text in figure.axes[0].texts]
    low, middle, high = np.quantile(100 * given["accuracy"][:, 2, -1], (0.25, 0.5, 0.75))
    assert f"EquiNorm\n{middle:.1f} (IQR {high - low:.1f})" in texts


@pytest.mark.parametrize(
    ("draw", "first", "document", "marks"),
    [
        (draw_quarter, "test", {"BN": 94.7, "quarter": 95.8}, [0.0, 1.1]),
        (draw_short, "accuracy", {"BN": [93.3, 0.77], "EquiNorm": [94.0, 0.22]}, [0.0, 0.7]),
    ],
)
def test_ends_stand_beside_the_papers(draw, first, document, marks):
    systems = 3 if draw is draw_quarter else 2
    given = arrays(systems)
    with picture((9, 4)) as figure:
        draw(figure, given, document)
        left, right = figure.axes
        shown = given[first] * (100 if first == "accuracy" else 1)
        np.testing.assert_allclose(medians(left, systems), np.median(shown, axis=0))
        last = 100 * given["accuracy"][:, :, -1]
        crosses, dots = [], []
        for line in right.lines:
            if line.get_marker() == "x":
                crosses.append(line.get_xdata()[0])
            elif line.get_marker() == ".":
                dots.append(line.get_xdata())
        np.testing.assert_allclose(dots, (last - np.median(last[:, 0])).T)
        assert crosses == pytest.approx(marks)


def test_mixup_shows_each_run_and_the_medians():
    given = arrays(6)
    with picture((9, 4)) as figure:
        draw_mixup(figure, given, {})
        for axes, values in zip(figure.axes, (100 * given["accuracy"], given["test"]), strict=True):
            middle = np.median(values[:, :, -1], axis=0)
            drawn = [line.get_ydata() for line in axes.lines if line.get_marker() == "o"]
            np.testing.assert_allclose(drawn, middle.reshape(2, 3))
            dots = [line.get_ydata() for line in axes.lines if line.get_marker() == "."]
            # three lines for each run of BN, then of EquiNorm
            last = values[:, :, -1].reshape(5, 2, 3).swapaxes(0, 1)
            np.testing.assert_allclose(dots, last.reshape(10, 3))

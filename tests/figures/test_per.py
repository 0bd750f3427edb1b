"""What the PER figures draw is the data they are given."""

import numpy as np

from normtheory.figures.per import draw_curves, draw_flow, draw_laws
from normtheory.figures.picture import picture


def solid(axes, count):
    return np.array([line.get_ydata() for line in axes.lines[:count]])


def test_laws_show_the_clouds_and_the_medians():
    rng = np.random.default_rng(0)
    arrays = {"points": rng.random((5, 4, 20, 2)), "seen": rng.uniform(0.01, 1, (5, 4, 3))}
    with picture((9, 6)) as figure:
        draw_laws(figure, arrays, {})
        for index, axes in enumerate(figure.axes[:4]):
            np.testing.assert_allclose(axes.lines[0].get_xydata(), arrays["points"][0, index])
        np.testing.assert_allclose(solid(figure.axes[4], 4), np.median(arrays["seen"], axis=0))


def test_flow_shows_the_frames_and_the_medians():
    rng = np.random.default_rng(0)
    arrays = {
        "at": np.tile([0, 3, 9], (5, 1)),
        "frames": rng.random((5, 2, 3, 20, 2)),
        **{name: rng.random((5, 2, 10)) for name in ("mean", "variance", "distance")},
    }
    with picture((9, 6)) as figure:
        draw_flow(figure, arrays, {})
        for row in range(2):
            for column in range(3):
                drawn = figure.axes[3 * row + column].lines[2].get_xydata()
                np.testing.assert_allclose(drawn, arrays["frames"][0, row, column])
        for axes, name in zip(figure.axes[6:], ("mean", "variance", "distance"), strict=True):
            np.testing.assert_allclose(solid(axes, 2), np.median(arrays[name], axis=0))


def test_curves_show_values_and_gradients():
    rng = np.random.default_rng(0)
    arrays = {"x": rng.random((1, 9)), "value": rng.random((1, 3, 9))}
    arrays["gradient"] = rng.random((1, 3, 9))
    with picture((9, 4)) as figure:
        draw_curves(figure, arrays, {})
        for axes, name in zip(figure.axes, ("value", "gradient"), strict=True):
            np.testing.assert_array_equal(solid(axes, 3), arrays[name][0])

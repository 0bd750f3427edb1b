"""What the shattered-gradient figures draw is the data they are given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.shattered import draw_autocorrelation, draw_coactivation, draw_gradients


def test_gradients_of_the_first_seed_and_everyones_autocorrelation():
    rng = np.random.default_rng(0)
    arrays = {
        "line": np.tile(np.arange(8.0), (5, 1)),
        "gradient": rng.random((5, 6, 8)),
        "lag1": rng.random((5, 6)),
    }
    with picture((9, 6)) as figure:
        draw_gradients(figure, arrays, {})
        for row in range(6):
            left, right = figure.axes[2 * row : 2 * row + 2]
            np.testing.assert_array_equal(left.lines[0].get_ydata(), arrays["gradient"][0, row])
            np.testing.assert_array_equal(right.lines[0].get_xdata(), arrays["lag1"][:, row])
            assert right.lines[1].get_xdata() == np.median(arrays["lag1"][:, row])


def test_autocorrelation_medians():
    arrays = {"autocorrelation": np.random.default_rng(0).random((5, 6, 11))}
    with picture((7, 4)) as figure:
        draw_autocorrelation(figure, arrays, {})
        drawn = [line.get_ydata() for line in figure.axes[0].lines[:6]]
    np.testing.assert_allclose(drawn, np.median(arrays["autocorrelation"], axis=0))


def test_coactivation_medians_and_the_notes_numbers():
    rng = np.random.default_rng(0)
    arrays = {name: rng.random((5, 2, 6)) for name in ("active", "coactive", "correlation")}
    # from the fourth layer on there is only noise
    arrays["correlation"][:, 1, 3:] -= 2
    with picture((9, 4)) as figure:
        draw_coactivation(figure, arrays, {"active": 0.25, "slope": -1.0})
        for axes, name in zip(figure.axes, ("coactive", "active"), strict=False):
            drawn = np.array([line.get_ydata() for line in axes.lines])
            np.testing.assert_allclose(drawn[:2], np.median(arrays[name], axis=0))
            np.testing.assert_array_equal(drawn[2], 0.25)
        plain, batchnorm, stated = figure.axes[2].lines
        np.testing.assert_allclose(
            plain.get_ydata(), np.median(arrays["correlation"][:, 0], axis=0)
        )
        assert len(batchnorm.get_ydata()) == 3
        np.testing.assert_array_equal(stated.get_ydata(), 0.5 ** np.arange(1, 7))

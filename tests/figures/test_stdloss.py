"""What the standardization-loss figures draw is the data they are given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.stdloss import draw_batch_sizes, draw_training, draw_weights


def training_arrays(seeds=4):
    rng = np.random.default_rng(0)
    return {
        "step": np.tile(np.arange(0, 60, 10), (seeds, 1)),
        **{name: rng.random((seeds, 3, 6)) for name in ("train", "test", "accuracy")},
        "final": rng.random((seeds, 3)),
    }


def test_training_shows_means_and_the_papers_numbers():
    arrays = training_arrays()
    with picture((9, 4)) as figure:
        draw_training(figure, arrays, {"none": [24.6, 6.5], "BN": [85.6, None]})
        entropy, accuracy = figure.axes
        means = [line.get_ydata() for line in entropy.lines[:3]]
        np.testing.assert_allclose(means, arrays["test"].mean(0))
        means = [line.get_ydata() for line in accuracy.lines[:3]]
        np.testing.assert_allclose(means, 100 * arrays["accuracy"].mean(0))
        marks = [line.get_ydata()[0] for line in accuracy.lines if line.get_marker() == "x"]
        assert marks == [24.6, 85.6]


def test_weights_show_every_point_and_the_sweep():
    arrays = training_arrays()
    arrays |= {
        "weight": np.tile([0.1, 1.0, 10.0], (4, 1)),
        "swept": np.random.default_rng(1).random((4, 3)),
    }
    with picture((9, 4)) as figure:
        draw_weights(figure, arrays, {})
        left, right = figure.axes
        for row in range(3):
            drawn = left.lines[row].get_xydata()
            np.testing.assert_allclose(drawn[:, 0], arrays["test"][:, row].ravel())
            np.testing.assert_allclose(drawn[:, 1], 100 * arrays["accuracy"][:, row].ravel())
        np.testing.assert_allclose(right.lines[0].get_ydata(), 100 * arrays["swept"].mean(0))
        np.testing.assert_allclose(right.lines[1].get_ydata(), 100 * arrays["final"][:, 0].mean())


def test_batch_sizes_show_medians_and_every_seed():
    rng = np.random.default_rng(0)
    arrays = {"size": np.tile([2, 8, 128], (5, 1)), "accuracy": rng.random((5, 3, 3))}
    with picture((6, 4)) as figure:
        draw_batch_sizes(figure, arrays, {})
        lines = figure.axes[0].lines
        for row in range(3):
            # for each method a median, then one line of dots a seed
            drawn = [line.get_ydata() for line in lines[6 * row : 6 * row + 6]]
            values = 100 * arrays["accuracy"][:, row]
            np.testing.assert_allclose(drawn[0], np.median(values, axis=0))
            np.testing.assert_allclose(drawn[1:], values)

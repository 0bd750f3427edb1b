"""What the standardization-loss figures draw is the data they are given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.stdloss import (
    draw_batch_sizes,
    draw_evolution,
    draw_speed_ups,
    draw_training,
    draw_weights,
)


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
        dots = accuracy.collections[-1].get_offsets()[:, 1]
        np.testing.assert_allclose(dots, 100 * arrays["final"].mean(0))


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


def test_evolution_shows_the_median_law_of_each_method():
    rng = np.random.default_rng(0)
    quantile = np.sort(rng.normal(size=(5, 3, 4, 25)), axis=-1)
    arrays = {"step": np.tile([0, 10, 20, 30], (5, 1)), "quantile": quantile}
    with picture((11, 4)) as figure:
        draw_evolution(figure, arrays, {})
        assert len({axes.get_ylim() for axes in figure.axes}) == 1
        for axes, law in zip(figure.axes, np.median(quantile, axis=0), strict=True):
            drawn = axes.lines[-1].get_xydata()
            np.testing.assert_allclose(drawn, np.stack([arrays["step"][0], law[:, 12]], axis=1))
            # bands from the 2 to the 98 % level inwards
            for band, low in zip(axes.collections, (0, 3, 6), strict=True):
                corners = band.get_paths()[0].vertices
                for edge in (law[:, low], law[:, 24 - low]):
                    assert set(np.round(edge, 9)) <= set(np.round(corners[:, 1], 9))
            # and the standard normal law's 2, 14, 26, 74, 86 and 98 % quantiles
            targets = sorted(line.get_ydata()[0] for line in axes.lines[:-1])
            wanted = [-2.0537, -1.0803, -0.6433, 0.6433, 1.0803, 2.0537]
            np.testing.assert_allclose(targets, wanted, atol=1e-3)


def test_speed_ups_show_every_run_the_median_and_the_papers_tables():
    rng = np.random.default_rng(0)
    reached = rng.uniform(10, 100, (5, 3, 4))
    reached[0, 2, 3] = np.inf
    arrays = {
        "step": np.tile([0, 10, 20], (5, 1)),
        "accuracy": rng.random((5, 3, 3)),
        "share": np.tile([0.4, 0.6, 0.8, 1.0], (5, 1)),
        "reached": reached,
    }
    document = {
        "PointNet": {"none": [26.6, None], "BN": [6.1, 4.4], "standardization": [12.1, 2.2]},
        "other": {"none": [10, None], "BN": [1, 10.0], "standardization": [5, 2.0]},
    }
    with picture((11, 4.4)) as figure:
        draw_speed_ups(figure, arrays, document)
        left, middle, right = figure.axes
        means = [line.get_ydata() for line in left.lines]
        np.testing.assert_allclose(means, 100 * arrays["accuracy"].mean(0))
        for row, lines in ((1, middle.lines[:6]), (2, middle.lines[6:12])):
            speed = reached[:, 0] / reached[:, row]
            np.testing.assert_allclose([line.get_ydata() for line in lines[:5]], speed)
            np.testing.assert_allclose(lines[5].get_ydata(), np.median(speed, axis=0))
        marks = [line.get_ydata()[0] for line in right.lines if line.get_marker() == "x"]
        assert marks == [4.4, 2.2, 10.0, 2.0]
        assert middle.get_ylim() == right.get_ylim() and right.get_ylim()[1] > 10

"""What the figures of the CIFAR-10 tables draw is the data they are given."""

import numpy as np

from normtheory.figures.cifar import draw_methods, draw_subset_sizes
from normtheory.figures.picture import picture


def test_errors_against_n_above_ours_and_below_the_papers():
    rng = np.random.default_rng(0)
    ours, printed = rng.uniform(0.4, 0.6, (5, 3, 6)), rng.uniform(0.06, 0.08, (3, 6))
    document = {"normalizations": ["none", "BN", "GN"], "n": [2, 5, 9], "error": printed.tolist()}
    with picture((10, 6)) as figure:
        draw_subset_sizes(figure, {"error": ours}, document)
        for row, errors in enumerate((np.median(ours, axis=0), printed)):
            for column, axis in enumerate(figure.axes[3 * row : 3 * row + 3]):
                levels = [line.get_ydata()[0] for line in axis.lines[:3]]
                np.testing.assert_allclose(levels, 100 * errors[column, :3])
                np.testing.assert_array_equal(axis.lines[-1].get_xdata(), document["n"])
                np.testing.assert_allclose(axis.lines[-1].get_ydata(), 100 * errors[column, 3:])
        dots = [line.get_ydata() for line in figure.axes[1].lines[3:-1]]
        np.testing.assert_allclose(dots, 100 * ours[:, 1, 3:])


def test_every_method_has_its_dots_its_median_and_the_papers_figures():
    rng = np.random.default_rng(0)
    ours = rng.uniform(0.4, 0.6, (5, 3, 2))
    document = {
        "methods": ["none", "PER"],
        "error": [[8.0, 7.0], [6.0, 5.0], [4.0, 3.0]],
        "quoted": [[8.1, None], [6.1, None], [4.1, None]],
    }
    with picture((9, 5)) as figure:
        draw_methods(figure, {"error": ours}, document)
        left, right = figure.axes
        dots = [line.get_xdata() for line in left.lines if line.get_marker() == "."]
        np.testing.assert_allclose(dots, 100 * ours.reshape(5, 6).T)
        bars = [line.get_xdata() for line in left.lines if line.get_marker() == "None"]
        # lines between activation functions run over the whole width, which is 0 to 1 for them
        medians = [x[0] for x in bars if x[0] == x[1]]
        crosses = {
            marker: [line.get_xdata()[0] for line in right.lines if line.get_marker() == marker]
            for marker in "xo"
        }
        np.testing.assert_allclose(crosses["x"], np.ravel(document["error"]))
        np.testing.assert_allclose(crosses["o"], [8.1, 6.1, 4.1])
        np.testing.assert_allclose(medians, 100 * np.median(ours, axis=0).ravel())
        labels = [tick.get_text() for tick in left.get_yticklabels()]
        assert labels[:2] == ["ReLU vanilla", "ReLU PER"]

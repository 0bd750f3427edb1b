"""What the PER paper's training figures draw is the data they are given."""

import numpy as np

from normtheory.figures.per_training import draw_closeness, draw_evolution
from normtheory.figures.picture import picture


def test_evolution_shows_the_first_seeds_quartiles_and_all_seeds_medians():
    rng = np.random.default_rng(0)
    arrays = {"quantiles": np.sort(rng.random((5, 3, 3, 6, 3)), axis=-1)}
    arrays |= {name: rng.random((5, 3, 9, 6)) for name in ("mean", "variance")}
    with picture((11, 6)) as figure:
        draw_evolution(figure, arrays, {})
        for row in range(3):
            for column in range(3):
                middle = figure.axes[3 * row + column].lines[0].get_ydata()
                np.testing.assert_array_equal(middle, arrays["quantiles"][0, column, row, :, 1])
        for axes, name in zip(figure.axes[9:], ("mean", "variance"), strict=True):
            drawn = [line.get_ydata() for line in axes.lines[:3]]
            expected = np.median(np.median(arrays[name], axis=2), axis=0)
            np.testing.assert_allclose(drawn, expected)


def test_closeness_shows_the_maps_and_their_means():
    arrays = {"distance": np.random.default_rng(0).random((5, 3, 9, 6))}
    with picture((11, 5)) as figure:
        draw_closeness(figure, arrays, {})
        for method in range(3):
            shown = figure.axes[method].images[0].get_array()
            np.testing.assert_array_equal(shown, np.median(arrays["distance"][:, method], axis=0))
        drawn = [line.get_ydata() for line in figure.axes[3].lines[:3]]
        np.testing.assert_allclose(drawn, np.median(arrays["distance"].mean(2), axis=0))

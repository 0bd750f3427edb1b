"""What the UCI figure draws is the data it is given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.vcl_uci import draw_profile


def test_profile_and_wins():
    accuracy = np.random.default_rng(0).uniform(0.5, 1, (4, 3, 3, 3))
    document = {"sets": 44, "wins": [[9, 15, 27], [14, 16, 23], [11, 15, 28]]}
    with picture((9, 4)) as figure:
        draw_profile(figure, {"accuracy": accuracy}, document)
        left, right = figure.axes
        profiles = np.array([line.get_ydata() for line in left.lines]).reshape(3, 3, -1)
        # at tau = 1 each set and seed is reached by its best pair alone
        np.testing.assert_allclose(profiles[..., 0].sum(), 1)
        # SELU with VCL at tau = 0.9
        tau = left.lines[0].get_xdata()
        column = np.argmin(np.abs(tau - 0.9))
        share = accuracy[..., 2, 2] / accuracy.max(axis=(2, 3))
        np.testing.assert_allclose(profiles[2, 2, column], (share >= 0.9).mean())
        heights = np.array([bar.get_height() for bar in right.patches]).reshape(3, 3)
        # without ties every set has one winner for each activation function
        np.testing.assert_allclose(heights.sum(0), 1)
        crosses = [line.get_ydata() for line in right.lines if line.get_marker() == "x"]
        np.testing.assert_allclose(np.transpose(crosses), np.array(document["wins"]) / 44)

"""What the weight-normalization figure draws is the data it is given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.weightnorm import draw_training


def test_losses_accuracies_and_times():
    rng = np.random.default_rng(0)
    arrays = {
        "step": np.tile(np.arange(1, 5) * 25, (4, 1)),
        "loss": rng.random((4, 5, 4)),
        "final": rng.random((4, 5)),
        "milliseconds": rng.random((4, 5)),
    }
    with picture((11, 4)) as figure:
        draw_training(figure, arrays, {"BN over WN": 1.16})
        loss, final, times = figure.axes
        drawn = [line.get_ydata() for line in loss.lines]
        np.testing.assert_allclose(drawn, np.median(arrays["loss"], axis=0))
        for row in range(5):
            np.testing.assert_array_equal(
                final.lines[2 * row].get_ydata(), 100 * arrays["final"][:, row]
            )
            np.testing.assert_array_equal(
                times.lines[2 * row].get_ydata(), arrays["milliseconds"][:, row]
            )
        stated = 1.16 * np.median(arrays["milliseconds"][:, 2])
        np.testing.assert_allclose(times.lines[-1].get_ydata(), stated)

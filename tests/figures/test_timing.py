"""What the timing figure draws is the data it is given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.timing import draw_times


def test_ratios_to_the_plain_step_and_the_papers():
    arrays = {"milliseconds": np.random.default_rng(0).uniform(1, 3, (5, 3))}
    # the paper did not time the second
    document = {"names": ["none", "BN", "VCL"], "ratio": [1.0, None, 1.1]}
    with picture((6, 4)) as figure:
        draw_times(figure, arrays, document)
        (axes,) = figure.axes
        ratio = arrays["milliseconds"] / arrays["milliseconds"][:, :1]
        for row in range(3):
            dots, tick = axes.lines[2 * row : 2 * row + 2]
            np.testing.assert_allclose(dots.get_xdata(), ratio[:, row])
            np.testing.assert_allclose(tick.get_xdata(), np.median(ratio[:, row]))
        np.testing.assert_array_equal(axes.lines[6].get_xdata(), [1.0, np.nan, 1.1])
        assert axes.get_title("right") == ""
    arrays["load"] = np.array([1.0, 2.0, 3.5, 9.0, 2.5])
    with picture((6, 4)) as figure:
        draw_times(figure, arrays, document)
        assert figure.axes[0].get_title("right").startswith("2.5 processes")

"""What the timing figure draws is the data it is given."""

import numpy as np

from normtheory.figures.picture import picture
from normtheory.figures.timing import draw_times


def test_ratios_to_the_plain_step_and_the_papers():
    arrays = {"milliseconds": np.random.default_rng(0).uniform(1, 3, (5, 3))}
    document = {"names": ["none", "BN", "VCL"], "ratio": [1.0, 1.9, 1.1]}
    with picture((6, 4)) as figure:
        draw_times(figure, arrays, document)
        (axes,) = figure.axes
        ratio = arrays["milliseconds"] / arrays["milliseconds"][:, :1]
        widths = [bar.get_width() for bar in axes.patches]
        np.testing.assert_allclose(widths, np.median(ratio, axis=0))
        for row in range(3):
            np.testing.assert_allclose(axes.lines[row].get_xdata(), ratio[:, row])
        np.testing.assert_array_equal(axes.lines[3].get_xdata(), document["ratio"])

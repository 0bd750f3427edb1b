"""What the EquiNorm figure draws is the data it is given."""

import numpy as np

from normtheory.figures.equinorm import draw_balance
from normtheory.figures.picture import picture


def test_tables_and_totals():
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(4, 3, 3)) for name in ("image", "kernel", "balanced")}
    arrays |= {name: rng.normal(size=(4, 6, 2)) for name in ("raw", "normalized")}
    with picture((9, 4)) as figure:
        draw_balance(figure, arrays, {"total": 9.0})
        for axes, name in zip(figure.axes, ("image", "kernel", "balanced"), strict=False):
            np.testing.assert_array_equal(axes.images[0].get_array(), arrays[name][0])
            texts = [text.get_text() for text in axes.texts]
            assert texts == [f"{value:.2f}" for value in arrays[name][0].ravel()]
        drawn = np.array([line.get_ydata() for line in figure.axes[3].lines[:16]])
        for index, name in enumerate(("raw", "normalized")):
            for part in (0, 1):
                rows = drawn[8 * index + 4 * part :][:4]
                np.testing.assert_array_equal(rows, arrays[name][:, :, part])
        np.testing.assert_array_equal(figure.axes[3].lines[16].get_ydata(), [9.0, -9.0])

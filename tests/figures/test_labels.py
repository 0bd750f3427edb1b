"""Labels on lines do not overlap and stay near their lines."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from normtheory.figures.labels import spread


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.floats(0.01, 10))
def test_labels_are_apart_and_keep_their_order(positions, gap):
    placed = spread(positions, gap)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) >= gap * (1 - 1e-9) - 1e-9).all()
    assert abs(np.mean(placed) - np.mean(positions)) < 1e-6


def test_labels_that_are_apart_stay():
    np.testing.assert_array_equal(spread([3.0, 1.0, 2.0], 0.5), [3.0, 1.0, 2.0])

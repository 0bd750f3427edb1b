"""Labels on lines do not overlap and stay near their lines."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from normtheory.figures.labels import label_lines, spread, within


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.floats(0.01, 10))
def test_labels_are_apart_and_keep_their_order(positions, gap):
    placed = spread(positions, gap)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) >= gap * (1 - 1e-9) - 1e-9).all()
    assert abs(np.mean(placed) - np.mean(positions)) < 1e-6


def test_labels_that_are_apart_stay():
    np.testing.assert_array_equal(spread([3.0, 1.0, 2.0], 0.5), [3.0, 1.0, 2.0])


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8), st.floats(0.01, 10))
def test_labels_with_room_stay_within_it_apart_and_in_order(positions, gap):
    placed = within(spread(positions, gap), gap, -60.0, 60.0)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(placed[order]) >= gap * (1 - 1e-9) - 1e-9).all()
    assert placed.min() >= -60 - 1e-9
    # eight labels ten apart have room in 120
    assert placed.max() <= 60 + 1e-9


def test_a_name_at_the_edge_stays_inside_and_a_line_leads_to_one_that_moved():
    axes = Figure().subplots()
    axes.set(xlim=(0, 10), ylim=(0, 1))
    label_lines(axes, 10, [0.0, 0.01, 0.9], ["low", "next", "high"], ["k"] * 3, gap=0.1)
    names = {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_text()}
    assert names["low"] >= 0.05
    assert names["next"] >= names["low"] + 0.1 - 1e-9
    assert abs(names["high"] - 0.9) < 1e-9
    (led,) = [text for text in axes.texts if not text.get_text()]
    assert led.xy == (10, 0.01)

"""What the language model's figure draws is the data it is given."""

import numpy as np
import pytest

from normtheory.experiments.per.language import EXPERIMENTS
from normtheory.figures.per_language import draw_perplexities
from normtheory.figures.picture import picture

DOCUMENT = EXPERIMENTS[0].document
NAMES = ["LSTM", "RE-LSTM", "VD-LSTM", "RE-VD-LSTM"]


@pytest.mark.parametrize("count", [1, 4])
def test_changes_medians_crosses_and_curves(count):
    rng = np.random.default_rng(0)
    arrays = {
        "model": np.array([NAMES[:count]] * 6),
        "test": rng.uniform(90, 110, (6, count, 5)),
        "curve": rng.uniform(90, 300, (6, count, 5, 7)),
    }
    with picture((10, 5)) as figure:
        draw_perplexities(figure, arrays, DOCUMENT)
        left, right = figure.axes
        change = 100 * (arrays["test"] / arrays["test"][:, :, :1] - 1)
        lines = {
            mark: [line for line in left.lines if line.get_marker() == mark] for mark in (".", "x")
        }
        dots = np.array([line.get_ydata() for line in lines["."]])
        np.testing.assert_allclose(dots, change[:, :, 1:].reshape(6, -1).T)
        bars = [line.get_ydata()[0] for line in left.lines if line.get_linewidth() == 3]
        np.testing.assert_allclose(bars, np.median(change[:, :, 1:], axis=0).flatten())
        stated = np.array(DOCUMENT["WikiText2"]["test"])[:count]
        crosses = [line.get_ydata()[0] for line in lines["x"]]
        expected = 100 * (stated / stated[:, :1] - 1)[:, 1:]
        np.testing.assert_allclose(crosses, expected.flatten())
        drawn = [line.get_ydata() for line in right.lines]
        np.testing.assert_allclose(drawn, np.median(arrays["curve"][:, 0], axis=0))
        named = [text.get_text() for text in left.texts]
        assert named == (NAMES if count == 4 else [])

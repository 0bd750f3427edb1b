"""Activations by layer: the numbers drawn are those of the inspection, one's own or the default."""

import numpy as np
import pytest

from normtheory import explorers
from normtheory.claims import inspect_activations


def test_ones_own_layers_are_drawn():
    rng = np.random.default_rng(0)
    wide, flat = rng.standard_normal((20, 50)), rng.random((40, 5))
    found = inspect_activations({"wide": wide, "flat": flat})
    explorer = explorers.network_activations(found, assumption="white second moments")
    drawn = explorer.scene(statistic="variance").arrays()
    quartiles = np.quantile(wide.var(axis=0, ddof=1), (0.25, 0.5, 0.75))
    np.testing.assert_allclose(
        [drawn["0.1.low"][0], drawn["0.2.y"][0], drawn["0.1.high"][0]], quartiles
    )
    # twenty samples cannot tell the second moments of fifty units
    assert np.isnan(drawn["1.1.y"][0]) and drawn["1.1.y"][1] == 0 and drawn["1.0.x"] == [1]
    assert "layer wide: " in explorer.scene().text and "cannot tell in the first" in repr(explorer)
    share = explorer.scene(assumption="low kurtosis").arrays()["1.1.y"]
    assert share[1] == 100 * found.findings["flat"][1].share == 100
    with pytest.raises(TypeError, match="inspection must be a Inspection, got 3"):
        explorers.network_activations(3)

"""Numbers in prose: each phrase of a page or a docstring stands there, and is what it says."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from normtheory.experiments.catalogue import experiment

ROOT = Path(__file__).parents[1]


def _measured(what, against):
    """The ratio in a row of the table of measurements."""
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    (ratio,) = re.findall(
        rf"^\| {re.escape(what)} \| {re.escape(against)} \| ([\d.]+)x ", page, re.MULTILINE
    )
    return float(ratio)


def _compiled():
    rows = [f"the same with numba, n = {n}" for n in (2, 5, 10)]
    return all(10 < _measured(row, "naive numpy") < 25 for row in rows)


def _steps():
    over = {
        size: [_measured(f"step with {loss}, MLP {size}", "vanilla step") - 1 for loss in losses]
        for losses in [("VCL", "exact PER")]
        for size in ("64x6, b = 20", "512x6, b = 256")
    }
    narrow, wide = over.values()
    return np.allclose(narrow, 1, atol=0.15) and np.allclose(wide, (0.2, 0.3), atol=0.02)


def _farther():
    # the least uniform number is half of 2^-32
    beyond = 2 * stats.norm.sf(math.sqrt(-2 * math.log(2.0**-33)))
    return 6e10 < 1 / beyond < 8e10


def _sizes():
    table, uci = (experiment(id) for id in ("vcl.table2", "vcl.fig3"))
    sizes, own = table.document["n"], uci.scale("paper").configuration["n"]
    return (min(sizes), max(sizes), own) == (2, 9, 10)


_STEP = np.array([[0.84, 1.02, 1.26], [1.8, 2.1, 2.9], [3.9, 5.3, 6.5]])  # ms, by depth
_UCI = 500 * 0.6 * 515_181 / 20
_UCI_HOURS = _UCI * 4 * 3 * _STEP.sum() / 3.6e6
_PER_TIMES = (0.071, 0.083, 0.087, 0.093)

# (file, phrase) -> whether it is so
SAID = {
    ("benchmarks/compiled_simulation.py", "Ten to twenty-five times faster"): _compiled,
    ("normtheory/theory/normal_numbers.py", "one draw in 7 * 10^10"): _farther,
    ("normtheory/nn/losses/variance_constancy.py", "2 to 9 on images, 10 on the UCI"): _sizes,
    (
        "docs/benchmarks.md",
        "cost a step in the first, cost a fifth and three tenths of one in the second",
    ): _steps,
    ("docs/benchmarks.md", "67 million multiplications"): lambda: 256 * 512 * 512 // 10**6 == 67,
    ("docs/scaling.md", "= 4,752 runs of 500 epochs"): lambda: 44 * 9 * 3 * 4 == 4752,
    ("docs/scaling.md", "= 7.7 million steps"): lambda: round(_UCI / 1e6, 1) == 7.7,
    ("docs/scaling.md", "add up to 25.6 ms"): lambda: round(_STEP.sum(), 1) == 25.6,
    ("docs/scaling.md", "**660 core-hours**"): lambda: round(_UCI_HOURS, -1) == 660,
    ("docs/scaling.md", "depth 16 is three fifths"): lambda: (
        round(_STEP[2].sum() / _STEP.sum(), 1) == 0.6
    ),
    ("docs/scaling.md", "2 million steps of 6.5 ms, 3.5 hours"): lambda: (
        round(500 * 0.6 * 130_064 / 20 * 6.5e-3 / 3600, 1) == 3.5
    ),
    ("docs/scaling.md", "**450 GPU-hours** for one seed"): lambda: (
        0.29 < 450 * 3600 / (54 * 500 * 200) < 0.32
    ),
    ("docs/scaling.md", "**56\nGPU-hours** a seed"): lambda: (
        round(6 * 1e5 * sum(_PER_TIMES) / 3600) == 56
    ),
    ("docs/scaling.md", "four times: 102 GPU-hours"): lambda: (
        round(6 * 1e5 * (sum(_PER_TIMES) + 3 * _PER_TIMES[-1]) / 3600) == 102
    ),
    ("docs/scaling.md", "5,500 hours of it a seed"): lambda: (
        round(54 * 500 * 200 * 3.671 / 3600, -2) == 5500
    ),
}


@pytest.mark.parametrize(("path", "phrase"), SAID, ids=[phrase for _, phrase in SAID])
def test_a_number_in_prose_is_what_it_is_said_to_be(path, phrase):
    assert phrase in (ROOT / path).read_text(encoding="utf-8")
    assert SAID[path, phrase]()


def test_a_step_that_is_half_as_long_is_refused(monkeypatch):
    monkeypatch.setitem(globals(), "_measured", lambda what, against: 1.5)
    assert not (_steps() or _compiled())

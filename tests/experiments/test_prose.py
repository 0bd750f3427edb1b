"""What the notebooks' Markdown says of stored results, against their arrays."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from normtheory import experiments
from normtheory.experiments.atlas import METHODS
from normtheory.experiments.side_by_side import QUANTITIES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def prose(stem):
    cells = json.loads((NOTEBOOKS / f"{stem}.ipynb").read_text("utf-8"))["cells"]
    words = " ".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return " ".join(words.split())


# (notebook, words) -> the experiments of which it counts the seeds
SEEDS = {
    ("04_projected_error", "keep five seeds"): ("per.fig4", "per.fig5"),
    ("06_standardization_loss", "stored with ten seeds"): ("stdloss.fig3",),
    ("06_standardization_loss", "our ten seeds"): ("stdloss.fig2",),
}
NUMBERS = ("four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def test_seeds_are_counted_as_they_are_stored():
    counted = re.compile(rf"\w+(?: \w+)? (?:\d+|{'|'.join(NUMBERS)}) seeds", re.IGNORECASE)
    stems = (path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    said = {stem: counted.findall(prose(stem)) for stem in stems}
    assert sum(map(len, said.values())) == len(SEEDS), said
    for (stem, words), ids in SEEDS.items():
        assert words in prose(stem)
        for id in ids:
            stored = len(experiments.show(id).content["seeds"])
            assert words.split()[-2] == NUMBERS[stored - 4], id


# (notebook, words) -> the experiment of whose stored scale they are true, and of no other
SCALES = {
    ("03_variance_constancy_loss", "after twelve of the paper's 500 epochs"): "vcl.fig1",
    ("03_variance_constancy_loss", "On four of the 44 sets"): "vcl.fig3",
    ("03_variance_constancy_loss", "a thousand test images leave it *open*"): "vcl.table2",
    ("04_projected_error", "4,000 small images and 6 epochs"): "per.table3",
    ("04_projected_error", "ten epochs are too few"): "per.table4",
    (
        "11_side_by_side",
        "scikit-learn's 8 × 8 digits and a rectified network",
    ): "suite.side-by-side",
    ("11_side_by_side", "all systems end near 98 %"): "suite.side-by-side",
    ("11_side_by_side", "at 6 and at 24 layers, after 60 steps"): "suite.atlas",
    ("11_side_by_side", "They learn for so short a time"): "suite.transformer",
}


@pytest.mark.parametrize(("stem", "words"), SCALES)
def test_what_is_said_of_one_scale_is_said_while_that_is_stored(stem, words):
    assert words in prose(stem)
    assert experiments.show(SCALES[stem, words]).content["scale"] == "toy"


def test_the_printed_numbers_come_out_on_three_seeds_and_on_the_others():
    said = prose("06_standardization_loss")
    assert "all three numbers came out on three seeds. The other seeds in the table agree" in said
    result = experiments.show("stdloss.fig1")
    assert result.content["scale"] == "core" and result.content["seeds"] == list(range(25))
    ours = 100 * result.arrays["final"]
    for number, column, margin in zip((24.6, 85.6, 75.2), ours.T, (6.5, 2.6, 2.6), strict=True):
        assert str(number) in said
        for some in (column[:3], column[3:]):
            assert abs(np.median(some) - number) < margin
            assert abs(np.median(some - 2 * margin) - number) > margin, "other numbers would not do"
    answers = {each["name"]: each["verdict"] for each in result.content["findings"]}
    numbers = [answers[f"number-{name}"] for name in ("none", "BN", "standardization")]
    assert numbers == ["reproduced"] * 3


def test_a_narrow_point_net_reaches_the_baselines_accuracies_as_said():
    said = prose("06_standardization_loss")
    times = experiments.show("stdloss.fig5").arrays["reached"]
    none, bn, loss = times.transpose(1, 0, 2)
    assert (bn < none).all() and round(np.median(none[:, -1] / bn[:, -1])) == 6
    assert "reaches the baseline's best accuracy about six times faster" in said
    assert (loss > none).any(axis=1).all() and "every run trails the baseline somewhere" in said
    faster = none[:, -1] / loss[:, -1]
    reached = faster[faster > 0]
    assert len(faster) == 5 and len(reached) == 4 and "four of five reach its best" in said
    assert f"{reached.min():.1f} to {reached.max():.1f} times faster" in said
    assert f"(the median speed-up is {np.median(faster):.2f})" in said


def test_which_methods_learn_at_depth():
    found = experiments.show("suite.atlas").arrays["accuracy"][:, :, -1] > 0.5
    rates = found.sum(axis=-1)  # (seeds, methods)
    share = dict(zip(METHODS, (rates > 0).mean(axis=0), strict=True))
    assert {name for name, each in share.items() if each > 0.5} == {"BN", "EquiNorm", "SELU"}
    assert {name for name, each in share.items() if each == 0.5} == {"LN"}
    said = prose("11_side_by_side")
    assert "At 24 only batch normalization, EquiNorm and SELU learn" not in said
    assert "At 24, in most seeds, only batch" in said and "in half of them layer norm" in said


def test_a_shift_at_equal_entropy_is_seen_and_said_so():
    result = experiments.show("stdloss.fig2")
    assert result.content["scale"] == "core" and len(result.content["seeds"]) == 10
    found = next(each for each in result.content["findings"] if each["name"] == "shift")
    assert found["verdict"] == "reproduced" and 0 < found["interval"][0] < 1
    said = prose("06_standardization_loss")
    assert 'with respect to BN", and so do our ten seeds at its scale: it **reproduces**' in said
    assert "leave it **open**" not in said


def test_what_mixup_does_to_the_accuracy_is_open_and_said_so():
    result = experiments.show("equinorm.mixup")
    assert "open" in repr(result)
    before, after = result.arrays["test"][:, [0, 3], -1], result.arrays["test"][:, [2, 5], -1]
    assert (after < before).all(), "mixup lowers the test loss of both, in every run"
    said = prose("07_equilibrium_normalization")
    assert "It does improve EquiNorm's accuracy" not in said
    assert "a thousand test images do not decide" in said


def test_what_vcl_adds_to_a_step():
    plain, _, vcl = np.median(experiments.show("vcl.table1").arrays["milliseconds"], axis=0)
    assert vcl / plain == pytest.approx(4 / 3, abs=0.05)
    said = prose("03_variance_constancy_loss")
    assert "it adds about a third to the plain step, where the paper has a tenth" in said
    assert 400.1 / 367.1 == pytest.approx(1.1, abs=0.02)


def test_what_per_adds_to_a_step():
    times = experiments.show("per.timing").arrays["milliseconds"]
    exact, slices = np.median(times / times[:, :1], axis=0)[3:]
    assert exact == pytest.approx(4 / 3, abs=0.06) and slices == pytest.approx(6, abs=0.5)
    said = prose("04_projected_error")
    assert "256 slices make a step about six times as long" in said
    assert "with it PER adds about a third" in said


def test_how_near_per_stays():
    table = experiments.show("suite.side-by-side")
    line = next(each for each in repr(table).splitlines() if "sliced W1" in each and "PER:" in each)
    share = float(line.rsplit("PER:", 1)[1].split()[0]) / np.sqrt(2 / np.pi)
    assert share == pytest.approx(0.69, abs=0.02)
    assert "hardly nearer than a single point" not in prose("11_side_by_side")


def test_by_which_factors_the_nine_systems_differ():
    arrays = experiments.show("suite.side-by-side").arrays
    last = {name: np.median(arrays[name][:, :, -1, -1], axis=0) for name in QUANTITIES[1:]}
    factors = {name: values.max() / values.min() for name, values in last.items()}
    assert factors["kurtosis"] == pytest.approx(4 / 3, abs=0.03)
    assert (
        f"In the variance, by a factor of {factors['variance']:.0f}; the distance follows with "
        f"{factors['distance']:.0f}, and the kurtosis differs by a third."
    ) in prose("11_side_by_side")


def test_skips_slow_the_decay_where_both_networks_are_normalized():
    told = repr(experiments.show("shattered.autocorrelation"))
    assert "reproduced: skip connections slow the decay, with BN in both networks" in told
    assert "against a plain network without BN" in told
    assert "skip connections with batch normalization in both networks" in prose(
        "09_shattered_gradients"
    )

"""Findings: answers follow the interval and the smallest effect, wrong data are rejected."""

import json
import math

import numpy as np
import pytest
from refused import refuses

from normtheory.experiments.effects import Effect, above, below, between
from normtheory.experiments.experiment import Lesson
from normtheory.experiments.findings import Finding

TENTH = Effect(0.1, "a tenth")


def finding(**changes):
    fields = {
        "name": "x",
        "sentence": "x is positive",
        "quantity": "x",
        "measure": lambda arrays: arrays["x"],
        "region": above(TENTH),
        "mutant": lambda arrays: {"x": -arrays["x"]},
    }
    return Finding(**fields | changes)


def seeds(values):
    return [{"x": value} for value in values]


def test_positive_numbers_are_reproduced_and_their_mutant_is_not():
    real = seeds([0.5, 1.0, 2.0, 0.1, 3.0])
    entry = finding()
    assert entry.judge(real).verdict == "reproduced"
    assert entry.judge([entry.mutant(arrays) for arrays in real]).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0, 1.0, 1.0, 1.0, -0.1], "open"),
        ([1.0, 1.0, 1.0, 1.0], "open"),  # too few seeds, however clear
        ([0.0] * 5, "no difference that matters"),
        ([0.05, -0.05, 0.02, 0.01, 0.09], "no difference that matters"),
        ([0.05, 0.02, 0.01, 0.09, 0.03], "no difference that matters"),  # positive, and too small
        ([-0.05, -0.02, -0.01, -0.09, -0.03], "no difference that matters"),
        ([0.05, 0.02, 0.01, 0.1, 0.03], "reproduced"),  # the smallest effect does matter
        ([1.0, 1.0, 1.0, 1.0, 0.0], "open"),  # a tie counts for neither side
        ([-1.0, -1.0, -1.0, -1.0, 0.0], "open"),
        ([1.0] * 10 + [-5.0, 2.0], "reproduced"),  # one dissenting seed of twelve
        ([-1.0] * 11 + [5.0], "not reproduced"),
    ],
)
def test_answer_follows_the_interval(values, verdict):
    assert finding().judge(seeds(values)).verdict == verdict
    mirrored = finding(region=below(TENTH)).judge(seeds([-value for value in values]))
    assert mirrored.verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0, 1.1, 1.2, 1.3, 2.0], "reproduced"),  # ends belong to the region
        ([0.9, 1.1, 1.2, 1.3, 1.4], "open"),
        ([0.1, 0.2, 0.3, 0.4, 0.5], "not reproduced"),
        ([2.1, 2.2, 2.3, 2.4, 2.5], "not reproduced"),
    ],
)
def test_a_number_lies_in_its_region_or_not(values, verdict):
    entry = finding(region=between(1.0, 2.0, "half of it"))
    assert entry.judge(seeds(values)).verdict == verdict


def test_a_border_other_than_zero():
    entry = finding(region=above(TENTH, border=1.0))
    assert entry.judge(seeds([1.2, 1.3, 1.4, 1.5, 1.6])).verdict == "reproduced"
    assert entry.judge(seeds([0.95, 0.98, 1.0, 1.02, 1.05])).verdict == "no difference that matters"


def test_an_open_finding_tells_what_it_could_have_seen_and_how_many_seeds_it_needs():
    judged = finding().judge(seeds([1.0, 1.2, 1.4, 1.6, -0.2]), largest=64)
    assert judged.verdict == "open" and judged.seen == pytest.approx(1.4)
    assert 5 < judged.needed < 20
    # those seeds, spread alike, do decide
    more = np.quantile(np.random.default_rng(0).normal(1.2, 0.6, 10_000), np.linspace(0, 1, 20))
    assert finding().judge(seeds(more)).verdict == "reproduced"
    assert finding().judge(seeds([1.0, 1.2, 1.4, 1.6, -0.2]), largest=5).needed is None
    assert finding().judge(seeds([3.0, -3.0, 0.2, -0.1, 1.0]), largest=10).needed is None
    assert finding().judge(seeds([1.0] * 5), largest=64).needed is None  # decided


def test_exact_values_must_not_depend_on_the_seed():
    exact = finding(exact=True)
    assert exact.judge(seeds([1.0])).verdict == "reproduced"
    assert exact.judge(seeds([-1.0])).verdict == "not reproduced"
    refuses(ValueError, "must not depend on the seed", exact.judge, seeds([3.0, 3.1]))


def test_a_contradiction_says_whose_it_is():
    contradicted = seeds([-1.0] * 5)
    for options, why in (
        ({"erratum": "vcl.few-modes"}, {"kind": "document", "claim": "vcl.few-modes"}),
        ({"beyond": {"toy": "one epoch"}}, {"kind": "scale", "words": "one epoch"}),
        # what the words say of one scale is not true of another
        ({"beyond": {"core": "one epoch"}}, {"kind": "neither"}),
        ({}, {"kind": "neither"}),
    ):
        assert finding(**options).judge(contradicted).record("toy")["why"] == why
        assert "why" not in finding(**options).judge(seeds([1.0] * 5)).record("toy")


def test_record_is_json_without_nan_or_infinity():
    text = json.dumps(finding().judge(seeds([1.0, 2.0])).record("toy"), allow_nan=False)
    record = json.loads(text)
    assert record["interval"] == [None, None] and record["region"] == [0.0, None]
    assert (record["matters"], record["because"]) == (0.1, "a tenth")


def test_line_tells_answer_number_and_interval():
    line = finding(unit="cm").judge(seeds([1.0, 2.0, 3.0, 4.0, 5.0])).line()
    assert line == "reproduced: x is positive - x 3 cm [1, 5]"
    assert "no interval from 1 seed)" in finding().judge(seeds([1.0])).line()
    assert "(exact)" in finding(exact=True).judge(seeds([1.0])).line()


def one_seed(**changes):
    """A finding about the difference of two methods, and its arrays."""
    fields = {"measure": lambda arrays: arrays["x"][1] - arrays["x"][0], "mutant": None}
    return finding(**fields | changes), {"idle": np.ones(2), "x": np.array([1.0, 3.0])}


@pytest.mark.parametrize("region", [above(TENTH), below(TENTH), between(1.9, 2.1, "near")])
def test_without_a_mutant_arrays_are_changed_until_the_finding_refuses_them(region):
    entry, arrays = one_seed(region=region)
    before, after = (
        region.answer((entry.measure(each),) * 2) for each in (arrays, entry.contradicted(arrays))
    )
    assert {before, after} == {"reproduced", "not reproduced"}
    assert entry.contradicted(arrays)["idle"] is arrays["idle"]


def test_two_methods_are_exchanged_before_anything_else_is_changed():
    entry, _ = one_seed()
    arrays = {"x": np.array([1.0, 3.0, 7.0])}
    assert entry.contradicted(arrays)["x"].tolist() == [3.0, 1.0, 7.0]


def test_a_sum_is_contradicted_by_its_opposite():
    entry, arrays = one_seed(measure=lambda arrays: arrays["x"].sum())
    assert entry.contradicted(arrays)["x"].tolist() == [-1.0, -3.0]


def test_a_finding_that_refuses_nothing_is_said():
    for measure in (lambda arrays: 1.0, lambda arrays: 1.0 + arrays["x"][0] ** 2):
        entry, arrays = one_seed(measure=measure)
        with pytest.raises(ValueError, match="no change of one array contradicts finding x"):
            entry.contradicted(arrays)


def test_a_lesson_has_computed_numbers_and_stands_on_its_answers():
    found = finding(unit="cm").judge(seeds([1.0, 2.0, 3.0, 4.0, 5.0])).record("toy")
    record = {"scale": "toy", "findings": [found]}
    assert Lesson("It is {x}.", reproduced="x").told(record) == "It is 3 cm."
    with pytest.raises(ValueError, match="rests on x being open, which is reproduced"):
        Lesson("It is {x}.", open="x").told(record)
    # a sentence about a few epochs is none about many
    with pytest.raises(ValueError, match="rests on scale core, not toy: It is"):
        Lesson("It is {x}.", reproduced="x", scales=("core",)).told(record)


def test_bad_input():
    refuses(ValueError, "at least one seed", finding().judge, [])
    refuses(ValueError, "measured NaN", finding().judge, seeds([1.0, math.nan]))
    refuses(ValueError, "effect must have a positive size, got 0", above, Effect(0.0, "none"))
    refuses(ValueError, "region must be", between, 1.0, 0.0, "none")

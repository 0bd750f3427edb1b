"""Texts and badges of one setting: the same name, the same number; the field's words, in every
sentence, title and label; no slider that a badge ignores without naming it."""

import itertools
import re
import zlib

import numpy as np
import pytest
from words import FIELD, NUMBERS, alike, faults

from normtheory.claims.words import Words, filled

WRONG = FIELD | NUMBERS


def drawn(explorer, count):
    rng = np.random.default_rng(zlib.crc32(explorer.name.encode()) + 1)
    for _ in range(count):
        yield {p.name: p.draw(rng) for p in explorer.parameters.values()}


def contradictions(values, spoken):
    """Numbers of one name that differ between sentences, or from the slider of that name."""
    for (who, one), (whom, other) in itertools.combinations([("slider", values), *spoken], 2):
        for name in set(one) & set(other):
            same = one[name] == other[name]
            if not same and not isinstance(one[name], str):
                same = np.isclose(one[name], other[name], 1e-6, 1e-12, equal_nan=True)
            if not same:
                yield f"{name}: {who} {one[name]}, {whom} {other[name]}"


def sentences(explorer, values):
    text = explorer.scene(**values).text
    yield "text", text.numbers
    for id, _, reason in explorer.standings(**values):
        yield id, getattr(reason, "numbers", {})


@pytest.mark.parametrize("count", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_text_and_badges_never_contradict_each_other(explorer, count):
    for values in (*explorer.presets.values(), *drawn(explorer, count)):
        assert not list(contradictions(values, list(sentences(explorer, values)))), values
        assert not list(alike(explorer.scene(**values).text)), values


def test_a_contradiction_is_found():
    spoken = [("text", {"kappa": 3.0, "n": 2}), ("badge", {"kappa": 3.1, "n": 2})]
    assert len(list(contradictions({"n": 2}, spoken))) == 1
    assert len(list(contradictions({"n": 10}, spoken))) == 3


def test_numbers_that_differ_and_are_printed_alike_are_found():
    said = filled("Sec. 3.1: {a:.2f} is not below 3", {"a": 3.5})
    assert not list(alike(said))
    for a, b in [(3.001, 2.0), (2.0, 3.001), (2.0, 2.001)]:
        said = Words(f"Sec. 3.1: {a:.2f} against {b:.2f}, below 3")
        said.template = "Sec. 3.1: {a:.2f} against {b:.2f}, below 3"
        said.numbers = {"a": a, "b": b}
        assert len(list(alike(said))) == 1


def test_a_number_that_rounds_to_zero_has_no_sign(made):
    for form, value, text in (
        (".3f", -4e-4, "0.000"),
        (".1%", -1e-6, "0.0%"),
        (".2f", -0.04, "-0.04"),
    ):
        said = filled(f"{{a:{form}}}", {"a": value})
        assert said == text and said.numbers["a"] == value
    covariances = [made("joint_laws").scene(law="bimodal", n=n).text for n in range(40000, 40040)]
    assert not any(list(faults(text, NUMBERS)) for text in covariances)


def test_a_badge_names_the_sliders_that_it_ignores_and_they_do_not_move_it(explorer):
    for k, (claim, told) in enumerate(zip(explorer.claims, explorer.spec["claims"], strict=True)):
        answers = {p.name for p in claim.parameters} - set(claim.at.ignores if claim.at else ())
        free = [p for p in explorer.parameters.values() if p.name not in answers]
        assert told["ignores"] == [p.meaning for p in free]
        for values in drawn(explorer, 2 if claim.at else 0):
            moved = {p.name: p.default for p in free}
            here, there = (explorer.standings(**at)[k] for at in (values, {**values, **moved}))
            assert here == there, claim.id


def printed(explorer):
    """Everything that is printed, at the presets and where each slider is at its ends."""
    yield from [
        explorer.title,
        *explorer.presets,
        *(p.meaning for p in explorer.parameters.values()),
    ]
    ends = [
        {p.name: p.validate(end)}
        for p in explorer.parameters.values()
        if p.integer or p.choices
        for end in p.choices or p.typical
    ]
    for values in (*explorer.presets.values(), *ends):
        scene = explorer.scene(**values)
        yield scene.text
        yield from (reason for _, _, reason in explorer.standings(**values))
        for panel in scene.panels:
            yield from [panel.title, panel.xlabel, panel.ylabel]
            yield from (label for _, label in panel.xticks + panel.yticks)
            yield from (layer.look()["label"] for layer in panel.layers)
    for claim in explorer.claims:
        yield from claim.at.cases.values() if claim.at else ()


def test_its_words_are_those_of_the_field(explorer):
    for sentence in set(printed(explorer)):
        # formulas and places for numbers have names of their own
        assert not list(faults(re.sub(r"\$[^$]*\$|\{\w+:[^}]*\}", "", sentence), WRONG))


def test_a_wrong_word_is_found():
    wrong = [
        "the normal law",
        "3 deviations",
        "n < 2N is True",
        "0.3 by now",
        "1 draws",
        "a <= b",
        "b = -0",
        "b = -0.00, c",
    ]
    right = ["the law of large numbers", "standard deviation", "1 is best", "11 draws", "2.1 draws"]
    assert all(list(faults(each, WRONG)) for each in wrong)
    assert not any(list(faults(each, WRONG)) for each in right)

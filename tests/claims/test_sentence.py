"""Sentences: what is printed, which wrong answers are tried, and what is refused at import."""

from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from refused import refuses

from normtheory.claims import Claim, Later, Parameter, ledger
from normtheory.claims.mutants import NoNumber, off, wrong_answers


def claim(verdict="holds", **fields):
    return Claim(id="vcl.four", source="Eq. 0", says="$2+2=4$", verdict=verdict, **fields)


def checked(add):
    """The row of a claim's only sentence."""
    made = claim()
    add(made)
    return ledger.check(made).sentences[0]


def test_a_sentence_prints_what_it_claims_and_leaves_other_braces_alone():
    def add(made):
        @made.shown("numeric")
        def halves(half=0.5, *, of=1):
            r"""$\frac{1}{2}$ of {of:d} is {half:.2f}."""
            return half == of / 2, "0.5"

    row = checked(add)
    assert row.text == r"$\frac{1}{2}$ of 1 is 0.50."
    assert row[3:] == (True, "0.5", "half + 1.5 %; half - 1.5 %", True)


class Pair(NamedTuple):
    first: float
    second: float


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (2.0, [2.03, 1.97]),
        (3, [4, 2]),
        (Fraction(1, 2), [Fraction(203, 400), Fraction(197, 400)]),
        ((1, 2.0), [(2, 2.0), (0, 2.0), (1, 2.03), (1, 1.97)]),
        (Pair(2.0, 0.0), [Pair(2.03, 0.0), Pair(1.97, 0.0)]),
        ({"a": 1}, [{"a": 2}, {"a": 0}]),
        (0.0, []),
        (float("inf"), []),
        (True, []),
        ("normal", []),
    ],
)
def test_every_number_is_tried_a_little_off_and_counts_by_one(value, wrong):
    tried = [each for _, each in wrong_answers("x", value)]
    assert tried == wrong
    assert all(type(each) is type(value) for each in tried)


def test_a_function_is_off_in_its_answers():
    (_, up), (_, down) = wrong_answers("f", lambda x: (x, 2 * x))
    assert up(2.0) == pytest.approx((2.03, 4.06))
    assert down(2.0) == pytest.approx((1.97, 3.94))
    (_, more), _ = wrong_answers("f", len)
    assert more("abc") == 4
    with pytest.raises(NoNumber):
        off(str.upper, up=True)("a")


def test_arrays_and_symbols_are_off_too():
    import sympy as sp

    x = sp.Symbol("x")
    assert off(x, up=True) == sp.Rational(203, 200) * x
    np.testing.assert_allclose(off(np.array([1.0, 2.0]), up=False), [0.985, 1.97])
    np.testing.assert_array_equal(off(np.array([1, 2]), up=True), [2, 3])


def test_a_check_that_accepts_a_wrong_answer_is_found_out():
    def add(made):
        @made.shown("numeric", rejects={"a third": 1 / 3})
        def blind(half=0.5):
            """A half is {half:g}."""
            return abs(half - 0.5) < 0.2, "near"

    row = checked(add)
    assert (row.passed, row.rejects) == (True, False)
    assert row.mutants == "half + 1.5 %; half - 1.5 %; a third"


def test_wrong_answers_are_tried_only_where_that_is_asked():
    made = claim()

    @made.shown("numeric")
    def halves(half=0.5):
        """A half."""
        return True, "0.5"

    assert ledger.check(made, mutants=False).sentences[0][3:] == (True, "0.5", "", None)
    assert ledger.check(made, mutants=False).supported and not ledger.check(made).supported


def test_an_exception_is_no_refusal():
    def add(made):
        @made.shown("numeric")
        def careless(half=0.5):
            """A half is {half:g}."""
            if half != 0.5:
                raise ArithmeticError("boom")
            return True, ""

    row = checked(add)
    assert not row.passed
    assert row.detail == "raised ArithmeticError: boom (for the wrong answer 'half + 1.5 %')"


def test_named_wrong_answers_replace_the_first_argument_or_several():
    seen = []

    def add(made):
        @made.shown("numeric", rejects={"b": "b", "both": {"letter": "c", "count": 9}})
        def letters(letter="a", count=1):
            """{letter:s} is said {count:d} times."""
            seen.append((letter, count))
            return (letter, count) == ("a", 1), ""

    assert checked(add).rejects
    assert seen == [("a", 1), ("a", 2), ("a", 0), ("b", 1), ("c", 9)]


def test_a_function_without_numbers_needs_a_named_wrong_answer():
    def add(made, **rejects):
        @made.shown("numeric", **rejects)
        def equal(same=lambda x, y: x == y):
            """Equal is equal."""
            return same(1, 1) and not same(1, 2), ""

    assert "NoNumber" in checked(add).detail
    row = checked(lambda made: add(made, rejects={"always": lambda x, y: True}))
    assert (row.passed, row.mutants, row.rejects) == (True, "always", True)


def test_a_measurement_is_made_once_and_with_the_sentences_own_generator():
    made = []

    def measure(scale, rng):
        made.append(scale * rng.random())
        return made[-1]

    def add(claim):
        @claim.shown("simulation")
        def level(half=0.5, *, found=Later(measure, 1.0), rng):
            """A half is {half:g}."""
            assert rng.random() == found  # the same generator from its start
            return half == 0.5, f"{found:.3f}"

    assert checked(add).rejects
    assert len(made) == 1
    assert checked(add).rejects
    assert made[0] == made[1]


def test_a_costly_number_is_computed_when_it_is_printed():
    asked = []

    def costly(x):
        asked.append(x)
        return 2.0 * x

    made = claim()

    @made.shown("numeric")
    def double(two=Later(costly, 1)):
        """Twice one is {two:g}."""
        return two == 2, ""

    assert not asked
    assert made.said("shown") == "Twice one is 2."
    assert ledger.check(made).supported
    assert asked == [1]


@pytest.mark.parametrize(
    ("words", "check", "message"),
    [
        (None, lambda x=1.0: (True, ""), "must have a docstring"),
        ("It is 0.2113.", lambda x=1.0: (True, ""), "a decimal is typed, not computed: ...0.2113"),
        ("It is {y:.3f}.", lambda x=1.0: (True, ""), r"\{y:.3f\} must print an argument"),
        ("It is {x:}.", lambda x=1.0: (True, ""), "must print an argument in a format"),
        ("It is {x:g}.", lambda x=0.0: (True, ""), "no wrong answer for x"),
        ("It is {x:g}.", lambda *, x=1.0: (True, ""), "must claim something"),
        ("It is {x:g}.", lambda x: (True, ""), "x must have a default"),
    ],
)
def test_what_is_refused_at_import(words, check, message):
    check.__doc__ = words
    refuses(ValueError, message, claim().shown("numeric"), check)


def test_kinds_roles_and_names_are_known_and_unique():
    refuses(ValueError, "kind must be one of proof, certified", claim().shown("hunch"), right)
    made = claim()
    made.by_hand("It is so.")
    refuses(ValueError, "two sentences", made.by_hand, "It is so.")
    refuses(ValueError, "role must be one of shown", made.by_hand, "It is otherwise.", role="proof")


@pytest.mark.parametrize(
    "words",
    [
        "There are 3 of them.",
        r"It is $x\leq y$.",
        "It is $x < y$.",
        "It holds exactly when it holds.",
        "It is at most as large.",
    ],
)
def test_numbers_and_comparisons_cannot_be_argued_by_hand(words):
    refuses(ValueError, "needs a check", claim().by_hand, words)
    refuses(ValueError, "needs a check", claim().rests_on, "vcl.five", words)


def test_exponents_indices_and_references_are_no_numbers():
    made = claim()
    made.by_hand(r"By Eq. 3 and Theorem 2, $x^2$ and $x_{12}$ agree (Sec. 4.1).")
    made.rests_on("vcl.five", "It follows.")
    kinds = [row.kind for row in ledger.check(made).sentences[:2]]
    assert kinds == ["by hand", "shown in vcl.five"]


def right(half=0.5):
    """A half is {half:g}."""
    return half == 0.5, ""


@pytest.mark.parametrize(
    ("verdict", "role", "kind", "supported"),
    [
        ("holds", "shown", "numeric", True),
        ("holds", "shown", "consistency", False),
        ("holds", "derivation", "proof", False),
        ("amended", "amendment", "proof", True),
        ("amended", "shown", "proof", False),
        ("refuted", "counterexample", "numeric", True),
    ],
)
def test_a_verdict_needs_a_checked_sentence_in_its_place(verdict, role, kind, supported):
    made = claim(verdict)
    getattr(made, role)(kind)(right)
    assert ledger.check(made).supported == supported


def test_words_alone_support_no_verdict_but_an_open_one():
    made = claim("amended")
    made.by_hand("It is so.", role="amendment")
    assert not ledger.check(made).supported
    made = claim("unsettled")
    made.by_hand("Nobody has tried.", role="reason")
    assert ledger.check(made).supported


KNOBS = (
    Parameter("x", "x", "a number", 1.0, (0, 10)),
    Parameter("n", "n", "a count", 2, (1, 9), closed=True, integer=True),
)


def with_badge(rule, **cases):
    made = claim(parameters=KNOBS)
    made.badge(**cases)(rule)
    return made


CASES = {
    "holds": "{y:.1f} is below {n:d}",
    "fails": "{y:.1f} is not",
    "fails_far": "far off",
    "silent": "says nothing",
}


@pytest.mark.parametrize(
    ("rule", "standing"),
    [
        (lambda x, n: (x < n, {"y": x}), ("holds", "1.0 is below 2")),
        (lambda x, n: (np.bool_(x > n), {"y": x}), ("fails", "1.0 is not")),
        (lambda x, n: ("fails_far", {}), ("fails", "far off")),
        (lambda x, n: ("silent", {}), ("silent", "says nothing")),
    ],
)
def test_a_badge_says_its_case_in_words(rule, standing):
    assert with_badge(rule, **CASES).standing() == standing


@pytest.mark.parametrize(
    "rule",
    [
        lambda x, n: (True, {"y": np.float64(np.nan)}),
        lambda x, n: (True, {"y": float("inf")}),
        lambda x, n: (True, {"y": 10.0**400}),
        lambda x, n: (None, {}),
        lambda x, n: (True, {"y": 1 / (x - x)}),
    ],
)
def test_a_number_that_floating_point_has_lost_decides_nothing(rule):
    assert with_badge(rule, **CASES).standing().state == "undecided"


def test_a_badge_takes_all_parameters_and_known_cases():
    refused = partial(refuses, ValueError)
    rule, cases = lambda x, n: (True, {}), {"holds": "h", "fails": "f"}
    refused("all parameters of its claim: x, n; got x", with_badge, lambda x: (True, {}), **cases)
    refused("a case must begin with one of holds, fails", with_badge, rule, true="h")
    refused("ignores must name parameters", with_badge, rule, ignores=("y",), **cases)

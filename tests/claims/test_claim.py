import numpy as np
import pytest

from normtheory.claims import Parameter, Standing
from normtheory.claims.before import Claim, Evidence, Outcome

RNG = np.random.default_rng(0)


def evidence(**changes):
    return Evidence(
        **{
            "kind": "numeric",
            "shows": "two and two make four",
            "check": lambda subject, rng: Outcome(subject == 4, f"2 + 2 = {subject}"),
            "subject": 4,
            "mutant": 5,
            "mutation": "one too many",
        }
        | changes
    )


def claim(**changes):
    return Claim(
        **{
            "id": "vcl.four",
            "source": "Eq. 0",
            "statement": "$2 + 2 = 4$",
            "verdict": "holds",
            "evidence": (evidence(),),
        }
        | changes
    )


def test_evidence_passes_its_subject_and_rejects_its_mutant():
    assert evidence().run(lambda: RNG) == (True, "2 + 2 = 4")
    assert evidence().rejects_mutant(lambda: RNG)


def test_a_check_that_accepts_anything_does_not_reject():
    careless = evidence(check=lambda subject, rng: Outcome(True, "fine"))
    assert not careless.rejects_mutant(lambda: RNG)


def test_a_crash_is_no_rejection():
    def crashes_on_mutant(subject, rng):
        if subject == 5:
            raise ArithmeticError("boom")
        return Outcome(True, "")

    with pytest.raises(ArithmeticError):
        evidence(check=crashes_on_mutant).rejects_mutant(lambda: RNG)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"verdict": "true"}, "verdict must be one of holds, amended, refuted, unsettled"),
        ({"evidence": ()}, "needs evidence"),
        ({"verdict": "refuted"}, "needs counterexample"),
        ({"verdict": "amended"}, "needs amendment"),
        ({"verdict": "unsettled"}, "needs reason"),
        ({"amendment": "four, not five"}, "the amendment must itself be checked"),
    ],
)
def test_a_claim_must_carry_what_its_verdict_needs(changes, message):
    with pytest.raises(ValueError, match=message):
        claim(**changes)


@pytest.mark.parametrize(
    "changes, message", [({"kind": "hunch"}, "kind"), ({"about": "nothing"}, "about")]
)
def test_evidence_refuses_unknown_words(changes, message):
    with pytest.raises(ValueError, match=f"{message} must be"):
        evidence(**changes)


WEIGHT = Parameter(
    name="p", symbol="p", meaning="mixture weight", default=0.1, domain=(0, 1), typical=(0.01, 0.99)
)
SIZE = Parameter(
    name="n",
    symbol="n",
    meaning="sample size",
    default=5,
    domain=(2, np.inf),
    closed=True,
    typical=(2, 50),
    integer=True,
    log=True,
)
LAW = Parameter(
    name="law", symbol="X", meaning="law", default="normal", choices=("normal", "Laplace")
)


@pytest.mark.parametrize(
    "parameter, value", [(WEIGHT, 0), (WEIGHT, 1.0), (WEIGHT, np.nan), (SIZE, 1), (SIZE, 2.5)]
)
def test_a_parameter_refuses_values_outside_its_domain(parameter, value):
    with pytest.raises(ValueError, match=rf"{parameter.name} must lie .* got {value}"):
        parameter.validate(value)


def test_a_choice_is_one_of_its_choices():
    with pytest.raises(ValueError, match="law must be one of normal, Laplace, got 'Cauchy'"):
        LAW.validate("Cauchy")
    with pytest.raises(TypeError, match=r"p must be a number, got '0\.5'"):
        WEIGHT.validate("0.5")


@pytest.mark.parametrize("parameter", [WEIGHT, SIZE, LAW])
def test_random_values_are_valid_and_move(parameter):
    values = [parameter.draw(RNG) for _ in range(50)]
    assert [parameter.validate(v) for v in values] == values
    assert len(set(values)) > 1


def test_standing_uses_defaults_and_validates():
    c = claim(
        parameters=(WEIGHT, SIZE),
        at=lambda p, n: Standing("holds" if p < 0.5 else "fails", f"p = {p}, n = {n}"),
    )
    assert c.standing() == ("holds", "p = 0.1, n = 5")
    assert c.standing(p=0.7, n=3).state == "fails"
    with pytest.raises(ValueError, match="p must lie"):
        c.standing(p=2)
    with pytest.raises(ValueError, match=r"parameter must be one of p, n for vcl\.four, got 'q'"):
        c.standing(q=2)
    with pytest.raises(ValueError, match="no statement about a single setting"):
        claim().standing()

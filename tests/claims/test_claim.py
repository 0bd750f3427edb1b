import numpy as np
import pytest
from refused import refuses

from normtheory.claims import Claim, Parameter

RNG = np.random.default_rng(0)


WEIGHT = Parameter(
    name="p", symbol="p", meaning="mixture weight", default=0.1, domain=(0, 1), typical=(0.01, 0.99)
)
SIZE = Parameter(
    "n", "n", "sample size", 5, (2, np.inf), closed=True, typical=(2, 50), integer=True, log=True
)
LAW = Parameter(
    name="law", symbol="X", meaning="law", default="normal", choices=("normal", "Laplace")
)


@pytest.mark.parametrize(
    "parameter, value", [(WEIGHT, 0), (WEIGHT, 1.0), (WEIGHT, np.nan), (SIZE, 1), (SIZE, 2.5)]
)
def test_a_parameter_refuses_values_outside_its_domain(parameter, value):
    kind = "be a whole number in" if parameter.integer else "lie in"
    refuses(ValueError, f"{parameter.name} must {kind} .* got {value}", parameter.validate, value)


def test_a_choice_is_one_of_its_choices():
    refuses(ValueError, "law must be one of normal, Laplace, got 'Cauchy'", LAW.validate, "Cauchy")
    refuses(TypeError, r"p must be a number, got '0\.5'", WEIGHT.validate, "0.5")


@pytest.mark.parametrize("parameter", [WEIGHT, SIZE, LAW])
def test_random_values_are_valid_and_move(parameter):
    values = [parameter.draw(RNG) for _ in range(50)]
    assert [parameter.validate(v) for v in values] == values
    assert len(set(values)) > 1


def test_standing_uses_defaults_and_validates():
    bare = Claim(id="vcl.four", source="Eq. 0", says="", verdict="holds")
    refuses(ValueError, "no statement about a single setting", bare.standing)
    claim = Claim(id="vcl.four", source="", says="", verdict="holds", parameters=(WEIGHT, SIZE))

    @claim.badge(holds="p = {p:.1f}, n = {n:d}", fails="not for p = {p:.1f}")
    def half(p, n):
        return p < 0.5, {"p": p, "n": n}

    assert claim.standing() == ("holds", "p = 0.1, n = 5")
    assert claim.standing(p=0.7, n=3).state == "fails"
    refuses(ValueError, "p must lie", claim.standing, p=2)
    with pytest.raises(ValueError, match=r"parameter must be one of p, n for vcl\.four, got 'q'"):
        claim.standing(q=2)


def test_a_verdict_is_one_of_four():
    with pytest.raises(ValueError, match="one of holds, amended, refuted, unsettled, got 'true'"):
        Claim(id="vcl.four", source="", says="", verdict="true")

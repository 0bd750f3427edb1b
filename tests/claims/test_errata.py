import pytest
from imagined import imagined

from normtheory.claims import ledger
from normtheory.claims.errata import errata


def claim(id, verdict, **words):
    return imagined(
        id,
        lambda one: (one == 1, "gap 0.25 at x = 2"),
        says="$x = 1$",
        verdict=verdict,
        claimed=1,
        **words,
    )


REFUTED = claim(
    "per.one", "refuted", counterexample="$x = 2$", amendment="$x > 0$", derivation="Compare."
)
AMENDED = claim("vcl.one", "amended", amendment="$x = 1$ for $n > 1$")
HOLDS = claim("vcl.two", "holds")


def page():
    claims = [HOLDS, REFUTED, AMENDED]
    return errata(claims, {c.id: ledger.check(c) for c in claims})


def test_only_statements_that_do_not_hold_are_listed_by_document():
    text = page()
    assert "vcl.two" not in text
    assert text.index(ledger.DOCUMENTS["vcl"]) < text.index("`vcl.one`")
    assert text.index("`vcl.one`") < text.index(ledger.DOCUMENTS["per"]) < text.index("`per.one`")


def test_an_entry_carries_statement_counterexample_amendment_derivation_and_numbers():
    entry = page().partition("`per.one`")[2]
    for piece in (
        "**Does not hold** (Eq. 0)",
        "*The document says:* $x = 1$",
        "*Counterexample:*\n\n- $x = 2$",
        "*What holds:*\n\n- $x > 0$",
        "1. Compare. [numeric: gap 0.25 at x = 2]",
    ):
        assert piece in entry


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("gap 3.1e-16", "gap <1e-12"),
        ("gap 0e+00, then 0.0e+00", "gap <1e-12, then <1e-12"),
        ("cut off at 1e-12: 2.65e-24", "cut off at 1e-12: 2.65e-24"),
        ("10e-15 is no rounding error's way to be written", None),
    ],
)
def test_rounding_errors_lose_the_digits_that_differ_between_processors(detail, shown):
    each = imagined(
        "vcl.x", lambda one: (one == 1, detail), verdict="refuted", claimed=1, counterexample="c"
    )
    assert f"- c [numeric: {shown or detail}]" in errata([each], {each.id: ledger.check(each)})

"""docs/theorems.md: results that are new, in the sentences of the ledger."""

import re
import tomllib
from pathlib import Path

import pytest

from normtheory.claims import ledger, theorems


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The page of these theorems."""
    monkeypatch.setattr(theorems.resources, "files", lambda package: tmp_path)

    def page(**fields):
        lines = [f"{key} = {value!r}" for key, value in {**THEOREM, **fields}.items()]
        text = "\n".join(["[[theorem]]", *lines])
        (tmp_path / "theorems.toml").write_text(text, encoding="utf-8")
        return theorems.page(ledger.claims("vcl"))

    return page


THEOREM = {
    "title": "Few",
    "setting": "Modes are points.",
    "claim": "vcl.few-modes",
    "statement": ["no_mode_is_rare"],
}


def test_a_theorem_has_its_statement_and_the_claims_derivation_as_proof(written):
    whole, fewer = written(), written(without=["equal_modes"])
    assert "## 1. Few\n" in whole and "[`vcl.few-modes`](errata.md#vclfew-modes), amended" in whole
    assert "*Setting:* Modes are points.\n\n- If every mode weighs at least $w$, then" in whole
    assert "6. $k$ equal, equally spaced modes" in whole and "5. Every $wx_i^2$" in fewer
    assert "6. " not in fewer.partition("## 1.")[2]
    assert "*Proof:*" not in written(proof=[])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"claim": "vcl.fewer-modes"}, r"theorem 1 \('Few'\) names no claim: 'vcl.fewer-modes'"),
        ({"statement": ["none"]}, "names no sentence of vcl.few-modes: 'none'"),
        ({"setting": ""}, r"theorem 1 \('Few'\) needs a setting: what its letters are"),
        ({"proof": ["none"]}, "names no sentence of vcl.few-modes: 'none'"),
        ({"without": ["none"]}, "names no sentence of vcl.few-modes: 'none'"),
    ],
)
def test_a_theorem_that_names_nothing_is_an_error(written, fields, message):
    with pytest.raises(ValueError, match=message):
        written(**fields)


def test_every_letter_of_a_statement_is_explained():
    text = (Path(theorems.__file__).parent / "theorems.toml").read_text(encoding="utf-8")
    known, settings = {claim.id: claim for claim in ledger.claims()}, {}
    greek = re.compile(
        r"\\(alpha|beta|gamma|varepsilon|eta|theta|kappa|lambda|mu|nu|rho|sigma|Sigma|Phi)\b"
    )
    for number, each in enumerate(tomllib.loads(text)["theorem"], 1):
        settings[number] = each["setting"]
        # a setting may take over that of an earlier theorem
        for other in map(int, re.findall(r"theorem (\d+)", each["setting"])):
            settings[number] += settings[other]
        told = [s.text for s in known[each["claim"]].sentences if s.name in each["statement"]]
        for letter in set(greek.findall(" ".join(told))):
            # or the statement itself says what it is
            here = re.search(rf"(with|of|where|rate|angle) [^.]*\\{letter}\b", " ".join(told))
            assert rf"\{letter}" in settings[number] or here, (number, letter)

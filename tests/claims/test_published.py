"""The ledger's JSON is what its schema says, and the schema refuses what it is not."""

import copy
import json

import pytest
from imagined import imagined
from jsonschema import Draft202012Validator, ValidationError

from normtheory.claims import ledger, published, report
from normtheory.claims.claim import VERDICTS
from normtheory.claims.ledger import Row
from normtheory.claims.sentence import SentenceRow

SCHEMA = json.loads(published.SCHEMA.read_text("utf-8"))
# what version 1 promised on its first day: a later version 1 may add to it and take nothing away
PROMISED = {
    "claim": {"id", "document", "statement", "verdict", "sentences", "source", "page"},
    "sentence": {"role", "text", "kind", "passed", "detail", "rejects_mutants"},
}


def validate(value, schema=SCHEMA):
    Draft202012Validator(schema).validate(value)


@pytest.fixture(scope="module")
def data():
    """The whole ledger as if each check had passed."""
    claims = ledger.claims()
    rows = {
        claim.id: Row(
            claim.id,
            claim.verdict,
            tuple(SentenceRow(s.kind, s.role, s.text, True, "", "", True) for s in claim.sentences),
            0.0,
        )
        for claim in claims
    }
    return json.loads(published.text(claims, rows))


def test_the_ledger_is_what_its_schema_says(data):
    Draft202012Validator.check_schema(SCHEMA)
    validate(data)
    assert data["version"] == 1 and data["$schema"] == published.SCHEMA.name
    assert [each["id"] for each in data["claims"]] == [claim.id for claim in ledger.claims()]
    assert set(data["documents"]) == {each["document"] for each in data["claims"]}
    assert SCHEMA["$defs"]["claim"]["properties"]["verdict"]["enum"] == list(VERDICTS)


def test_version_1_keeps_its_promise(data):
    for claim in data["claims"]:
        assert PROMISED["claim"] <= set(claim)
        assert all(PROMISED["sentence"] <= set(each) for each in claim["sentences"])


def test_what_json_prints_is_an_array_of_the_same_claims():
    claim = imagined("vcl.first")
    today = report.as_json(claim, ledger.check(claim))
    validate([today], {"type": "array", "items": {"$ref": "#/$defs/claim"}, **_definitions()})
    assert set(today) == PROMISED["claim"] - {"source", "page"} | {"seconds"}


def _definitions():
    return {"$defs": SCHEMA["$defs"]}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("version",), 2),
        (("claims", 0, "verdict"), "true"),
        (("claims", 0, "id"), "few modes"),
        (("claims", 0, "page"), "ledger.html#vcl-few-modes"),
        (("claims", 0, "sentences"), []),
        (("claims", 0, "sentences", 0, "passed"), "yes"),
        (("claims", 0, "source"), None),
        (("documents",), ["vcl"]),
    ],
)
def test_the_schema_refuses(data, place, value):
    wrong = copy.deepcopy({**data, "claims": data["claims"][:1]})
    validate(wrong)
    *above, last = place
    held = wrong
    for step in above:
        held = held[step]
    held[last] = value
    with pytest.raises(ValidationError):
        validate(wrong)
    del held[last]
    with pytest.raises(ValidationError):
        validate(wrong)

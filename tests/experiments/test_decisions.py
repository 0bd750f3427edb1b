"""Configurations, seeds, sizes, the documents' numbers and the borders of findings are decisions: a
digest of each experiment's is stored, and none changes unnoticed.

After a change that is meant, ``python tests/experiments/test_decisions.py`` stores the new ones.
"""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from normtheory.experiments import catalogue

STORED = Path(__file__).with_name("decisions.txt")


def plain(value):
    """What of a value is no code."""
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if callable(value):
        return None
    return value if isinstance(value, str | int | float | None) else repr(value)


def decisions(id):
    return hashlib.sha256(json.dumps(plain(catalogue.experiment(id))).encode()).hexdigest()[:16]


@pytest.mark.parametrize("id", catalogue.ids())
def test_a_decision_changes_on_purpose(id):
    stored = dict(line.split() for line in STORED.read_text().splitlines())
    assert decisions(id) == stored[id], "if meant: python tests/experiments/test_decisions.py"


if __name__ == "__main__":
    STORED.write_text("".join(f"{id} {decisions(id)}\n" for id in catalogue.ids()))

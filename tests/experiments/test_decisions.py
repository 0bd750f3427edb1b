"""Configurations, seeds, sizes, the documents' numbers and borders of findings are decisions."""

import dataclasses
import json

import pytest
from digests import changes_on_purpose, digest

from normtheory.experiments import catalogue

NAMES = catalogue.ids()


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


def told(id):
    return digest(json.dumps(plain(catalogue.experiment(id))))


@pytest.mark.parametrize("id", NAMES)
def test_a_decision_changes_on_purpose(id):
    changes_on_purpose(__file__, id, told(id))

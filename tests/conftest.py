"""What all tests share: nothing is downloaded, and property tests have no deadline, since a loaded
machine is no defect."""

import pytest
from hypothesis import settings

settings.register_profile("normtheory", deadline=None)
settings.load_profile("normtheory")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "1")

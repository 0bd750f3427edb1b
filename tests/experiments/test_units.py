"""A unit's record: how long it ran, on what, and from which data."""

import time

from normtheory import data
from normtheory.experiments.units import Unit


def test_a_unit_says_how_long_it_ran_in_milliseconds(sample, monkeypatch):
    times = iter([10.0, 12.34567])
    monkeypatch.setattr(time, "perf_counter", lambda: next(times))
    _, provenance = Unit("sample.normal", "smoke", 3, "cpu").run()
    assert provenance["seconds"] == 2.346
    assert (provenance["seed"], provenance["device"]) == (3, "cpu, 1 thread")


def test_a_unit_names_the_data_that_it_was_given(sample):
    arrays, provenance = Unit("sample.normal", "smoke", 0, "cpu", (("digits", "bundled"),)).run()
    digits = data.load("digits")
    assert provenance["data"] == {"digits": digits.fingerprint}
    assert provenance["notes"] == [digits.note]
    assert arrays["mean"].shape == ()

"""How tests wait: for an answer, and longer where the machine is slower."""

import itertools

import patience
import pytest


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves by what is rested, on a machine that is `clock.slow` times slower."""

    class Clock:
        now, slow = 0.0, 1.0

        def rest(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(patience.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(patience, "slowness", lambda: clock.slow)
    return clock


@pytest.mark.parametrize("slow", [1.0, 3.0])
def test_a_slower_machine_gets_as_much_more_time(clock, slow):
    clock.slow = slow
    with pytest.raises(AssertionError, match="the answer: not within 4 s of a free machine"):
        patience.until(lambda: False, "the answer", 4, clock.rest)
    assert 4 * slow < clock.now < 4 * slow + 2 * slow * patience.LOOK


def test_an_answer_that_comes_late_is_returned(clock):
    clock.slow = 5.0
    assert patience.until(lambda: clock.now > 10 and "late", "it", 4, clock.rest) == "late"


def test_an_answer_that_is_there_costs_no_rest(clock):
    assert patience.until(lambda: "here", "it", 4, clock.rest) == "here"
    assert clock.now == 0


def test_slowness_is_what_the_same_work_takes(monkeypatch):
    ticks = itertools.count(0, 4 * patience.USUAL)
    monkeypatch.setattr(patience.time, "perf_counter", lambda: next(ticks))
    assert patience.slowness() == pytest.approx(4)
    monkeypatch.setattr(patience.time, "perf_counter", lambda: 0.0)
    assert patience.slowness() == 1

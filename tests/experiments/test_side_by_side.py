"""Which systems learn at a rate, as one notebook prints it."""

import pytest

from normtheory.experiments import learners


def test_who_does_not_move_does_not_learn_and_who_trains_does():
    assert learners("none", "BN", rate=1e-9, depth=2, steps=1) == ()
    assert learners("BN", "none", rate=0.05, depth=2, steps=40) == ("BN", "none")


def test_a_rate_that_is_too_large_leaves_batch_normalization():
    assert learners("none", "BN", rate=0.5, depth=4, steps=60) == ("BN",)


def test_an_unknown_system_is_refused():
    with pytest.raises(ValueError, match="method must be one of none, BN"):
        learners("dropout", rate=0.1)

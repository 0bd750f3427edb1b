"""Patience, counted in seconds of a free machine: a busy one gets as many more as it is slower at
that moment, so that no limit depends on what else is running."""

import time

STEPS, USUAL = 500_000, 0.015  # of an empty loop, and the seconds they take on a free machine
LOOK = 0.5  # seconds after which the machine's speed is measured again


def slowness():
    """How many times longer than on a free machine a little work takes now; at least 1."""
    start = time.perf_counter()
    for _ in range(STEPS):
        pass
    return max(1.0, (time.perf_counter() - start) / USUAL)


def until(test, what, seconds=20, rest=time.sleep):
    """The first answer of `test` that is true.

    Parameters
    ----------
    test : callable
    what : str or callable
        What was waited for, for the message.
    seconds : float
        Of a free machine.
    rest : callable
        Lets some seconds pass between two questions.

    Raises
    ------
    AssertionError
        When patience ends; it says `what`.
    """
    left, since, pause = seconds, time.monotonic(), 0.005
    while not (found := test()):
        passed = time.monotonic() - since
        if passed > LOOK:
            left, since = left - passed / slowness(), time.monotonic()
        if left < 0:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"{told}: not within {seconds} s of a free machine")
        rest(pause)
        pause = min(1.5 * pause, 0.1)
    return found

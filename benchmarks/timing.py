"""Ratios of CPU time between contestants that run interleaved in one process, on one thread."""

import gc
import statistics
import time
from typing import NamedTuple


class Ratio(NamedTuple):
    """Median of the ratios of one round each, with the quartiles over rounds."""

    median: float
    low: float
    high: float

    def __str__(self):
        return f"{self.median:.2f} [{self.low:.2f}, {self.high:.2f}]"


class Race(NamedTuple):
    """CPU seconds of one call, by contestant, and by round."""

    seconds: dict

    def median(self, name):
        """Median CPU seconds of one call."""
        return statistics.median(self.seconds[name])

    def ratio(self, name, reference):
        """CPU time of `name` over that of `reference`, taken within each round."""
        pairs = zip(self.seconds[name], self.seconds[reference], strict=True)
        low, median, high = statistics.quantiles([a / b for a, b in pairs], n=4)
        return Ratio(median, low, high)


def race(contestants, *, rounds=15, seconds=0.02):
    """Time callables against each other.

    In every round each contestant runs, in turn, for about `seconds` of CPU time; a neighbour on
    the machine who slows down one round slows down all contestants of that round.

    Parameters
    ----------
    contestants : dict of str to callable
        Without arguments.
    rounds : int
    seconds : float

    Returns
    -------
    Race
    """
    calls = {}
    for name, call in contestants.items():
        for _ in range(3):
            call()
        started = time.process_time()
        call()
        calls[name] = max(1, round(seconds / max(time.process_time() - started, 1e-7)))
    measured = {name: [] for name in contestants}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in contestants.items():
                started = time.process_time()
                for _ in range(calls[name]):
                    call()
                measured[name].append((time.process_time() - started) / calls[name])
    finally:
        gc.enable()
    return Race(measured)

"""One line of the table: what was measured, against what, what was asked for, what came out."""

from typing import NamedTuple


class Row(NamedTuple):
    """A measurement with its target.

    Attributes
    ----------
    what, against : str
    value : float
        Median of a ratio, an error, or a number of seconds.
    low, high : float or None
        Quartiles over rounds, where there are rounds.
    sense : {"at least", "at most", ""}
        How `value` is to compare with `target`; "" where nothing was asked for.
    target : float or None
    unit : str
        "x" for a ratio of CPU times, "s", or "" for an error.
    milliseconds : float or None
        Median CPU time of ours, for the reader's orientation.
    note : str
    """

    what: str
    against: str
    value: float
    low: float | None = None
    high: float | None = None
    sense: str = ""
    target: float | None = None
    unit: str = "x"
    milliseconds: float | None = None
    note: str = ""

    @property
    def met(self):
        """Whether the target is reached, None without one."""
        if not self.sense:
            return None
        return self.value >= self.target if self.sense == "at least" else self.value <= self.target

    def cells(self):
        """The row as text."""
        value = f"{self.value:.3g}{self.unit}"
        if self.low is not None:
            value += f" [{self.low:.3g}, {self.high:.3g}]"
        target = f"{self.sense} {self.target:g}{self.unit}" if self.sense else "-"
        verdict = {None: "", True: "met", False: "missed"}[self.met]
        cost = "" if self.milliseconds is None else f"{self.milliseconds:.3g} ms"
        return self.what, self.against, value, target, verdict, cost

    def record(self):
        """The row as plain numbers and strings."""
        return {**self._asdict(), "met": self.met}


def ratio_row(what, against, ratio, **fields):
    """A row from a `timing.Ratio`."""
    return Row(what, against, ratio.median, ratio.low, ratio.high, **fields)

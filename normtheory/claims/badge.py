"""The badge beside a picture: where a claim stands at one setting of its parameters, in words."""

import inspect
from typing import NamedTuple

import numpy as np

from normtheory.claims.sentence import filled

STATES = {
    "holds": "holds here",
    "fails": "fails here",
    "outside": "outside the claim",
    "silent": "says nothing here",
    "undecided": "undecided",
}
LOST = "floating point has lost the number that decides"
BEYOND = "this setting is beyond those of which the statement speaks"


class Standing(NamedTuple):
    """Where a claim stands at one setting: one of `STATES`, and why, in words."""

    state: str
    reason: str


class Badge:
    """A rule from a setting to a case, and each case's words.

    Parameters
    ----------
    rule : callable
        Takes all parameters of the claim by name. Returns a case, and the numbers that its words
        print: True for "holds", False for "fails", None for "undecided", or a case's name.
    parameters : tuple of str
        Names of the claim's parameters.
    ignores : tuple of str
        Those that the answer does not depend on, whatever they are.
    cases : dict
        Case -> words with ``{name:format}`` places. A case begins with a state: ``fails_flat``.
    """

    def __init__(self, rule, parameters, ignores, cases):
        taken = tuple(inspect.signature(rule).parameters)
        if set(taken) != set(parameters):
            raise ValueError(
                f"{rule.__name__} must take all parameters of its claim: {', '.join(parameters)}; "
                f"got {', '.join(taken)}"
            )
        for name in ignores:
            if name not in parameters:
                raise ValueError(f"ignores must name parameters of the claim, got {name!r}")
        for case in cases:
            if case.partition("_")[0] not in STATES:
                raise ValueError(f"a case must begin with one of {', '.join(STATES)}, got {case!r}")
        self.rule, self.ignores = rule, tuple(ignores)
        self.cases = {"undecided": LOST, **cases, "undecided_lost": LOST, "outside_domain": BEYOND}

    def __call__(self, **values):
        try:
            with np.errstate(all="ignore"):
                case, numbers = self.rule(**values)
        except (ArithmeticError, ValueError):
            # `theory` refuses what is not finite
            case, numbers = "undecided_lost", {}
        if any(isinstance(n, float | np.floating) and not np.isfinite(n) for n in numbers.values()):
            case = "undecided_lost"
        if case is None or isinstance(case, bool | np.bool_):
            case = "undecided" if case is None else "holds" if case else "fails"
        return self.case(case, {**values, **numbers})

    def case(self, name, numbers):
        """The standing of one case, its words filled with numbers."""
        return Standing(name.partition("_")[0], filled(self.cases[name], numbers))

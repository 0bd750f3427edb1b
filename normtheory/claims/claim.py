"""A claim is an object: one statement of a document, its parameters, evidence and verdict.

Everything that speaks of a claim (proof, simulation, slider, badge, ledger row, notebook cell,
test) reads it here, so nothing about it is written twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

VERDICTS = {
    "holds": "true as stated, under the assumptions that the document states",
    "amended": "true only with a further assumption or a corrected constant, count or direction",
    "refuted": "false as stated: a counterexample that anybody can re-run",
    "unsettled": "could not be decided here",
}
KINDS = {
    "proof": "an independent symbolic derivation",
    "simulation": "Monte Carlo with a standard error, or exact enumeration",
    "numeric": "quadrature, root finding, optimisation or a search for a violation",
    "table": "arithmetic on the figures that the document prints",
    "experiment": "a training run over several seeds",
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A quantity that a reader can move: it serves sliders, random draws, checks and docs.

    Attributes
    ----------
    name : str
        Python identifier, the keyword of `Claim.at`.
    symbol : str
        LaTeX, without dollar signs.
    meaning : str
        What it is, a few words with the unit if it has one.
    default : float, int or str
        The document's own value where it has one.
    domain : tuple of float
        (low, high): where the mathematics is defined.
    closed : bool
        Whether the ends belong to the domain.
    typical : tuple of float
        (low, high) of a slider; equals the domain by default.
    choices : tuple of str
        For a quantity that is a choice; then domain and typical are unused.
    integer, log : bool
        Whole numbers only; a logarithmic slider.
    """

    name: str
    symbol: str
    meaning: str
    default: Any
    domain: tuple[float, float] = (-np.inf, np.inf)
    closed: bool = False
    typical: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    integer: bool = False
    log: bool = False

    def __post_init__(self):
        if not self.choices and self.typical is None:
            object.__setattr__(self, "typical", self.domain)
        self.validate(self.default)

    def validate(self, value):
        """Return `value`, or raise ValueError that names parameter, value and what is allowed."""
        if self.choices:
            if value not in self.choices:
                raise ValueError(
                    f"{self.name} must be one of {', '.join(self.choices)}, got {value!r}"
                )
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise TypeError(f"{self.name} must be a number, got {value!r}")
        low, high = self.domain
        inside = low <= value <= high if self.closed else low < value < high
        # a closed end may be infinite in the domain, a setting may not
        if not (inside and np.isfinite(value)) or (self.integer and int(value) != value):
            left, right = "[]" if self.closed else "()"
            whole = "a whole number in " if self.integer else "in "
            raise ValueError(
                f"{self.name} must lie {whole}{left}{low}, {high}{right}, got {value!r}"
            )
        return int(value) if self.integer else float(value)

    def draw(self, rng):
        """A random value from the typical range."""
        if self.choices:
            return self.choices[rng.integers(len(self.choices))]
        low, high = self.typical
        if self.integer:
            return int(rng.integers(low, high + 1))
        if self.log:
            return float(np.exp(rng.uniform(np.log(low), np.log(high))))
        return float(rng.uniform(low, high))


class Outcome(NamedTuple):
    """What a check found: whether it passed, and one line of numbers that says why."""

    passed: bool
    detail: str


class Standing(NamedTuple):
    """Whether a claim holds at one setting of its parameters: the badge beside a picture."""

    state: str  # "holds", "fails" or "undecided"
    reason: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A check together with a wrong answer that it must reject.

    `check(subject, rng)` returns an `Outcome`. The subject is what is under test: a formula as a
    function or sympy expression, a constant, a law, a table with a predicate. The mutant is the
    same thing with one constant, sign, exponent, direction or assumption changed.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    shows : str
        What a pass shows, in one sentence.
    mutation : str
        What is wrong with the mutant, in a few words.
    about : str
        "statement" when it bears on what the document says, "amendment" when on what does hold.
    """

    kind: str
    shows: str
    check: Callable[[Any, np.random.Generator], Outcome]
    subject: Any
    mutant: Any
    mutation: str
    about: str = "statement"

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.about not in ("statement", "amendment"):
            raise ValueError(f"about must be 'statement' or 'amendment', got {self.about!r}")

    def run(self, rng):
        """The check on its subject."""
        passed, detail = self.check(self.subject, rng)
        return Outcome(bool(passed), detail)

    def rejects_mutant(self, rng):
        """Whether the same check turns the mutant down (an exception is no rejection)."""
        return not self.check(self.mutant, rng).passed


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of a document, with the evidence for its verdict.

    Attributes
    ----------
    id : str
        Permanent, ``document.name``.
    source : str
        Where the document says it ("Eq. 9").
    statement : str
        What the *document* says, as it says it; LaTeX between dollar signs.
    verdict : str
        One of `VERDICTS`.
    evidence : tuple of Evidence
    parameters : tuple of Parameter
        What a reader can move.
    amendment : str
        What does hold instead; required when amended.
    counterexample : str
        Concrete, with numbers; required when refuted. Its evidence re-runs it.
    derivation : tuple of str
        The steps of the proof in words and LaTeX, for a reader.
    remark : str
        Range of validity: where a bound is empty, an expectation infinite, a limit not uniform.
    reason : str
        Why it is unsettled and what would settle it.
    at : callable, optional
        ``at(**parameters) -> Standing``: the claim at one setting, in well under a frame.
    """

    id: str
    source: str
    statement: str
    verdict: str
    evidence: tuple[Evidence, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    amendment: str = ""
    counterexample: str = ""
    derivation: tuple[str, ...] = ()
    remark: str = ""
    reason: str = ""
    at: Callable[..., Standing] | None = field(default=None, repr=False)

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {self.verdict!r}")
        needed = {
            "holds": "evidence",
            "amended": "amendment",
            "refuted": "counterexample",
            "unsettled": "reason",
        }[self.verdict]
        if not getattr(self, needed) or (self.verdict != "unsettled" and not self.evidence):
            raise ValueError(
                f"{self.id}: a verdict of {self.verdict!r} needs {needed} and evidence"
            )
        if self.amendment and not any(e.about == "amendment" for e in self.evidence):
            raise ValueError(f"{self.id}: the amendment must itself be checked")

    @property
    def document(self):
        """The document's short name, the part of the id before the dot."""
        return self.id.partition(".")[0]

    def parameter(self, name):
        """The parameter of that name."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        names = ", ".join(p.name for p in self.parameters) or "none"
        raise ValueError(f"parameter must be one of {names} for {self.id}, got {name!r}")

    def standing(self, **values):
        """The claim at one setting; missing parameters take their defaults, bad ones raise."""
        if self.at is None:
            raise ValueError(f"{self.id} has no statement about a single setting")
        settings = {p.name: p.default for p in self.parameters}
        settings |= {name: self.parameter(name).validate(v) for name, v in values.items()}
        return self.at(**settings)

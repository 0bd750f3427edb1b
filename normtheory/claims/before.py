"""A claim as one frozen expression: the former form, for modules that have no sentences yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from normtheory.claims.badge import Standing
from normtheory.claims.claim import NEEDS, VERDICTS, Parameter
from normtheory.claims.sentence import KINDS, SentenceRow


class Outcome(NamedTuple):
    """What a check found: whether it passed, and one line of numbers that says why."""

    passed: bool
    detail: str


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

    def run(self, rngs):
        """The check on its subject, with the generator that ``rngs()`` makes."""
        passed, detail = self.check(self.subject, rngs())
        return Outcome(bool(passed), detail)

    def rejects_mutant(self, rngs):
        """Whether the same check turns the mutant down (an exception is no rejection)."""
        return not self.check(self.mutant, rngs()).passed

    @property
    def role(self):
        """What it bears on."""
        return self.about

    def row(self, rngs):
        """What the check and its mutant gave, as a `SentenceRow`."""
        passed, detail = self.run(rngs)
        rejects = bool(self.rejects_mutant(rngs))
        return SentenceRow(
            self.kind, self.about, self.shows, passed, detail, self.mutation, rejects
        )


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
        needed = "evidence" if self.verdict == "holds" else NEEDS[self.verdict]
        if not getattr(self, needed) or (self.verdict != "unsettled" and not self.evidence):
            raise ValueError(
                f"{self.id}: a verdict of {self.verdict!r} needs {needed} and evidence"
            )
        if self.amendment and not any(e.about == "amendment" for e in self.evidence):
            raise ValueError(f"{self.id}: the amendment must itself be checked")

    @property
    def says(self):
        """The statement."""
        return self.statement

    @property
    def sentences(self):
        """The evidence."""
        return self.evidence

    def said(self, role):
        """The text of one role."""
        return {
            "counterexample": self.counterexample,
            "amendment": self.amendment,
            "reason": self.reason,
            "range": self.remark,
        }[role]

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

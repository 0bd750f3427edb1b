"""A claim is an object: one statement of a document, its parameters, its verdict, and the sentences
that are printed about it, each with its check.

Everything that speaks of a claim (ledger, errata, notebook, slider, badge, test) reads it here, so
nothing about it is written twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np

from normtheory.claims.badge import Badge, Standing
from normtheory.claims.sentence import BY_HAND, ROLES, argued, sentence

half_line = (0, np.inf)  # a domain
_Check = TypeVar("_Check", bound=Callable[..., Any])
VERDICTS = {
    "holds": "true as stated, under the assumptions that the document states",
    "amended": "true only with a further assumption or a corrected constant, count or direction",
    "refuted": "false as stated: a counterexample that anybody can re-run",
    "unsettled": "could not be decided here",
}
# the role of the sentence that a verdict rests on
NEEDS = {
    "holds": "shown",
    "amended": "amendment",
    "refuted": "counterexample",
    "unsettled": "reason",
}


@dataclass(frozen=True)
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

    @classmethod
    def count(
        cls,
        name: str,
        symbol: str,
        meaning: str,
        default: int,
        typical: tuple[int, int],
        domain: tuple[int, float] = (1, np.inf),
        *,
        log: bool = False,
    ) -> Self:
        """A whole number; the ends belong to the domain."""
        return cls(name, symbol, meaning, default, domain, True, typical, integer=True, log=log)

    @classmethod
    def positive(
        cls,
        name: str,
        symbol: str,
        meaning: str,
        default: float,
        typical: tuple[float, float],
    ) -> Self:
        """Any positive number, on a logarithmic slider."""
        return cls(name, symbol, meaning, default, half_line, typical=typical, log=True)

    def validate(self, value: Any) -> Any:
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
            kind = "be a whole number" if self.integer else "lie"
            raise ValueError(
                f"{self.name} must {kind} in {left}{low}, {high}{right}, got {value!r}"
            )
        return int(value) if self.integer else float(value)

    def draw(self, rng: np.random.Generator) -> Any:
        """A random value from the typical range."""
        if self.choices:
            return self.choices[rng.integers(len(self.choices))]
        low, high = self.typical
        if self.integer:
            return int(rng.integers(low, high + 1))
        if self.log:
            return float(np.exp(rng.uniform(np.log(low), np.log(high))))
        return float(rng.uniform(low, high))


class Claim:
    """One statement of a document, and what is printed about it.

    Sentences are added by decorating their checks, in the order in which a reader meets them (see
    `normtheory.claims.sentence`)::

        @claim.shown(kind)            what makes the verdict "holds"
        @claim.counterexample(kind)   numbers that anybody can re-run
        @claim.amendment(kind)        what does hold
        @claim.range(kind)            where a bound is empty, an expectation infinite
        @claim.derivation(kind)       a step of the proof

    Parameters
    ----------
    id : str
        Permanent, ``document.name``.
    source : str
        Where the document says it ("Eq. 9").
    says : str
        What the *document* says, in its words; LaTeX between dollar signs.
    verdict : str
        One of `VERDICTS`.
    parameters : tuple of Parameter
        What a reader can move.
    breaks : dict, optional
        A setting at which the claim fails, that of its counterexample where it has one; parameters
        that are not named have their defaults.

    Raises
    ------
    ValueError
        For an unknown verdict, and for a setting that no parameter allows.
    """

    def __init__(
        self,
        *,
        id: str,
        source: str,
        says: str,
        verdict: str,
        parameters: Sequence[Parameter] = (),
        breaks: dict[str, Any] | None = None,
    ) -> None:
        if verdict not in VERDICTS:
            raise ValueError(f"verdict must be one of {', '.join(VERDICTS)}, got {verdict!r}")
        self.id, self.source, self.says, self.verdict = id, source, says, verdict
        self.parameters = tuple(parameters)
        self.breaks = {n: self.parameter(n).validate(v) for n, v in (breaks or {}).items()}
        self.sentences = []
        self.at = None

    def __repr__(self):
        return f"Claim({self.id}, {self.verdict}, {len(self.sentences)} sentences)"

    def shown(
        self, kind: str, *, rejects: Mapping[str, Any] | None = None
    ) -> Callable[[_Check], _Check]:
        """Add a sentence that shows the statement; decorates its check."""
        return self._adds("shown", kind, rejects)

    def counterexample(
        self, kind: str, *, rejects: Mapping[str, Any] | None = None
    ) -> Callable[[_Check], _Check]:
        """Add a counterexample; decorates its check."""
        return self._adds("counterexample", kind, rejects)

    def amendment(
        self, kind: str, *, rejects: Mapping[str, Any] | None = None
    ) -> Callable[[_Check], _Check]:
        """Add a sentence of what does hold; decorates its check."""
        return self._adds("amendment", kind, rejects)

    def range(
        self, kind: str, *, rejects: Mapping[str, Any] | None = None
    ) -> Callable[[_Check], _Check]:
        """Add a sentence about the range of validity; decorates its check."""
        return self._adds("range", kind, rejects)

    def derivation(
        self, kind: str, *, rejects: Mapping[str, Any] | None = None
    ) -> Callable[[_Check], _Check]:
        """Add a step of the derivation; decorates its check."""
        return self._adds("derivation", kind, rejects)

    def by_hand(self, words: str, role: str = "derivation") -> None:
        """Add a sentence that no check stands behind; it is printed as such."""
        self._add(argued(role, BY_HAND, words))

    def rests_on(self, id: str, words: str, role: str = "derivation") -> None:
        """Add a sentence that another claim shows."""
        self._add(argued(role, f"shown in {id}", words))

    def badge(self, *, ignores: Sequence[str] = (), **cases: str) -> Callable[[_Check], _Check]:
        """Decorates the rule that says where the claim stands at one setting, see `Badge`."""

        def add(rule):
            self.at = Badge(rule, [p.name for p in self.parameters], ignores, cases)
            return rule

        return add

    @property
    def document(self) -> str:
        """The document's short name, the part of the id before the dot."""
        return self.id.partition(".")[0]

    def said(self, role: str) -> str:
        """The sentences of one role as one text."""
        return " ".join(each.text for each in self.sentences if each.role == role)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        names = ", ".join(p.name for p in self.parameters) or "none"
        raise ValueError(f"parameter must be one of {names} for {self.id}, got {name!r}")

    def standing(self, **values: Any) -> Standing:
        """The claim at one setting; missing parameters take their defaults, bad ones raise."""
        if self.at is None:
            raise ValueError(f"{self.id} has no statement about a single setting")
        settings = {p.name: p.default for p in self.parameters}
        settings |= {name: self.parameter(name).validate(v) for name, v in values.items()}
        return self.at(**settings)

    def _adds(self, role, kind, rejects):
        def add(check):
            self._add(sentence(role, kind, check, rejects))
            return check

        return add

    def _add(self, made):
        if made.role not in ROLES:
            raise ValueError(f"role must be one of {', '.join(ROLES)}, got {made.role!r}")
        if made.name in (each.name for each in self.sentences):
            raise ValueError(f"{self.id} has two sentences called {made.name!r}")
        self.sentences.append(made)

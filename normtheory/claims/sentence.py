r"""A sentence is a function: its docstring is printed, its arguments are what is claimed, and its
body is the check.

    @few_modes.amendment("numeric")
    def three_equal_modes(kappa=1.5):
        r"Three equal, equally spaced modes have kurtosis {kappa:.1f}."
        return np.isclose(discrete((-1, 0, 1), (1, 1, 1)).kurtosis, kappa), "by their moments"

`{name:format}` prints an argument. Every claimed number and function is tried 1.5 % off, up and
down, and the check must refuse each; what can be wrong in another way is named in `rejects`.
Arguments after `*` are settings of the check; `rng` among them is its random generator.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import lazy_loader
import numpy as np

from normtheory.claims.mutants import NoNumber, wrong_answers
from normtheory.claims.words import PLACE, REFERENCE, filled

sp = lazy_loader.load("sympy")  # for proofs: half a second that no slider waits for
KINDS = {
    "proof": "derived step by step for all parameters, each step an identity of formulas",
    "certified": "interval arithmetic over the whole region that the sentence or its numbers name",
    "numeric": "compared at the points named with a second route to the same number",
    "simulation": "random draws with a standard error, or all cases counted",
    "table": "arithmetic on the figures that the document prints",
    "consistency": "two formulas of this suite agree; no evidence by itself",
}
BY_HAND = "by hand"
# what is printed about a claim, in this order
ROLES = {
    "shown": "Shown",
    "counterexample": "Counterexample",
    "amendment": "What holds",
    "reason": "Why it is open",
    "range": "Range",
    "derivation": "Derivation",
}
_DECIMAL = re.compile(r"\d\.\d|(?<!\w)\.\d")
_EXPONENT = re.compile(r"[\^_](?:\d|\{-?\d+\})")
_COMPARISON = re.compile(
    r"\\(?:le|ge|lt|gt|ll|gg|leq|geq|leqslant|geqslant|approx|ne|neq|propto|sim)(?![a-zA-Z])|[<>≤≥≈≠]"
    r"|exactly (?:when|where|for|if)|if and only if|(?:at|no) (?:most|least)"
    r"|(?:more|less|fewer|larger|smaller|greater|higher|lower|better|worse) than"
)


class SentenceRow(NamedTuple):
    """One printed sentence after its check ran."""

    kind: str  # one of KINDS, BY_HAND, or "shown in ID"
    role: str
    text: str
    passed: bool
    detail: str
    mutants: str  # the wrong answers that were refused, or those that were not
    rejects: bool | None  # None when none was tried

    @property
    def checked(self):
        """Whether a check stands behind the sentence."""
        return self.kind in KINDS


class Later:
    """``function(*arguments, **keywords)``, computed when first needed and kept.

    As a default after ``*`` it is a measurement that the sentence and its mutants share, and a
    function that takes `rng` gets the sentence's generator; as a claimed default it is costly.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        self.function, self.arguments, self.keywords = function, arguments, keywords
        self._random = "rng" in inspect.signature(function).parameters
        self._kept = ()

    def value(self, rng: np.random.Generator | None = None) -> Any:
        """The value; new for each `rng` if the function takes one."""
        if self._random:
            if rng is None:
                raise ValueError("a random number cannot be claimed: make it a setting, after *")
            return self.function(*self.arguments, **self.keywords, rng=rng)
        if not self._kept:
            self._kept = (self.function(*self.arguments, **self.keywords),)
        return self._kept[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sentence:
    """Something that is printed about a claim and could be false.

    Attributes
    ----------
    name : str
        Unique in its claim; with the claim's id it seeds the check.
    role : str
        One of `ROLES`.
    kind : str
        One of `KINDS`, `BY_HAND`, or "shown in ID".
    template : str
        The words, LaTeX between dollar signs, numbers as ``{name:format}``.
    check : callable or None
        Returns whether it is so, and one line of numbers.
    claimed, settings : dict
        Defaults of the check's arguments.
    rejects : dict
        What is wrong -> the wrong value of the first argument, or of several by name.
    """

    name: str
    role: str
    kind: str
    template: str
    check: Callable | None = None
    claimed: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    rejects: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self):
        """The sentence with its numbers."""
        arguments = {**self.claimed, **self.settings}
        printed = {place[1] for place in PLACE.finditer(self.template)}
        return filled(self.template, {name: _made(arguments[name]) for name in printed})

    def run(self, rngs):
        """The check on what is claimed; ``rngs()`` is the sentence's generator, anew each time.

        Returns
        -------
        (bool, str)
        """
        claimed = {name: _made(value) for name, value in self.claimed.items()}
        return self._passes(claimed, self._set(rngs), rngs)

    def row(self, rngs, mutants=True):
        """The sentence's `SentenceRow`: its check, and whether it refuses its mutants, if asked."""
        if self.check is None:
            return SentenceRow(self.kind, self.role, self.text, True, "", "", True)
        claimed = {name: _made(value) for name, value in self.claimed.items()}
        settings = self._set(rngs)
        passed, detail = self._passes(claimed, settings, rngs)
        if not mutants:
            return SentenceRow(self.kind, self.role, self.text, passed, detail, "", None)
        tried = {}
        for what, wrong in self.mutants(claimed) if passed else []:
            try:
                tried[what] = self._passes({**claimed, **wrong}, settings, rngs, what)[0]
            except NoNumber:
                # a function whose answers are no numbers: what else it could be has to be named
                if what in self.rejects or not self._named(claimed, wrong):
                    raise
        accepted = [what for what, passes in tried.items() if passes]
        told = "; ".join(accepted or tried)
        rejects = bool(tried) and not accepted
        return SentenceRow(self.kind, self.role, self.text, passed, detail, told, rejects)

    def mutants(self, claimed):
        """(what is wrong, changed arguments) of every wrong answer that the check must refuse."""
        found = []
        for name, value in claimed.items():
            found += [(what, {name: wrong}) for what, wrong in wrong_answers(name, value)]
        found += [(what, _changes(claimed, wrong)) for what, wrong in self.rejects.items()]
        missing = claimed.keys() - {name for _, wrong in found for name in wrong}
        if missing:
            raise ValueError(f"{self.name}: no wrong answer for {', '.join(sorted(missing))}")
        return found

    def _named(self, claimed, wrong):
        """Whether a wrong answer of the same arguments is named."""
        return any(wrong.keys() <= _changes(claimed, each).keys() for each in self.rejects.values())

    def _set(self, rngs):
        return {
            name: value.value(rngs()) if isinstance(value, Later) else value
            for name, value in self.settings.items()
            if name != "rng"
        }

    def _passes(self, claimed, settings, rngs, mutant=None):
        drawn = {"rng": rngs()} if "rng" in self.settings else {}
        try:
            with np.errstate(all="ignore" if mutant else None):
                passed, detail = self.check(**claimed, **settings, **drawn)
        except Exception as error:
            if mutant:
                error.args = (f"{error} (for the wrong answer {mutant!r})",)
            raise
        if not isinstance(passed, bool | np.bool_):
            raise TypeError(f"{self.name} must return True or False first, got {passed!r}")
        return bool(passed), detail


def _changes(claimed, wrong):
    """The arguments that a named wrong answer changes: several by name, or the first."""
    if isinstance(wrong, dict) and wrong.keys() <= claimed.keys():
        return wrong
    return {next(iter(claimed)): wrong}


def sentence(role, kind, check, rejects):
    """The `Sentence` of a check, from its signature and docstring.

    Raises
    ------
    ValueError
        For an unknown role or kind, a missing docstring, an argument without default or without a
        wrong answer, a number typed where it could be computed, or a place that names no argument.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    name, words = check.__name__, " ".join((check.__doc__ or "").split())
    if not words:
        raise ValueError(f"{name} must have a docstring: it is the sentence")
    claimed, settings = {}, {}
    for each in inspect.signature(check).parameters.values():
        setting = each.kind is each.KEYWORD_ONLY
        if each.default is each.empty and not (setting and each.name == "rng"):
            raise ValueError(f"{name}: {each.name} must have a default, which is what is claimed")
        (settings if setting else claimed)[each.name] = each.default
    if not claimed:
        raise ValueError(f"{name} must claim something: an argument that can be wrong")
    typed = _DECIMAL.search(REFERENCE.sub("", PLACE.sub("", words)))
    if typed:
        raise ValueError(f"{name}: a decimal is typed, not computed: ...{words[typed.start() :]}")
    for place in PLACE.finditer(words):
        if place[1] not in {**claimed, **settings}.keys() - {"rng"} or not place[3]:
            raise ValueError(f"{name}: {place[0]} must print an argument in a format")
    made = Sentence(
        name=name,
        role=role,
        kind=kind,
        template=words,
        check=check,
        claimed=claimed,
        settings=settings,
        rejects=dict(rejects or {}),
    )
    if not any(isinstance(value, Later) for value in claimed.values()):
        made.mutants(claimed)  # raises if an argument has none
    return made


def argued(role, kind, words):
    """A `Sentence` without a check: argued by hand, or shown in another claim.

    Raises
    ------
    ValueError
        If the words carry a number or compare: those must be checked.
    """
    words = " ".join(words.split())
    bare = _EXPONENT.sub("", REFERENCE.sub("", words))
    found = _COMPARISON.search(bare) or re.search(r"\d", bare)
    if found:
        raise ValueError(f"{found[0]!r} needs a check, and this has none: {words}")
    return Sentence(name=words, role=role, kind=kind, template=words)


def _made(value):
    return value.value() if isinstance(value, Later) else value

"""What a claim's checks would notice: theory's functions, one after the other, made 1.5 % wrong."""

import importlib.util
import inspect
import sys
from functools import partial, wraps
from pathlib import Path
from typing import NamedTuple

from normtheory import theory
from normtheory.claims import ledger
from normtheory.claims.mutants import NoNumber, off
from normtheory.claims.sentence import Later

_THEORY = str(Path(theory.__file__).parent)
# (claim, or * for all, function) that no check can notice -> why
BLIND = {
    ("*", "montecarlo.threshold"): "1.5 % of six standard errors is what no run resolves",
    ("vcl.phase-shift", "mixtures.directions"): "a direction's length changes no kurtosis",
    ("vcl.phase-shift", "mixture_directions.lda_direction"): "only its direction counts",
    ("vcl.phase-shift", "mixture_directions.merging_direction"): "only its direction counts",
    ("vcl.phase-shift", "mixture_directions.merging_directions"): "only its direction counts",
    ("vcl.learned-beta", "two_batch_loss.expected_loss"): "where it is least, not how large it is",
    (
        "shattered.noise-colour",
        "rectifier_networks.circle_derivative",
    ): "only its correlations count",
    ("per.complexity", "sphere_average.projected_error_coefficients"): "their number counts",
}
SETTINGS = 5  # at which a badge is asked which functions it uses


class Perturbation(NamedTuple):
    """One function of `theory`, wrong in one direction, before one claim's checks."""

    id: str
    function: str  # "module.name"
    up: bool
    noticed: str  # the sentence that refused it; empty when none did

    @property
    def reason(self):
        """Why no check of the claim can notice it; empty if one should."""
        return BLIND.get((self.id, self.function)) or BLIND.get(("*", self.function), "")


def used(claim, seed=ledger.MASTER_SEED):
    """Public functions of `theory` that a claim's sentences and its badge call.

    Returns
    -------
    dict
        "module.name" -> function.
    """
    codes = set()

    def watch(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(_THEORY):
            codes.add(frame.f_code)

    sys.setprofile(watch)
    try:
        _loaded(claim)
        for name, sentence in _checked(claim):
            sentence.run(partial(ledger.generator, claim.id, name, seed))
        for k in range(SETTINGS if claim.at else 0):
            rng = ledger.generator(claim.id, f"setting {k}", seed)
            claim.standing(**{p.name: p.draw(rng) for p in claim.parameters})
    finally:
        sys.setprofile(None)
    return {name: each for name, each in _public().items() if _code(each) in codes}


def perturb(claim, seed=ledger.MASTER_SEED):
    """Run a claim's checks with each of the functions that it uses 1.5 % off, up and down.

    The function is replaced wherever a module of ours holds it, and the claim's own module is
    loaded anew, so that what it computes at import is wrong, too. An answer that is no number (a
    law, a truth value) is left as it is, and its function passed over, as is one that only another
    claim of the module asks when it is imported.

    Yields
    ------
    Perturbation
    """
    for name, function in used(claim, seed).items():
        for up in (True, False):
            wrong = _Wrong(function, up)
            with _replaced(function, wrong):
                noticed = _noticed(claim, seed, wrong)
            if wrong.asked:
                yield Perturbation(claim.id, name, up, noticed)


class _Wrong:
    """A function's answers, 1.5 % off."""

    def __init__(self, function, up):
        self.function, self.up, self.asked = function, up, False
        wraps(function)(self)

    def __call__(self, *arguments, **keywords):
        answer = self.function(*arguments, **keywords)
        try:
            wrong = off(answer, self.up)
        except NoNumber:
            return answer
        self.asked = True
        return wrong


class _replaced:
    """While open, `wrong` stands wherever a module of ours holds `function`."""

    def __init__(self, function, wrong):
        self.function, self.wrong, self.places = function, wrong, []

    def __enter__(self):
        for module in [m for n, m in sys.modules.items() if n.startswith("normtheory.")]:
            for name, value in list(vars(module).items()):
                if value is self.function:
                    self.places.append((module, name))
                    setattr(module, name, self.wrong)

    def __exit__(self, *error):
        for module, name in self.places:
            setattr(module, name, self.function)


def _noticed(claim, seed, wrong):
    """The first sentence of a claim, made anew, whose check does not pass; empty if all do."""
    try:
        again = _loaded(claim)
    except Exception:
        return "at import"
    wrong.asked = wrong.asked and _numbers(again) != _numbers(claim)
    for name, sentence in _checked(again):
        try:
            passed, _ = sentence.run(partial(ledger.generator, claim.id, name, seed))
        except Exception:
            passed = False
        if not passed:
            return str(name)
    return ""


def _loaded(claim):
    """The claim from a fresh copy of its module."""
    for module in [m for n, m in sys.modules.items() if n.startswith("normtheory.claims.")]:
        if any(value is claim for value in vars(module).values()):
            spec = importlib.util.find_spec(module.__name__)
            fresh = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(fresh)
            made = next(c for c in vars(fresh).values() if getattr(c, "id", None) == claim.id)
            if made is not claim:  # and not taken from the module that makes it
                return made
    return claim


def _checked(claim):
    for index, each in enumerate(claim.sentences):
        if each.check is not None:
            yield getattr(each, "name", index), each


def _numbers(claim):
    """What the sentences claim and are set to, but for what is computed when they are checked."""
    return [
        (name, repr(value))
        for _, each in _checked(claim)
        for name, value in {**each.claimed, **each.settings}.items()
        if not callable(value) and not isinstance(value, Later)
    ]


def _code(function):
    return getattr(inspect.unwrap(function), "__code__", None)


def _public():
    """Every public function of `theory` that is loaded, but for those that look at arguments."""
    prefix = f"{theory.__name__}."
    return {
        f"{module.removeprefix(prefix)}.{name}": each
        for module, held in sorted(sys.modules.items())
        if module.startswith(prefix) and module != f"{prefix}arguments"
        for name, each in vars(held).items()
        if inspect.isfunction(each) and each.__module__ == module and not name.startswith("_")
    }

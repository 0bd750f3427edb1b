"""The ledger: every claim, found by id or glob, verified in parallel, with a seed per sentence."""

import difflib
import fnmatch
import functools
import hashlib
import importlib
import multiprocessing
import pkgutil
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import NamedTuple

import numpy as np

from normtheory.claims.claim import NEEDS, Claim
from normtheory.claims.sentence import ROLES, SentenceRow

DOCUMENTS = {
    "vcl": "Littwin & Wolf (2018), Regularizing by the Variance of the Activations' "
    "Sample-Variances",
    "per": "Joo, Kang & Kim (2020), Regularizing Activations in Neural Networks via Distribution "
    "Matching with the Wasserstein Metric",
    "equinorm": "Controlling Covariate Shift using Equilibrium Normalization of Weights (2019)",
    "stdloss": "Accelerating Training of Deep Neural Networks with a Standardization Loss (2019)",
    "selu": "Blog notes: Self-Normalizing Neural Networks",
    "shattered": "Blog notes: The Shattered Gradients Problem",
    "weightnorm": "Blog notes: Weight Normalization",
}
MASTER_SEED = 20181203


class Row(NamedTuple):
    """One claim after its checks ran: a row of the ledger."""

    id: str
    verdict: str
    sentences: tuple[SentenceRow, ...]
    seconds: float

    @property
    def supported(self):
        """Whether every check passed and refused the wrong answers that it was shown."""
        return all(each.passed and each.rejects is not False for each in self.sentences)


def claims(document: str | None = None) -> tuple[Claim, ...]:
    """All claims in the documents' order, or those of one document."""
    names = DOCUMENTS if document is None else (document,)
    for name in names:
        if name not in DOCUMENTS:
            raise ValueError(f"document must be one of {', '.join(DOCUMENTS)}, got {name!r}")
    return tuple(claim for name in names for claim in _of(name))


@functools.cache
def _of(document):
    """The claims that a document's modules make, in the order of its list."""
    package = importlib.import_module(f"normtheory.claims.{document}")
    names = [f"{package.__name__}.{each.name}" for each in pkgutil.iter_modules(package.__path__)]
    # claims compute what they print when they are imported, whatever numpy was told to raise
    with np.errstate(all="warn", under="ignore"):
        modules = [vars(importlib.import_module(name)).values() for name in names]
    # isinstance would ask sympy and flint for their class, which loads them
    made = {each for values in modules for each in values if issubclass(type(each), Claim)}
    listed = [f"{document}.{name}" for name in package.CLAIMS.split()]
    if sorted(listed) != sorted(each.id for each in made):
        wrong = ", ".join(sorted({each.id for each in made} ^ set(listed))) or "one of them twice"
        raise ValueError(f"CLAIMS of {package.__name__} must list its modules' claims, not {wrong}")
    return sorted(made, key=lambda each: listed.index(each.id))


def claim(id):
    """The claim of that id, or ValueError that suggests the nearest."""
    found = {c.id: c for c in select([id])}
    if id not in found:
        raise ValueError(f"id must name one claim, got the pattern {id!r}")
    return found[id]


def select(patterns: Sequence[str] = ()) -> tuple[Claim, ...]:
    """The claims that match any of the ids or globs, in ledger order; all when there are none.

    Raises
    ------
    ValueError
        For an id or glob that matches nothing, suggesting the nearest id.
    """
    every = claims()
    chosen = set()
    for pattern in patterns:
        matches = fnmatch.filter([c.id for c in every], pattern)
        if not matches:
            near = difflib.get_close_matches(pattern, [c.id for c in every], n=1, cutoff=0)
            raise ValueError(f"no claim is called {pattern!r}; the nearest is {near[0]!r}")
        chosen.update(matches)
    return tuple(c for c in every if not patterns or c.id in chosen)


def generator(id, name, seed=MASTER_SEED):
    """The random numbers of one sentence: they depend on the claim's id, the sentence's name and
    the master seed, and on no other sentence."""
    words = np.frombuffer(hashlib.sha256(f"{id}/{name}".encode()).digest(), np.uint32)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *words.tolist()])))


def check(claim, seed=MASTER_SEED, *, mutants=True):
    """Run the checks of one claim's sentences and show each its wrong answers (`mutants`).

    Returns
    -------
    Row
        A check that raises counts as failed, with the exception as its detail. A verdict that no
        checked sentence supports has one failed row more, which says so.
    """
    start = time.perf_counter()
    rows = []
    for each in claim.sentences:
        try:
            rows.append(each.row(functools.partial(generator, claim.id, each.name, seed), mutants))
        except Exception as error:  # a broken check must not hide the other claims
            told = f"raised {type(error).__name__}: {error}"
            rows.append(SentenceRow(each.kind, each.role, each.name, False, told, "", False))
    if not _supports(claim.verdict, rows):
        role = NEEDS[claim.verdict]
        told = f"a verdict of {claim.verdict!r} needs a checked sentence under {ROLES[role]!r}"
        rows.append(SentenceRow("none", role, told, False, "there is none", "", False))
    return Row(claim.id, claim.verdict, tuple(rows), time.perf_counter() - start)


def _supports(verdict, rows):
    """Whether a sentence stands under the verdict; that two of our formulas agree is not enough."""
    fitting = [each for each in rows if each.role == NEEDS[verdict]]
    if verdict == "unsettled":
        return bool(fitting)
    return any(each.checked and each.kind != "consistency" for each in fitting)


def verify(
    patterns: Sequence[str] = (), *, seed: int = MASTER_SEED, workers: int = 1
) -> Iterator[Row]:
    """Run the evidence of the chosen claims, yielding each `Row` as it finishes.

    Parameters
    ----------
    patterns : sequence of str
        Ids or globs; all claims when empty.
    seed : int
        Master seed of all simulations.
    workers : int
        Processes, each working on one claim at a time. With one, everything runs in this process.

    Yields
    ------
    Row
        In order of completion.
    """
    chosen = select(patterns)
    if workers == 1 or len(chosen) == 1:
        for each in chosen:
            yield check(each, seed)
        return
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(min(workers, len(chosen)), initializer=_leave_interrupts)
    try:
        for done in as_completed([pool.submit(_check_id, each.id, seed) for each in chosen]):
            yield done.result()
    except BaseException:
        # Ctrl-C or a closed generator: stop the claims that are running, too
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        raise
    finally:
        # nothing is left to wait for; a pool that is not joined complains when Python ends
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts():
    # Ctrl-C reaches every process of a terminal; this one is stopped by the one that started it
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_id(id, seed):
    return check(claim(id), seed)

"""Coverage: the sentences of each document in order, with the claim or finding that decides each.

``claims/<document>/coverage.toml`` has one row for each sentence::

    [[sentence]]
    place = "Sec. 2.4"                    # left out where it is that of the row before
    says = "For large n the bound is high regardless of the kurtosis"
    claim = "vcl.favours-small-n"         # or several, in a list
    verdict = "holds"                     # of this sentence, where the claim is about more
    finding = "vcl.table2/lower-n"        # experiment/finding, a glob, or several
    none = "citation"                     # instead of both: one of REASONS, ": " and more words
"""

import fnmatch
import tomllib
from collections import Counter
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

from normtheory.claims.claim import VERDICTS
from normtheory.claims.ledger import DOCUMENTS

REASONS = {
    "definition": "says what a word or a letter stands for",
    "citation": "is another document's, told again",
    "report": "tells what was done, which nobody else can look at",
    "plan": "says what might be done",
    "taste": "says what is liked, or a tendency without a measure",
    "repeated": "is decided where the document says it first",
    "unsettled": "could not be decided; what was tried is told",
}
_KEYS = {"place", "says", "claim", "verdict", "finding", "none"}

_HEAD = """\
# Coverage

The sentences of the five documents in order, abstract to appendix: the claim or the finding that
decides each, with the verdict, or the reason why it has none. Some claims are about more than the
sentence: then the verdict is the sentence's own. `normtheory verify --coverage docs/coverage.md`
writes this page from `normtheory/claims/<document>/coverage.toml`.

Why a sentence has neither claim nor finding, in one word:
"""


class Row(NamedTuple):
    """One sentence of a document, and what decides it."""

    place: str
    says: str
    claims: tuple[str, ...]
    findings: tuple[str, ...]
    none: str  # why nothing decides it; empty if something does
    verdict: str  # the sentence's own, where its claim is about more; else empty


def read(document):
    """The rows of a document, in its order; none if it has no ``coverage.toml``.

    Raises
    ------
    ValueError
        For a file that is no TOML and a row that is not as the module says, naming both.
    """
    file = resources.files("normtheory.claims") / document / "coverage.toml"
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{_name(document)} must be TOML: {error}") from None
    rows = found.get("sentence")
    if len(found) != 1 or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise ValueError(f"{_name(document)} must be a list of [[sentence]]")
    for before, each in pairwise(rows):
        each.setdefault("place", before.get("place"))
    return tuple(_row(document, k, each) for k, each in enumerate(rows, 1))


def page(claims, findings):
    """The coverage page.

    Parameters
    ----------
    claims : sequence of Claim
        All of the ledger.
    findings : mapping
        Experiment's id -> (its title, from each finding's name to its verdict).

    Returns
    -------
    str
        Markdown, one table for each document.

    Raises
    ------
    ValueError
        For a row that names no claim or no finding, and for a claim that its own document's rows do
        not name.
    """
    known = {claim.id: claim for claim in claims}
    words = "\n".join(f"- *{name}*: it {words}" for name, words in REASONS.items())
    parts = [f"{_HEAD}\n{words}\n"]
    for document, title in DOCUMENTS.items():
        rows = read(document)
        if not rows:
            continue
        table = [_cells(document, k, row, known, findings) for k, row in enumerate(rows, 1)]
        named = {id for row in rows for id in row.claims}
        missing = [c.id for c in claims if c.document == document and c.id not in named]
        if missing:
            raise ValueError(f"{_name(document)} must name every claim, not {', '.join(missing)}")
        parts.append(
            f"## {title}\n\n{_counted(rows)}\n\n"
            "| where | the document says | what became of it |\n|---|---|---|\n"
            + "\n".join(f"| {' | '.join(cells)} |" for cells in table)
            + "\n"
        )
    return "\n".join(parts)


def _name(document, number=None):
    return f"claims/{document}/coverage.toml" + (f", row {number}" if number else "")


def _row(document, number, found):
    where = f"{_name(document, number)} ({found.get('place')!r})"
    if unknown := found.keys() - _KEYS:
        raise ValueError(f"{where} must have no {', '.join(sorted(unknown))}")
    for key in ("place", "says"):
        if not isinstance(found.get(key), str) or not found[key].strip():
            raise ValueError(f"{where} must have words in {key}, got {found.get(key)!r}")
    claims, findings = (_several(where, key, found.get(key, [])) for key in ("claim", "finding"))
    none = found.get("none", "")
    if bool(none) == bool(claims or findings):
        raise ValueError(f"{where} must have a claim or a finding, or else a reason in none")
    if none:
        _check_reason(where, none)
    verdict = found.get("verdict", "")
    if verdict and (verdict not in VERDICTS or len(claims) != 1):
        raise ValueError(
            f"{where}: verdict must be one of {', '.join(VERDICTS)} beside one claim, "
            f"got {verdict!r}"
        )
    return Row(found["place"], found["says"], claims, findings, none, verdict)


def _several(where, key, value):
    several = (value,) if isinstance(value, str) else value
    if not isinstance(several, list | tuple) or not all(isinstance(e, str) and e for e in several):
        raise ValueError(f"{where} must name one {key} or a list of them, got {value!r}")
    return tuple(several)


def _check_reason(where, none):
    word, _, words = str(none).partition(": ")
    if word not in REASONS:
        raise ValueError(f"{where}: none must begin with one of {', '.join(REASONS)}, got {none!r}")
    if word == "unsettled" and not words:
        raise ValueError(f"{where}: what is unsettled must say what was tried")


def _cells(document, number, row, claims, findings):
    where = f"{_name(document, number)} ({row.place!r})"
    decided = []
    for id in row.claims:
        if id not in claims:
            raise ValueError(f"{where} names no claim: {id!r}")
        decided.append(f"**{row.verdict or claims[id].verdict}**: [`{id}`]({place(claims[id])})")
    for pattern in row.findings:
        id, _, name = pattern.partition("/")
        title, verdicts = findings.get(id, ("", {}))
        chosen = [verdicts[each] for each in fnmatch.filter(verdicts, name or "*")]
        if not chosen:
            raise ValueError(f"{where} names no finding: {pattern!r}")
        counts = Counter(chosen)
        told = ", ".join(f"**{each}**" + f" ({n})" * (n > 1) for each, n in counts.items())
        decided.append(f"{told}: [`{pattern}`](findings.md#{_anchor(f'{id}: {title}')})")
    word, colon, words = row.none.partition(":")
    became = "; ".join(decided) or f"*{word}*{colon}{words}"
    return [each.replace("|", "\\|") for each in (row.place, row.says, became)]


def place(claim):
    """Where a reader finds a claim: its entry in the errata, or its module if it simply holds."""
    if claim.verdict != "holds":
        return f"errata.md#{_anchor(claim.id)}"
    module = next(each.check.__module__ for each in claim.sentences if each.check)
    return f"../{module.replace('.', '/')}.py"


def _anchor(heading):
    """What GitHub calls a heading."""
    kept = (c for c in heading.lower() if c.isalnum() or c in " -_")
    return "".join(kept).replace(" ", "-")


def _counted(rows):
    claims = sum(bool(row.claims) for row in rows)
    findings = sum(bool(row.findings) and not row.claims for row in rows)
    reasons = Counter(row.none.partition(":")[0] for row in rows if row.none)
    told = ", ".join(f"{reasons[each]} {each}" for each in REASONS if reasons[each])
    return (
        f"{len(rows)} sentences: {claims} decided by a claim, {findings} by an experiment alone"
        + (f"; without either: {told}." if told else ".")
    )

"""Coverage: the sentences of each document in order, with the claim or finding that decides each.

``claims/<document>/coverage.toml`` has a table for each place, a row for each sentence: what the
document says, and what decides it::

    ["Sec. 2.4"]
      "For large n the bound is high at any kurtosis" = ["vcl.favours-small-n", "vcl.fig3"]

That is a claim's id, with ``: `` and the verdict of this sentence where the claim is about more; an
experiment's id, with ``/`` and a glob where only some of its findings are meant (or ``/*``, where a
claim has the same id); or instead of both one of `REASONS`, with ``: `` and more words.
"""

import fnmatch
import tomllib
from collections import Counter
from importlib import resources
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
    decided: tuple[str, ...]  # by claims and findings, or a reason alone

    @property
    def ids(self):
        """What decides it, without verdicts; empty if nothing does."""
        return () if self.reason else tuple(each.partition(":")[0] for each in self.decided)

    @property
    def reason(self):
        """The one of `REASONS` why nothing decides it; empty if something does."""
        return _reason(self.decided[0])


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
        raise ValueError(f"claims/{document}/coverage.toml must be TOML: {error}") from None
    for place, rows in found.items():
        if not place.strip() or not isinstance(rows, dict) or not rows:
            raise ValueError(
                f"claims/{document}/coverage.toml must have places, each with rows, got {place!r}"
            )
    return tuple(
        _row(document, place, says, decided)
        for place, rows in found.items()
        for says, decided in rows.items()
    )


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
        table = [_cells(document, row, known, findings) for row in rows]
        named = {id for row in rows for id in row.ids}
        missing = [c.id for c in claims if c.document == document and c.id not in named]
        if missing:
            raise ValueError(
                f"claims/{document}/coverage.toml must name every claim, not {', '.join(missing)}"
            )
        parts.append(
            f"## {title}\n\n{_counted(rows, known)}\n\n"
            "| where | the document says | what became of it |\n|---|---|---|\n"
            + "\n".join(f"| {' | '.join(cells)} |" for cells in table)
            + "\n"
        )
    return "\n".join(parts)


def _reason(words):
    word = words.partition(":")[0]
    return word if word in REASONS else ""


def _where(document, row):
    return f"claims/{document}/coverage.toml, {row.place}, {row.says!r}"


def _row(document, place, says, decided):
    several = [decided] if isinstance(decided, str) else decided
    row = Row(place, says, tuple(several) if isinstance(several, list) else ())
    where = _where(document, row)
    if not says.strip():
        raise ValueError(f"{where} must have words")
    if not row.decided or not all(isinstance(each, str) and each for each in row.decided):
        raise ValueError(f"{where} must name what decides it, one or a list, got {decided!r}")
    if len(row.decided) > 1 and any(_reason(each) for each in row.decided):
        raise ValueError(f"{where} must have its reason alone, got {decided!r}")
    if decided == "unsettled":
        raise ValueError(f"{where}: what is unsettled must say what was tried")
    return row


def _cells(document, row, claims, findings):
    where, told = _where(document, row), []
    for each in () if row.reason else row.decided:
        id, _, verdict = each.partition(": ")
        experiment, _, name = each.partition("/")
        title, verdicts = findings.get(experiment, ("", {}))
        chosen = [verdicts[each] for each in fnmatch.filter(verdicts, name or "*")]
        if id in claims:
            if verdict and verdict not in VERDICTS:
                raise ValueError(
                    f"{where}: verdict must be one of {', '.join(VERDICTS)}, got {verdict!r}"
                )
            told.append(f"**{verdict or claims[id].verdict}**: [`{id}`]({place(claims[id])})")
        elif chosen:
            counts = [f"**{v}**" + f" ({n})" * (n > 1) for v, n in Counter(chosen).items()]
            anchor = _anchor(f"{experiment}: {title}")
            told.append(f"{', '.join(counts)}: [`{each}`](findings.md#{anchor})")
        else:
            reasons = ", ".join(REASONS)
            raise ValueError(
                f"{where} must name claims, findings or one of {reasons}, got {each!r}"
            )
    words = row.decided[0].removeprefix(row.reason)
    became = f"*{row.reason}*{words}" if row.reason else "; ".join(told)
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


def _counted(rows, claims):
    by_claim = sum(any(id in claims for id in row.ids) for row in rows)
    reasons = Counter(row.reason for row in rows if row.reason)
    told = ", ".join(f"{reasons[each]} {each}" for each in REASONS if reasons[each])
    alone = len(rows) - by_claim - reasons.total()
    return (
        f"{len(rows)} sentences: {by_claim} decided by a claim, {alone} by an experiment alone"
        + (f"; without either: {told}." if told else ".")
    )

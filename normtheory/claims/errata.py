"""The errata: the statements that do not hold as printed, each with what shows it and what does
hold, written for the documents' authors. Generated from the ledger, numbers included."""

import re

from normtheory.claims.ledger import DOCUMENTS
from normtheory.claims.report import remarks

_INTRODUCTION = """\
# Errata

Statements of the five documents that do not hold as printed. For each: what the document says and
where, the counterexample or the missing assumption, what does hold instead, and the numbers that
support it. `normtheory verify ID --explain` runs the evidence of one entry again;
`normtheory verify --errata FILE` runs all of it and writes this page. `<1e-12` stands for what
arithmetic leaves of a zero; its digits differ from one processor to the next.
"""

_FAULT = {
    "refuted": "Does not hold",
    "amended": "Needs an amendment",
    "unsettled": "Could not be settled",
}

# zero written as a float, or a number with the exponent of a rounding error
_ROUNDING = re.compile(r"(?<![\w.])(?:0(?:\.0+)?e[+-]00|\d(?:\.\d+)?e-1[3-9])(?![\w.])")


def errata(claims, rows):
    """The errata page.

    Parameters
    ----------
    claims : sequence of Claim
    rows : mapping from id to Row
        What `ledger.verify` found for each of the claims.

    Returns
    -------
    str
        Markdown, one section per document and one entry per statement that does not simply hold.
    """
    parts = [_INTRODUCTION]
    for document, title in DOCUMENTS.items():
        entries = [c for c in claims if c.document == document and c.verdict != "holds"]
        if not entries:
            continue
        parts.append(f"## {title}\n")
        parts.extend(_entry(c, rows[c.id]) for c in entries)
    return "\n".join(parts)


def evidence_lines(row):
    """What each check of a claim shows and the numbers it found, the same on every machine.

    Returns
    -------
    list of str
        Markdown, one item of a list for each piece of evidence.
    """
    return [f"- {e.shows} ({e.kind}): {_ROUNDING.sub('<1e-12', e.detail)}" for e in row.evidence]


def _entry(claim, row):
    blocks = [
        f"### `{claim.id}`\n",
        f"**{_FAULT[claim.verdict]}** ({claim.source}).\n",
        f"*The document says:* {claim.statement}\n",
    ]
    blocks.extend(f"*{heading}:* {text}\n" for heading, text in remarks(claim))
    if claim.derivation:
        steps = "\n".join(f"{k}. {step}" for k, step in enumerate(claim.derivation, 1))
        blocks.append(f"*Derivation:*\n\n{steps}\n")
    if row.evidence:
        blocks.append("\n".join(["*Evidence:*\n", *evidence_lines(row)]) + "\n")
    return "\n".join(blocks)

"""The errata: the statements that do not hold as printed, each with what shows it and what does
hold, written for the documents' authors. Generated from the ledger, numbers included."""

import re

from normtheory.claims.ledger import DOCUMENTS
from normtheory.claims.report import parts

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


def lines(rows, numbered=False):
    """Sentences as a Markdown list, each with what stands behind it, the same on every machine.

    Parameters
    ----------
    rows : sequence of SentenceRow
    numbered : bool

    Returns
    -------
    list of str
        One item of the list each.
    """
    marks = [f"{k}." if numbered else "-" for k in range(1, len(rows) + 1)]
    return [f"{mark} {_told(each)}" for mark, each in zip(marks, rows, strict=True)]


def _told(each):
    if not each.checked:
        return f"{each.text} [{each.kind}]"
    return f"{each.text} [{each.kind}: {_ROUNDING.sub('<1e-12', each.detail)}]"


def _entry(claim, row):
    blocks = [
        f"### `{claim.id}`\n",
        f"**{_FAULT[claim.verdict]}** ({claim.source}).\n",
        f"*The document says:* {claim.says}\n",
    ]
    for heading, rows in parts(claim, row):
        blocks.append("\n".join([f"*{heading}:*\n", *lines(rows, heading == "Derivation")]) + "\n")
    return "\n".join(blocks)

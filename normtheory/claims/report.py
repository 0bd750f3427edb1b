"""The ledger as text, JSON and Markdown: pure functions of claims and the rows they gave."""

import textwrap
from collections import Counter

from normtheory.claims.claim import VERDICTS
from normtheory.claims.ledger import DOCUMENTS

_WIDTH = 98


def ledger(rows):
    """The ledger as text: rows by document in the order given, then counts by verdict.

    Parameters
    ----------
    rows : sequence of Row
        In ledger order. Everything but the seconds at the lines' ends is the same in every run.

    Returns
    -------
    str

    Examples
    --------
    >>> from normtheory.claims.ledger import EvidenceRow, Row
    >>> proof = EvidenceRow("proof", "statement", "It is so.", True, "0 = 0", "1 = 0", True)
    >>> print(ledger([Row("selu.lecun-init", "holds", (proof,), 0.25)]))
    selu: Blog notes: Self-Normalizing Neural Networks
      selu.lecun-init  holds      proof     0.25 s
      holds 1
    <BLANKLINE>
    1 claim: holds 1.
    All evidence supports its verdict, and every check rejects its mutant.
    """
    parts = []
    names = max((len(row.id) for row in rows), default=0)
    support = max((len(_support(row)) for row in rows), default=0)
    for document, title in DOCUMENTS.items():
        chosen = [row for row in rows if row.id.partition(".")[0] == document]
        if not chosen:
            continue
        lines = [f"{document}: {title}"]
        for row in chosen:
            lines.append(
                f"  {row.id:{names}}  {row.verdict:9}  {_support(row):{support}}"
                f"  {row.seconds:7.2f} s"
            )
            lines.extend(f"    {fault}" for fault in faults(row))
        lines.append(f"  {_counts(row.verdict for row in chosen)}")
        parts.append("\n".join(lines))
    parts.append(conclusion(rows))
    return "\n\n".join(parts)


def conclusion(rows):
    """The counts by verdict over all rows, and whether the evidence supports them."""
    wrong = [row.id for row in rows if not row.supported]
    many = f"{len(rows)} claim{'s' * (len(rows) != 1)}"
    if wrong:
        end = f"NOT SUPPORTED by the evidence ({len(wrong)} of {many}): {', '.join(wrong)}"
    else:
        end = "All evidence supports its verdict, and every check rejects its mutant."
    return f"{many}: {_counts(row.verdict for row in rows)}.\n{end}"


def faults(row):
    """What is wrong with a row's evidence, one line each; empty when it supports the verdict."""
    lines = []
    for evidence in row.evidence:
        if not evidence.passed:
            lines.append(f"FAILED {evidence.kind}: {evidence.shows}: {evidence.detail}")
        elif not evidence.rejects_mutant:
            lines.append(f"MUTANT ACCEPTED by {evidence.kind}: {evidence.mutation}")
    return lines


def remarks(claim):
    """What a claim says besides its statement, as (heading, text) of what there is."""
    headings = {
        "Counterexample": claim.counterexample,
        "What holds": claim.amendment,
        "Why it is open": claim.reason,
        "Range": claim.remark,
    }
    return [(heading, text) for heading, text in headings.items() if text]


def explanation(claim, row):
    """One claim in full: statement, derivation, numbers, counterexample and amendment.

    Parameters
    ----------
    claim : Claim
    row : Row
        What its evidence gave.

    Returns
    -------
    str
    """
    parts = [
        f"{claim.id}: {claim.verdict} ({VERDICTS[claim.verdict]})\n"
        f"{DOCUMENTS[claim.document]}, {claim.source}"
    ]
    for heading, text in (("The document says", claim.statement), *remarks(claim)):
        parts.append(f"{heading}\n{_wrap(text)}")
    if claim.derivation:
        steps = "\n".join(_wrap(step, f"{k:2}. ") for k, step in enumerate(claim.derivation, 1))
        parts.append(f"Derivation\n{steps}")
    if row.evidence:
        parts.append("Evidence\n" + "\n".join(_evidence(each) for each in row.evidence))
    if claim.parameters:
        knobs = "\n".join(_wrap(_parameter(each), "- ") for each in claim.parameters)
        parts.append(f"Parameters\n{knobs}")
    parts.append(f"{row.seconds:.2f} s")
    return "\n\n".join(parts)


def as_json(claim, row):
    """One claim and what its evidence gave, as a dictionary of JSON values."""
    return {
        "id": claim.id,
        "document": claim.document,
        "statement": claim.statement,
        "verdict": claim.verdict,
        "amendment": claim.amendment,
        "evidence": [
            {
                "kind": each.kind,
                "passed": each.passed,
                "detail": each.detail,
                "rejects_mutant": bool(each.rejects_mutant),
            }
            for each in row.evidence
        ],
        "seconds": round(row.seconds, 3),
    }


def summary(claims, head=8):
    """Counts by document and verdict and the ledger's first claims, as Markdown tables.

    Parameters
    ----------
    claims : sequence of Claim
        In ledger order.
    head : int
        How many claims to list.

    Returns
    -------
    str
        No numbers that change from run to run.
    """
    lines = ["| document | " + " | ".join(VERDICTS) + " |", "|---|" + "--:|" * len(VERDICTS)]
    for document, title in DOCUMENTS.items():
        counts = Counter(each.verdict for each in claims if each.document == document)
        if counts:
            lines.append(_table_row(f"`{document}`: {title}", counts))
    lines.append(_table_row(f"all {len(claims)}", Counter(each.verdict for each in claims)))
    lines += ["", "| the first claims | where | verdict | evidence |", "|---|---|---|---|"]
    for each in claims[:head]:
        lines.append(f"| `{each.id}` | {each.source} | {each.verdict} | {_kinds(each.evidence)} |")
    return "\n".join(lines)


def _table_row(name, counts):
    return f"| {name} | " + " | ".join(str(counts[verdict] or "") for verdict in VERDICTS) + " |"


def _support(row):
    return _kinds(row.evidence) or "none"


def _kinds(evidence):
    counts = Counter(each.kind for each in evidence)
    return ", ".join(kind if n == 1 else f"{kind} x{n}" for kind, n in counts.items())


def _counts(verdicts):
    counts = Counter(verdicts)
    return ", ".join(f"{name} {counts[name]}" for name in VERDICTS if counts[name])


def _evidence(row):
    about = "" if row.about == "statement" else ", about the amendment"
    found = "passed" if row.passed else "FAILED"
    mutant = "rejected" if row.rejects_mutant else "ACCEPTED"
    return "\n".join(
        (
            _wrap(f"{row.kind}{about}: {row.shows}", "- "),
            _wrap(f"{found}: {row.detail}", "    "),
            _wrap(f"mutant {mutant}: {row.mutation}", "    "),
        )
    )


def _parameter(parameter):
    if parameter.choices:
        values = f"one of {', '.join(parameter.choices)}"
    else:
        low, high = parameter.domain
        left, right = "[]" if parameter.closed else "()"
        values = f"{'whole, ' if parameter.integer else ''}in {left}{low:g}, {high:g}{right}"
    return f"{parameter.name}: {parameter.meaning}, {values}, default {parameter.default}"


def _wrap(text, mark="  "):
    # LaTeX must not be cut in the middle of a word
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=mark if mark.isspace() else f"  {mark}",
        subsequent_indent=" " * (len(mark) if mark.isspace() else len(mark) + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )

"""The ledger as text, JSON and Markdown: pure functions of claims and the rows they gave."""

import textwrap
from collections import Counter

from normtheory.claims.claim import VERDICTS
from normtheory.claims.ledger import DOCUMENTS
from normtheory.claims.sentence import BY_HAND, KINDS, ROLES

_WIDTH = 98
_NUMBERS = "no one two three four five six seven eight nine".split()


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
    >>> from normtheory.claims.ledger import Row
    >>> from normtheory.claims.sentence import SentenceRow
    >>> proof = SentenceRow("proof", "shown", "It is so.", True, "0 = 0", "1 = 0", True)
    >>> print(ledger([Row("selu.lecun-init", "holds", (proof,), 0.25)]))
    selu: Blog notes: Self-Normalizing Neural Networks
      selu.lecun-init  holds      proof     0.25 s
      holds 1
    <BLANKLINE>
    1 claim: holds 1.
    Every check supports its verdict and refuses its wrong answers.
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
        end = "Every check supports its verdict and refuses its wrong answers."
    return f"{many}: {_counts(row.verdict for row in rows)}.\n{end}"


def faults(row):
    """What is wrong with a row's checks, one line each; empty when they support the verdict."""
    lines = []
    for each in row.sentences:
        if not each.passed:
            lines.append(f"FAILED {each.kind}: {each.text}: {each.detail}")
        elif not each.rejects:
            lines.append(f"MUTANT ACCEPTED by {each.kind}: {each.mutants or 'none is named'}")
    return lines


def parts(claim, row):
    """What a page prints about a claim, after what the document says.

    Returns
    -------
    list of (str, list)
        Headings, each with its `SentenceRow`.
    """
    found = [(title, [r for r in row.sentences if r.role == role]) for role, title in ROLES.items()]
    return [(heading, rows) for heading, rows in found if rows]


def explanation(claim, row):
    """One claim in full: statement, what holds, derivation, and what stands behind each sentence.

    Parameters
    ----------
    claim : Claim
    row : Row
        What its checks gave.

    Returns
    -------
    str
    """
    blocks = [
        f"{claim.id}: {claim.verdict} ({VERDICTS[claim.verdict]})\n"
        f"{DOCUMENTS[claim.document]}, {claim.source}",
        f"The document says\n{_wrap(claim.says)}",
    ]
    for heading, rows in parts(claim, row):
        marks = [f"{k:2}. " if heading == "Derivation" else "- " for k in range(1, len(rows) + 1)]
        lines = [_explained(each, mark) for each, mark in zip(rows, marks, strict=True)]
        blocks.append("\n".join([heading, *lines]))
    if claim.parameters:
        knobs = "\n".join(_wrap(_parameter(each), "- ") for each in claim.parameters)
        blocks.append(f"Parameters\n{knobs}")
    blocks.append(f"{row.seconds:.2f} s")
    return "\n\n".join(blocks)


def as_json(claim, row):
    """One claim and what its checks gave, as a dictionary of JSON values."""
    return {
        "id": claim.id,
        "document": claim.document,
        "statement": claim.says,
        "verdict": claim.verdict,
        "sentences": [
            {
                "role": each.role,
                "text": each.text,
                "kind": each.kind,
                "passed": each.passed,
                "detail": each.detail,
                "rejects_mutants": bool(each.rejects),
            }
            for each in row.sentences
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
    lines = [f"{sources()}, a row each:", ""]
    lines += ["| document | " + " | ".join(VERDICTS) + " |", "|---|" + "--:|" * len(VERDICTS)]
    for document, title in DOCUMENTS.items():
        counts = Counter(each.verdict for each in claims if each.document == document)
        if counts:
            lines.append(_table_row(f"`{document}`: {title}", counts))
    lines.append(_table_row(f"all {len(claims)}", Counter(each.verdict for each in claims)))
    printed = [each for claim in claims for each in claim.sentences]
    checked = sum(each.kind in KINDS for each in printed)
    by_hand = sum(each.kind == BY_HAND for each in printed)
    lines += [
        "",
        f"{len(printed)} sentences are printed about them: {checked} stand on a check of their "
        f"own, {len(printed) - checked - by_hand} on another claim's, {by_hand} are argued by "
        "hand.",
    ]
    lines += ["", "| the first claims | where | verdict | evidence |", "|---|---|---|---|"]
    for each in claims[:head]:
        lines.append(f"| `{each.id}` | {each.source} | {each.verdict} | {_kinds(each.sentences)} |")
    return "\n".join(lines)


def sources():
    """What the documents are, counted; the notes of one blog are one document.

    Examples
    --------
    >>> sources()
    'Five documents, four papers and three notes of one blog'
    """
    notes = sum(title.startswith("Blog notes") for title in DOCUMENTS.values())
    papers = len(DOCUMENTS) - notes
    found = f"{_NUMBERS[papers + 1]} documents, {_NUMBERS[papers]} papers and {_NUMBERS[notes]}"
    return f"{found} notes of one blog".capitalize()


def _table_row(name, counts):
    return f"| {name} | " + " | ".join(str(counts[verdict] or "") for verdict in VERDICTS) + " |"


def _support(row):
    return _kinds(row.sentences) or "none"


def _kinds(evidence):
    counts = Counter(each.kind.partition(" in ")[0] for each in evidence)
    return ", ".join(kind if n == 1 else f"{kind} x{n}" for kind, n in counts.items())


def _counts(verdicts):
    counts = Counter(verdicts)
    return ", ".join(f"{name} {counts[name]}" for name in VERDICTS if counts[name])


def _explained(each, mark):
    if not each.checked:
        return _wrap(f"{each.text} [{each.kind}]", mark)
    found = "passed" if each.passed else "FAILED"
    refused = "wrong answers refused" if each.rejects else "WRONG ANSWERS ACCEPTED"
    return "\n".join(
        (
            _wrap(f"{each.text}", mark),
            _wrap(f"{each.kind}, {found}: {each.detail}", "      "),
            _wrap(f"{refused}: {each.mutants or 'none'}", "      "),
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

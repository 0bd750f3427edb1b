"""Rows of the ledger in a notebook: the evidence runs, then one table tells how it went."""

import functools

from normtheory.claims import ledger
from normtheory.claims.claim import VERDICTS
from normtheory.claims.errata import lines


def ledger_rows(*patterns):
    """Verify claims, by ids or globs, or all, and show them: a table in a notebook, text elsewhere.

    The numbers that the checks found are left to ``normtheory verify``; what stands here is the
    same on every machine.
    """
    return LedgerRows([(claim, _verified(claim.id)) for claim in ledger.select(patterns)])


def ledger_evidence(*patterns):
    """Verify claims, as `ledger_rows`, and show what each check found, in numbers."""
    return LedgerEvidence([_verified(claim.id) for claim in ledger.select(patterns)])


def ledger_overview():
    """How many claims of each document have each verdict, without running their evidence."""
    return LedgerOverview(ledger.claims())


class LedgerEvidence:
    """The numbers behind the verdicts of some claims."""

    def __init__(self, rows):
        self.rows = rows

    def __repr__(self):
        return "\n".join(
            "\n".join([f"{row.id}: {_supported(row)}", *lines(row.sentences)]) for row in self.rows
        )

    def _repr_markdown_(self):
        return "\n\n".join(
            "\n".join([f"`{row.id}`: **{_supported(row)}**", "", *lines(row.sentences)])
            for row in self.rows
        )


class LedgerOverview:
    """Verdicts by document."""

    def __init__(self, claims):
        self.counts = {
            name: [
                sum(c.verdict == verdict for c in claims if c.document == name)
                for verdict in VERDICTS
            ]
            for name in ledger.DOCUMENTS
        }

    def _rows(self):
        total = [sum(column) for column in zip(*self.counts.values(), strict=True)]
        yield ["document", *VERDICTS]
        for name, counts in self.counts.items():
            yield [name, *map(str, counts)]
        yield ["all", *map(str, total)]

    def __repr__(self):
        return "\n".join(
            f"{name:<12}" + "".join(f"{v:>11}" for v in rest) for name, *rest in self._rows()
        )

    def _repr_markdown_(self):
        head, *rows = self._rows()
        lines = [head, ["---"] * len(head), *rows]
        lines = ["| " + " | ".join(line) + " |" for line in lines]
        lines += ["", *(f"- `{name}`: {title}" for name, title in ledger.DOCUMENTS.items())]
        return "\n".join(lines)


class LedgerRows:
    """Claims with the outcome of their evidence."""

    def __init__(self, pairs):
        self.pairs = pairs

    @property
    def supported(self):
        """Whether all evidence of all rows passed."""
        return all(row.supported for _, row in self.pairs)

    def __repr__(self):
        width = max(len(claim.id) for claim, _ in self.pairs)
        return "\n".join(
            f"{claim.id:<{width}}  {claim.verdict:<9}  {_tally(row)}" for claim, row in self.pairs
        )

    def _repr_markdown_(self):
        lines = ["| claim | verdict | the document says | what is true | evidence |"]
        lines.append("|---|---|---|---|---|")
        for claim, row in self.pairs:
            truth = claim.said("amendment") or claim.said("counterexample") or claim.said("reason")
            cells = (claim.id, claim.verdict, claim.says, truth, _tally(row))
            lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        return "\n".join(lines)


@functools.cache
def _verified(id):
    """A claim's row; its evidence takes seconds, so it runs once in a notebook, and is shown its
    wrong answers by ``normtheory verify``."""
    return ledger.check(ledger.claim(id), mutants=False)


def _supported(row):
    return row.verdict if row.supported else f"{row.verdict}, but {_tally(row)}"


def _tally(row):
    checked = [each for each in row.sentences if each.checked]
    bad = [each.text for each in row.sentences if not each.passed]
    kinds = ", ".join(dict.fromkeys(each.kind for each in checked))
    if not bad:
        return f"{kinds}: all pass"
    good = len(checked) - len(bad)
    return f"{kinds}: {good} of {len(checked)} pass; not: {'; '.join(bad)}"


def _cell(text):
    # a bar would end the cell
    return " ".join(text.split()).replace(r"\|", r"\Vert ").replace("|", r"\vert ")

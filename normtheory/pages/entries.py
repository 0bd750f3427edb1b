"""The claims' entries as Markdown: the ledger's page, and a permanent page for each claim."""

from normtheory.claims import ledger, published, report
from normtheory.claims.claim import VERDICTS
from normtheory.claims.errata import lines
from normtheory.claims.sentence import BY_HAND, KINDS
from normtheory.pages import wall

_PAGE = """\
---
orphan: true
---

# {name}

{record}

**{verdict}**: {meaning}. {document}, {source}

{entry}

## How to cite it

This address is permanent.

> {plain}

```bibtex
{bibtex}
```
"""


def ledger_page(claims, rows):
    """The ledger: counts by verdict, then every claim by document."""
    parts = ["# The ledger\n"]
    for verdict, meaning in VERDICTS.items():
        parts.append(f"- **{verdict}**, {sum(c.verdict == verdict for c in claims)}: {meaning}")
    parts.append("\nWhat stands behind a sentence, in brackets after it:\n")
    parts.extend(f"- **{kind}**: {meaning}" for kind, meaning in KINDS.items())
    parts.append(f"- **{BY_HAND}**: argued, not checked: words without a number or a comparison")
    schema = published.SCHEMA.name
    parts.append(
        '\nFor programs: <a href="ledger.json">the ledger as JSON</a>, and its '
        f'<a href="{schema}">schema</a>.'
    )
    for document, title in ledger.DOCUMENTS.items():
        parts.append(f"\n## {title}\n")
        for claim in (c for c in claims if c.document == document):
            parts.append(f"### `{claim.id}`\n\n**{claim.verdict}**, {claim.source}\n")
            parts.append(_entry(claim, rows[claim.id]))
    return "\n".join(parts)


def page(claim, row, places, address=None):
    """A claim's permanent page, with the `row` of what its checks gave, the `places` where it can
    be moved, see `wall.places`, and for its citation the site's `address`."""
    plain, bibtex = published.citation(claim, address)
    return _PAGE.format(
        name=wall.name(claim),
        record=wall.record(claim, places, "claim", root="../"),
        verdict=claim.verdict,
        meaning=VERDICTS[claim.verdict],
        document=ledger.DOCUMENTS[claim.document],
        source=claim.source,
        entry=_entry(claim, row),
        plain=plain,
        bibtex=bibtex,
    )


def _entry(claim, row):
    parts = [f"The document says: {claim.says}\n"]
    for heading, told in report.parts(claim, row):
        parts.extend([f"{heading}:\n", *lines(told), ""])
    return "\n".join(parts)

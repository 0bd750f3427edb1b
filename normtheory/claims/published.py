"""What others may rely on: the ledger as versioned JSON, each claim's permanent page, its citation.

``ledger-1.schema.json`` beside this module describes the JSON. Version 1 may gain fields that are
optional; what changes or takes away a field is another version, with another schema.
"""

import json
from pathlib import Path

from normtheory import __version__
from normtheory.claims import report
from normtheory.claims.ledger import DOCUMENTS

VERSION = 1
SCHEMA = Path(__file__).with_name(f"ledger-{VERSION}.schema.json")
AUTHOR = "the normtheory developers"


def place(id):
    """A claim's permanent page, relative to the site's first page.

    Examples
    --------
    >>> place("vcl.few-modes")
    'claims/vcl.few-modes.html'
    """
    return f"claims/{id}.html"


def versioned(claims, rows):
    """The ledger as a dictionary of JSON values.

    Parameters
    ----------
    claims : sequence of Claim
    rows : mapping from id to Row
        What `ledger.verify` found for each of them.

    Returns
    -------
    dict
        Its claims are those of ``normtheory verify --json`` without the seconds, each with `source`
        and `page`.
    """
    return {
        "$schema": SCHEMA.name,
        "version": VERSION,
        "normtheory": __version__,
        "documents": DOCUMENTS,
        "claims": [_entry(claim, rows[claim.id]) for claim in claims],
    }


def text(claims, rows):
    """The ledger as the text of a JSON file; arguments as of `versioned`."""
    return json.dumps(versioned(claims, rows), indent=1, ensure_ascii=False) + "\n"


def _entry(claim, row):
    entry = report.as_json(claim, row)
    del entry["seconds"]
    return entry | {"source": claim.source, "page": place(claim.id)}


def citation(claim, address=None):
    """How to cite a claim, as a sentence and as a BibTeX entry.

    Parameters
    ----------
    claim : Claim
    address : str, optional
        Of the site's first page, without a slash at its end; else no address is given.

    Returns
    -------
    plain, bibtex : str
    """
    url = f"{address}/{place(claim.id)}" if address else None
    about = f"{DOCUMENTS[claim.document]}, {claim.source}"
    plain = f"{AUTHOR}: claim {claim.id} ({claim.verdict}), on: {about}. normtheory {__version__}."
    fields = {
        "author": f"{{{AUTHOR}}}",
        "title": f"{{Claim {claim.id}: {claim.verdict}}}",
        "note": f"On: {about}",
        "version": __version__,
        "url": url,
    }
    lines = [f"  {name} = {{{_escaped(text)}}}," for name, text in fields.items() if text]
    entry = "\n".join([f"@software{{normtheory.{claim.id},", *lines, "}"])
    return (f"{plain} {url}" if url else plain), entry


def _escaped(text):
    return text.replace("&", r"\&").replace("%", r"\%").replace("#", r"\#")

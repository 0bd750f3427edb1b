"""A claim's own words for the page it stands on: who says what, and what is true."""

import re

from normtheory.claims.claim import NEEDS, VERDICTS
from normtheory.claims.ledger import DOCUMENTS
from normtheory.claims.sentence import ROLES
from normtheory.explorers.mathml import page

_PLURAL = re.compile(r"\band\b|\d-\d|^(?:Eqs|Secs|Tables)\b")


def speaker(claim):
    """Who says it, as the beginning of a sentence.

    >>> from normtheory.claims.ledger import claim
    >>> speaker(claim("vcl.phase-shift")), speaker(claim("selu.constants"))
    ('Theorem 2 says', 'The notes “Self-Normalizing Neural Networks” say')
    """
    place = re.split(r"[,;]", claim.source)[0]
    if DOCUMENTS[claim.document].startswith("Blog notes"):
        return f"The notes “{place.removeprefix('My Notes - ')}” say"
    verb = "say" if _PLURAL.search(place) else "says"
    if place.startswith("after "):
        return f"The text {place} says"
    known = re.match(r"(?:[aA]bstract|end) ?", place)
    return f"{f'The {place[0].lower()}{place[1:]}' if known else place} {verb}"


def told(claim):
    """What a page tells about a claim whatever the setting, as plain values and HTML.

    Returns
    -------
    dict
        ``id``, ``verdict`` and its ``meaning``, ``speaker``, ``says``, ``truth`` (the first
        sentence that the verdict rests on), ``breaks`` (a setting at which it fails, or none), and
        ``entry``, what the ledger prints of it: headings, each with its sentences and what stands
        behind each; and ``cases``, its badge's words.
    """
    truth = next(s for s in claim.sentences if s.role == NEEDS[claim.verdict])
    entry = [
        (title, [(page(s.text), s.kind) for s in claim.sentences if s.role == role])
        for role, title in ROLES.items()
    ]
    return {
        "id": claim.id,
        "verdict": claim.verdict,
        "meaning": VERDICTS[claim.verdict],
        "speaker": speaker(claim),
        "says": page(claim.says),
        "truth": page(truth.text),
        "breaks": claim.breaks,
        "entry": [(title, rows) for title, rows in entry if rows],
        "cases": claim.at.cases if claim.at else {},
    }

"""The claims as links: tiles on the first page, and the headings of the ledger and the errata.

A claim opens the explorer that shows it at the setting at which it fails; the explorer's claims
link back to the ledger.
"""

import html
import re
from typing import NamedTuple
from urllib.parse import urlencode

from normtheory import explorers
from normtheory.claims import ledger
from normtheory.claims.claim import VERDICTS
from normtheory.claims.ledger import DOCUMENTS
from normtheory.claims.published import place
from normtheory.explorers.mathml import page as words
from normtheory.explorers.told import speaker, told

_HEADING = re.compile(r"^### `([\w.-]+)`$", re.MULTILINE)
_TOLD = (
    "<p>Each opens its explorer, where it fails if it does; what no slider moves opens its entry "
    "in the ledger.</p>"
)
_START = "00_start_here"  # shows what other pages are about


class Place(NamedTuple):
    """Where a claim can be moved: an explorer on a page of the site."""

    claim: str
    page: str
    address: str
    title: str
    claims: int  # that the explorer is about


def seen(page, living):
    """Where the claims of a page's explorers are, each at a setting at which it fails."""
    return [
        Place(claim, page, _address(f"{page}.html", each.name, moved), each.title, len(each.claims))
        for each in living
        for claim, moved in each.claims
    ]


def listed(page, address, names):
    """As `seen`, of a page whose explorers are known by name, at any address."""
    made = {name: getattr(explorers, name) for name in names}
    return [
        Place(id, page, _address(address, name, ledger.claim(id).breaks), each.title, len(claims))
        for name, each in made.items()
        for claims in [getattr(each, "claims", ())]
        for id in claims
    ]


def _address(page, name, settings):
    return f"{page}#{name}" + (f"?{urlencode(settings)}" if settings else "")


def places(found):
    """By claim, the `Place` whose explorer is about the fewest claims, but not where all start."""
    chosen = {}
    for each in sorted(found, key=lambda each: (each.page == _START, each.claims)):
        chosen.setdefault(each.claim, each)
    return chosen


def anchor(id):
    """A claim's place on the ledger's and the errata's page."""
    return id.replace(".", "-")


def name(claim):
    """A claim's id as a heading reads it."""
    plain = claim.id.partition(".")[2].replace("-", " ")
    return f"{plain[0].upper()}{plain[1:]}: {claim.source}"


def tiles(claims, places, page="ledger.html"):
    """All claims as coloured tiles that can be filtered, as HTML; those without an explorer lead to
    the ledger's page, and where there is none, they hold what it says."""
    made = "\n".join(_tile(claim, places.get(claim.id), page) for claim in claims)
    return f'{_TOLD}{filters(claims)}\n<ul class="nt-wall" aria-label="the claims">\n{made}\n</ul>'


def filters(claims):
    """The controls that hide entries by verdict, document and word, as HTML; they need scripts."""
    held = {claim.document for claim in claims}
    documents = "".join(
        f'<option value="{each}">{html.escape(title)}</option>'
        for each, title in DOCUMENTS.items()
        if each in held
    )
    verdicts = "".join(
        f'<button type="button" aria-pressed="false" data-verdict="{verdict}" title="{meaning}">'
        f"{sum(claim.verdict == verdict for claim in claims)} {verdict}</button>"
        for verdict, meaning in VERDICTS.items()
        if any(claim.verdict == verdict for claim in claims)
    )
    return (
        f'<form class="nt-filter" hidden>{verdicts}'
        '<select aria-label="document"><option value="">all documents</option>'
        f'{documents}</select><input type="search" placeholder="a word" aria-label="a word">'
        '<output aria-live="polite"></output></form>'
    )


def _tile(claim, found, page):
    title = f"{claim.id}, {f'in {found.title}' if found else 'which no slider moves'}"
    said = f"<b>{claim.verdict}</b> <i>{html.escape(speaker(claim))}:</i> {words(claim.says)}"
    titled = f'title="{html.escape(title)}">{said}'
    if found or page:
        address = found.address if found else f"{page}#{anchor(claim.id)}"
        made = f'<a href="{html.escape(address)}" {titled}</a>'
    else:
        made = f"<details><summary {titled}</summary>{_entry(claim)}</details>"
    looks = f'data-verdict="{claim.verdict}" data-document="{claim.document}"'
    return f'<li class="nt-tile" {looks}>{made}</li>'


def _entry(claim):
    """What the ledger says of a claim, as HTML."""
    made = [
        (title, "".join(f"<li>{text} [{kind}]</li>" for text, kind in sentences))
        for title, sentences in told(claim)["entry"]
    ]
    return "".join(f"<h3>{title}</h3><ul>{rows}</ul>" for title, rows in made)


def record(claim, places, here, root=""):
    """The line under a claim's heading, as HTML: verdict, id, and where else the claim is. `here`
    is the page that it is on (ledger, errata or claim), `root` the way from there to the site's
    first page.
    """
    links = []
    if claim.id in places:
        found = places[claim.id]
        said = "Where it fails" if claim.breaks else "Move it"
        links.append((found.address, f"{said}: {found.title}"))
    for page in ("ledger", "errata"):
        if page != here and (page == "ledger" or claim.verdict != "holds"):
            links.append((f"{page}.html#{anchor(claim.id)}", f"in the {page}"))
    if here != "claim":
        links.append((place(claim.id), "how to cite it"))
    named = " ".join(
        f'<a href="{html.escape(root + to)}">{html.escape(text)}</a>' for to, text in links
    )
    return (
        f'<p class="nt-record" data-verdict="{claim.verdict}" data-document="{claim.document}">'
        f"<b>{claim.verdict}</b> <code>{claim.id}</code> {named}</p>"
    )


def headed(text, claims, places, here):
    """The ledger or the errata (`here`), Markdown with the claims' ids as headings, with headings
    that can be read, coloured verdicts and links."""
    known = {claim.id: claim for claim in claims}

    def heading(match):
        claim = known[match[1]]
        return (
            f'<span id="{anchor(claim.id)}"></span>\n\n### {name(claim)}\n\n'
            f"{record(claim, places, here)}"
        )

    made = _HEADING.sub(heading, text)
    first, rest = made.split("\n", 1)
    listed = [known[id] for id in _HEADING.findall(text)]
    return f"{first}\n\n{filters(listed)}\n{rest}"

"""The app's first page: the site's, whose tiles lead to the app's own pages."""

from pathlib import Path
from urllib.parse import quote

import nbformat

from normtheory.claims import ledger
from normtheory.explorers import still
from normtheory.explorers.calls import called
from normtheory.pages import wall
from normtheory.pages.site import FIRST

_STATIC = Path(__file__).parent / "static"


def front(notebooks, root="/"):
    """One live explorer with one slider, and the claims as tiles, each as HTML. `notebooks` is the
    folder of the app's pages, `root` the app's path on its server."""
    found = []
    for path in sorted(Path(notebooks).glob("*.ipynb")):
        address = f"{root}voila/render/{quote(path.name)}"
        found += wall.listed(path.stem, address, called(nbformat.read(path, as_version=4)))
    first = still.alone(*FIRST, pages=False, bring=still.carried)
    style, script = (_STATIC.joinpath(n).read_text("utf-8") for n in ("site.css", "filter.js"))
    carried = f'<script type="text/plain" class="nt-page" id="nt-page-filter">{script}</script>'
    tiles = wall.tiles(ledger.claims(), wall.places(found), page="")
    return f"<style>{style}</style>{first}{carried}", tiles

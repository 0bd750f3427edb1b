"""The index page: every result of a directory with its picture, caption and findings."""

import html
from pathlib import Path

from normtheory.data.sources import Damaged
from normtheory.experiments import report, store, stored
from normtheory.experiments.catalogue import ids


def write(directory, tell):
    """Write index.html of what ``normtheory figures`` wrote into `directory`, and return its path.

    `tell` is told of each result that is left out because its files do not belong together.
    """
    path = Path(directory) / "index.html"
    page = _PAGE.replace("SECTIONS", "\n".join(_sections(directory, tell)))
    store.write({path: page.encode()})
    return path


def _sections(directory, tell):
    for id in ids():
        try:
            shown = stored.show(id, directory)
            if isinstance(shown, stored.StoredFigure) and _drawn(
                shown.content, report.stored_path(id, directory)
            ):
                yield _section(shown.content)
        except (Damaged, store.StoreError) as error:
            tell(f"{error}; index.html leaves it out until {id} is run again")


def _drawn(content, path):
    """Whether the pictures of a record are there; Damaged if they are of another one."""
    for picture in path.with_suffix(".png"), path.with_suffix(".svg"):
        file = store.read(picture)
        if file is None:
            return False
        if content["digest"].encode() not in file:
            raise Damaged(f"{picture} must be the picture of {path.name}, but is another's")
    return True


def _section(content):
    rows = [("head", stored.COLUMNS)]
    rows += [(each["verdict"].split()[0], stored.cells(each)) for each in content["findings"]]
    table = "\n".join(
        f"<tr class='{kind}'>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>"
        for kind, row in rows
    )
    id, title, says, caption = (
        html.escape(content[name]) for name in ("experiment", "title", "says", "caption")
    )
    return (
        f"<section id='{id}'><h2>{title} <code>{id}</code></h2><p>{says}</p>"
        f"<img src='{id}.svg' alt='{says}'><p class='caption'>{caption}</p>"
        f"<table>{table}</table></section>"
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>normtheory: figures</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
img { width: 100% } .caption { color: #444; font-size: .85rem }
table { border-collapse: collapse; font-size: .9rem }
td { border-top: 1px solid #ccc; padding: .3rem .6rem; vertical-align: top }
.head, td:first-child { font-weight: 600 }
.reproduced td:first-child { color: #00634a } .not td:first-child { color: #a33c00 }
</style></head><body><h1>Figures and findings</h1>
SECTIONS
</body></html>
"""

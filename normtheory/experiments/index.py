"""The index page: every result of a directory with its picture, caption and findings."""

import html
from pathlib import Path

from normtheory.data.sources import Damaged
from normtheory.experiments import report, store
from normtheory.experiments.catalogue import ids


def write(directory, tell):
    """Write index.html.

    Parameters
    ----------
    directory : path-like
        What ``normtheory figures`` wrote.
    tell : callable
        Is told of each result that is left out because its files do not belong together.

    Returns
    -------
    Path

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    path = Path(directory) / "index.html"
    page = _PAGE.replace("SECTIONS", "\n".join(_sections(directory, tell)))
    store.write({path: page.encode()})
    return path


def _sections(directory, tell):
    for id in ids():
        try:
            stored = report.load(id, directory)
            if stored is not None and _drawn(stored[0], report.stored_path(id, directory)):
                yield _section(stored[0])
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
    rows = "\n".join(
        "<tr><td class='{kind}'>{verdict}</td><td>{sentence}</td><td>{quantity}</td>"
        "<td>{document}</td><td>{value} {interval}</td></tr>".format(
            kind=finding["verdict"].split()[0],
            verdict=finding["verdict"],
            sentence=html.escape(finding["sentence"]),
            quantity=html.escape(finding["quantity"]),
            document="" if finding["document"] is None else f"{finding['document']:.3g}",
            value=f"{finding['value']:.3g} {html.escape(finding['unit'])}",
            interval=_interval(finding["interval"]),
        )
        for finding in content["findings"]
    )
    id = html.escape(content["experiment"])
    return (
        f"<section id='{id}'><h2>{html.escape(content['title'])} <code>{id}</code></h2>"
        f"<p>{html.escape(content['says'])}</p>"
        f"<img src='{id}.svg' alt='{html.escape(content['says'])}'>"
        f"<p class='caption'>{html.escape(content['caption'])}</p>"
        "<table><tr><th>verdict</th><th>the document</th><th>measured</th>"
        f"<th>its number</th><th>ours</th></tr>{rows}</table></section>"
    )


def _interval(bounds):
    low, high = bounds
    if low is None or low == high:
        return ""
    return f"[{low:.3g}, {high:.3g}]"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>normtheory: figures</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
img { width: 100% } .caption { color: #444; font-size: .85rem }
table { border-collapse: collapse; font-size: .9rem }
td, th { border-top: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top }
.reproduced { color: #00634a; font-weight: 600 } .not { color: #a33c00; font-weight: 600 }
</style></head><body><h1>Figures and findings</h1>
SECTIONS
</body></html>
"""

"""What a run leaves behind: pictures, the data behind them, findings as JSON, and an index page."""

import html
import json
import os
from pathlib import Path

import numpy as np

from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.findings import VERDICTS
from normtheory.experiments.store import StoreError
from normtheory.figures.picture import note_below, picture, save_picture

# what the provenances of all seeds of a result have in common
SHARED = ("configuration", "fingerprint", "device", "data", "notes", "versions", "machine")

_PACKAGE = Path(__file__).resolve().parents[1]
# a clone's own results, or those that came with an installed package
_STORED = _PACKAGE.parent / "results"
if not _STORED.is_dir():
    _STORED = _PACKAGE / "results"


def caption(result):
    """What the picture shows, of what, and what differs from the document."""
    entry = experiment(result.id)
    seeds = f"{len(result.seeds)} seed{'s' * (len(result.seeds) != 1)}"
    parts = [f"{entry.source}. {result.scale} scale, {seeds}", *result.notes]
    parts += entry.scale(result.scale).deviations
    return "; ".join(parts) + "."


def write(result, directory):
    """Write <id>.png, .svg, .npz (the arrays drawn) and .json (caption, findings, provenance).

    Raises
    ------
    StoreError
        If the directory cannot be written to.
    """
    entry = experiment(result.id)
    stem = Path(directory) / result.id
    try:
        with picture(entry.size) as figure:
            entry.draw(figure, result.arrays, entry.document)
            note_below(figure, _wrapped(caption(result), entry.size[0]))
            save_picture(figure, stem)
        _replace(stem.with_name(stem.name + ".npz"), _write_arrays, result.arrays)
        _replace(stem.with_name(stem.name + ".json"), _write_json, record(result))
    except OSError as error:
        raise StoreError(f"cannot write {stem}: {error.strerror or error}") from None


def record(result):
    """Everything about a result but its arrays, as plain JSON values."""
    entry = experiment(result.id)
    first = result.provenances[0]
    return {
        "experiment": result.id,
        "title": entry.title,
        "source": entry.source,
        "says": entry.says,
        "scale": result.scale,
        "caption": caption(result),
        "deviations": list(entry.scale(result.scale).deviations),
        "document": entry.document,
        "findings": [judgement.record() for judgement in result.judgements],
        "seeds": list(result.seeds),
        "seconds": [provenance["seconds"] for provenance in result.provenances],
        **{key: first[key] for key in SHARED},
    }


def stored_path(id, directory=None):
    """Where the record of a stored result stands, or would stand; its arrays are beside it."""
    return Path(directory or _STORED) / f"{id}.json"


def stored_record(id, directory=None):
    """What `record` said of a stored result, or None if nothing is stored.

    Raises
    ------
    ValueError
        If its file is damaged.
    """
    path = stored_path(id, directory)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path} must be JSON as written by normtheory figures: {error}") from None


def stored_verdicts(id, scale, directory=None):
    """Verdicts by finding that the project's stored results give at `scale`; empty if none."""
    content = stored_record(id, directory)
    if content is None or content["scale"] != scale:
        return {}
    return {finding["name"]: finding["verdict"] for finding in content["findings"]}


def lost(result, stored):
    """Judgements that `stored` calls reproduced and that no longer are."""
    return [
        judgement
        for judgement in result.judgements
        if stored.get(judgement.finding.name) == VERDICTS[0] and judgement.verdict != VERDICTS[0]
    ]


def write_index(directory):
    """Write index.html: every picture in `directory` with its caption and findings."""
    directory = Path(directory)
    sections = []
    for id in ids():
        content = stored_record(id, directory)
        if content is not None:
            sections.append(_section(content))
    page = _PAGE.replace("SECTIONS", "\n".join(sections))
    _replace(directory / "index.html", _write_text, page)
    return directory / "index.html"


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


def _wrapped(text, inches):
    import textwrap

    # characters of the note's size on one line of the picture
    return "\n".join(textwrap.wrap(text, int(inches * 17)))


def _replace(path, write, content):
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    write(part, content)
    os.replace(part, path)


def _write_arrays(path, arrays):
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)


def _write_json(path, content):
    text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _write_text(path, text):
    path.write_text(text, encoding="utf-8")


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

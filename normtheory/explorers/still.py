"""An explorer on a page without a kernel: its formula moves every slider freely, and where it has
none, its pictures are interpolated between those that `tables` puts into the page.

Numbers of pictures are kept to one part in 65,000, a small part of a pixel.
"""

import base64
import gzip
import html
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from normtheory import explorers
from normtheory.claims import published
from normtheory.claims.sentence import filled
from normtheory.explorers import controls, formula, scripts, tables, wire
from normtheory.explorers.calls import STILL, WIDGET, shown
from normtheory.explorers.parts import UNSURE
from normtheory.explorers.tables import Tables

_HERE = Path(__file__).parent
NOTE = (
    "This page interpolates between the settings that it holds: at {tried:d} others, drawn at "
    "random, the curve that is worst is off by {median:.1%} of its axis as a median, and by "
    "{worst:.1%} at most. A notebook computes every setting."
)


class _Page:
    """What a page needs of an explorer: descriptions as JSON, and the bytes of all arrays."""

    def __init__(self, explorer, pages=True):
        self.explorer, self.tables, self.pages = explorer, Tables(explorer), pages
        self._places, self._chunks, self._length, self._words = {}, [], 0, {}

    def parts(self):
        """The descriptions, and the arrays' bytes, each array stored once."""
        held = self.tables
        described = {
            "spec": self._spec(),
            "exact": {"settings": held.exact, "columns": self._columns(held.kept)},
            "tables": [
                {
                    "sliders": [p.name for p in table.sliders],
                    "stops": table.stops,
                    "lines": table.lines,
                    "columns": self._columns(columns),
                }
                for table, columns in held.tables
            ],
            "unsure": UNSURE,
            "note": self._note(),
        }
        described["words"] = list(self._words)
        shown = {word[0] for word in self._words if word[0] in held.scenes}
        described["frames"] = {key: wire.frame(held.scenes[key], key) for key in sorted(shown)}
        planes = _planes(b"".join(self._chunks))
        return json.dumps(described, ensure_ascii=False).encode(), planes

    def _spec(self):
        explorer = self.explorer
        carried = ("scripts", "formula")
        spec = {name: value for name, value in explorer.spec.items() if name not in carried}
        if self.pages:
            spec["claims"] = [
                {name: value for name, value in claim.items() if name != "entry"}
                | {"page": published.place(claim["id"])}
                for claim in spec["claims"]
            ]
        if explorer.formula:
            spec["formula"] = {"given": explorer.formula.given, "texts": explorer.formula.texts}
        target = controls.POSITIONS if explorer.formula else tables.POSITIONS
        parameters = explorer.parameters.values()
        # a part along a logarithmic slider is interpolated by the slider's logarithm
        knobs = [controls.describe(p, target) | {"log": p.log} for p in parameters]
        return {**spec, "controls": knobs, "static": True}

    def _note(self):
        if "note" in self.explorer.spec:
            return self.explorer.spec["note"]
        error = self.tables.error
        return (
            filled(NOTE, {"tried": tables.TRIED, "median": error[0], "worst": error[1]})
            if (error and error[1] > 0.0005)
            else ""
        )

    def _columns(self, columns):
        """Each column with its kind: places of arrays, numbers of words, or numbers."""
        return {name: self._column(name, entries) for name, entries in columns.items()}

    def _column(self, name, entries):
        log = name in self.tables.logs
        if any(isinstance(each, np.ndarray) for each in entries):
            values = [[self._place(each), len(each)] for each in entries]
            if values.count(values[0]) == len(values):
                values = values[:1]
            return {"kind": "array", "log": log, "values": values}
        if any(isinstance(each, tuple) for each in entries):
            words = self._words
            values = [e if e is None else words.setdefault(e, len(words)) for e in entries]
            return {"kind": "word", "values": values}
        whole = all(isinstance(e, int | np.integer | None) for e in entries)
        return {
            "kind": "integer" if whole else "number",
            "log": log,
            "values": [_number(each) for each in entries],
        }

    def _place(self, values):
        data = wire.pack(values)
        if data not in self._places:
            self._places[data] = self._length
            self._chunks.append(data)
            self._length += len(values)
        return self._places[data]


def _number(value):
    """A number for JSON, which has none that is not finite."""
    if value is None:
        return None
    value = float(value)
    return float(f"{value:.12g}") if np.isfinite(value) else str(value).replace("inf", "Infinity")


def _planes(data):
    """The three upper bytes of float32 numbers: all first bytes, all second bytes, all third.

    The lowest byte is noise that no compression makes smaller.
    """
    bits = (np.frombuffer(data, "<u4").astype(np.uint64) + 0x80).astype("<u4")
    return bits.view(np.uint8).reshape(-1, 4).T[1:].tobytes()


class Living(NamedTuple):
    """An explorer brought to life: its HTML, and what the rest of the site asks about it."""

    html: str
    topic: str  # of its formula, empty without one
    name: str
    title: str
    claims: tuple  # of each claim its id, and where it fails as far as that is not the default


def living(name, args, values):
    """The explorer of that name with these arguments, brought to life; what can be called among
    them makes an argument. What would train is played from its recording."""
    made = [each() if callable(each) else each for each in args]
    explorer = getattr(explorers, STILL.get(name, name))(*made, **values)
    moved = {
        claim.id: {n: v for n, v in claim.breaks.items() if v != explorer.parameters[n].default}
        for claim in explorer.claims
    }
    topic = explorer.formula.topic if explorer.formula else ""
    return Living(embed(explorer), topic, explorer.name, explorer.title, tuple(moved.items()))


def enliven(notebook, make=living, given=None):
    """Put live explorers in the place of the widgets that a notebook's cells show, and return them.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With outputs stored; changed in place.
    make : callable
        As `living`: whoever made the explorers before has them at hand.
    given : dict of str to callable, optional
        Makes what a variable of the notebook stands for that is an argument of an explorer.
    """
    found = list(shown(notebook, given))
    made = [make(*call) for _, call in found if call]
    left = iter(made)
    for data, call in found:
        still = _still(data)
        data["text/html"] = f"{next(left).html}<noscript>{still}</noscript>" if call else still
        del data[WIDGET], data["image/png"]
    if made:
        # scripts of the page, once, behind its last explorer
        [last] = [data for data, call in found if call][-1:]
        last["text/html"] += assets(each.topic for each in made)
    return made


def _still(data):
    alt = html.escape(data["text/plain"].partition("\n")[0])
    return f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'


def embed(explorer, pages=True):
    """The explorer as a piece of HTML for a static page, alive where scripts run; the page needs
    `assets` once. Each claim has a page of its own (`pages`), or the explorer holds what the ledger
    says.
    """
    packed = " ".join(
        base64.b64encode(gzip.compress(part, 9, mtime=0)).decode()
        for part in _Page(explorer, pages).parts()
    )
    return (
        f'<div class="nt-still" role="group" aria-label="{html.escape(explorer.title)}" '
        f'data-topic="{explorer.formula.topic if explorer.formula else ""}">'
        f'<script type="text/plain">{packed}</script></div>'
    )


def assets(topics):
    """What brings explorers to life whose formulas are of these topics."""
    boot = (
        "const text = document.getElementById('nt-page-still').textContent;"
        "import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })))"
        ".then((still) => still.start());"
    )
    return f"{carried(topics)}<script>{boot}</script>"


def carried(topics):
    """The style and the scripts of explorers whose formulas are of these topics, at rest."""
    style = (_HERE / "explorer.css").read_text("utf-8")
    topics = sorted(set(topics) - {""})
    sources = {
        "page": {name: scripts.source(name) for name in ("explorer", "still")},
        "companion": scripts.companions(),
        "formula": {topic: formula.source(topic) for topic in topics},
    }
    texts = "".join(
        f'<script type="text/plain" class="nt-{kind}" id="nt-{kind}-{name}">{text}</script>'
        for kind, named in sources.items()
        for name, text in named.items()
    )
    return f"<style>{style}</style>{texts}"


def alone(name, slider, pages=True, bring=assets):
    """An explorer with one slider and its first claim, with what brings it to life, as HTML."""
    explorer = getattr(explorers, name)()
    explorer.spec = {**explorer.spec, "only": slider}
    return embed(explorer, pages) + bring([explorer.formula.topic])

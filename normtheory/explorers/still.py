"""An explorer on a page without a kernel: its pictures are tabulated into the page.

From each preset every slider moves through all its positions; another slider then starts from the
same preset again. That keeps a page small, where the product of all sliders would not fit.
"""

import ast
import base64
import gzip
import html
import json
from pathlib import Path

from normtheory import explorers
from normtheory.explorers import controls, wire

_HERE = Path(__file__).parent
_WIDGET = "application/vnd.jupyter.widget-view+json"
POSITIONS = 50  # of a slider: half as many as in a notebook, for the size of the page


class Tables:
    """Pictures by preset and slider, each array stored once."""

    def __init__(self, explorer):
        self.explorer = explorer
        self._places, self._chunks, self._length = {}, [], 0
        self.frames, self.looks = {}, {}
        # where the explorer starts counts as a preset, too
        bases = {"": explorer.values, **explorer.presets}
        self.start = next(n for n, v in reversed(bases.items()) if v == explorer.values)
        if self.start:
            del bases[""]
        self.presets = {}
        for name, values in bases.items():
            self.presets[name] = {
                "values": values,
                "picture": self._entry(values),
                "lines": {
                    parameter.name: [
                        self._entry({**values, parameter.name: value})
                        for value in controls.positions(parameter, POSITIONS)
                    ]
                    for parameter in explorer.parameters.values()
                },
            }

    def _entry(self, values):
        """One picture: its looks by number, where its arrays start, its text and its badges."""
        scene = self.explorer.scene(**values)
        look, _ = wire.picture(scene)
        if look["frame"] not in self.frames:
            self.frames[look["frame"]] = wire.frame(scene, look["frame"])
        plain = [
            [
                {**layer, "arrays": {n: b - a for n, (a, b) in layer["arrays"].items()}}
                for layer in p
            ]
            for p in look["panels"]
        ]
        number = self.looks.setdefault(json.dumps(plain), len(self.looks))
        starts = [self._place(values) for values in scene.arrays().values()]
        return [look["frame"], number, starts, scene.text, self.explorer.standings(**values)]

    def _place(self, values):
        data = wire.pack(values)
        if data not in self._places:
            self._places[data] = self._length
            self._chunks.append(data)
            self._length += len(values)
        return self._places[data]

    def state(self):
        """What the page needs: the pictures' descriptions, and all arrays behind each other."""
        spec = {name: value for name, value in self.explorer.spec.items() if name != "canvas"}
        parameters = self.explorer.parameters.values()
        described = {
            "spec": {
                **spec,
                "controls": [controls.describe(p, POSITIONS) for p in parameters],
                "static": True,
            },
            "frames": self.frames,
            "looks": [json.loads(look) for look in self.looks],
            "presets": self.presets,
            "start": self.start,
        }
        return json.dumps(described, ensure_ascii=False).encode(), b"".join(self._chunks)


def _lengths(layer):
    """A layer's look with the arrays' lengths in the place of their positions."""
    return {**layer, "arrays": {name: b - a for name, (a, b) in layer["arrays"].items()}}


def enliven(notebook):
    """Put live explorers in the place of the widgets that a notebook's cells show.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With outputs stored; changed in place. A cell's explorer is the one that its source calls,
        ``explorers.name(...)`` with literal values.

    Returns
    -------
    int
        How many there are.
    """
    places = []
    for cell in notebook.cells:
        calls = list(_calls(cell.source)) if cell.cell_type == "code" else []
        for output in cell.get("outputs", []) if calls else []:
            if _WIDGET in output.get("data", {}):
                places.append((output["data"], calls.pop()))
    for number, (data, (name, values)) in enumerate(places, 1):
        live = embed(getattr(explorers, name)(**values))
        still = f'<img alt="" src="data:image/png;base64,{data["image/png"].strip()}">'
        end = assets() if number == len(places) else ""
        del data[_WIDGET], data["image/png"]
        data["text/html"] = f"{live}<noscript>{still}</noscript>{end}"
    return len(places)


def _calls(source):
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="explorers"), attr=name)):
                if name in explorers.catalogue():
                    yield name, {k.arg: ast.literal_eval(k.value) for k in node.keywords}


def embed(explorer):
    """The explorer as a piece of HTML for a static page, alive where scripts run.

    Parameters
    ----------
    explorer : Explorer

    Returns
    -------
    str
        An element with the pictures in it; the page needs `assets` once.
    """
    packed = " ".join(
        base64.b64encode(gzip.compress(part, 9, mtime=0)).decode()
        for part in Tables(explorer).state()
    )
    return (
        f'<div class="nt-still" role="group" aria-label="{html.escape(explorer.title)}">'
        f'<script type="text/plain">{packed}</script></div>'
    )


def assets():
    """The style and scripts that bring the page's explorers to life, as HTML."""
    style = (_HERE / "explorer.css").read_text()
    sources = {name: (_HERE / f"{name}.js").read_text() for name in ("explorer", "canvas", "still")}
    carried = "".join(
        f'<script type="text/plain" id="nt-source-{name}">{text}</script>'
        for name, text in sources.items()
    )
    boot = (
        "const text = document.getElementById('nt-source-still').textContent;"
        "import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })))"
        ".then((still) => still.start());"
    )
    return f"<style>{style}</style>{carried}<script>{boot}</script>"

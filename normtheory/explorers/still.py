"""An explorer on a page without a kernel: its formula moves every slider freely, and where it has
none, its pictures are tabulated into the page.

From each preset every slider moves through all its positions. Where several sliders have left their
preset, they stand on a grid of a few steps each, which keeps a page small; an explorer with so many
sliders that they would have less than three steps starts from its preset again. Numbers are kept to
one part in 65,000, a small part of a pixel.
"""

import ast
import base64
import gzip
import html
import itertools
import json
import math
from pathlib import Path

import numpy as np

from normtheory import explorers
from normtheory.claims import published
from normtheory.explorers import controls, formula, scripts, wire

_HERE = Path(__file__).parent
_WIDGET = "application/vnd.jupyter.widget-view+json"
POSITIONS = 50  # of a slider: half as many as in a notebook, for the size of the page
PICTURES = 800  # of a grid, at most, for each slider beyond the first


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
        self.presets, self.computed, self.stops, self.grid = {}, [], {}, []
        if explorer.formula:
            self.presets[self.start] = self._preset(explorer.values, ())
            self.computed = [self._entry(values) for values in explorer.looks]
            return
        if asked := explorer.spec.get("question"):
            slider = explorer.parameters[asked["name"]]
            self.presets[self.start] = self._preset(explorer.values, [slider])
            return
        for name, values in bases.items():
            self.presets[name] = self._preset(values, explorer.parameters.values())
        for claim in explorer.claims:
            if claim.breaks:
                breaks = explorer.complete(claim.breaks)
                self.presets[f"where {claim.id} fails"] = self._preset(breaks, ())
        self.stops = grid(explorer.parameters.values())
        self.grid = [
            self._entry(dict(zip(self.stops, values, strict=True)))
            for values in itertools.product(*self.stops.values())
        ]

    def _preset(self, values, parameters):
        """A setting, its picture, and those along each of the sliders."""
        lines = {
            parameter.name: [
                self._entry({**values, parameter.name: value})
                for value in controls.positions(parameter, POSITIONS)
            ]
            for parameter in parameters
        }
        return {"values": values, "picture": self._entry(values), "lines": lines}

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
        """What the page needs: the pictures' descriptions, and the arrays' bytes."""
        carried = ("scripts", "formula")
        spec = {name: value for name, value in self.explorer.spec.items() if name not in carried}
        spec["claims"] = [
            {name: value for name, value in claim.items() if name != "entry"}
            | {"page": published.place(claim["id"])}
            for claim in spec["claims"]
        ]
        if self.explorer.formula:
            formula = self.explorer.formula
            spec["formula"] = {"given": formula.given, "texts": formula.texts}
        parameters = self.explorer.parameters.values()
        target = controls.POSITIONS if self.explorer.formula else POSITIONS
        described = {
            "spec": {
                **spec,
                "controls": [controls.describe(p, target) for p in parameters],
                "static": True,
            },
            "frames": self.frames,
            "looks": [json.loads(look) for look in self.looks],
            "presets": self.presets,
            "computed": self.computed,
            "start": self.start,
            "stops": self.stops,
            "grid": self.grid,
        }
        planes = _planes(b"".join(self._chunks))
        return json.dumps(described, ensure_ascii=False).encode(), planes


def _planes(data):
    """The three upper bytes of float32 numbers: all first bytes, all second bytes, all third.

    The lowest byte is noise that no compression makes smaller.
    """
    bits = (np.frombuffer(data, "<u4").astype(np.uint64) + 0x80).astype("<u4")
    return bits.view(np.uint8).reshape(-1, 4).T[1:].tobytes()


def grid(parameters):
    """The stops of each slider in a product of so many pictures; none if it would be too coarse.

    Parameters
    ----------
    parameters : iterable of Parameter

    Returns
    -------
    dict of str to list
        By parameter's name, among them its default and both ends; empty where a slider would have
        less than three stops, and where there is one slider alone.
    """
    parameters = list(parameters)
    if len(parameters) < 2:
        return {}
    room = PICTURES * (len(parameters) - 1)
    for steps in range(POSITIONS, 2, -1):
        stops = {p.name: _some(p, steps) for p in parameters}
        if math.prod(map(len, stops.values())) <= room:
            return stops
    return {}


def _some(parameter, steps):
    """About `steps` of the slider's positions, evenly; all choices of a list."""
    stops = controls.positions(parameter, POSITIONS)
    if parameter.choices or len(stops) <= steps:
        return stops
    default = stops.index(parameter.default)
    even = [round(k * (len(stops) - 1) / (steps - 1)) for k in range(steps)]
    # the default takes the place of its nearest neighbour that is no end
    nearest = min(range(1, steps - 1), key=lambda k: abs(even[k] - default))
    if default not in even:
        even[nearest] = default
    return [stops[k] for k in sorted(set(even))]


def enliven(notebook, given=None):
    """Put live explorers in the place of the widgets that a notebook's cells show.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With outputs stored; changed in place. A cell's explorer is the one that its source calls,
        ``explorers.name(...)`` with literal values.
    given : dict of str to callable, optional
        Makes what a variable of the notebook stands for that is an argument of such a call.

    Returns
    -------
    list of Explorer
        Those that live there now.
    """
    places, rest = [], []
    for cell in notebook.cells:
        calls = list(_calls(cell.source, given or {})) if cell.cell_type == "code" else []
        for output in cell.get("outputs", []):
            if _WIDGET in output.get("data", {}) and "image/png" in output["data"]:
                if calls:
                    places.append((output["data"], calls.pop()))
                else:
                    rest.append(output["data"])
    made = [getattr(explorers, name)(*args, **values) for _, (name, args, values) in places]
    for (data, _), explorer in zip(places, made, strict=True):
        live, end = embed(explorer), assets(made) if explorer is made[-1] else ""
        data["text/html"] = f"{live}<noscript>{_still(data)}</noscript>{end}"
        del data[_WIDGET], data["image/png"]
    for data in rest:
        # what trains when its reader starts it
        data["text/html"] = f"{_still(data)}<p><em>This one needs a notebook's kernel.</em></p>"
        del data[_WIDGET], data["image/png"]
    return made


def _still(data):
    alt = html.escape(data["text/plain"].partition("\n")[0])
    return f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'


def _calls(source, given):
    """Name, arguments and values of each call of an explorer whose arguments can be told."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="explorers"), attr=name)):
                variables = {each.id for each in node.args if isinstance(each, ast.Name)}
                known = name in explorers.catalogue() or name == "question" or variables
                if known and given.keys() >= variables:
                    yield (
                        name,
                        [_value(each, given) for each in node.args],
                        {k.arg: _value(k.value, given) for k in node.keywords},
                    )


def _value(node, given):
    return given[node.id]() if isinstance(node, ast.Name) else ast.literal_eval(node)


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
        f'<div class="nt-still" role="group" aria-label="{html.escape(explorer.title)}" '
        f'data-topic="{explorer.formula.topic if explorer.formula else ""}">'
        f'<script type="text/plain">{packed}</script></div>'
    )


def alone(name, slider):
    """An explorer with one slider and its first claim, with what brings it to life, as HTML."""
    explorer = getattr(explorers, name)()
    explorer.spec = {**explorer.spec, "only": slider}
    return embed(explorer) + assets([explorer])


def assets(explorers):
    """The style and scripts that bring the explorers of a page to life, as HTML."""
    style = (_HERE / "explorer.css").read_text("utf-8")
    topics = sorted({each.formula.topic for each in explorers if each.formula})
    sources = {
        "page": {name: scripts.source(name) for name in ("explorer", "still")},
        "companion": scripts.companions(),
        "formula": {topic: formula.source(topic) for topic in topics},
    }
    carried = "".join(
        f'<script type="text/plain" class="nt-{kind}" id="nt-{kind}-{name}">{text}</script>'
        for kind, named in sources.items()
        for name, text in named.items()
    )
    boot = (
        "const text = document.getElementById('nt-page-still').textContent;"
        "import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })))"
        ".then((still) => still.start());"
    )
    return f"<style>{style}</style>{carried}<script>{boot}</script>"

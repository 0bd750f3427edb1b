"""An explorer: sliders for the knobs of claims, a picture that follows, badges that say whether
the claims hold at this setting.

The browser draws (`explorer.js` and its companions); Python computes what the browser cannot. A
picture reaches the browser on one of three ways, and no notebook can tell which:

1. ahead of the hand: computed in the browser where the explorer declares a formula; otherwise the
   pictures along a slider are tabulated, nearest first, when it is touched;
2. on demand: the kernel computes one picture for the latest values;
3. refined: a worker yields better and better pictures once the slider rests, until the next move.
"""

import contextlib
import functools
import inspect
import os
import threading
from dataclasses import replace
from pathlib import Path

import anywidget
import traitlets

from normtheory.claims.words import filled
from normtheory.explorers import controls, scripts, tracks, wire
from normtheory.explorers import formula as formulas
from normtheory.explorers.settings import MIME, Settings
from normtheory.explorers.told import told
from normtheory.explorers.worker import Worker
from normtheory.figures import drawing, style
from normtheory.figures.scene import Scene

_HERE = Path(__file__).parent
_CHUNK = 8  # pictures that a table sends at a time


class Explorer(Settings, anywidget.AnyWidget):
    """Sliders, a picture and badges.

    Parameters
    ----------
    name, title, view, claims, parameters, presets, refine, values
        As in `Settings`.
    formula : Formula, optional
        The view again, for the browser.

    Raises
    ------
    ValueError
        For an unknown claim or parameter, a value outside its domain, or a view that does not take
        a parameter.
    """

    _esm = _HERE / "explorer.js"
    _css = _HERE / "explorer.css"
    spec = traitlets.Dict().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    # the browser's latest wish; nobody needs to hear of it again
    request = traitlets.Dict().tag(sync=True, echo_update=False)
    links = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    progress = traitlets.Float(-1.0).tag(sync=True)  # of a refinement; negative when at rest
    answered = traitlets.Float(0.0).tag(sync=True)  # the wish (its `seq`) that nothing more follows

    def __init__(
        self,
        *,
        name,
        title,
        view,
        claims=(),
        parameters=(),
        presets=None,
        refine=None,
        formula=None,
        values=None,
    ):
        Settings.__init__(self, name, title, view, claims, parameters, presets, refine, values)
        self._lock = threading.RLock()
        self._refiner, self._tabulator, self._tracer = Worker(), Worker(), Worker()
        self._tabulated = (None, {})
        self.formula, self.looks, computed = formula, [], {}
        if formula:
            self.looks = [self.complete(setting) for setting in formula.looks]
            scenes = [self.view(**values) for values in self.looks]
            computed = {"formula": formulas.describe(formula, scenes)}
        anywidget.AnyWidget.__init__(
            self,
            spec={
                "name": name,
                "title": title,
                "controls": [controls.describe(p) for p in self.parameters.values()],
                "presets": self.presets,
                "inks": {
                    "light": {"line": style.INKS, "text": style.TEXT_INKS},
                    "dark": {"line": style.DARK_INKS, "text": style.DARK_INKS},
                },
                "claims": [
                    {**told(claim), "ignores": self.ignored(claim)} for claim in self.claims
                ],
                "refines": refine is not None,
                "scripts": scripts.companions(),
                **computed,
            },
        )
        first = self.scene()
        self._check_handles(first)
        self._show(first, seq=0)
        self.observe(self._on_request, "request")
        self.on_msg(self._on_message)

    def move(self, **values):
        """Set some parameters, show the picture, and return the explorer; ValueError for an unknown
        name or a value outside the domain."""
        with self._lock:
            self._refiner.cancel()
            self._tabulator.cancel()
            self.values = self.complete(values, self.values)
            seq = self.request.get("seq", 0)
            self._show(self.scene(), seq=seq, moved=True)
            self._answer(seq)
        return self

    def open(self):
        """Connect with the browser."""
        super().open()
        if hasattr(self.comm, "_reply_subshell_for"):
            # ipykernel 7.4 sends the browser's messages to the thread that spoke last: the main
            # one, where they would wait for a busy cell; let them go where the browser sends them
            self.comm._reply_subshell_for = lambda data, default: default

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        # a page that shows no widgets shows the picture; the app's pages all show them
        if not os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
            data["image/png"] = drawing.render(self.scene(), "png", dpi=drawing.DPI)
        return data, metadata

    # what follows answers the browser, on whatever thread the kernel chooses

    def _on_request(self, change):
        wish = change["new"]
        with self._told(wish["seq"]):
            with self._lock:
                self.values = values = self.complete(wish["values"])
                self._refiner.cancel()
                # a table goes on while the hand moves along it
                if self._tabulated != self._line(self._tabulated[0]):
                    self._tabulator.cancel()
                if not wish.get("drawn"):
                    self._show(self.scene(), seq=wish["seq"])
            if not self.refine:
                self._answer(wish["seq"])
            elif wish.get("settled"):
                self._refiner.start(lambda stopped: self._refinement(values, wish["seq"], stopped))

    def _on_message(self, widget, content, buffers):
        with self._told():
            if content["type"] == "save":
                data = self.file(content["format"])
                name = f"{self.name}.{content['format']}"
                mime = MIME[content["format"]]
                self.send({"type": "file", "name": name, "mime": mime}, [data])
            elif content["type"] == "tracks":
                values = self.complete(content["values"])
                self._tracer.start(lambda stopped: self._trace(values, stopped))
            elif content["type"] == "touch":
                with self._lock:
                    self.values = values = self.complete(content["values"])
                    self._tabulated = self._line(content["name"])
                self._tabulator.start(
                    lambda stopped: self._tabulate(content["name"], values, stopped)
                )

    def _trace(self, values, stopped):
        """Send where the claims stand along each slider."""
        with self._told():
            for found in tracks.trace(self, values):
                if stopped.is_set():
                    return
                if found:
                    self.send({"type": "tracks", **found})

    def _check_handles(self, scene):
        layers = (layer for panel in scene.panels for layer in panel.layers)
        names = {name for layer in layers for name, _ in layer.drag.values()}
        if strange := names - set(self.parameters):
            known = ", ".join(self.parameters)
            raise ValueError(f"{self.name} has the parameters {known}, and handles for {strange}")

    def _line(self, name):
        """One slider and where the others stand."""
        return name, {other: v for other, v in self.values.items() if other != name}

    def _show(self, scene, seq, *, moved=False):
        look, data = wire.picture(scene)
        picture = {**look, "data": data, "seq": seq, "moved": moved}
        picture |= {"values": self.values, "standings": self.standings()}
        with self.hold_sync():
            self.frame = wire.frame(scene, look["frame"])
            self.picture = picture
            self.error = ""

    def _refinement(self, values, seq, stopped):
        with self._told(seq):
            try:
                for fraction, scene in self.refine(**values):
                    with self._lock:
                        if stopped.is_set():
                            return
                        self.progress = float(fraction)
                        self._show(scene, seq=seq)
                self._answer(seq)
            finally:
                self.progress = -1.0

    def _tabulate(self, name, values, stopped):
        """Send the pictures along one slider, nearest first, a few at a time."""
        stops = controls.positions(self.parameters[name])
        here = stops.index(values[name]) if values[name] in stops else len(stops) // 2
        order = sorted(range(len(stops)), key=lambda k: abs(k - here))
        known = {self.frame.get("key")}
        others = {other: v for other, v in values.items() if other != name}
        with self._told():
            for start in range(0, len(order), _CHUNK):
                entries, frames, buffers = [], [], []
                for k in order[start : start + _CHUNK]:
                    if stopped.is_set():
                        return
                    at = {**values, name: stops[k]}
                    scene = self.view(**at)
                    look, data = wire.picture(scene)
                    if look["frame"] not in known:
                        known.add(look["frame"])
                        frames.append(wire.frame(scene, look["frame"]))
                    entries.append({**look, "position": k, "standings": self.standings(**at)})
                    buffers.append(data)
                content = {"type": "table", "name": name, "others": others}
                self.send({**content, "entries": entries, "frames": frames}, buffers)

    @contextlib.contextmanager
    def _told(self, seq=0.0):
        """Show an exception in the widget in one sentence, the answer to `seq`, and raise it."""
        try:
            yield
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}".splitlines()[0]
            self._answer(seq)
            raise

    def _answer(self, seq):
        """Tell the browser that nothing more follows on its wish `seq`."""
        with self._lock:
            self.answered = max(self.answered, seq)


def explorer(title, claims="", *, text=None, formula=None, size=Scene.size, widths=(), **given):
    """Decorate a view: the function of its name opens its explorer at the values it is called with.

    `claims` are ids with spaces between. `text` is the sentence under the picture, with places for
    the sliders' values and for the numbers that the view returns behind its panels; or several, by
    the case that it returns behind these. `size` and `widths` are the `Scene`'s, `given` is what
    else `Explorer` takes; ``refine(view, **values)`` is handed the view, too.
    """
    claims = tuple(claims.split())
    texts = text if isinstance(text, dict) else {"": text}
    given["formula"] = formula and replace(formula, texts=texts)

    def opening(view):
        signature = inspect.signature(view)

        @functools.wraps(view)
        def drawn(*args, **values):
            panels, numbers, *case = view(*args, **values)
            numbers = {**signature.bind(*args, **values).arguments, **numbers}
            return Scene(panels, filled(texts[(*case, "")[0]], numbers), widths=widths, size=size)

        about = {"name": view.__name__, "title": title, "claims": claims, **given}
        if "refine" in given:
            about["refine"] = functools.partial(given["refine"], drawn)
        made = functools.wraps(view)(lambda **values: Explorer(view=drawn, values=values, **about))
        made.title, made.claims = title, claims  # to be asked without making it
        return made

    return opening


def link(first, second, name):
    """Let one slider of two explorers move together, in the browser; ValueError if one of them has
    no parameter of that name."""
    for explorer in (first, second):
        if name not in explorer.parameters:
            known = ", ".join(explorer.parameters)
            raise ValueError(f"{explorer.name} has the parameters {known}, got {name!r}")
    channel = f"{first.model_id}/{name}"
    for explorer in (first, second):
        explorer.links = {**explorer.links, name: channel}

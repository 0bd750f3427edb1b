"""What an explorer shows at each setting of its knobs, in Python alone: no browser, no kernel."""

import inspect
from pathlib import Path

import numpy as np

from normtheory.explorers import controls
from normtheory.explorers.standing import find, standing
from normtheory.explorers.sweep import Sweep, plain
from normtheory.figures import drawing
from normtheory.figures.picture import ERRORS

MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "csv": "text/csv"}


class Settings:
    """Knobs, their values and presets, and the picture and standings of claims at them.

    Parameters
    ----------
    name : str
        The function in `normtheory.explorers` that makes this explorer.
    title : str
    view : callable
        ``view(**values) -> Scene``, a pure function in milliseconds.
    claims : sequence of str
        Ids of the claims it shows; their parameters become knobs.
    parameters : sequence of Parameter
        Further knobs, or other ranges for the claims' own (by name), in the order of the sliders.
    presets : dict
        ``{"name": {parameter: value}}``; parameters that are not named take their defaults.
        "defaults" is always there, which are the document's own values where it has any.
    refine : callable, optional
        ``refine(**values)`` yields ``(fraction done, Scene)``, coarse first.
    values : dict, optional
        Where the knobs start instead of the defaults.

    Raises
    ------
    ValueError
        For an unknown claim or parameter, a value outside its domain, or a view that does not
        take a parameter.
    """

    def __init__(self, name, title, view, claims, parameters, presets, refine, values):
        self.name = name
        self.title = title
        self.claims = tuple(find(id) for id in claims)
        # numpy's own settings, so that a reader's np.seterr stops no picture
        self.view, self.refine = np.errstate(**ERRORS)(view), refine
        self.parameters = _gather(parameters, self.claims)
        for function in filter(None, (view, refine)):
            try:
                inspect.signature(function).bind(**self._defaults())
            except TypeError as error:
                raise ValueError(f"view must take the parameters of {name}: {error}") from error
        presets = presets or {}
        presets = {"defaults": presets.get("defaults", {}), **presets}
        self.presets = {label: self.complete(given) for label, given in presets.items()}
        self.values = self.complete(values or {})

    def scene(self, **values):
        """The picture's data at the present values, or with some changed."""
        return self.view(**self.complete(values, self.values))

    def standings(self, **values):
        """Each claim's standing at the present values, or with some changed: its id, state (one of
        `normtheory.claims.badge.STATES`) and the reason, empty if the claim speaks of no single
        setting.
        """
        values = self.complete(values, self.values)
        with np.errstate(**ERRORS):
            return [(claim.id, *standing(claim, values)) for claim in self.claims]

    def ignored(self, claim):
        """What the sliders mean that a claim's standing does not depend on."""
        answers = {p.name for p in claim.parameters} - set(claim.at.ignores if claim.at else ())
        return [p.meaning for p in self.parameters.values() if p.name not in answers]

    def sweep(self):
        """Drive every slider through its range, and every preset, without a browser, and raise
        whatever a view or a claim raises: what the picture shows at each setting and where claims
        stand.
        """
        lines = []
        for label, values in self.presets.items():
            lines.append((label, self._state(values)))
        for parameter in self.parameters.values():
            for value in controls.milestones(parameter):
                values = {**self._defaults(), parameter.name: value}
                lines.append((f"{parameter.name} = {plain(value)}", self._state(values)))
        return Sweep(self.title, lines)

    def save(self, path, dpi=200):
        """Write the present picture to `path`: .png, .svg, .pdf, or its data as .csv."""
        path = Path(path)
        path.write_bytes(self.file(path.suffix.lstrip("."), dpi))
        return path

    def complete(self, given, base=None):
        """The values of all parameters: those given, the others from `base` or the defaults.
        ValueError for an unknown name or a value outside the domain.
        """
        values = dict(base or self._defaults())
        for name, value in given.items():
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise ValueError(f"{self.name} has the parameters {known}, got {name!r}")
            values[name] = self.parameters[name].validate(value)
        return values

    def file(self, format, dpi=200):
        """The present picture as the bytes of a file: png, svg, pdf, or its data as csv."""
        if format not in MIME:
            raise ValueError(f"format must be one of {', '.join(MIME)}, got {format!r}")
        scene = self.scene()
        return scene.csv().encode() if format == "csv" else drawing.render(scene, format, dpi)

    def __repr__(self):
        settings = ", ".join(f"{name}={plain(v)}" for name, v in self.values.items())
        return f"{self.title} ({settings})\n{self.scene().text}"

    def _defaults(self):
        return {p.name: p.default for p in self.parameters.values()}

    def _state(self, values):
        marks = [f"[{id} {state}]" for id, state, reason in self.standings(**values) if reason]
        return " ".join([self.view(**values).text, *marks])


def _gather(parameters, claims):
    """The knobs: those given, then those of the claims that are not among them."""
    found = {}
    for parameter in (*parameters, *(p for claim in claims for p in claim.parameters)):
        found.setdefault(parameter.name, controls.bounded(parameter))
    return found

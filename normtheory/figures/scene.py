"""A picture as data: panels with axes, and layers of arrays on them.

A `Scene` says what is drawn and nothing about how. Matplotlib draws it to a file
(`normtheory.figures.drawing`), a canvas draws it in the browser (`normtheory.explorers`), and
tests read its arrays. A layer's colour is a name of `normtheory.figures.style.INKS`; labels and
titles may hold mathtext between dollar signs.
"""

import csv
import functools
import io
from dataclasses import dataclass, field, fields

import numpy as np

from normtheory.figures.style import INKS

DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "x", "s", "^", "D", "+")
SCALES = ("linear", "log")


@dataclass(frozen=True, eq=False)
class Layer:
    """What all layers share: arrays of floats, a colour, a direct label, and what a hand may do.

    `drag` makes the mark a handle: ``{"x": "mu", "y": "sigma"}`` says that its x follows the slider
    mu and its y sigma. ``("gap", 0.5)`` in place of a name is one whose mark moves by half as much
    as its slider; on a logarithmic axis the number is the power (2 for a variance and the slider of
    a standard deviation). A curve is taken hold of where it is highest or furthest to the right.
    """

    drag: dict = field(default_factory=dict, kw_only=True)

    def __post_init__(self):
        for name in self.array_names():
            values = np.array(getattr(self, name), dtype=np.float64, ndmin=1)
            if values.ndim != 1:
                raise ValueError(f"{name} must have 1 axis, got shape {values.shape}")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        lengths = {name: len(values) for name, values in self.arrays().items()}
        # of a histogram the edges are one more than the heights
        if len({length - (name == "edges") for name, length in lengths.items()}) > 1:
            more = ", but one edge more" * ("edges" in lengths)
            raise ValueError(
                f"{type(self).__name__} needs arrays of one length{more}, got {lengths}"
            )
        for name, allowed in (("color", INKS), ("dash", DASHES), ("marker", MARKERS)):
            if hasattr(self, name):
                _choice(name, getattr(self, name), allowed)
        object.__setattr__(self, "drag", {axis: _slope(axis, v) for axis, v in self.drag.items()})

    @classmethod
    @functools.cache
    def array_names(cls):
        """The fields that are arrays, in drawing order."""
        return tuple(f.name for f in fields(cls) if f.type is np.ndarray)

    def arrays(self):
        """The arrays of the layer by name, float64, shape (n,) each."""
        return {name: getattr(self, name) for name in self.array_names()}

    def look(self):
        """Everything but the arrays, as plain values."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.type is not np.ndarray}
        return {"kind": type(self).__name__, **plain}


def _choice(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
    return value


def _slope(axis, follows):
    """The slider that a mark's coordinate follows, and by how much."""
    name, slope = (follows, 1.0) if isinstance(follows, str) else follows
    if axis not in ("x", "y") or not (np.isfinite(slope) and slope):
        raise ValueError(
            f"drag must name x or y, and slopes that are finite and not 0, got {axis}: {follows!r}"
        )
    return name, float(slope)


@dataclass(frozen=True, eq=False)
class Curve(Layer):
    """A line through points; NaN breaks it. `label_at` is where its direct label sits, as a
    fraction of the axis from left to right."""

    x: np.ndarray
    y: np.ndarray
    color: str = "blue"
    dash: str = "-"
    width: float = 2.0
    label: str = ""
    label_at: float = 1.0


@dataclass(frozen=True, eq=False)
class Band(Layer):
    """The area between two curves over the same x: an interval, a tolerance."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray
    color: str = "blue"
    alpha: float = 0.2
    label: str = ""
    label_at: float = 0.5


@dataclass(frozen=True, eq=False)
class Fill(Layer):
    """A curve with the area between it and zero: a density."""

    x: np.ndarray
    y: np.ndarray
    color: str = "sky"
    alpha: float = 0.35
    width: float = 1.5
    label: str = ""
    label_at: float = 0.5


@dataclass(frozen=True, eq=False)
class Points(Layer):
    """Markers; `size` is their diameter in points."""

    x: np.ndarray
    y: np.ndarray
    color: str = "vermilion"
    marker: str = "o"
    size: float = 6.0
    alpha: float = 1.0
    label: str = ""


@dataclass(frozen=True, eq=False)
class Bars(Layer):
    """A histogram or bar chart: k + 1 edges, k heights, from zero up."""

    edges: np.ndarray
    heights: np.ndarray
    color: str = "sky"
    alpha: float = 0.5
    label: str = ""
    label_at: float = 0.5


@dataclass(frozen=True, eq=False)
class VLine(Layer):
    """Vertical markers across the panel."""

    x: np.ndarray
    color: str = "grey"
    dash: str = "--"
    width: float = 1.5
    label: str = ""


@dataclass(frozen=True, eq=False)
class HLine(Layer):
    """Horizontal markers across the panel."""

    y: np.ndarray
    color: str = "grey"
    dash: str = "--"
    width: float = 1.5
    label: str = ""
    label_at: float = 1.0


@dataclass(frozen=True, eq=False)
class Text(Layer):
    """One label at a place of its own; `align` is left, center or right."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    color: str = "black"
    align: str = "left"


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """Axes with layers.

    Attributes
    ----------
    title : str
        What the panel shows, short.
    xlabel, ylabel : str
        With the unit in brackets if there is one.
    xlim, ylim : tuple of float
        Fixed by the view, so that nothing jumps while a slider moves.
    xscale, yscale : str
        "linear" or "log".
    layers : tuple of Layer
        Drawn in this order.
    legend : str
        Where a legend would like to be ("upper right"), or empty: then layers are labelled on the
        spot, and so they are where a legend would cover something.
    equal : bool
        The same scale on both axes.
    xticks, yticks : tuple of (float, str)
        Named ticks in place of automatic ones.
    """

    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    xscale: str = "linear"
    yscale: str = "linear"
    layers: tuple[Layer, ...] = ()
    legend: str = ""
    equal: bool = False
    xticks: tuple[tuple[float, str], ...] = ()
    yticks: tuple[tuple[float, str], ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "layers", tuple(self.layers))
        for name in ("x", "y"):
            limits = tuple(float(v) for v in getattr(self, f"{name}lim"))
            object.__setattr__(self, f"{name}lim", limits)
            scale = _choice(f"{name}scale", getattr(self, f"{name}scale"), SCALES)
            if not (np.isfinite(limits).all() and limits[0] < limits[1]):
                raise ValueError(f"{name}lim must be two rising finite numbers, got {limits}")
            if scale == "log" and limits[0] <= 0:
                raise ValueError(f"{name}lim must be positive on a log axis, got {limits}")

    @classmethod
    def of(cls, title, x, y, *layers, **more):
        """A panel as a view says it: along each axis ``(label, low, high)``, or with "log" last."""
        axes = {"xlabel": x[0], "xlim": x[1:3], "ylabel": y[0], "ylim": y[1:3]}
        scales = {f"{axis}scale": each[3] for axis, each in (("x", x), ("y", y)) if each[3:]}
        return cls(title=title, layers=layers, **axes, **scales, **more)

    def frame(self):
        """What matplotlib draws once: everything but the layers."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "layers"}


@dataclass(frozen=True, eq=False)
class Scene:
    """Panels side by side and one line of text that says what they show.

    Attributes
    ----------
    panels : tuple of Panel
    text : str
        One plain sentence with the numbers that matter, for screen readers, for the stored
        notebook and for whoever compares two runs: round to what is stable across machines.
    columns : int
        Panels in a row; all in one row by default.
    widths : tuple of float
        Relative widths of the columns; equal by default.
    size : tuple of float
        (width, height) in CSS pixels: it never changes while a slider moves.
    """

    panels: tuple[Panel, ...]
    text: str
    columns: int = 0
    widths: tuple[float, ...] = ()
    size: tuple[float, float] = (760, 380)

    def __post_init__(self):
        object.__setattr__(self, "panels", tuple(self.panels))
        if not self.panels:
            raise ValueError("panels must not be empty, got ()")
        object.__setattr__(self, "columns", self.columns or len(self.panels))
        object.__setattr__(self, "widths", tuple(self.widths) or (1.0,) * self.columns)
        if len(self.widths) != self.columns:
            raise ValueError(f"widths must hold {self.columns} numbers, got {self.widths}")
        if not self.text or "\n" in self.text:
            raise ValueError(f"text must be one line, got {self.text!r}")

    def arrays(self):
        """All arrays as {"panel.layer.name": array}, panels and layers counted from 0."""
        return {
            f"{i}.{j}.{name}": values
            for i, panel in enumerate(self.panels)
            for j, layer in enumerate(panel.layers)
            for name, values in layer.arrays().items()
        }

    def csv(self):
        """The data as CSV: one row a value, with panel, layer and quantity."""
        writer = csv.writer(out := io.StringIO())
        writer.writerow(["panel", "layer", "label", "kind", "quantity", "index", "value"])
        for i, panel in enumerate(self.panels):
            for j, layer in enumerate(panel.layers):
                for name, values in layer.arrays().items():
                    head = [panel.title or i, j, layer.label, type(layer).__name__, name]
                    writer.writerows([*head, k, repr(float(v))] for k, v in enumerate(values))
        return out.getvalue()

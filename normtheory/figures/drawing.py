"""Matplotlib draws a scene: to a file, or its frame alone for a canvas that draws the layers.

A frame is put together from panels, each drawn once: from one setting to the next most stay.

No pyplot anywhere: its state is global, and widget callbacks run on a thread of their own.
"""

import io
import json
import re
from functools import lru_cache

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from normtheory.figures import lettering, places, style
from normtheory.figures.lettering import DPI, RC, outline
from normtheory.figures.picture import styled
from normtheory.figures.scene import Panel, Scene

MARGIN = {"left": 68, "right": 16, "bottom": 54, "top": 36}  # pixels around each panel's axes
FORMATS = ("png", "svg", "pdf")
PHONE = 420  # pixels: a panel alone that is wider has a second frame, for a phone
POINT = 72 / DPI  # matplotlib's points to a pixel
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
# what the browser is told of a panel beside where it is
TOLD = ("title", "xlim", "ylim", "xscale", "yscale", "legend", "xlabel", "ylabel")


def draw(scene, figure):
    """Draw `scene` on a matplotlib `figure` (of its own: it is cleared and resized), and return its
    axes, one per panel."""
    with styled(RC):
        axes = _draw_frame(scene, figure)
        for panel, ax in zip(scene.panels, axes, strict=True):
            for layer in panel.layers:
                _DRAW[type(layer).__name__](layer, ax)
            lettering.write(panel, places.Map(panel, _box(ax, *scene.size)), ax)
    return axes


def render(scene, format="png", dpi=2 * DPI):
    """The picture as the bytes of a PNG, SVG or PDF file, the same bytes for the same scene."""
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    with styled(RC):
        figure = _figure(scene)
        draw(scene, figure)
        return _save(figure, format, dpi, transparent=False)


def frame(scene):
    """Everything but the layers, drawn once, for a canvas to draw the layers over.

    Gives ``svg``, the axes, ticks and texts as an SVG document, in it one for each panel; ``width``
    and ``height`` in CSS pixels; ``axes``, for each panel its box ``[left, top, width, height]`` in
    pixels, the ``cell`` around it, its limits, scales and names; ``glyphs``, the outlines of all
    labels with mathtext; of a panel alone that is wider than a phone also ``narrow``, the same axes
    as wide as that.
    """
    labels = {layer.label for panel in scene.panels for layer in panel.layers}
    labels |= {label for panel in scene.panels for label in (panel.xlabel, panel.ylabel)}
    glyphs = {text: outline(text) for text in sorted(labels) if "$" in text}
    made = {**_framed(scene.panels, _cells(scene), *scene.size), "glyphs": glyphs}
    width, height = scene.size
    if len(scene.panels) == 1 and width > PHONE:
        made["narrow"] = _framed(scene.panels, [[0, 0, PHONE, height]], PHONE, height)
    return made


def _framed(panels, cells, width, height):
    """Panels, each in its cell, as one SVG document, and where their axes are."""
    parts = [f"{SVG} {_sides(width, height)}>"]
    axes = []
    for panel, (left, top, wide, high) in zip(panels, cells, strict=True):
        inner, (x, y, *sides) = _axes(json.dumps(panel.frame(), default=float), wide, high)
        place = f'class="panel" x="{POINT * left:g}" y="{POINT * top:g}" overflow="visible"'
        parts.append(f"<svg {place} {inner}")
        names = {name: getattr(panel, name) for name in TOLD}
        box = [round(left + x, 2), round(top + y, 2), *sides]
        axes.append({"box": box, "cell": [left, top, wide, high], **names})
    return {"svg": "".join([*parts, "</svg>"]), "width": width, "height": height, "axes": axes}


def _sides(width, height):
    wide, high = POINT * width, POINT * height
    return f'width="{wide:g}pt" height="{high:g}pt" viewBox="0 0 {wide:g} {high:g}"'


@lru_cache(256)
def _axes(described, width, height):
    """The axes of a panel as the inside of an SVG element, and their box."""
    panel = Panel(**json.loads(described))
    with styled(RC):
        ax = _blank(width, height)
        _draw_axes(panel, ax)
        svg = _save(ax.figure, "svg", DPI, transparent=True).decode()
    inner = svg.split("<svg ", 1)[1]
    sized = re.sub(r'(width|height)="([\d.]+)pt"', r'\1="\2"', inner, count=2)
    return sized, _box(ax, width, height)


@lru_cache(8)
def _blank(width, height):
    """Axes of a panel of that size, whose ticks the next panel takes over: to make them takes half
    of a drawing's time."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    blank = Panel(xlim=(0, 1), ylim=(0, 1))
    [ax] = _add_axes(Scene((blank,), "blank", size=(width, height)), figure)
    return ax


def _box(ax, width, height):
    """Left, top, width and height of a panel's axes in pixels, an equal aspect applied."""
    box = ax.get_position()
    sides = box.x0 * width, (1 - box.y1) * height, box.width * width, box.height * height
    return [round(float(side), 2) for side in sides]


def _figure(scene):
    width, height = scene.size
    return Figure(figsize=(width / DPI, height / DPI), dpi=DPI)


def _save(figure, format, dpi, *, transparent):
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    # no date and no version in the file: the same picture is the same bytes
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}.get(
        format, {"CreationDate": None, "Creator": None, "Producer": None}
    )
    figure.savefig(out, format=format, dpi=dpi, metadata=metadata, transparent=transparent)
    return out.getvalue()


def _draw_frame(scene, figure):
    figure.clear()
    width, height = scene.size
    figure.set_size_inches(width / DPI, height / DPI)
    axes = _add_axes(scene, figure)
    for panel, ax in zip(scene.panels, axes, strict=True):
        _draw_axes(panel, ax)
    return axes


def _add_axes(scene, figure):
    """Axes of their places alone, one for each panel."""
    width, height = scene.size
    axes = []
    for left, top, wide, high in _cells(scene):
        rectangle = (
            (left + MARGIN["left"]) / width,
            1 - (top + high - MARGIN["bottom"]) / height,
            (wide - MARGIN["left"] - MARGIN["right"]) / width,
            (high - MARGIN["top"] - MARGIN["bottom"]) / height,
        )
        axes.append(figure.add_axes(rectangle))
    return axes


def _cells(scene):
    """Left, top, width and height in pixels of each panel with its margins."""
    (width, height), total = scene.size, sum(scene.widths)
    high = height / -(-len(scene.panels) // scene.columns)
    lefts = [sum(scene.widths[:k]) / total * width for k in range(scene.columns)]
    wide = [each / total * width for each in scene.widths]
    places = (divmod(index, scene.columns) for index in range(len(scene.panels)))
    return [[lefts[column], row * high, wide[column], high] for row, column in places]


def _draw_axes(panel, ax):
    ax.set_xscale(panel.xscale)
    ax.set_yscale(panel.yscale)
    ax.set_aspect("equal" if panel.equal else "auto", adjustable="box")
    ax.set_xlim(panel.xlim)
    ax.set_ylim(panel.ylim)
    ax.set_title(panel.title, loc="left", y=1.0)
    ax.set_xlabel(panel.xlabel)
    ax.set_ylabel(panel.ylabel)
    for axis, ticks in ((ax.xaxis, panel.xticks), (ax.yaxis, panel.yticks)):
        if ticks:
            axis.set_ticks([at for at, _ in ticks], [label for _, label in ticks])
            axis.set_minor_formatter(NullFormatter())
    ax.apply_aspect()


def _curve(layer, ax):
    color = style.INKS[layer.color]
    ax.plot(layer.x, layer.y, color=color, ls=layer.dash, lw=layer.width)


def _band(layer, ax):
    color = style.INKS[layer.color]
    ax.fill_between(layer.x, layer.low, layer.high, color=color, alpha=layer.alpha, lw=0)


def _fill(layer, ax):
    color = style.INKS[layer.color]
    ax.fill_between(layer.x, 0, layer.y, color=color, alpha=layer.alpha, lw=0)
    ax.plot(layer.x, layer.y, color=color, lw=layer.width)


def _points(layer, ax):
    look = {"color": style.INKS[layer.color], "alpha": layer.alpha, "ms": layer.size}
    ax.plot(layer.x, layer.y, ls="", marker=layer.marker, **look)


def _bars(layer, ax):
    color = style.INKS[layer.color]
    ax.stairs(layer.heights, layer.edges, fill=True, color=color, alpha=layer.alpha)
    ax.stairs(layer.heights, layer.edges, color=color, lw=1.0)


def _vline(layer, ax):
    for x in layer.x:
        ax.axvline(x, color=style.INKS[layer.color], ls=layer.dash, lw=layer.width)


def _hline(layer, ax):
    for y in layer.y:
        ax.axhline(y, color=style.INKS[layer.color], ls=layer.dash, lw=layer.width)


_DRAW = {
    "Curve": _curve,
    "Band": _band,
    "Fill": _fill,
    "Points": _points,
    "Bars": _bars,
    "VLine": _vline,
    "HLine": _hline,
    "Text": lambda layer, ax: None,
}

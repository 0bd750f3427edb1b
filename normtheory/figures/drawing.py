"""Matplotlib draws a scene: to a file, or its frame alone for a canvas that draws the layers.

No pyplot anywhere: its state is global, and widget callbacks run on a thread of their own. What
matplotlib itself shares between figures (rcParams, the mathtext parser) is guarded by `LOCK`.
"""

import io
import threading

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.textpath import text_to_path
from matplotlib.ticker import NullFormatter

from normtheory.figures import style

LOCK = threading.RLock()
DPI = 100
FONT = 11.0
LINE_HEIGHT = 19.0  # pixels that a direct label takes, so that two never overlap
MARGIN = {"left": 68, "right": 16, "bottom": 54, "top": 36}  # pixels around each panel's axes
_LETTERS = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}  # of matplotlib.path.Path's codes
FORMATS = ("png", "svg", "pdf")
RC = style.RC | {"font.size": FONT, "axes.titlesize": FONT, "axes.labelsize": FONT}
RC |= {"xtick.labelsize": FONT - 1, "ytick.labelsize": FONT - 1, "legend.fontsize": FONT - 1}
RC |= {"axes.titlelocation": "left"}


def draw(scene, figure):
    """Draw `scene` on a matplotlib `figure` (of its own: it is cleared and resized).

    Returns
    -------
    list of matplotlib.axes.Axes
        One per panel.
    """
    with LOCK, rc_context(RC):
        axes = _draw_frame(scene, figure)
        for panel, ax in zip(scene.panels, axes, strict=True):
            taken = []
            for layer in panel.layers:
                _DRAW[type(layer).__name__](layer, ax)
            if not panel.legend:
                for layer in panel.layers:
                    _label(layer, panel, ax, taken)
    return axes


def render(scene, format="png", dpi=2 * DPI):
    """The picture as the bytes of a PNG, SVG or PDF file, the same bytes for the same scene."""
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    with LOCK, rc_context(RC):
        figure = _figure(scene)
        draw(scene, figure)
        return _save(figure, format, dpi, transparent=False)


def frame(scene):
    """Everything but the layers, drawn once, for a canvas to draw the layers over.

    Returns
    -------
    dict
        ``svg``, the axes, ticks and texts as an SVG document; ``width`` and ``height`` in CSS
        pixels; ``axes``, for each panel its box ``[left, top, width, height]`` in pixels with its
        limits and scales; ``glyphs``, the outlines of the layers' mathtext labels.
    """
    with LOCK, rc_context(RC):
        figure = _figure(scene)
        axes = _draw_frame(scene, figure)
        svg = _save(figure, "svg", DPI, transparent=True).decode()
        width, height = scene.size
        boxes = []
        for panel, ax in zip(scene.panels, axes, strict=True):
            box = ax.get_position()  # after drawing, so that an equal aspect is applied
            boxes.append(
                {
                    "box": [
                        round(float(value), 2)
                        for value in (
                            box.x0 * width,
                            (1 - box.y1) * height,
                            box.width * width,
                            box.height * height,
                        )
                    ],
                    "xlim": list(panel.xlim),
                    "ylim": list(panel.ylim),
                    "xscale": panel.xscale,
                    "yscale": panel.yscale,
                    "legend": bool(panel.legend),
                }
            )
        labels = {layer.label for panel in scene.panels for layer in panel.layers}
        glyphs = {text: outline(text) for text in sorted(labels) if "$" in text}
    return {"svg": svg, "width": width, "height": height, "axes": boxes, "glyphs": glyphs}


def outline(text, size=FONT):
    """The outline of a text with mathtext as an SVG path in CSS pixels, from its baseline's left.

    Returns
    -------
    dict
        ``path`` (an SVG path's ``d``), ``width``, ``height`` and ``depth`` in pixels.

    Raises
    ------
    ValueError
        If matplotlib cannot parse the mathtext.
    """
    with LOCK, rc_context(RC):
        font = FontProperties(size=size)
        math = "$" in text
        scale = DPI / 72
        vertices, codes = text_to_path.get_text_path(font, text, ismath=math)
        # outlines come in units of the font's own size, text_to_path.FONT_SCALE to the em
        points = np.asarray(vertices).reshape(-1, 2) * size / text_to_path.FONT_SCALE * scale
        width, height, depth = text_to_path.get_text_width_height_descent(text, font, math)
        parts, follow = [], 0
        for (x, y), code in zip(points, codes, strict=True):
            letter = _LETTERS[code]
            if letter == "Z":
                parts.append("Z")
                continue
            # a quadratic piece lists two points under one letter, a cubic one three
            parts.append(f"{' ' if follow else letter}{x:.2f} {-y:.2f}")
            follow = follow - 1 if follow else {"Q": 1, "C": 2}.get(letter, 0)
    return {
        "path": "".join(parts),
        "width": round(float(width) * scale, 2),
        "height": round(float(height) * scale, 2),
        "depth": round(float(depth) * scale, 2),
    }


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
    rows = -(-len(scene.panels) // scene.columns)
    total = sum(scene.widths)
    lefts = [sum(scene.widths[:k]) / total * width for k in range(scene.columns)]
    axes = []
    for index, panel in enumerate(scene.panels):
        row, column = divmod(index, scene.columns)
        outer = scene.widths[column] / total * width
        rectangle = (
            (lefts[column] + MARGIN["left"]) / width,
            1 - ((row + 1) * height / rows - MARGIN["bottom"]) / height,
            (outer - MARGIN["left"] - MARGIN["right"]) / width,
            (height / rows - MARGIN["top"] - MARGIN["bottom"]) / height,
        )
        axes.append(figure.add_axes(rectangle))
        _draw_axes(panel, axes[-1])
    return axes


def _draw_axes(panel, ax):
    ax.set_xscale(panel.xscale)
    ax.set_yscale(panel.yscale)
    if panel.equal:
        ax.set_aspect("equal", adjustable="box")
    ax.set_xlim(panel.xlim)
    ax.set_ylim(panel.ylim)
    ax.set_title(panel.title, loc="left")
    ax.set_xlabel(panel.xlabel)
    ax.set_ylabel(panel.ylabel)
    for axis, ticks in ((ax.xaxis, panel.xticks), (ax.yaxis, panel.yticks)):
        if ticks:
            axis.set_ticks([at for at, _ in ticks], [label for _, label in ticks])
            axis.set_minor_formatter(NullFormatter())
    if panel.legend:
        handles = [_handle(layer) for layer in panel.layers if layer.label]
        ax.legend(handles=handles, loc=panel.legend)
    ax.apply_aspect()


def _handle(layer):
    color = style.INKS[layer.color]
    if hasattr(layer, "marker"):
        return Line2D([], [], color=color, ls="", marker=layer.marker, label=layer.label)
    if hasattr(layer, "dash"):
        return Line2D([], [], color=color, ls=layer.dash, lw=2, label=layer.label)
    return Patch(color=color, alpha=getattr(layer, "alpha", 1.0), lw=0, label=layer.label)


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


def _anchor(layer, panel, to_pixels):
    """Where a layer's label would like to sit: x, y in pixels and its alignment."""
    kind = type(layer).__name__
    (x0, y0), (x1, y1) = to_pixels(panel.xlim[0], panel.ylim[0]), to_pixels(*_upper(panel))
    if kind == "Text":
        return *to_pixels(layer.x[0], layer.y[0]), layer.align
    if kind == "Points":
        x, y = to_pixels(layer.x[0], layer.y[0])
        return (x + 8, y - 4, "left") if x < (x0 + x1) / 2 else (x - 8, y - 4, "right")
    if kind == "VLine":
        x = to_pixels(layer.x[0], panel.ylim[0])[0]
        # at the top, on the side that has room
        return (x + 5, y1 - 13, "left") if x < (x0 + x1) / 2 else (x - 5, y1 - 13, "right")
    at = x0 + layer.label_at * (x1 - x0)
    align = "left" if layer.label_at < 0.15 else "right" if layer.label_at > 0.85 else "center"
    if kind == "HLine":
        return at, to_pixels(panel.xlim[0], layer.y[0])[1] + 5, align
    if kind == "Bars":
        xs, ys = (layer.edges[1:] + layer.edges[:-1]) / 2, layer.heights
    else:
        xs, ys = layer.x, layer.high if kind == "Band" else layer.y
    pixels = np.array([to_pixels(x, y) for x, y in zip(xs, ys, strict=True)])
    pixels = pixels[np.isfinite(pixels).all(axis=1)]
    if not len(pixels):
        return at, y0, align
    return at, pixels[np.abs(pixels[:, 0] - at).argmin(), 1] + 6, align


def _upper(panel):
    return panel.xlim[1], panel.ylim[1]


def _label(layer, panel, ax, taken):
    """A direct label with a halo, moved up or down by whole lines until it covers no other."""
    if not layer.label:
        return

    def to_pixels(x, y):
        with np.errstate(divide="ignore", invalid="ignore"):
            return tuple(ax.transData.transform((x, y)))

    x, y, align = _anchor(layer, panel, to_pixels)
    if not np.isfinite([x, y]).all():
        return
    (left, bottom), (right, top) = (
        to_pixels(panel.xlim[0], panel.ylim[0]),
        to_pixels(*_upper(panel)),
    )
    unit = ax.figure.dpi / DPI
    width = outline(layer.label)["width"] * unit
    line = LINE_HEIGHT * unit
    start = x - {"left": 0, "center": width / 2, "right": width}[align]
    start = min(max(start, left + 2), max(right - width, left + 2))
    y = min(max(y, bottom + 4), top - 13)
    for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6):
        place = y + step * line
        inside = bottom <= place <= top - 8
        clear = all(
            place >= high or place + line <= low or start >= end or start + width <= begin
            for begin, end, low, high in taken
        )
        if inside and clear:
            y = place
            break
    taken.append((start, start + width, y, y + line))
    # a fraction of the figure, so that the place survives a file of another resolution
    fraction = ax.figure.transFigure.inverted().transform((start, y))
    ax.annotate(
        layer.label,
        tuple(fraction),
        xycoords="figure fraction",
        color=style.TEXT_INKS[layer.color],
        va="baseline",
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )

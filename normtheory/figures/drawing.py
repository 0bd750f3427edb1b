"""Matplotlib draws a scene: to a file, or its frame alone for a canvas that draws the layers.

No pyplot anywhere: its state is global, and widget callbacks run on a thread of their own.
"""

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from normtheory.figures import lettering, places, style
from normtheory.figures.lettering import DPI, RC, outline
from normtheory.figures.picture import styled

MARGIN = {"left": 68, "right": 16, "bottom": 54, "top": 36}  # pixels around each panel's axes
FORMATS = ("png", "svg", "pdf")


def draw(scene, figure):
    """Draw `scene` on a matplotlib `figure` (of its own: it is cleared and resized), and return its
    axes, one per panel."""
    with styled(RC):
        axes = _draw_frame(scene, figure)
        for panel, ax in zip(scene.panels, axes, strict=True):
            for layer in panel.layers:
                _DRAW[type(layer).__name__](layer, ax)
            lettering.write(panel, places.Map(panel, _box(ax, scene)), ax)
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

    Gives ``svg``, the axes, ticks and texts as an SVG document; ``width`` and ``height`` in CSS
    pixels; ``axes``, for each panel its box ``[left, top, width, height]`` in pixels, the ``cell``
    around it, its limits, scales and names; ``glyphs``, the outlines of all labels with mathtext.
    """
    with styled(RC):
        figure = _figure(scene)
        axes = _draw_frame(scene, figure)
        svg = _save(figure, "svg", DPI, transparent=True).decode()
        width, height = scene.size
        boxes = []
        for panel, ax, cell in zip(scene.panels, axes, _cells(scene), strict=True):
            boxes.append(
                {
                    "box": _box(ax, scene),
                    "cell": cell,
                    "title": panel.title,
                    "xlim": list(panel.xlim),
                    "ylim": list(panel.ylim),
                    "xscale": panel.xscale,
                    "yscale": panel.yscale,
                    "legend": panel.legend,
                    "xlabel": panel.xlabel,
                    "ylabel": panel.ylabel,
                }
            )
        labels = {layer.label for panel in scene.panels for layer in panel.layers}
        labels |= {label for panel in scene.panels for label in (panel.xlabel, panel.ylabel)}
        glyphs = {text: outline(text) for text in sorted(labels) if "$" in text}
    return {"svg": svg, "width": width, "height": height, "axes": boxes, "glyphs": glyphs}


def _box(ax, scene):
    """Left, top, width and height of a panel's axes in pixels, an equal aspect applied."""
    (width, height), box = scene.size, ax.get_position()
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
    axes = []
    for panel, (left, top, wide, high) in zip(scene.panels, _cells(scene), strict=True):
        rectangle = (
            (left + MARGIN["left"]) / width,
            1 - (top + high - MARGIN["bottom"]) / height,
            (wide - MARGIN["left"] - MARGIN["right"]) / width,
            (high - MARGIN["top"] - MARGIN["bottom"]) / height,
        )
        axes.append(figure.add_axes(rectangle))
        _draw_axes(panel, axes[-1])
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
    if panel.equal:
        ax.set_aspect("equal", adjustable="box")
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

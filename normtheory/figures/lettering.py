"""Letters in pixels: outlines of mathtext, and direct labels that cover no other."""

import functools

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import withStroke
from matplotlib.textpath import text_to_path

from normtheory.figures import style
from normtheory.figures.picture import styled

DPI = 100
FONT = 11.0
LINE_HEIGHT = 19.0  # pixels that a direct label takes, so that two never overlap
_LETTERS = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}  # of matplotlib.path.Path's codes
RC = style.RC | {"font.size": FONT, "axes.titlesize": FONT, "axes.labelsize": FONT}
RC |= {"xtick.labelsize": FONT - 1, "ytick.labelsize": FONT - 1, "legend.fontsize": FONT - 1}
RC |= {"axes.titlelocation": "left"}


@functools.lru_cache(512)
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
    with styled(RC):
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


def draw_label(layer, panel, ax, taken):
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

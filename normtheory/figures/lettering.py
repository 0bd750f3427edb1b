"""Letters in pixels: outlines of mathtext, and the words of a panel."""

import functools

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from normtheory.figures import places, style
from normtheory.figures.picture import styled

DPI = 100
FONT = 11.0
_LETTERS = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}  # of matplotlib.path.Path's codes
RC = style.RC | {"font.size": FONT, "axes.titlesize": FONT, "axes.labelsize": FONT}
RC |= {"xtick.labelsize": FONT - 1, "ytick.labelsize": FONT - 1, "legend.fontsize": FONT - 1}
RC |= {"axes.titlelocation": "left"}


@functools.lru_cache(512)
def outline(text, size=FONT):
    """The outline of a text with mathtext as an SVG path in CSS pixels, from its baseline's left:
    ``path`` (its ``d``), ``width``, ``height`` and ``depth``; ValueError if matplotlib cannot
    parse it.
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


def write(panel, map, ax):
    """The words of a panel: its legend or the labels of its layers, and a word if it is empty."""
    kept = places.legend(panel, map, _width) if panel.legend else None
    if kept:
        _draw_legend(kept, ax)
    else:
        for label, color, x, y in places.labels(panel, map, _width):
            halo = [withStroke(linewidth=3, foreground="white")]
            _words(label, x, y, ax, color=style.TEXT_INKS[color], path_effects=halo)
    if silent := places.silence(panel, map):
        x, y = (map.left + map.right - _width(silent)) / 2, (map.top + map.bottom) / 2
        _words(silent, x, y, ax, color=style.TEXT_INKS["grey"])


def _width(text):
    return outline(text)["width"]


def _words(text, x, y, ax, **look):
    # a fraction of the figure, so that the place survives a file of another resolution
    width, height = DPI * ax.figure.get_size_inches()
    place = x / width, 1 - y / height
    ax.annotate(text, place, xycoords="figure fraction", va="baseline", **look)


def _draw_legend(legend, ax):
    x, y, wide, high, layers = legend
    pixels = Affine2D().scale(*(1 / (DPI * ax.figure.get_size_inches()))).scale(1, -1)
    look = {"transform": pixels.translate(0, 1) + ax.figure.transFigure, "zorder": 5}
    border = {"facecolor": "white", "alpha": 0.8, "edgecolor": style.INKS["grey"], "lw": 0.8}
    ax.add_artist(Rectangle((x, y), wide, high, **border, **look))
    for row, layer in enumerate(layers):
        middle, start = y + places.PAD / 2 + (row + 0.5) * places.LINE, x + places.PAD
        ax.add_artist(_swatch(layer, start, middle, **look))
        start += places.SWATCH + places.GAP
        _words(layer.label, start, middle + 5, ax, color=style.TEXT_INKS["black"], zorder=6)


def _swatch(layer, x, y, **look):
    """What a legend shows of a layer."""
    look |= {"color": style.INKS[layer.color]}
    if hasattr(layer, "marker"):
        half = places.SWATCH / 2
        return Line2D([x + half], [y], ls="", marker=layer.marker, ms=6, **look)
    if hasattr(layer, "dash"):
        return Line2D([x, x + places.SWATCH], [y, y], ls=layer.dash, lw=2, **look)
    alpha = getattr(layer, "alpha", 1.0)
    return Rectangle((x, y - 5), places.SWATCH, 10, alpha=alpha, lw=0, **look)

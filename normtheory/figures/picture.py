"""Pictures without global state: a styled figure in, a PNG and an SVG out."""

from contextlib import contextmanager

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from normtheory.figures.style import RC


@contextmanager
def picture(size):
    """A styled figure of `size` inches; draw and save it inside the context.

    Examples
    --------
    >>> with picture((4, 3)) as figure:
    ...     axes = figure.subplots()
    >>> figure.get_size_inches()
    array([4., 3.])
    """
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def save_picture(figure, stem):
    """Write `stem`.png and `stem`.svg; the same figure gives the same bytes.

    Returns
    -------
    tuple of Path
    """
    paths = stem.with_name(stem.name + ".png"), stem.with_name(stem.name + ".svg")
    figure.savefig(paths[0], metadata={"Software": None})
    figure.savefig(paths[1], metadata={"Date": None, "Creator": None})
    return paths


def note_below(figure, text):
    """Write `text` small and grey below everything else."""
    figure.supxlabel(text, fontsize=7.5, color="0.35", x=0.01, ha="left")

"""Pictures without global state: a styled figure in, a PNG and an SVG out."""

import io
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


def rendered(figure, identifier):
    """The figure as a PNG and an SVG file, which both carry `identifier`.

    Returns
    -------
    dict of str to bytes
        By suffix; the same figure gives the same bytes.
    """
    silent = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
    files = {}
    for suffix, metadata in silent.items():
        file = io.BytesIO()
        figure.savefig(file, format=suffix[1:], metadata={"Identifier": identifier, **metadata})
        files[suffix] = file.getvalue()
    return files


def note_below(figure, text):
    """Write `text` small and grey below everything else."""
    figure.supxlabel(text, fontsize=7.5, color="0.35", x=0.01, ha="left")

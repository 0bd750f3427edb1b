"""Pictures without global state: a styled figure in, a PNG and an SVG out."""

import io
import threading
from contextlib import contextmanager

import numpy as np
from matplotlib import rc_context, rcParams, rcParamsDefault
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

from normtheory.figures.style import RC

LOCK = threading.RLock()
# the backend is about windows, and reading or setting it would open one
_DEFAULTS = {key: value for key, value in rcParamsDefault.items() if key != "backend"}
# numpy's own; an SVG file's names are made of numbers as numpy prints them
_PRINTED = {"precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "suppress": False}
_PRINTED |= {"nanstr": "nan", "infstr": "inf", "sign": "-", "floatmode": "maxprec"}
_PRINTED |= {"formatter": None, "legacy": False, "override_repr": None}
ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


@contextmanager
def styled(rc=RC):
    """A context in which matplotlib makes, draws and saves pictures, whatever the user has set.

    Our style lies over matplotlib's own defaults, not over the user's matplotlibrc, and numpy has
    its own settings too. What matplotlib shares between figures (rcParams, the mathtext parser) is
    guarded by `LOCK`: widget callbacks run on a thread of their own.
    """
    with LOCK, np.printoptions(**_PRINTED), np.errstate(**ERRORS):
        # the parser keeps what it has set before under a key that leaves this setting out
        if rcParams["mathtext.default"] != _DEFAULTS["mathtext.default"]:
            MathTextParser._parse_cached.cache_clear()
        with rc_context(_DEFAULTS | rc):
            yield


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
    with styled():
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def rendered(figure, identifier):
    """The figure as a PNG and an SVG file by suffix, which both carry `identifier`; the same figure
    gives the same bytes."""
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

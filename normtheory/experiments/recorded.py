"""Training runs that were watched once, for pages on which nothing can train.

``make recordings`` trains them anew and stores them beside the results.
"""

import itertools
from pathlib import Path

import numpy as np

from normtheory.experiments import report
from normtheory.experiments.live import joined
from normtheory.experiments.store import packed

FILE = report.stored_path("recorded").with_suffix(".npz")


def settings(run, values):
    """The settings at which a run is recorded that starts at these values: all combinations of
    `run.recorded`, the other knobs held."""
    home = {knob["name"]: knob["default"] for knob in run.knobs} | values
    combined = itertools.product(*run.recorded.values())
    return [home | dict(zip(run.recorded, each, strict=True)) for each in combined]


def load(run, values, path=FILE):
    """What was recorded of a run, in the order of `settings`: the numbers of its points by name;
    ValueError if there is nothing."""
    wanted = [_title(run, each) for each in settings(run, values)]
    with np.load(path) as held:
        found = {title: {} for title in wanted}
        for key in held.files:
            title, _, name = key.rpartition(": ")
            if title in found:
                found[title][name] = held[key]
    for title, arrays in found.items():
        if not arrays:
            raise ValueError(f"run must be one that is recorded, got {title}: make recordings")
    return list(found.values())


def record(runs, path=FILE):
    """Train runs, pairs of a `LiveRun` and the values where it starts, and store their points."""
    arrays = {}
    for run, values in runs:
        for each in settings(run, values):
            for name, array in joined(list(run.points(run.steps, **each))).items():
                kind = "i4" if array.dtype.kind == "i" else "f4"
                arrays[f"{_title(run, each)}: {name}"] = array.astype(kind)
    Path(path).write_bytes(packed(arrays))


def _title(run, values):
    return f"{run.call} at {', '.join(f'{name}={value}' for name, value in values.items())}"

"""An experiment is an object: configuration in, plain arrays out, a drawing, and findings.

What a document shows by training stands here once: its source, its configuration at each scale
and what that scale changes, the document's own numbers, the picture, and the sentences to judge.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from normtheory.experiments.findings import Finding

SCALES = {
    "smoke": "seconds, to see that everything runs",
    "toy": "minutes on two cores",
    "paper": "the document's own architecture, data and schedule, as far as they can be had",
}


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An experiment's configuration at one scale.

    Attributes
    ----------
    configuration : dict
        Plain JSON values: everything that `run` depends on besides seed, device and data.
    seeds : int
        How many seeds are run unless the caller says otherwise.
    deviations : tuple of str
        What differs from the document; printed in the caption.
    seconds : float
        Rough cost of one seed, to weigh the time left.
    data : tuple of str or None
        The data sets at this scale, where they are others than the experiment's.
    """

    configuration: dict[str, Any]
    seeds: int
    deviations: tuple[str, ...] = ()
    seconds: float = 1.0
    data: tuple[str, ...] | None = None

    def __post_init__(self):
        json.dumps(self.configuration, allow_nan=False)
        if self.seeds < 1:
            raise ValueError(f"seeds must be at least 1, got {self.seeds!r}")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One figure or table of a document that only a computation can show.

    Attributes
    ----------
    id : str
        ``<document>.<name>``.
    title, source, says : str
        Title of the picture, place in the document, and what the document shows there.
    scales : dict of str to Scale
        For every name of `SCALES`.
    run : callable
        ``run(configuration, seed, device)`` returns a dictionary of plain arrays, the same names
        and shapes for every seed. The same three arguments give the same arrays.
    draw : callable
        ``draw(figure, arrays, document)`` draws into a matplotlib figure; `arrays` are those of
        `run` with a leading axis over seeds.
    findings : tuple of Finding
    document : dict
        The document's own numbers, drawn as marks and printed beside ours.
    data : tuple of str
        Names of the data sets that `run` loads, as in `normtheory.data`.
    size : tuple of float
        Width and height of the picture in inches.
    revision : int
        Raised when the meaning of stored results changes without a change of configuration.
    """

    id: str
    title: str
    source: str
    says: str
    scales: dict[str, Scale]
    run: Callable[[dict, int, str], dict[str, np.ndarray]]
    draw: Callable
    findings: tuple[Finding, ...]
    document: dict[str, Any] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    size: tuple[float, float] = (6.4, 4.0)
    revision: int = 1

    def __post_init__(self):
        if set(self.scales) != set(SCALES):
            raise ValueError(
                f"scales of {self.id} must be {', '.join(SCALES)}, got {', '.join(self.scales)}"
            )
        names = [finding.name for finding in self.findings]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{self.id} needs findings with distinct names, got {names}")

    def scale(self, name):
        """The `Scale` called `name`, or ValueError."""
        if name not in self.scales:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}, got {name!r}")
        return self.scales[name]

    def data_at(self, scale):
        """Names of the data sets that a run at `scale` loads."""
        own = self.scale(scale).data
        return self.data if own is None else own

    def fingerprint(self, scale):
        """Hash of everything that stored results at `scale` depend on, besides the data."""
        content = [self.id, self.revision, self.scale(scale).configuration]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def judge(self, arrays):
        """Judge all findings on arrays with a leading axis over seeds.

        Returns
        -------
        list of Judgement
        """
        seeds = unstack(arrays)
        return [finding.judge(seeds) for finding in self.findings]


def stack(seeds):
    """Join one dictionary of arrays per seed into one, with a leading axis over seeds.

    Raises
    ------
    ValueError
        If there is no seed, or names or shapes differ between seeds.
    """
    if not seeds:
        raise ValueError("seeds must hold at least one dictionary of arrays, got none")
    shapes = [{name: np.shape(array) for name, array in arrays.items()} for arrays in seeds]
    for number, other in enumerate(shapes):
        if other != shapes[0]:
            raise ValueError(
                f"every seed must give the same names and shapes; number {number} gives {other}, "
                f"number 0 gives {shapes[0]}"
            )
    return {name: np.stack([arrays[name] for arrays in seeds]) for name in seeds[0]}


def unstack(arrays):
    """The inverse of `stack`: one dictionary of arrays per seed."""
    counts = {len(array) for array in arrays.values()}
    if len(counts) != 1:
        raise ValueError(f"arrays must share their leading axis, got lengths {sorted(counts)}")
    return [{name: array[i] for name, array in arrays.items()} for i in range(counts.pop())]

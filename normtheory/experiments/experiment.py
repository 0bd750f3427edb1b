"""An experiment is an object: configuration in, plain arrays out, a drawing, and findings.

What a document shows by training stands here once: its source, its configuration at each scale
and what that scale changes, the document's own numbers, the picture, the sentences to judge, and
what a reader may take from it.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from normtheory.experiments.effects import ANSWERS, counted
from normtheory.experiments.findings import Finding
from normtheory.experiments.redraw import Images, redrawn

SCALES = {
    "smoke": "seconds, to see that everything runs",
    "toy": "minutes on two cores",
    "core": "an hour on two cores at most",
    "paper": "the document's own architecture, data and schedule, as far as they can be had",
}
# what one experiment may cost until it has decided, of one core
CORE_HOURS = 10
_MOST_SEEDS = 64


class Difference(NamedTuple):
    """What differs from the document, there ("" where it does not say) and here."""

    what: str
    document: str
    ours: str

    def __str__(self):
        return f"{self.what}: {self.ours} (document: {self.document or 'not stated'})"


@dataclass(frozen=True)
class Lesson:
    """What a reader may take from an experiment, in one sentence.

    Attributes
    ----------
    sentence : str
        ``{name}`` stands for the number of the finding called so, with its unit.
    reproduced, not_reproduced, same, open : str
        Names of the findings without whose answers the sentence would be wrong, by that answer:
        "same" is no difference that matters.
    scales : tuple of str
        Of which it is true: another may have other sets, epochs and networks.
    """

    sentence: str
    _: KW_ONLY
    reproduced: str = ""
    not_reproduced: str = ""
    same: str = ""
    open: str = ""
    scales: tuple[str, ...] = ("toy",)

    @property
    def answers(self):
        """The answer that each of the findings must have, by name."""
        named = self.reproduced, self.not_reproduced, self.same, self.open
        pairs = zip(named, ANSWERS, strict=True)
        return {name: answer for names, answer in pairs for name in names.split()}

    def told(self, record):
        """The sentence with its numbers, from a stored record; ValueError if scale or an answer is
        no longer the one that it rests on."""
        if record["scale"] not in self.scales:
            scales, own = " or ".join(self.scales), record["scale"]
            raise ValueError(f"lesson rests on scale {scales}, not {own}: {self.sentence}")
        known = {finding["name"]: finding for finding in record["findings"]}
        for name, answer in self.answers.items():
            found = known[name]["verdict"] if name in known else "not in the record"
            if found != answer:
                raise ValueError(
                    f"lesson rests on {name} being {answer}, which is {found}: {self.sentence}"
                )
        numbers = {
            name: counted(f"{finding['value']:.2g}", finding["unit"])
            for name, finding in known.items()
        }
        # names may have dots, which format() would take for attributes
        return re.sub(r"\{([^}]+)\}", lambda found: numbers[found[1]], self.sentence)


@dataclass(frozen=True)
class Scale:
    """An experiment's configuration at one scale.

    Attributes
    ----------
    configuration : dict
        Plain JSON values: everything that `run` depends on besides seed, device and data.
    deviations : tuple of Difference
        What differs from the document; printed in the caption.
    seeds : int
        How many seeds are run unless the caller says otherwise; two see that everything runs.
    seconds : float
        Rough cost of one seed on one core, or on a GPU where `gpu`, to weigh the time left.
    data : tuple of str or None
        The data sets at this scale, where they are others than the experiment's.
    tested : dict of str to Images
        The arrays that are shares of test images.
    gpu : bool
        Whether cores would take days.
    """

    configuration: dict[str, Any]
    deviations: tuple[Difference, ...] = ()
    _: KW_ONLY
    seeds: int = 2
    seconds: float = 1.0
    data: tuple[str, ...] | None = None
    tested: dict[str, Images] = field(default_factory=dict)
    gpu: bool = False

    def __post_init__(self):
        json.dumps(self.configuration, allow_nan=False)
        if self.seeds < 1:
            raise ValueError(f"seeds must be at least 1, got {self.seeds!r}")

    @property
    def largest(self):
        """The most seeds that are run until all is decided: what ten core-hours hold, up to 64."""
        return max(self.seeds, min(_MOST_SEEDS, int(CORE_HOURS * 3600 / self.seconds)))


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
        By names of `SCALES`; "paper" is missing where "toy" is the document's own, and "core"
        where "paper", or else "toy", is that.
    run : callable
        ``run(configuration, seed, device)`` returns a dictionary of plain arrays, the same names
        and shapes for every seed. The same three arguments give the same arrays.
    draw : callable
        ``draw(figure, arrays, document)`` draws into a matplotlib figure; `arrays` are those of
        `run` with a leading axis over seeds.
    findings : tuple of Finding
    lesson : Lesson
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
    lesson: Lesson
    document: dict[str, Any] = field(default_factory=dict)
    data: tuple[str, ...] = ()
    size: tuple[float, float] = (6.4, 4.0)
    revision: int = 1

    def __post_init__(self):
        if set(self.scales) | {"core", "paper"} != set(SCALES):
            raise ValueError(
                f"scales of {self.id} must be {', '.join(SCALES)}, got {', '.join(self.scales)}"
            )
        names = [finding.name for finding in self.findings]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"{self.id} needs findings with distinct names, got {names}")

    def scale(self, name):
        """The `Scale` called `name`, or ValueError."""
        if name not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}, got {name!r}")
        toy = self.scales["toy"]
        paper = self.scales.get("paper", toy)
        hour = not paper.gpu and paper.seeds * paper.seconds <= 2 * 3600
        return {"paper": paper, "core": paper if hour else toy, **self.scales}[name]

    def is_the_documents(self, scale):
        """Whether a scale has the configuration of "paper"."""
        return self.fingerprint(scale) == self.fingerprint("paper")

    def data_at(self, scale):
        """Names of the data sets that a run at `scale` loads."""
        own = self.scale(scale).data
        return self.data if own is None else own

    def fingerprint(self, scale):
        """Hash of everything that stored results at `scale` depend on, besides the data."""
        content = [self.id, self.revision, self.scale(scale).configuration]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def judge(self, arrays, scale):
        """Judge all findings on arrays of `scale` with a leading axis over seeds: a `Judgement`
        each."""
        size, seeds = self.scale(scale), unstack(arrays)
        others = redrawn(arrays, size.tested)
        return [finding.judge(seeds, others, size.largest) for finding in self.findings]


def stack(seeds):
    """Join one dictionary of arrays per seed into one, with a leading axis over seeds; ValueError
    if there is none, or names or shapes differ."""
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

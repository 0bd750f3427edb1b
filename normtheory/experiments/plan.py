"""What runs would cost before any starts, and which of them a GPU should take.

An open finding asks for seeds or for a larger scale. What cores decide within the budget of an
experiment is run until it is decided; the rest are the GPU's, those first that are short, as many
as fit.
"""

from typing import NamedTuple

from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.effects import NOT, OPEN
from normtheory.experiments.experiment import CORE_HOURS
from normtheory.experiments.report import load

GPU_HOURS = 20
# that can decide
FEWEST = 5


class Run(NamedTuple):
    """Some seeds of an experiment at a scale, with the hours of one core, or of one GPU."""

    id: str
    scale: str
    seeds: int
    hours: float
    gpu: bool = False

    def is_cheap(self):
        """Whether cores do it within `CORE_HOURS`."""
        return not self.gpu and self.hours <= CORE_HOURS

    def cost(self):
        """Its hours in words."""
        return f"{self.hours:.1f} {'GPU' if self.gpu else 'core'}-hours"

    def command(self):
        """The command that runs it."""
        device = " --device cuda" if self.gpu else ""
        return (
            f"normtheory figures {self.id} --scale {self.scale} --seeds {self.seeds} --out results"
            + device
        )


def planned(id, scale, seeds=None, until_decided=False):
    """The `Run` of an experiment: of its own number of seeds, or of the most that may be needed."""
    size = experiment(id).scale(scale)
    count = seeds or (size.largest if until_decided else size.seeds)
    return Run(id, scale, count, count * size.seconds / 3600, size.gpu)


def next_runs(content):
    """The runs that are likely to settle what is open in a stored record, and to how many findings
    each is due: more seeds at the same scale for those that they are likely to decide, the next
    larger scale for the others.
    """
    id, scale = content["experiment"], content["scale"]
    open_ = [finding for finding in content["findings"] if finding["verdict"] == OPEN]
    needed = [finding["needed"] for finding in open_ if finding["needed"]]
    runs = {planned(id, scale, max(needed)): len(needed)} if needed else {}
    if len(needed) < len(open_):
        runs[_larger(id, scale)] = len(open_) - len(needed)
    return runs


def _larger(id, scale):
    for larger in ("core", "paper"):
        if experiment(id).fingerprint(larger) != experiment(id).fingerprint(scale):
            return planned(id, larger)
    return planned(id, scale, until_decided=True)


def told(runs):
    """Commands and hours of runs, in a line of Markdown."""
    return " and ".join(f"`{run.command()}`, {run.cost()}" for run in runs)


def lines(runs, jobs):
    """Lines that tell what each of `runs` costs at most, and all of them."""
    for run in runs:
        unit = "GPU" if run.gpu else "core"
        yield f"{run.id:28s}{run.scale:6s}{run.seeds:4d} seeds {run.hours:8.2f} {unit}-hours"
    cores = sum(run.hours for run in runs if not run.gpu)
    gpus = sum(run.hours for run in runs if run.gpu)
    total = f"{cores:.2f} core-hours, {cores / jobs:.2f} hours with {jobs} jobs"
    yield total + (f", and {gpus:.2f} GPU-hours" if gpus else "")


def undecided(directory=None):
    """Ids of the experiments with a stored finding that a larger scale could settle.

    Open ones, and those that are not reproduced for want of scale.
    """
    found = []
    for id in ids():
        stored = load(id, directory)
        asks = stored is not None and any(
            finding["verdict"] == OPEN
            or (finding["verdict"] == NOT and finding["why"]["kind"] == "scale")
            for finding in stored[0]["findings"]
        )
        if asks:
            found.append(id)
    return found


def for_the_gpu(chosen, hours=GPU_HOURS):
    """The runs at the scale of the document that only a GPU can do, shortest first: those that fit
    into `hours`, and those left. `chosen` are ids, such as those of `undecided`."""
    runs = [planned(id, "paper", FEWEST) for id in chosen if experiment(id).scale("paper").gpu]
    taken, left, used = [], [], 0.0
    for run in sorted(runs, key=lambda run: run.hours):
        fits = used + run.hours <= hours
        used += run.hours if fits else 0.0
        (taken if fits else left).append(run)
    return taken, left

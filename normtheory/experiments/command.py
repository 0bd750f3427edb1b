"""The command ``normtheory figures``: options in, pictures and findings out, an exit code back."""

import os
import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from normtheory.data.sources import Damaged
from normtheory.experiments import plan, store
from normtheory.experiments.catalogue import experiment, match
from normtheory.experiments.devices import resolve_device
from normtheory.experiments.experiment import SCALES
from normtheory.experiments.plan import GPU_HOURS
from normtheory.extras import require

DESCRIPTION = (
    "Run experiments, draw their figures, and print their findings. Finished work is kept in "
    "DIR/units: the same command resumes after an interruption. Results of the same configuration "
    "that already stand in DIR are taken as they are; files that do not match, or have no digest "
    "(as before there were any), are named and made again."
)
# 0 when all went well, 1 when a finding that the stored results call reproduced no longer is
_LOST, _WRONG, _INTERRUPTED = 1, 2, 130
# options that are modules of this room, each of which makes a page
_PAGES = ("summary", "advice")
# a seed is what numpy, torch and scikit-learn all take
_RANGES = {"seed": (0, 2**32 - 1), "seeds": (1, 10_000), "jobs": (1, 1024)}


def add_arguments(parser):
    """Add the options of ``normtheory figures`` to an argparse parser."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="id or glob, such as 'vcl.*' (all)")
    parser.add_argument("--list", action="store_true", help="name the experiments and stop")
    parser.add_argument(
        "--scale",
        metavar="SCALE",
        help="; ".join(f"{name}: {meaning}" for name, meaning in SCALES.items()) + " (toy)",
    )
    parser.add_argument("--out", default="figures", metavar="DIR", help="where to (figures)")
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, metavar="N", help="this seed alone")
    seeds.add_argument("--seeds", type=int, metavar="N", help="seeds 0 to N-1")
    seeds.add_argument(
        "--until-decided",
        action="store_true",
        help="add seeds until no finding is open that more of them are likely to decide",
    )
    parser.add_argument("--plan", action="store_true", help="print the hours it takes and stop")
    parser.add_argument(
        "--gpu-plan",
        action="store_true",
        help="the experiments that need a GPU to be decided, shortest first, as many as fit into "
        f"{GPU_HOURS} hours of one, at scale paper on cuda unless others are given",
    )
    parser.add_argument(
        "--jobs", type=int, default=None, metavar="N", help="processes (one for each core)"
    )
    parser.add_argument("--device", metavar="D", help="cpu, cuda or auto (auto)")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the Dask cluster at tcp://host:port"
    )
    parser.add_argument(
        "--summary", metavar="FILE", help="write the stored findings to a page and stop"
    )
    parser.add_argument(
        "--advice", metavar="FILE", help="write what they say to a practitioner to a page and stop"
    )


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    try:
        for option in ("out", *_PAGES):
            name = getattr(arguments, option)
            if name is not None and not name.strip():
                raise ValueError(f"{option} must name a file or a folder, got {name!r}")
        chosen = match(arguments.ids)
        for option in _PAGES:
            if path := getattr(arguments, option):
                return _page(option, path, arguments.ids)
        if arguments.gpu_plan:
            chosen = _for_the_gpu(arguments)
        if arguments.list:
            for id in chosen:
                print(f"{id:28s}{experiment(id).title} ({experiment(id).source})")
            return 0
        return _figures(chosen, arguments)
    except (ValueError, store.StoreError, ImportError) as error:
        print(f"normtheory figures: {error}", file=sys.stderr)
        return _WRONG
    except KeyboardInterrupt:
        print(
            f"interrupted: finished units are kept in {arguments.out}, the same command resumes",
            file=sys.stderr,
        )
        return _INTERRUPTED


def _page(name, path, ids):
    """Write a page of what is stored, made by the module of the option's name."""
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError(f"{name} must name a file, got {path!r}")
    if ids:
        raise ValueError(f"{name} is of all experiments: name no ids with it")
    content = import_module(f"normtheory.experiments.{name}").page()
    store.write({Path(path): content.encode()})
    print(f"wrote {path}")
    return 0


def _for_the_gpu(arguments):
    """The ids of the plan; says what does not fit into it."""
    if arguments.ids:
        raise ValueError(f"gpu-plan chooses the experiments: name no ids, got {arguments.ids}")
    taken, left = plan.for_the_gpu(plan.undecided())
    for run in left:
        print(f"beyond {GPU_HOURS} GPU-hours: {run.hours:.1f} for {run.command()}")
    chosen = arguments.until_decided or (arguments.seed, arguments.seeds) != (None, None)
    if arguments.scale is None and not chosen:
        arguments.seeds = plan.FEWEST
    arguments.scale = arguments.scale or "paper"
    arguments.device = arguments.device or "cuda"
    return [run.id for run in taken]


def _figures(chosen, arguments):
    scale = "toy" if arguments.scale is None else arguments.scale
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}, got {scale!r}")
    for option, (least, most) in _RANGES.items():
        value = getattr(arguments, option)
        if value is not None and not least <= value <= most:
            bound = f"at least {least}" if value < least else f"at most {most}"
            raise ValueError(f"{option} must be {bound}, got {value}")
    seeds = None
    if arguments.seed is not None:
        seeds = (arguments.seed,)
    elif arguments.seeds is not None:
        seeds = range(arguments.seeds)
    jobs = arguments.jobs
    if jobs is None:
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    device = "auto" if arguments.device is None else arguments.device
    if arguments.plan:
        if device != "cuda":  # which need not be here
            resolve_device(device)
        count = len(seeds) if seeds else None
        runs = [plan.planned(id, scale, count, arguments.until_decided) for id in chosen]
        print("\n".join(plan.lines(runs, jobs)))
        return 0
    device = resolve_device(device)
    if arguments.scheduler is not None:
        from normtheory.experiments import cluster

        cluster.check(arguments.scheduler)

    if find_spec("matplotlib") is None:
        require("experiments", "a figure")
    from normtheory.experiments import index, report, runner

    # nothing is left behind where the line was wrong
    kept = store.Store(arguments.out)
    progress = _Progress()
    before, lost = {}, []
    for id in chosen:
        try:
            before[id] = report.stored_verdicts(id, scale)
        except Damaged as error:
            progress.note(f"{error}; its findings are not compared with")
    with warnings.catch_warnings():
        # a stand-in for missing data is news for the reader, not a traceback
        warnings.showwarning = lambda message, *rest: progress.note(message)
        run = runner.until_decided if arguments.until_decided else runner.run
        results = run(
            chosen,
            scale,
            seeds,
            kept,
            device=device,
            jobs=jobs,
            scheduler=arguments.scheduler,
            progress=progress.tell,
        )
        for result in results:
            for path in report.write(result, kept.directory):
                progress.note(f"{path} was not as its record says; it is written again")
            progress.say(f"{result.id}  {report.caption(result)}")
            for judgement in result.judgements:
                progress.say(f"  {judgement.line()}")
            lost += [(result.id, gone) for gone in report.lost(result, before.get(result.id, {}))]
    progress.close()
    print(f"wrote {index.write(kept.directory, progress.note)}")
    for id, judgement in lost:
        print(
            f"{id}: {judgement.finding.name} was reproduced in the stored results and no longer is"
        )
    return _LOST if lost else 0


class _Progress:
    """Two bars, the figure in work and the whole, with the time left; weights are seconds."""

    def __init__(self):
        self._counts = {}
        self._whole = self._figure = self._named = None

    def tell(self, event, subject, weight):
        if event == "damaged":
            self.note(subject)
        elif event == "planned":
            if self._whole is None:
                self._whole = self._bar(0, "all figures", 1)
            self._whole.total += weight
            self._counts[subject.id] = self._counts.get(subject.id, 0) + 1
        elif event == "finished":
            self._advance(subject, weight)

    def _advance(self, unit, weight):
        if self._named != unit.id:
            if self._figure is not None:
                self._figure.close()
            self._named, self._figure = unit.id, self._bar(self._counts[unit.id], unit.id, 0)
        self._figure.update(1)
        self._whole.update(weight)

    def _bar(self, total, name, position):
        from tqdm import tqdm

        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left"
        return tqdm(
            total=total,
            desc=name,
            position=position,
            bar_format=layout,
            disable=None,
            leave=False,
            file=sys.stderr,
        )

    def note(self, sentence):
        """Print what went otherwise than expected."""
        self.say(f"note: {sentence}")

    def say(self, line):
        """Print a line above the bars."""
        if self._whole is None:
            print(line, flush=True)
        else:
            self._whole.write(line, file=sys.stdout)

    def close(self):
        for bar in (self._figure, self._whole):
            if bar is not None:
                bar.close()

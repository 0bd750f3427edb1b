"""``normtheory bench``: measure ours beside its peers and print one table."""

import os
import subprocess
import sys
from pathlib import Path

from normtheory.cli.options import check_number, check_writable, place

DESCRIPTION = (
    "Measure CPU time beside peers: ratios, interleaved in one run, on one thread, as medians with "
    "quartiles. Peers come with `pip install 'normtheory[bench]'`. On a GPU also absolute times."
)
MOST_ROUNDS = 10_000
INSTEAD = ("browser", "explorers", "example")  # of the table
# groups of benchmarks.table, which is not read for the help text
NAMES = (
    *("simulation", "transport", "projected-error", "losses", "steps", "training"),
    *("startup", "gpu"),
)


def add_arguments(parser):
    """Add the options of ``normtheory bench`` to an argparse parser."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)} (all)"
    )
    parser.add_argument(
        "--browser",
        action="store_true",
        help="measure instead how fast the explorers follow a key in JupyterLab (in a clone)",
    )
    parser.add_argument(
        "--explorers",
        action="store_true",
        help="measure instead how fast every explorer follows its sliders (in a clone)",
    )
    parser.add_argument(
        "--example",
        type=place,
        metavar="PAGE",
        help="measure instead the program of README.md with each loss, and write its table there",
    )
    parser.add_argument("--json", type=place, metavar="FILE", help="also write the table as JSON")
    parser.add_argument(
        "--markdown",
        type=place,
        metavar="FILE",
        help="also put the table between the two marks of a page, docs/benchmarks.md",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each race")


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        raise ValueError(f"NAME must be one of {', '.join(NAMES)}, got {unknown[0]!r}")
    if arguments.rounds is not None:
        check_number("rounds", arguments.rounds, 2, MOST_ROUNDS)
    check_writable("json", arguments.json)
    check_writable("example", arguments.example)
    if arguments.markdown and not Path(arguments.markdown).is_file():
        raise ValueError(f"markdown must name a page that is there, got {arguments.markdown!r}")
    folder = home()
    instead = [name for name in INSTEAD if getattr(arguments, name)]
    if instead:
        if arguments.names or arguments.rounds is not None or arguments.markdown:
            raise ValueError(f"--{instead[0]} takes no names, no rounds and no --markdown")
        if len(instead) > 1 or (arguments.example and arguments.json):
            raise ValueError(f"--{instead[-1]} stands alone")
    if arguments.example:
        page = str(Path(arguments.example).resolve())
        command = [sys.executable, "-m", "benchmarks.example", page]
    elif instead:
        command = [sys.executable, "-m", f"benchmarks.{instead[0]}"]
    else:
        command = [sys.executable, "-m", "benchmarks.table", *arguments.names]
    for option in ("json", "markdown"):
        if file := getattr(arguments, option):
            command += [f"--{option}", str(Path(file).resolve())]
    if arguments.rounds is not None:
        command += ["--rounds", str(arguments.rounds)]
    return subprocess.run(command, env=environment(folder)).returncode


def home():
    """The folder that holds the package `benchmarks`: a clone's root, or ours where installed."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent, package / "share"):
        if (folder / "benchmarks" / "table.py").is_file():
            return folder
    raise FileNotFoundError("the folder benchmarks is neither beside nor in the package")


def environment(folder):
    """One thread and a steady allocator, which libraries read when they are loaded, and `folder` to
    import from."""
    one = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    # glibc would give pages back after a step and fault them in again in the next: a third of the
    # time of a small network's step, more or less of it as the heap happens to lie
    one |= dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 32))
    paths = [str(folder), str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH")]
    return {**os.environ, **one, "PYTHONPATH": os.pathsep.join(p for p in paths if p)}

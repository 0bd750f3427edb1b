"""What a reader waits for: imports, the help text, all symbolic proofs."""

import os
import resource
import statistics
import subprocess
import sys

from benchmarks.row import Row

PROOFS = """
from functools import partial
from normtheory.claims import ledger
for claim in ledger.claims():
    for each in claim.sentences:
        if each.kind == "proof":
            row = each.row(partial(ledger.generator, claim.id, each.name), False)
            assert row.passed, (claim.id, each.name)
"""
COMMANDS = {
    "python": ["-c", "pass"],
    "import": ["-c", "import normtheory"],
    "help": ["-m", "normtheory", "--help"],
    "proofs": ["-c", PROOFS],
}


def cpu_seconds(arguments):
    """CPU time of a Python process of its own, start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(*, rounds=7, seconds=None):
    """Medians over processes; the first one of each kind, which may find no compiled files, is
    not counted."""
    times = {}
    for name, arguments in COMMANDS.items():
        repeats = 1 if name == "proofs" else rounds + 1
        times[name] = [cpu_seconds(arguments) for _ in range(repeats)][-rounds:]
    bare = statistics.median(times["python"])
    extra = [t - bare for t in times["import"]]
    low, middle, high = statistics.quantiles(extra, n=4)
    help_low, help_middle, help_high = statistics.quantiles(times["help"], n=4)
    return [
        Row("import normtheory", "bare Python", middle, low, high, "at most", 0.05, "s"),
        Row("normtheory --help", "", help_middle, help_low, help_high, "at most", 0.3, "s"),
        Row("all symbolic proofs, import included", "", times["proofs"][0], None, None,
            "at most", 7.0, "s"),
    ]  # fmt: skip

"""Run as a script: the figures command, disturbed at its k-th change of a file, for every k.

Python audits each change (a file opened for writing, a rename, a removal, a new folder) just before
it happens. There a forked child is killed, or is told that the disk is full, or another run with
other seeds takes place from beginning to end. Then the same command runs undisturbed.

The child finds a result of one seed that stands alone, without its unit. That seed cannot be run
again: if it were lost anywhere, the command would fail.
"""

import argparse
import contextlib
import errno
import io
import json
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import sample_experiment as sample

from normtheory.data.sources import Damaged
from normtheory.experiments import command, report, units


def figures(directory, seeds):
    """Exit code, output and errors of the command."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    options = ["sample.normal", "--scale", "smoke", "--jobs", "1", "--device", "cpu"]
    options += ["--out", str(directory), "--seeds", str(seeds)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command.main(parser.parse_args(options))
    return code, out.getvalue(), err.getvalue()


def content(directory, pattern="*"):
    """Bytes of all files by name."""
    files = (path for path in sorted(directory.rglob(pattern)) if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def hook(directory, events, k, disturb):
    """Call `disturb` with the event at the k-th change of a file in `directory`."""
    seen = 0

    def audit(event, arguments):
        nonlocal seen
        if event not in events or not str(arguments[0]).startswith(str(directory)):
            return
        writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        if event != "open" or arguments[2] & writes:
            seen += 1
            if seen == k:
                disturb(event)

    sys.addaudithook(audit)


def in_child(work):
    """Whether a forked child was killed, and what `work` returned there."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = json.loads(pipe.read() or "null")
    return os.WIFSIGNALED(os.waitpid(child, 0)[1]), told


def kill(directory):
    os.kill(os.getpid(), signal.SIGKILL)


def full(directory):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def other(directory):
    _, told = in_child(lambda: figures(directory, 3))
    assert told[0] == 0, told


# what a test of each kind is content with, and all that there is
EVENTS = {kill: {"os.rename"}, full: {"open"}, other: {"os.rename"}}
ALL = {"open", "os.rename", "os.remove", "os.mkdir"}


def disturbed(directory, kind, events, k):
    """The event reached, if any, and what the command and its repetition did."""
    note = directory.with_suffix(".event")

    def once(event):
        note.write_text(event)
        kind(directory)

    def work():
        hook(directory, events, k, once)
        return figures(directory, 2)

    killed, first = in_child(work)
    parts = sorted(content(directory, ".*.part"))
    results = content(directory, "sample.*")
    try:
        report.load("sample.normal", directory)
        torn = False
    except Damaged:
        torn = True
    _, second = in_child(lambda: figures(directory, 2))
    event = note.read_text() if note.exists() else None
    row = {"event": event, "killed": killed, "first": first, "second": second}
    return row | {"parts": parts, "torn": torn}, results


def main(work, exhaustive):
    sample.register(sample.made())
    units.time.perf_counter = lambda: 0.0
    os.fsync = lambda descriptor: None  # what is killed here is a process, not the machine
    former, whole = work / "former", work / "whole"
    figures(former, 1)
    shutil.rmtree(former / "units")
    run = sample.EXPERIMENTS[0].run

    def again(configuration, seed, device):
        assert seed, "seed 0 stands in the former result"
        return run(configuration, seed, device)

    sample.EXPERIMENTS = (replace(sample.EXPERIMENTS[0], run=again),)
    shutil.copytree(former, whole)
    figures(whole, 2)
    expected = content(whole)
    states = {"former": content(former, "sample.*"), "new": content(whole, "sample.*")}
    for kind, events in EVENTS.items():
        k, event = 1, "none yet"
        while event:
            directory = work / f"{kind.__name__}-{k}"
            shutil.copytree(former, directory)
            row, results = disturbed(directory, kind, ALL if exhaustive else events, k)
            last, event = content(directory), row["event"]
            row["same"] = {name: last.get(name) for name in expected} == expected
            row["more"] = [Path(name).name for name in sorted(set(last) - set(expected))]
            found = [name for name, state in states.items() if state == results]
            print(json.dumps({"kind": kind.__name__, "k": k, "state": found, **row}))
            shutil.rmtree(directory)
            k += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), "all" in sys.argv[2:])

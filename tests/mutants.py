"""Mutants of the code: one operator, constant, comparison or index is changed, and a test sees it.

``make mutants`` draws mutants in every room, runs for each the tests that reach the changed line,
quickest first, and brings the table in docs/testing.md up to date. ``ARGS="theory --seed 3"`` asks
for one room and another draw.

The draw takes the smallest hashes of seed and mutant: the same seed and tree give the same mutants,
and a change elsewhere in a room leaves nearly all of them alone. Everything happens in a copy of
the tree, deep inside a temporary folder, where a mutant that deletes its parent's parent does no
harm. One process imports what others wrote; each mutant runs in a fork of it.
"""

import argparse
import functools
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from mutation import ROOT, Mutant, draw
from nearest import (
    ONE_BY_ONE,
    Chosen,
    collected,
    forked,
    load,
    named,
    nearest,
    noticed,
    reach,
    tests,
)
from pytest import ExitCode

PAGE = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- mutants: written by make mutants -->", "<!-- /mutants -->"
ROOMS = "theory claims nn data figures experiments explorers cli pages".split()
STATES = ("killed", "timed out", "listed", "survived")


def judge(tree, mutant, ids, cost):
    """'killed', 'timed out' or 'survived', and the test that fails."""
    module = tree / mutant.path
    before = module.read_bytes()

    def run(some):
        sys.dont_write_bytecode = True
        plugin = Chosen(some)
        files = dict.fromkeys(id.partition("::")[0] for id in some)
        # pytest would load a module for its doctests a second time unless it is there
        load(each[:-3].replace("/", ".") for each in files if each.startswith("normtheory/"))
        passed = tests(files, plugin) in (ExitCode.OK, ExitCode.NO_TESTS_COLLECTED)
        return ("survived", f"{len(ids)} tests") if passed else ("killed", plugin.killer)

    for stale in module.parent.glob(f"__pycache__/{module.stem}.*"):
        stale.unlink()
    module.write_bytes(mutant.changed)
    # most mutants die early: their other tests need not even be collected; each part in a process
    # of its own, since pytest leaves modules behind that are loaded anew
    found = "survived", "no test"
    for some in filter(None, (ids[:8], ids[8:])):
        seconds = 20 + 5 * round(sum(cost.get(id, 10) for id in some))
        found = forked(tree, functools.partial(run, some), seconds)
        if isinstance(found, int):
            timed_out = found in (signal.SIGXCPU, signal.SIGALRM)
            found = "timed out" if timed_out else "killed", "a signal"
        if found[0] != "survived":
            break
    module.write_bytes(before)
    return found


def unchanged(tree, path, ids, cost):
    """Fails unless the tests pass without a mutant."""
    nothing = Mutant(path, (ROOT / path).read_bytes(), 0, 0, "", range(0))
    state, test = judge(tree, nothing, ids, cost)
    if state != "survived":
        told = (tree.parent / "output").read_text()[-3000:]
        raise SystemExit(f"without a mutant {test or 'a test'} is {state}: {told}")


def measure(tree, room, number, seed, page):
    """How many of the room's mutants end in which state; each with its test in build/mutants."""
    if room == "claims":
        (tree / "tests" / "claims" / "test_ledger.py").write_text(ONE_BY_ONE)
    load(forked(tree, functools.partial(collected, room), 600))
    chosen, known = draw(room, number, seed), noticed(room)

    @functools.cache
    def reached():
        cost, lines, failed, imported = reach(tree, room)
        if not cost:
            told = (tree.parent / "output").read_text()[-2000:]
            raise SystemExit(f"no test of {room} passes: {told}")
        load(imported)
        print(f"{room}: {len(cost)} tests; {len(failed)} fail unchanged: {failed}", flush=True)
        unchanged(tree, mutant.path, nearest(mutant, cost, lines), cost)
        return cost, lines

    log = ROOT / "build" / "mutants" / f"{room}-{seed}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    counts, early = Counter(), {}
    with log.open("w", buffering=1, encoding="utf-8") as report:
        for mutant in chosen:
            name = f"{mutant.path}: {mutant.change}"
            if f"`{mutant.change}`" in page:
                state, by = "listed", ""
            else:
                # most are noticed by what noticed them before or has the module's name: coverage is
                # measured for the others alone
                first = known.get(name) or known.get(mutant.path, []) + named(mutant.path, room)
                state, by = judge(tree, mutant, first, {})
                if state == "survived":
                    cost, lines = reached()
                    state, by = judge(tree, mutant, nearest(mutant, cost, lines), cost)
                elif "::" in by:
                    early[by] = None
            counts[state] += 1
            print(state, name, by, sep="\t", file=report)
            if state != "killed":
                print(f"{state}: {mutant}", flush=True)
    unchanged(tree, chosen[0].path, list(early), {})
    return counts


def table(page, room, seed, counts):
    """The page with this room's row renewed: what a test or the clock stops counts as killed."""
    before, rest = page.split(BEGIN)
    former, after = rest.split(END)
    rows = {line.split()[1]: line for line in former.splitlines() if line[:2] == "| "}
    killed, total = counts["killed"] + counts["timed out"], sum(counts.values())
    cells = [
        room,
        seed,
        total,
        *(counts[state] for state in STATES),
        f"{100 * killed / total:.0f} %",
    ]
    rows[room] = f"| {' | '.join(map(str, cells))} |"
    head = [
        "| room | seed | mutants | killed | timed out | listed | survived | rate |",
        "|---" * 8 + "|",
    ]
    lines = [*head, *(rows[each] for each in ROOMS if each in rows)]
    return "\n".join([before + BEGIN, *lines, END]) + after


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)} (all)")
    parser.add_argument("--number", type=int, default=36, help="mutants of each room (36)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (0)")
    arguments = parser.parse_args()
    # else every fork would compile the project anew
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        tree = Path(scratch, "a", "b", "c", "tree")
        ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=ignored)
        for room in arguments.rooms or ROOMS:
            counts = measure(tree, room, arguments.number, arguments.seed, PAGE.read_text())
            PAGE.write_text(table(PAGE.read_text(), room, arguments.seed, counts))
            print(room, dict(counts), flush=True)


if __name__ == "__main__":
    main()

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
import contextlib
import functools
import importlib
import itertools
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import coverage
import pytest
from mutation import ROOT, Mutant, draw
from pytest import ExitCode

PAGE = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- mutants: written by make mutants -->", "<!-- /mutants -->"
ROOMS = "theory claims nn data figures experiments explorers cli pages".split()
# what tests a room beside its doctests and tests/<room>
NEAR = {"cli": ["tests/test_benchmarks.py"]}
STATES = ("killed", "timed out", "listed", "survived")
# the ledger's tests share one run of all claims; this one takes them one by one
ONE_BY_ONE = """
import pytest
from normtheory.claims import ledger

@pytest.mark.parametrize("id", [claim.id for claim in ledger.claims()])
def test_the_evidence_supports_the_claim_and_rejects_its_mutants(id):
    assert ledger.check(ledger.claim(id)).supported
"""
# CPU seconds for tests that do not reach the line, but the module or the room
BEYOND = 15


class Reach:
    """A plugin that records which test reaches which line, what it costs, and whether it passes."""

    def __init__(self, tree):
        self.measured = coverage.Coverage(data_file=None, source=[str(tree / "normtheory")])
        self.cost, self.failed = {}, set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        # what a fixture reaches is reached for all tests of the file: it may serve them all
        self.measured.switch_context(item.nodeid.partition("::")[0])
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        self.measured.switch_context(item.nodeid)
        before = sum(os.times()[:4])
        try:
            return (yield)
        finally:
            self.cost[item.nodeid] = sum(os.times()[:4]) - before

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)

    pytest_collectreport = pytest_runtest_logreport


class Chosen:
    """A plugin that runs the named tests alone, in that order, and remembers the one that fails."""

    def __init__(self, ids):
        self.order, self.killer = {id: k for k, id in enumerate(ids)}, ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        chosen = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(chosen, key=lambda item: self.order[item.nodeid])

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.killer = report.nodeid


def tests(paths, plugin):
    """Run pytest in this process on files or folders."""
    options = ["-x"] if isinstance(plugin, Chosen) else []
    # what cannot be imported without a mutant is told among the failures
    options += ["--continue-on-collection-errors"] if isinstance(plugin, Reach) else []
    options += ["-q", "--doctest-modules", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    # it is imported before pytest could rewrite its assertions
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([*options, *paths], plugins=[plugin])


def forked(tree, task, cpu):
    """What `task` returns, called in `tree` in a process of its own; if it never returned, the
    signal that stopped it."""
    answer, scratch = tree.parent / "answer", str(tree.parent)
    answer.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        os.chdir(tree)
        sys.path[:] = [str(tree), *(p for p in sys.path if Path(p or ".").resolve() != ROOT)]
        os.environ |= {"PYTHONPATH": str(tree), "HOME": scratch, "TMPDIR": scratch}
        tempfile.tempdir = None
        output = os.open(tree.parent / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1), os.dup2(output, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
        # one that asks for the whole memory must not get it
        resource.setrlimit(resource.RLIMIT_DATA, (6 << 30, 6 << 30))
        # a mutant may wait for ever without using any CPU
        signal.alarm(30 * cpu)
        try:
            answer.write_bytes(pickle.dumps(task()))
        finally:
            # whatever happens, the fork must not go on as if it were the first process
            os._exit(0)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return pickle.loads(answer.read_bytes()) if answer.exists() else os.WTERMSIG(status)


def reach(tree, room):
    """The tests that pass with their cost, what reaches each line, what was imported, failures."""
    paths = [f"normtheory/{room}", f"tests/{room}", *NEAR.get(room, ())]
    if room == "claims":
        (tree / "tests" / "claims" / "test_ledger.py").write_text(ONE_BY_ONE)

    def task():
        plugin = Reach(tree)
        plugin.measured.start()
        tests([path for path in paths if Path(path).exists()], plugin)
        plugin.measured.stop()
        data = plugin.measured.get_data()
        lines = {
            Path(name).relative_to(tree).as_posix(): data.contexts_by_lineno(name)
            for name in data.measured_files()
        }
        files = ((name, getattr(module, "__file__", "")) for name, module in sys.modules.items())
        others = [name for name, file in files if "site-packages" in (file or "")]
        cost = {id: each for id, each in plugin.cost.items() if id not in plugin.failed}
        return cost, lines, others, sorted(plugin.failed)

    return forked(tree, task, 3600)


def nearest(mutant, cost, lines):
    """Ids of the tests of a mutant: those that reach its line or are named after its module, then,
    up to a cost, others that reach the module or stand beside one that does (what it computed may
    have been kept for them); any of the room where none does."""
    contexts = lines.get(mutant.path, {})
    of_line = {each for line in mutant.lines for each in contexts.get(line, ())}
    of_module = {each.partition("::")[0] for found in contexts.values() for each in found if each}

    def rank(id):
        file = id.partition("::")[0]
        # what is compiled is reached without being seen
        named = file == mutant.path or Path(file).stem == f"test_{Path(mutant.path).stem}"
        reached = bool(of_line & {id, file})
        return not (reached or named), not reached, cost[id]

    near = [id for id in cost if not rank(id)[0] or id.partition("::")[0] in of_module]
    ordered = sorted(near or cost, key=rank)
    spent = itertools.accumulate(cost[id] if rank(id)[0] else 0 for id in ordered)
    return [id for id, seconds in zip(ordered, spent, strict=True) if seconds <= BEYOND]


def judge(tree, mutant, ids, cost):
    """'killed', 'timed out' or 'survived', and the test that fails."""
    module = tree / mutant.path
    before = module.read_bytes()

    def run(some):
        sys.dont_write_bytecode = True
        plugin = Chosen(some)
        files = dict.fromkeys(id.partition("::")[0] for id in some)
        passed = tests(files, plugin) in (ExitCode.OK, ExitCode.NO_TESTS_COLLECTED)
        return ("survived", f"{len(ids)} tests") if passed else ("killed", plugin.killer)

    for stale in module.parent.glob(f"__pycache__/{module.stem}.*"):
        stale.unlink()
    module.write_bytes(mutant.changed)
    # most mutants die early: their other tests need not even be collected; each part in a process
    # of its own, since pytest leaves modules behind that are loaded anew
    for some in filter(None, (ids[:8], ids[8:])):
        seconds = 20 + 5 * round(sum(cost[id] for id in some))
        found = forked(tree, functools.partial(run, some), seconds)
        if isinstance(found, int):
            timed_out = found in (signal.SIGXCPU, signal.SIGALRM)
            found = "timed out" if timed_out else "killed", "a signal"
        if found[0] != "survived":
            break
    module.write_bytes(before)
    return found


def measure(tree, room, number, seed, page):
    """How many of the room's mutants end in which state; each with its test in build/mutants."""
    cost, lines, others, failed = reach(tree, room)
    if not cost:
        raise SystemExit(
            f"no test of {room} passes: {(tree.parent / 'output').read_text()[-2000:]}"
        )
    print(f"{room}: {len(cost)} tests; {len(failed)} fail without a mutant: {failed}", flush=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in others:
            # some cannot be imported but from within their package
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    chosen = draw(room, number, seed)
    nothing = Mutant(chosen[0].path, (ROOT / chosen[0].path).read_bytes(), 0, 0, "", range(0))
    state, test = judge(tree, nothing, nearest(nothing, cost, lines), cost)
    if state != "survived":
        told = (tree.parent / "output").read_text()[-3000:]
        raise SystemExit(f"without a mutant {test or 'a test'} is {state}: {told}")
    log = ROOT / "build" / "mutants" / f"{room}-{seed}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    counts = Counter()
    with log.open("w", buffering=1) as report:
        for mutant in chosen:
            state, by = judge(tree, mutant, nearest(mutant, cost, lines), cost)
            if state == "survived" and f"`{mutant.change}`" in page:
                state = "listed"
            counts[state] += 1
            print(f"{state}: {mutant} [{by}]", file=report)
            if state != "killed":
                print(f"{state}: {mutant}", flush=True)
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

"""The tests nearest to a change of the code, and pytest in forks of one process.

That process imports what others wrote; each fork imports the project anew.
"""

import contextlib
import importlib
import itertools
import os
import pickle
import re
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path

import coverage
import pytest
from mutation import ROOT

# what tests a room beside its doctests and tests/<room>
NEAR = {"cli": ["tests/test_benchmarks.py"]}
# what looks at a whole room in seconds
SURVEYS = {
    "claims": ["tests/claims/test_decisions.py"],
    "experiments": ["tests/experiments/test_decisions.py"],
    "explorers": ["tests/explorers/test_looks.py"],
    "figures": ["tests/figures/test_drawn.py"],
}
# the ledger's tests share one run of all claims; this one takes them one by one
EVIDENCE = "tests/claims/test_ledger.py::test_the_evidence_supports_the_claim"
ONE_BY_ONE = """
import pytest
from found import numbers, stored
from normtheory.claims import ledger

@pytest.mark.parametrize("id", [claim.id for claim in ledger.claims()])
def test_the_evidence_supports_the_claim(id):
    row = ledger.check(ledger.claim(id))
    assert row.supported
    assert numbers(row) == pytest.approx(stored(id), rel=1e-3)
"""
# CPU seconds for tests that do not reach the line, but the module or the room
BEYOND = 15


def file(item):
    return item.nodeid.partition("::")[0]


class Reach:
    """A plugin that records which test reaches which line, what it costs, and whether it passes."""

    def __init__(self, tree):
        self.measured = coverage.Coverage(data_file=None, source=[str(tree / "normtheory")])
        self.cost, self.failed = {}, set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        # what a fixture reaches is reached for all tests of the file: it may serve them all
        self.measured.switch_context(file(item))
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
        # a file stands for its tests
        ranks = {item: self.order.get(item.nodeid, self.order.get(file(item))) for item in items}
        items[:] = sorted((item for item in items if ranks[item] is not None), key=ranks.get)

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


def paths(room):
    """Files and folders whose tests and doctests are the room's."""
    return [
        each
        for each in (f"normtheory/{room}", f"tests/{room}", *NEAR.get(room, ()))
        if (ROOT / each).exists()
    ]


def others():
    """Names of the imported modules that others wrote."""
    files = ((name, getattr(module, "__file__", "")) for name, module in sys.modules.items())
    return [name for name, file in files if "site-packages" in (file or "")]


def load(names):
    """Import modules here, once for all forks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            # some cannot be imported but from within their package
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def collected(room):
    """What collecting the room's tests imports."""
    tests(["--collect-only", *paths(room)], Reach(Path()))
    return others()


def reach(tree, room):
    """The tests that pass with their cost, what reaches each line, failures, what was imported."""

    def task():
        plugin = Reach(tree)
        plugin.measured.start()
        tests(paths(room), plugin)
        plugin.measured.stop()
        data = plugin.measured.get_data()
        lines = {
            Path(name).relative_to(tree).as_posix(): data.contexts_by_lineno(name)
            for name in data.measured_files()
        }
        cost = {id: each for id, each in plugin.cost.items() if id not in plugin.failed}
        return cost, lines, sorted(plugin.failed), others()

    return forked(tree, task, 3600)


def noticed(room):
    """What earlier runs found: the test that fails on a mutant, the tests that fail in a module."""
    found = {}
    for log in sorted((ROOT / "build" / "mutants").glob(f"{room}-*.txt")):
        for line in log.read_text(encoding="utf-8").splitlines():
            _, name, test = line.split("\t")
            if (ROOT / test.partition("::")[0]).is_file():
                found[name] = [test]
                found.setdefault(name.partition(": ")[0], {})[test] = None
    return {name: list(each) for name, each in found.items()}


def named(path, room):
    """The doctests of a module, the files of tests with its name or its folder's, and the evidence
    of its claims."""
    stems = Path(path).stem, Path(path).parent.name
    files = [path, *(f"tests/{room}/test_{stem}.py" for stem in stems), *SURVEYS.get(room, ())]
    claims = re.findall(r'^    id="(.*)",$', (ROOT / path).read_text(encoding="utf-8"), re.M)
    return [
        *(each for each in files if (ROOT / each).is_file()),
        *(f"{EVIDENCE}[{id}]" for id in claims if room == "claims"),
    ]


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

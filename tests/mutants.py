"""Mutants of the code: one operator, constant, comparison or index is changed, and a test must see it.

``make mutants`` draws mutants in every room, runs for each the tests that reach the changed line,
quickest first, and brings the table in docs/testing.md up to date. ``ARGS="theory --seed 3"`` asks
for one room and another draw.

The draw takes the smallest hashes of (seed, mutant), so that the same seed and tree give the same
mutants, and a change elsewhere in a room leaves nearly all of them alone. All of it happens in a
copy of the tree deep inside a temporary folder, where a mutant that deletes its parent's parent
harms nothing. One process imports what others wrote; each mutant runs in a fork of it.
"""

import argparse
import ast
import contextlib
import hashlib
import importlib
import os
import pickle
import re
import resource
import shutil
import signal
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- mutants: written by make mutants -->", "<!-- /mutants -->"
ROOMS = "theory claims nn data figures experiments explorers cli pages".split()
STATES = ("killed", "timed out", "listed", "survived")
# what tests a room beside its doctests and tests/<room>
NEAR = {
    "figures": ["tests/experiments/test_pictures.py"],
    "experiments": ["tests/figures"],
    "pages": ["tests/test_documents.py"],
}
# seconds of CPU for the tests of a mutant beyond those that reach its line
BEYOND = 4
SWAPS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}


class Mutant:
    """One change of one module: bytes `start` to `end` become `new`."""

    def __init__(self, path, source, start, end, new, lines):
        self.path, self.start, self.end, self.new, self.lines = path, start, end, new, lines
        self.changed = source[:start] + new + source[end:]
        at, stop = source.rfind(b"\n", 0, start) + 1, (source + b"\n").index(b"\n", end)
        before, after = source[at:stop], source[at:start] + new + source[end:stop]
        self.line = source.count(b"\n", 0, start) + 1
        self.change = " → ".join(" ".join(each.decode().split()) for each in (before, after))

    def nothing(self):
        """A mutant of the same module that changes nothing: no test may see it."""
        source = (ROOT / self.path).read_bytes()
        return Mutant(self.path, source, 0, 0, b"", range(0))

    def __str__(self):
        return f"{self.path}:{self.line}: {self.change}"


def mutants(path):
    """All mutants of a module; none is in a docstring, an annotation or the text of an error."""
    source = (ROOT / path).read_bytes()
    offsets = [0]
    for line in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))

    def start(node):
        return offsets[node.lineno - 1] + node.col_offset

    def end(node):
        return offsets[node.end_lineno - 1] + node.end_col_offset

    def between(left, right, operator):
        """The operator's place between two operands, and what takes it."""
        old, new = SWAPS.get(type(operator), (None, None))
        gap = source[end(left) : start(right)]
        if old and b"#" not in gap:
            found = re.search(rb"\s+".join(map(re.escape, old.encode().split())), gap)
            yield end(left) + found.start(), end(left) + found.end(), new

    def changes(node):
        if isinstance(node, ast.BinOp):
            yield from between(node.left, node.right, node.op)
        elif isinstance(node, ast.AugAssign):
            yield from between(node.target, node.value, node.op)
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from between(left, right, node.op)
        elif isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, right, operator in zip(operands, operands[1:], node.ops, strict=False):
                yield from between(left, right, operator)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            minus = isinstance(node.op, ast.USub)
            yield start(node), start(node) + (1 if minus else len("not")), "+" if minus else ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield start(node), end(node), str(not node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            for value in (node.value + 1, node.value - 1):
                yield start(node), end(node), f"({value!r})" if value < 0 else repr(value)

    def walk(node, lines):
        if isinstance(node, ast.Raise | ast.JoinedStr):
            return
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno
            lines = range(node.lineno, last + 1)
        for change in changes(node):
            yield Mutant(path, source, *change[:2], change[2].encode(), lines)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "msg"):
                continue
            if isinstance(node, ast.keyword) and node.arg == "stacklevel":
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from walk(child, lines)

    yield from walk(ast.parse(source), range(0))


def draw(room, number, seed):
    """The room's mutants with the smallest hashes."""
    paths = sorted((ROOT / "normtheory" / room).rglob("*.py"))
    seen, ranked = Counter(), []
    for path in paths:
        for mutant in mutants(path.relative_to(ROOT).as_posix()):
            name = f"{seed} {mutant.path} {mutant.change}"
            seen[name] += 1
            ranked.append((hashlib.sha256(f"{name} {seen[name]}".encode()).digest(), mutant))
    return [mutant for _, mutant in sorted(ranked, key=lambda each: each[0])[:number]]


class Reach:
    """A plugin that records which test reaches which line, what it costs, and whether it passes."""

    def __init__(self, tree):
        import coverage

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


def tests(arguments, plugin):
    """Run pytest in this process on files or folders."""
    options = ["-q", "--no-header", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    # hypothesis is imported before pytest could rewrite its assertions
    options += ["--doctest-modules", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([*options, *arguments], plugins=[plugin])


def forked(tree, task, cpu, wall):
    """What `task` returns, called in `tree` in a process of its own; None if it ran past a limit."""
    answer = tree.parent / "answer"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        os.chdir(tree)
        sys.path[:] = [str(tree), *(p for p in sys.path if Path(p or ".").resolve() != ROOT)]
        os.environ |= {
            "PYTHONPATH": str(tree),
            "HOME": str(tree.parent),
            "TMPDIR": str(tree.parent),
        }
        tempfile.tempdir = None
        out = os.open(tree.parent / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1), os.dup2(out, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        signal.alarm(wall)
        answer.write_bytes(pickle.dumps(task()))
        os._exit(0)
    os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return pickle.loads(answer.read_bytes()) if answer.exists() else None


def reach(tree, room):
    """How the room's tests reach its lines: cost of each test that passes, contexts of each line."""
    paths = [f"normtheory/{room}", f"tests/{room}", *NEAR.get(room, ())]

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
        others = [
            name
            for name, module in list(sys.modules.items())
            if "site-packages" in (getattr(module, "__file__", None) or "")
        ]
        cost = {id: each for id, each in plugin.cost.items() if id not in plugin.failed}
        return cost, lines, others, sorted(plugin.failed)

    return forked(tree, task, 7200, 4 * 7200)


def nearest(mutant, cost, lines):
    """Ids of the tests of a mutant: those that reach its line, then, up to a cost, its module's."""
    contexts = lines.get(mutant.path, {})
    of_line = {each for line in mutant.lines for each in contexts.get(line, ())}
    of_module = {each for found in contexts.values() for each in found}
    stem = Path(mutant.path).stem

    def rank(id):
        file = id.partition("::")[0]
        return (
            not of_line & {id, file},
            not of_module & {id, file},
            stem not in file,
            cost[id],
        )

    chosen, spent = [], 0
    for id in sorted(cost, key=rank):
        if rank(id)[0]:
            spent += cost[id]
            if spent > BEYOND:
                break
        chosen.append(id)
    return chosen


def judge(tree, mutant, ids, cost):
    """'killed', 'timed out' or 'survived', and the test that fails."""
    place = tree / mutant.path
    before = place.read_bytes()

    def task():
        sys.dont_write_bytecode = True
        plugin = Chosen(ids)
        files = dict.fromkeys(id.partition("::")[0] for id in ids)
        code = tests(["-x", *files], plugin)
        return int(code), plugin.killer

    limit = 20 + 5 * round(sum(cost[id] for id in ids))
    for stale in (place.parent / "__pycache__").glob(f"{place.stem}.*"):
        stale.unlink()
    place.write_bytes(mutant.changed)
    try:
        found = forked(tree, task, limit, 30 * limit) if ids else (0, "")
    finally:
        place.write_bytes(before)
    if found is None:
        return "timed out", ""
    return ("survived" if found[0] in (0, 5) else "killed"), found[1]


def measure(tree, room, number, seed, page):
    """How many of the room's mutants end in which state; each with its tests in build/mutants."""
    cost, lines, others, failed = reach(tree, room)
    print(f"{room}: {len(cost)} tests; {len(failed)} fail without a mutant: {failed}", flush=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in others:
            # some modules cannot be imported but from within their package
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    chosen = draw(room, number, seed)
    counts, log = Counter(), ROOT / "build" / "mutants" / f"{room}-{seed}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    nothing = chosen[0].nothing()
    assert judge(tree, nothing, nearest(nothing, cost, lines), cost)[0] == "survived"
    with log.open("w") as report:
        for mutant in chosen:
            ids = nearest(mutant, cost, lines)
            state, killer = judge(tree, mutant, ids, cost)
            if state == "survived" and f"`{mutant.change}`" in page:
                state = "listed"
            counts[state] += 1
            print(f"{state}: {mutant} [{killer or len(ids)}]", file=report, flush=True)
            if state != "killed":
                print(f"{state}: {mutant}", flush=True)
    return counts


def row(room, seed, counts):
    """A line of the table: the share counts what a test or the clock has killed."""
    total = sum(counts.values())
    killed = counts["killed"] + counts["timed out"]
    numbers = [seed, total, *(counts[state] for state in STATES), f"{100 * killed / total:.0f} %"]
    return f"| {room} | {' | '.join(map(str, numbers))} |"


def brought_up_to_date(page, rows):
    """The page with these rows, by room, in place of the former ones."""
    before, rest = page.split(BEGIN)
    table, after = rest.split(END)
    former = {line.split()[1]: line for line in table.splitlines() if line.startswith("|")}
    former |= rows
    head = ["| room | seed | mutants | killed | timed out | listed | survived | rate |"]
    head.append("|---" * 8 + "|")
    lines = [*head, *(former[room] for room in ROOMS if room in former)]
    return "\n".join([before + BEGIN, *lines, END]) + after


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)} (all)")
    parser.add_argument("--number", type=int, default=40, help="mutants of each room (40)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (0)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        tree = Path(scratch, "a", "b", "c", "tree")
        ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=ignored)
        for room in arguments.rooms or ROOMS:
            page = PAGE.read_text()
            counts = measure(tree, room, arguments.number, arguments.seed, page)
            rows = {room: row(room, arguments.seed, counts)}
            print(rows[room], flush=True)
            PAGE.write_text(brought_up_to_date(page, rows))


if __name__ == "__main__":
    main()

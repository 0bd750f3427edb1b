"""Every way of changing one operator, comparison, number, truth value or index of a module.

None is in a docstring, an annotation, the text of an error or a formatted string, or is how many
results a cache keeps.
"""

import ast
import hashlib
import itertools
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SWAPS = """Add:+:- Sub:-:+ Mult:*:/ Div:/:* FloorDiv://:/ Mod:%:* Pow:**:* BitAnd:&:| BitOr:|:&
Lt:<:<= LtE:<=:< Gt:>:>= GtE:>=:> Eq:==:!= NotEq:!=:== And:and:or Or:or:and
Is:is:is_not IsNot:is_not:is In:in:not_in NotIn:not_in:in"""
SWAPS = dict(each.split(":", 1) for each in SWAPS.split())


class Mutant:
    """One change of one module: bytes `start` to `end` become `new`."""

    def __init__(self, path, source, start, end, new, lines):
        self.path, self.lines = path, lines
        self.changed = source[:start] + new.encode() + source[end:]
        self.line = source.count(b"\n", 0, start) + 1
        lines = (text.splitlines()[self.line - 1] for text in (source, self.changed))
        self.change = " → ".join(" ".join(line.decode().split()) for line in lines)

    def __str__(self):
        return f"{self.path}:{self.line}: {self.change}"


def mutants(path):
    """All mutants of a module; none is in a docstring, an annotation or the text of an error."""
    source = (ROOT / path).read_bytes()
    offsets = [0, *itertools.accumulate(map(len, source.splitlines(keepends=True)))]

    def place(node):
        start = offsets[node.lineno - 1] + node.col_offset
        return start, offsets[node.end_lineno - 1] + node.end_col_offset

    def operators(node):
        match node:
            case ast.BinOp():
                return [(node.left, node.op, node.right)]
            case ast.AugAssign():
                return [(node.target, node.op, node.value)]
            case ast.BoolOp():
                return [(a, node.op, b) for a, b in itertools.pairwise(node.values)]
            case ast.Compare():
                pairs = itertools.pairwise([node.left, *node.comparators])
                return [(a, op, b) for (a, b), op in zip(pairs, node.ops, strict=True)]
        return []

    def changes(node):
        for left, operator, right in operators(node):
            swap = SWAPS.get(type(operator).__name__)
            begin, end = place(left)[1], place(right)[0]
            if swap and b"#" not in source[begin:end]:
                old, new = (each.replace("_", " ") for each in swap.rsplit(":", 1))
                found = re.search(
                    r"\s+".join(map(re.escape, old.split())).encode(), source[begin:end]
                )
                yield begin + found.start(), begin + found.end(), new
        match node:
            case ast.UnaryOp(op=ast.Not()):
                yield place(node)[0], place(node)[0] + len("not"), ""
            case ast.UnaryOp(op=ast.USub()):
                yield place(node)[0], place(node)[0] + 1, "+"
            case ast.Constant(value=bool(value)):
                yield *place(node), str(not value)
            case ast.Constant(value=int(value) | float(value)):
                for other in (value + 1, value - 1):
                    yield *place(node), f"({other!r})" if other < 0 else repr(other)

    def walk(node, lines):
        match node:
            case ast.Raise() | ast.JoinedStr() | ast.keyword(arg="stacklevel" | "maxsize"):
                return
            case ast.stmt():
                body = getattr(node, "body", None)
                last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno
                lines = range(node.lineno, last + 1)
        for change in changes(node):
            yield Mutant(path, source, *change, lines)
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and name not in ("annotation", "returns", "msg"):
                    yield from walk(child, lines)

    yield from walk(ast.parse(source), range(0))


def draw(room, number, seed):
    """The room's mutants with the smallest hashes."""
    seen, ranked = Counter(), []
    for path in sorted((ROOT / "normtheory" / room).rglob("*.py")):
        for mutant in mutants(path.relative_to(ROOT).as_posix()):
            name = f"{seed} {mutant.path} {mutant.change}"
            seen[name] += 1
            ranked.append((hashlib.sha256(f"{name} {seen[name]}".encode()).digest(), mutant))
    return [mutant for _, mutant in sorted(ranked, key=lambda each: each[0])[:number]]

"""Private names of other packages are used only where docs/versions.md says why."""

import ast
import re
from pathlib import Path

import pytest
from sources import MODULES, TOGETHER, nodes

pytestmark = TOGETHER

ROOT = Path(__file__).parents[1]
# of named tuples: documented, with an underscore so that no field is called so
PUBLIC = {"_asdict", "_replace", "_fields", "_make"}


def private(name):
    return name.startswith("_") and not name.startswith("__") and len(name) > 1


def defined(nodes):
    """The names that a module gives to something."""
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
                yield name


def foreign(nodes, ours):
    """The private names that a module uses and that are not among ours."""
    public = ours | PUBLIC
    for node in nodes:
        match node:
            case ast.Attribute(attr=name):
                found = [name]
            case ast.ImportFrom(module=module, names=names) if module:
                found = [*module.split("."), *(each.name for each in names)]
                found = [] if module.startswith("normtheory") else found
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(name), *_]
            ):
                found = [name]
            case ast.Compare(left=ast.Attribute(attr="__name__"), comparators=[ast.Constant(name)]):
                found = [name]
            case _:
                found = []
        yield from (name for name in found if private(name) and name not in public)


def test_each_has_its_reason():
    ours = {name for path in MODULES for name in defined(nodes(path))} - {"_reply_subshell_for"}
    used = {name for path in MODULES for name in foreign(nodes(path), ours)}
    section = (ROOT / "docs" / "versions.md").read_text("utf-8").partition("## Private names")[2]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`(_\w+)`", row[0])}
    assert used <= listed, used - listed
    assert all(len(row) == 3 and len(row[2]) > 30 for row in rows)


@pytest.mark.parametrize(
    "line",
    [
        "pool._processes",
        "from torch.nn.modules.conv import _ConvNd",
        "from torch._dynamo import graph_break",
        "getattr(model, '_orig_mod', model)",
        "type(p).__name__ == '_WeightNorm'",
    ],
)
def test_a_private_name_is_seen(line):
    assert list(foreign(ast.walk(ast.parse(line)), set()))


def test_our_own_and_named_tuples_are_none():
    text = (
        "self._kept = 1\nself._kept\nrow._asdict()\nobject.__setattr__\nfrom normtheory import _x"
    )
    found = list(ast.walk(ast.parse(text)))
    assert not list(foreign(found, set(defined(found))))

"""Text is UTF-8 on every machine, whatever the locale says."""

import ast

from sources import MODULES, PACKAGE, TOGETHER, nodes

pytestmark = TOGETHER


def calls(nodes):
    """Reads and writes of text files that leave the encoding to the locale."""
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = len(node.args) + any(each.arg == "encoding" for each in node.keywords)
            needed = {"read_text": 1, "write_text": 2}.get(node.func.attr, 0)
            if given < needed:
                yield node.lineno


def test_every_text_file_names_its_encoding():
    assert list(calls(ast.walk(ast.parse("path.read_text(); path.write_text(text)")))) == [1, 1]
    left = [
        f"{path.relative_to(PACKAGE)}:{line}" for path in MODULES for line in calls(nodes(path))
    ]
    assert not left

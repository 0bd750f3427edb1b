"""Text is UTF-8 on every machine, whatever the locale says."""

import ast
from pathlib import Path

import normtheory

PACKAGE = Path(normtheory.__file__).parent


def calls(tree):
    """Reads and writes of text files that leave the encoding to the locale."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = len(node.args) + any(each.arg == "encoding" for each in node.keywords)
            needed = {"read_text": 1, "write_text": 2}.get(node.func.attr, 0)
            if given < needed:
                yield node.lineno


def test_every_text_file_names_its_encoding():
    assert list(calls(ast.parse("path.read_text(); path.write_text(text)"))) == [1, 1]
    left = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in calls(ast.parse(path.read_text("utf-8")))
    ]
    assert not left

"""The package's modules as trees, each parsed once for all tests that read the source."""

import ast
import functools
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "normtheory"
MODULES = sorted(PACKAGE.rglob("*.py"))
# the tests that read them are on one worker, which has parsed them
TOGETHER = pytest.mark.xdist_group("sources")


@functools.cache
def nodes(path):
    """All nodes of a module."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))

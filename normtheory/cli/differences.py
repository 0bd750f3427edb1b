"""A pytest plugin: a notebook's cell that prints something else shows it as a word diff, and how to
store it (``pytest --nbval -p normtheory.cli.differences``)."""

import json
import os
import re
import shlex
from collections import defaultdict
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path

import pytest

_CLONE = Path(__file__).resolve().parents[2]
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_WORD = re.compile(r"\s+|[\w.%+-]+|.", re.DOTALL)
# characters that are shown of a stretch: of what is the same, and of what is not
_SAME, _CHANGED = 80, 2000
_LONG = 5000  # words


def mending(path):
    """The command that stores what a notebook prints now."""
    path = Path(path).resolve()
    if path.parent == _CLONE / "notebooks" and (_CLONE / "Makefile").exists():
        return f"make notebooks ARGS={shlex.quote(f'notebooks/{path.name}')}"
    short = os.path.relpath(path) if path.is_relative_to(Path.cwd()) else os.fspath(path)
    return f"normtheory check {shlex.quote(short)} --store"


def word_diff(old, new):
    """Two texts as one, with what is gone in ``[-...-]`` and what is new in ``{+...+}``.

    Long stretches of what is the same are left out.

    Examples
    --------
    >>> word_diff("mean 0.51 of 3 runs", "mean 0.52 of 3 runs")
    'mean [-0.51-]{+0.52+} of 3 runs'
    """
    old, new = _WORD.findall(old), _WORD.findall(new)
    # long texts are compared by their rarer words, which takes no time
    pairs = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > _LONG)
    shown = []
    for kind, i, j, k, end in pairs.get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:end])
        if kind == "equal":
            shown.append(_shortened(gone, _SAME))
        else:
            shown.append(f"[-{_shortened(gone, _CHANGED)}-]" if gone else "")
            shown.append(f"{{+{_shortened(come, _CHANGED)}+}}" if come else "")
    return "".join(shown)


def _shortened(text, length):
    if len(text) <= length:
        return text
    return f"{text[: length // 2]} ... {text[-(length // 2) :]}"


def differences(cell):
    """What strict nbval finds different in a cell that it has run, kind by kind."""
    stored, fresh = (_texts(cell, each) for each in (cell.cell.outputs, cell.test_outputs))
    for kind in sorted({*stored, *fresh}):
        for old, new in zip_longest(stored[kind], fresh[kind], fillvalue=""):
            if old != new:
                yield f"{kind}: {word_diff(old, new)}"


def _texts(cell, outputs):
    """What nbval compares, by kind: texts after sanitizing, in the order in which they came."""
    from nbval.plugin import transform_streams_for_comparison

    found = defaultdict(list)
    for output in transform_streams_for_comparison(outputs):
        for kind, value in {**output, **output.get("data", {})}.items():
            if output["output_type"] == "stream" and found[kind]:
                continue  # when nbval compared, it added this part to the first one
            if kind not in cell.parent.skip_compare and kind != "data":
                text = value if isinstance(value, str) else json.dumps(value, indent=1)
                found[kind].append(cell.sanitize(text))
    return found


def failure(cell, error):
    """What a reader is told of a cell that failed."""
    yield f"In [{cell.cell.execution_count}] of {os.path.relpath(cell.path)}:"
    yield from (f"    {line}" for line in cell.cell.source.splitlines())
    if str(error) == "Cell outputs differ":
        yield "prints something else than is stored:"
        yield from (f"    {line}" for each in differences(cell) for line in each.splitlines())
        yield f"If that is right, store it: {mending(cell.path)}"
    else:
        yield str(error)
        yield _COLOUR.sub("", error.inner_traceback or "").strip()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let a notebook's cell say what changed, in place of nbval's own words."""
    report = yield
    if call.excinfo is not None and type(call.excinfo.value).__name__ == "NbCellError":
        report.longrepr = "\n".join(failure(item, call.excinfo.value))
    return report

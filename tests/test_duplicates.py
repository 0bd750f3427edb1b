"""Nothing is said twice: no block of six or more like lines stands in two places.

As pylint's duplicate-code counts: spaces, comments, docstrings, imports, signatures and lines
without a letter or a digit aside. Pylint itself takes a minute for what this does in two seconds.
"""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZE = 6
_COMMENT = {True: re.compile(r"(?:^|\s\s)#.*"), False: re.compile(r"(?:^|\s)//.*|^import .*")}
# imports, signatures and docstrings
_HIDDEN = re.compile(r"""import |from |def |class |r?\"{3}|r?"[^"]*"$""")


def kept(text, python=True):
    """(number, line) of the lines that count."""
    end, hidden = None, False  # of what goes over several lines, and whether it counts
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(_COMMENT[python].sub("", line.strip()).split())
        if end:
            if re.search(end, line):
                end = None
            elif not hidden and re.search(r"\w", line):
                yield number, line
            continue
        hidden = python and bool(_HIDDEN.match(line))
        if python and line.count('"""') % 2:
            end = '"""'
        elif hidden and line.startswith("from ") and line.endswith("("):
            end = r"^\)"
        elif hidden and line.startswith(("def ", "class ")) and not line.endswith(":"):
            end = ":$"
        if not hidden and re.search(r"\w", line):
            yield number, line


def repeated(files):
    """Blocks that stand somewhere else, too: (name, first line, last line) of each place.

    Parameters
    ----------
    files : dict of str to str
        Name -> text.
    """
    places, lines = defaultdict(list), {}
    for name, text in files.items():
        lines[name] = list(kept(text, name.endswith(".py")))
        for k in range(len(lines[name]) - SIZE + 1):
            places[tuple(line for _, line in lines[name][k : k + SIZE])].append((name, k))
    found = sorted(place for each in places.values() if len(each) > 1 for place in each)
    blocks = []
    for name, k in found:
        first, last = lines[name][k][0], lines[name][k + SIZE - 1][0]
        if blocks and blocks[-1][0] == name and first <= blocks[-1][2]:
            blocks[-1] = (name, blocks[-1][1], last)
        else:
            blocks.append((name, first, last))
    return blocks


def everything():
    """Name -> text of the package, the tests and the benchmarks, scripts included."""
    folders = ("normtheory", "tests", "benchmarks")
    paths = [p for each in folders for p in (ROOT / each).rglob("*") if p.suffix in (".py", ".js")]
    return {p.relative_to(ROOT).as_posix(): p.read_text("utf-8") for p in sorted(paths)}


def test_no_block_stands_in_two_places():
    assert not repeated(everything())


def test_a_copy_is_seen_whatever_surrounds_and_interrupts_it():
    lines = [f"a{k} = f({k})" for k in range(SIZE)]
    one = "import os\n\n" + "\n".join(lines)
    other = ["def f(x):", '    """Say', '    it."""', *(f"    {line}  # why" for line in lines)]
    other.insert(6, "    # a comment")
    files = {"one.py": one, "other.py": "\n".join(other)}
    assert repeated(files) == [("one.py", 3, 8), ("other.py", 4, 10)]
    assert not repeated(files | {"other.py": "\n".join(other).replace("a3", "b3")})
    assert not repeated({"one.py": one})
    assert repeated({"one.js": "x();\n" * 7}) == [("one.js", 1, 7)]


def test_names_docstrings_and_signatures_are_no_block():
    imports = "from here import (\n" + "".join(f"    a{k},\n" for k in range(9)) + ")\n"
    words = '"""\n' + "".join(f"Line {k}.\n" for k in range(9)) + '"""\n'
    signature = "def f(\n" + "".join(f"    a{k},\n" for k in range(9)) + "):\n    return 1\n"
    for text in (imports, words, signature):
        assert not repeated({"one.py": text, "other.py": text})
        assert repeated({"one.js": text, "other.js": text})

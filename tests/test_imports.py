"""Rooms stand on what they use: imports run one way, and importing the package costs little."""

import ast
import re
import sys

import pytest
from ran import ran
from sources import MODULES, PACKAGE, TOGETHER, nodes

pytestmark = TOGETHER
PAGE = PACKAGE.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by python tests/test_imports.py -->\n", "<!-- /rooms -->"
SCIENCE = {"numpy", "scipy", "sympy"}
# room -> (rooms of ours, packages of others) that its modules may import, at the top or inside a
# function; a room may always import itself, and lazy_loader to name what it offers
ROOMS = {
    "theory": (set(), {*SCIENCE, "flint"}),
    "claims": ({"theory"}, {*SCIENCE, "flint"}),
    "nn": ({"theory", "claims"}, {"numpy", "torch"}),
    "data": (set(), {"numpy", "scipy", "sklearn", "platformdirs", "pooch", "PIL"}),
    "figures": (set(), {"numpy", "matplotlib"}),
    "experiments": (
        {"nn", "theory", "data", "figures"},
        {
            *SCIENCE,
            *("torch", "sklearn", "matplotlib", "joblib", "dask", "distributed", "tqdm"),
            # to show a stored figure in a notebook
            "IPython",
        },
    ),
    "explorers": (
        {"claims", "theory", "figures"},
        {*SCIENCE, "matplotlib", "ipywidgets", "anywidget", "traitlets", "IPython"},
    ),
}


def imports(path):
    """Absolute names of everything that a module imports, wherever in it."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                package = path.relative_to(PACKAGE.parent).parent.parts
                yield ".".join((*package[: len(package) - node.level + 1], node.module or ""))
            else:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(room, names):
    """The imported names that a module of that room may not import."""
    ours, others = ROOMS[room]
    for name in names:
        top, _, rest = name.partition(".")
        if top == "normtheory":
            # `from normtheory import __version__` names no room
            used = rest.partition(".")[0]
            if (PACKAGE / used).is_dir() and used and used not in {room, *ours}:
                yield name
        elif top not in {*others, "lazy_loader"} and top not in sys.stdlib_module_names:
            yield name


def room(path):
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize("place", ROOMS)
def test_a_room_imports_only_what_stands_below_it(place):
    modules = [path for path in MODULES if room(path) == place]
    assert modules
    assert not [(path.name, name) for path in modules for name in faults(place, imports(path))]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("theory", "import torch"),
        ("theory", "def f():\n    from normtheory.claims import ledger"),
        ("claims", "from normtheory import explorers"),
        ("nn", "from normtheory.experiments.store import Store"),
        ("figures", "import normtheory.theory.laws"),
        ("explorers", "from normtheory.nn import losses"),
        ("experiments", "from normtheory.cli import main"),
    ],
)
def test_an_import_that_points_up_is_seen(place, line, monkeypatch):
    monkeypatch.setitem(globals(), "nodes", lambda path: ast.walk(ast.parse(line)))
    assert list(faults(place, imports(PACKAGE / place / "imagined.py")))


def test_every_room_has_its_rule():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    # the command line and the pages stand on the roof: they may import anything
    assert rooms - {"cli", "pages"} == set(ROOMS)


def test_a_module_has_a_name_and_a_size_that_a_reader_can_hold():
    assert not {path.stem for path in MODULES} & {"utils", "helpers", "common", "misc", "base"}
    long = [path for path in MODULES if len(path.read_text("utf-8").splitlines()) > 400]
    assert not long, "past about 300 lines it is two rooms"


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import normtheory", "numpy scipy sympy torch matplotlib ipywidgets anywidget"),
        ("import normtheory.theory", "torch matplotlib ipywidgets anywidget sympy scipy"),
        ("import normtheory.claims", "torch matplotlib ipywidgets anywidget"),
        (
            "from normtheory.cli import parser; parser()",
            "numpy scipy sympy torch matplotlib ipywidgets anywidget jupyterlab",
        ),
        (
            "from normtheory.claims import ledger; ledger.claims()",
            "torch matplotlib ipywidgets anywidget",
        ),
        (
            # a document whose claims are proved with sympy
            "from normtheory import explorers; explorers.few_modes()",
            "torch sympy.core scipy.stats numba flint mpmath matplotlib.pyplot",
        ),
        (
            # what the notebooks show of training, before anybody starts it
            "from normtheory import experiments as e, explorers; e.show('suite.side-by-side'); "
            "[explorers.watch(run) for run in (e.digits_run('none'), e.law_run(), e.unit_run())]",
            "torch sympy.core scipy.stats numba sklearn matplotlib.pyplot",
        ),
    ],
)
def test_an_import_loads_nothing_that_it_does_not_need(statement, unwanted):
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = ran("-c", code)
    assert not done.returncode and not set(done.stdout.split()) & set(unwanted.split())


def test_no_module_of_a_lazy_room_is_called_like_something_that_the_room_offers():
    # the order of imports would decide which of the two a reader gets (lazy-loader before 0.5)
    from normtheory import theory

    assert not {path.stem for path in (PACKAGE / "theory").glob("*.py")} & set(theory.__all__)


def picture():
    """The rooms and what each of them imports, as a diagram that GitHub draws."""
    found = {
        (room(path), used.split(".")[1])
        for path in MODULES
        if room(path) in ROOMS
        for used in imports(path)
        if used.startswith("normtheory.") and (PACKAGE / used.split(".")[1]).is_dir()
    }
    arrows = [f"  {one} --> {other}" for one, other in sorted(found) if one != other]
    return "\n".join(["```mermaid", "graph TD", *arrows, "```", ""])


def test_the_picture_of_the_rooms_is_todays():
    assert picture() in PAGE.read_text(), "run python tests/test_imports.py"


def test_the_page_of_the_house_names_files_that_are_there():
    text = PAGE.read_text()
    for name in re.findall(r"`([a-z_]+/[\w/<>*.]+\.(?:py|js))`", text):
        root = PACKAGE.parent if name.startswith("tests/") else PACKAGE
        assert list(root.glob(name.replace("<document>", "**"))), name


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + picture() + END + rest.partition(END)[2])

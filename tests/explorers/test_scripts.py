"""The scripts of the browser: each is one room, and each finds the others."""

import re

import pytest

from normtheory.explorers import formula, scripts, still
from normtheory.explorers.vcl.sample_variance import sample_variance

FOLDER = scripts.FOLDER
IMPORT = re.compile(r'^import .* from "\./(\w+)\.js";$', re.MULTILINE)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.js")), ids=lambda p: p.stem)
def test_no_script_grows_past_one_room(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) < 300, f"{path.name}: {len(lines)}"


def test_every_script_imports_what_travels():
    for text in scripts.companions().values():
        assert set(IMPORT.findall(text)) <= set(scripts.COMPANIONS)
    for alone in ("explorer", "still"):
        assert "import " not in re.sub(r"//.*", "", scripts.source(alone))


def test_no_two_scripts_import_each_other():
    # what loads them would look for the first one for ever
    left = {name: set(IMPORT.findall(text)) for name, text in scripts.companions().items()}
    while left:
        free = [name for name, needed in left.items() if not needed & set(left)]
        assert free, left
        for name in free:
            del left[name]


def test_a_notebook_and_a_page_carry_the_same_scripts():
    explorer = sample_variance()
    assert explorer.spec["scripts"] == scripts.companions()
    page = still.assets([explorer.formula.topic])
    for text in (*scripts.companions().values(), formula.source(explorer.formula.topic)):
        assert page.count(text) == 1

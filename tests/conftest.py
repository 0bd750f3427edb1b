"""What all tests share: nothing is downloaded, property tests have no deadline, since a loaded
machine is no defect, and the workers of ``make test`` take the longest work first."""

import gc
import os

import pytest
from hypothesis import settings

settings.register_profile("normtheory", deadline=None)
settings.load_profile("normtheory")
FIRST = ("browser", "ledger", "explorers")  # units of work that would hold up the end
# of the notebooks; what the others store of the ledger is compared by the ledger's own tests
QUICK = ("00_start_here",)

STARTED = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without the garbage collector: thousands of tests are made, and none is let go."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Make units of what shares a browser, a kernel or a module's fixtures; the longest first."""
    items.sort(key=_rank)
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.stem not in QUICK:
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif not item.get_closest_marker("xdist_group"):
            folder = item.path.parent.name
            # explorers share the axes that were drawn once
            # and a module's examples what its tests have compiled
            stem = item.path.stem.removeprefix("test_")
            unit = folder if folder == "explorers" else f"{folder}/{stem}"
            item.add_marker(pytest.mark.xdist_group(unit))


def _rank(item):
    if item.get_closest_marker("browser"):
        return FIRST.index("browser")
    if item.path.suffix == ".ipynb":
        return len(FIRST)
    group = item.get_closest_marker("xdist_group")
    if group is None:
        return len(FIRST) + 2
    return FIRST.index(group.args[0]) if group.args[0] in FIRST else len(FIRST) + 1


def pytest_runtest_setup(item):
    """Let the worker that has the browser go first: a page and its test wait for each other."""
    first = item.config.stash.setdefault(STARTED, item) is item
    other = hasattr(item.config, "workerinput") and not item.get_closest_marker("browser")
    if first and other and hasattr(os, "nice"):
        os.nice(5)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "1")

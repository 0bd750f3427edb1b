"""``normtheory doctor``: what is here and what is missing, on one screen."""

import functools
import os
import platform
import re
import shutil
import sys
import textwrap
import warnings
from importlib import import_module, metadata
from pathlib import Path

from normtheory.cli.options import check_docstrings

DESCRIPTION = (
    "Print versions, browser, cache, data sets, GPU and offline state on one screen. Exit code 0 "
    "when the commands can be used, 1 when something that they need is missing or broken."
)
_WELL, _BROKEN = 0, 1
_COLUMNS, _INDENT = 79, 11
_OTHERS = ("all", "bench", "check", "dev", "test")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "firefox")


def add_arguments(parser):
    """``normtheory doctor`` has no options."""


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    from normtheory import __version__

    broken = []
    # all lines together are a screen of 24
    for label, lines, answer in (
        ("normtheory", 2, lambda: f"{__version__} in {Path(__file__).resolve().parents[1]}"),
        ("Python", 2, _python),
        ("needed", 4, _needed),
        ("extras", 6, _extras),
        ("GPU", 1, _gpu),
        ("browser", 1, _browser),
        ("network", 1, _network),
        ("cache", 2, _cache),
        ("data", 2, _data),
        ("notebooks", 1, _notebooks),
        ("results", 1, _results),
    ):
        try:
            _say(label, answer(), lines)
        except Exception as error:
            # a broken package may raise anything when it is imported
            broken.append(label)
            _say(label, f"BROKEN: {error}", lines)
    _say("verdict", f"broken: {', '.join(broken)}" if broken else "ready", lines=1)
    return _BROKEN if broken else _WELL


def _say(label, text, lines):
    width = _COLUMNS - _INDENT
    folded = textwrap.wrap(text, width, max_lines=lines, placeholder=" ...", break_on_hyphens=False)
    print(f"{label:{_INDENT}}" + f"\n{'':{_INDENT}}".join(folded))


def _requirements(extra):
    """Names of the distributions that the package or one of its extras needs."""
    for line in metadata.requires("normtheory") or ():
        name, of = re.match(r"[\w.-]+", line)[0], re.search(r"extra == ['\"]([\w-]+)", line)
        if (of[1] if of else None) == extra and name != "normtheory":
            yield name


def _version(name):
    """The version of a distribution that can be imported, or what is wrong with it."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
    try:
        with warnings.catch_warnings(action="ignore"):
            import_module(_modules().get(name.lower(), name.replace("-", "_")))
    except Exception as error:
        return f"cannot be imported ({type(error).__name__}: {error})"
    return version


@functools.cache
def _modules():
    """Distribution -> the module to import, where that has another name."""
    found = {}
    for module, distributions in metadata.packages_distributions().items():
        for name in distributions:
            if found.get(name.lower()) != name and not module.startswith("_"):
                found[name.lower()] = module
    return found


def _python():
    check_docstrings()
    return f"{platform.python_version()} ({sys.executable}), {sys.platform}"


def _needed():
    versions = {name: _version(name) for name in _requirements(None)}
    wrong = {name: found for name, found in versions.items() if not found[:1].isdigit()}
    if wrong:
        raise ImportError(", ".join(f"{name} {found}" for name, found in wrong.items()))
    return ", ".join(f"{name} {found}" for name, found in versions.items())


def _extras():
    """Versions of what the commands use where it is there; not of what tests and developers use."""
    extras = metadata.metadata("normtheory").get_all("Provides-Extra") or ()
    names = (name for each in extras if each not in _OTHERS for name in _requirements(each))
    found = {name: _version(name) for name in sorted(set(names))}
    broken = [f"{name} {said}" for name, said in found.items() if said.startswith("cannot")]
    if broken:
        raise ImportError(", ".join(broken))
    return ", ".join(f"{name} {said}" for name, said in found.items())


def _gpu():
    try:
        import torch
    except Exception:
        return "unknown without torch"
    if not torch.cuda.is_available():
        return "none that torch can use"
    return ", ".join(torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count()))


def _browser():
    named = os.environ.get("CHROMIUM")
    if named:
        return f"{named} (CHROMIUM){'' if Path(named).is_file() else ', which is no file'}"
    there = [path for path in map(shutil.which, _BROWSERS) if path]
    return there[0] if there else "none found; open the address that lab and app print in one"


def _network():
    from normtheory.data.sources import may_download

    said = os.environ.get("NORMTHEORY_OFFLINE", "")
    told = f"NORMTHEORY_OFFLINE={said}" if said else "NORMTHEORY_OFFLINE is not set"
    return f"{'may be used' if may_download() else 'is not used'} ({told})"


def _cache():
    from normtheory.data.sources import cache_directory

    folder = cache_directory()
    above = next(each for each in (folder, *folder.parents) if each.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise OSError(f"{above} must be a folder that can be written")
    if above != folder:
        return f"{folder} (not made yet)"
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    return f"{folder} ({size / 1e6:.1f} MB)"


def _data():
    from normtheory.data.registry import SOURCES, found

    where = {name: found(name) for name in SOURCES}
    here = [name for name, place in where.items() if place]
    missing = [name for name, place in where.items() if not place]
    text = f"{len(here)} of {len(where)} sets"
    if folder := os.environ.get("NORMTHEORY_DATA"):
        text += f", NORMTHEORY_DATA={folder}"
    if missing:
        text += f"; missing (normtheory data get): {', '.join(missing)}"
    return text


def _notebooks():
    from normtheory.cli.lab import home

    folder = home()
    return f"{len(list(folder.glob('*.ipynb')))} in {folder}"


def _results():
    from normtheory.experiments.catalogue import ids
    from normtheory.experiments.report import stored_path

    there = [id for id in ids() if stored_path(id).is_file()]
    return f"{len(there)} of {len(ids())} figures stored in {stored_path(ids()[0]).parent}"

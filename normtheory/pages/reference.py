"""The reference: what `theory` and `nn` offer, from their docstrings."""

import inspect
import re
from importlib import import_module
from importlib.util import find_spec

# what Sphinx needs for the pages; this module is one of them, for `setup`
EXTENSIONS = ("sphinx.ext.autodoc", "sphinx.ext.napoleon", __name__)
# room -> what it is; nn is left out where there is no torch
ROOMS = {
    "theory": "The mathematics, one module for each object of study. What an argument may be "
    "stands in its entry; anything else raises a ValueError, or a TypeError, that says so.",
    "nn": "Losses, layers and initialisers for torch, to be used in anybody's network.",
}
# formulas in running text; what stands between backquotes or in an example is left alone
_BAR = re.compile(r"(`[^`]*`)|\|")


def pages(rooms=tuple(ROOMS)):
    """Name and Markdown of each page, the list of them first; nothing for no room."""
    rooms = [room for room in rooms if room != "nn" or find_spec("torch")]
    if not rooms:
        return {}
    listed = "\n".join(f"reference-{room}" for room in rooms)
    found = {"reference": f"# Reference\n\n```{{toctree}}\n:maxdepth: 2\n\n{listed}\n```\n"}
    return found | {f"reference-{room}": _page(room) for room in rooms}


def setup(application):
    """What Sphinx calls: formulas between bars are no substitutions of reStructuredText's."""
    application.connect("autodoc-process-docstring", _escape)
    return {"parallel_read_safe": True}


def _page(room):
    module = import_module(f"normtheory.{room}")
    groups = {}
    for name in module.__all__:
        thing = getattr(module, name)
        if callable(thing):
            home = thing.__module__.rpartition(".")[2]
            groups.setdefault(home, []).append((name, thing))
    parts = [f"# normtheory.{room}", ROOMS[room]]
    for home, things in sorted(groups.items()):
        parts.append(f"## {home.replace('_', ' ')}")
        for name, thing in sorted(things):
            kind = "autoclass" if inspect.isclass(thing) else "autofunction"
            members = "\n   :members:" if kind == "autoclass" else ""
            parts.append(f"```{{eval-rst}}\n.. {kind}:: normtheory.{room}.{name}{members}\n```")
    return "\n\n".join(parts) + "\n"


def _escape(application, what, name, thing, options, lines):
    lines[:] = [
        line
        if line.lstrip().startswith((">>>", "..."))
        else _BAR.sub(lambda found: found[1] or r"\|", line)
        for line in lines
    ]

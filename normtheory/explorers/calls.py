"""The explorers that a notebook shows, as its source calls them."""

import ast
from importlib import import_module
from typing import NamedTuple

from normtheory import explorers

STILL = {"watch": "recording"}  # what stands on a page for an explorer that needs a kernel
_OTHERS = ("question", "recording", *STILL)
WIDGET = "application/vnd.jupyter.widget-view+json"


def shown(notebook, given=None):
    """The explorers that a notebook's cells show: the data of each output, with name, arguments and
    values of the explorer that the cell's source calls, ``explorers.name(...)`` with literals,
    variables that are `given`, or calls of experiments; None for a widget that is no such one."""
    for cell in notebook.cells:
        calls = list(_calls(cell.source, given or {})) if cell.cell_type == "code" else []
        for output in cell.get("outputs", []):
            if WIDGET in output.get("data", {}) and "image/png" in output["data"]:
                yield output["data"], calls.pop() if calls else None


def called(notebook):
    """Names of the explorers that a notebook's source calls, whatever it has shown."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [name for source in cells for name, *_ in _calls(source, {})]


class Call(NamedTuple):
    """A call of a notebook's source that makes an argument of an explorer, to be done later."""

    room: str
    name: str
    args: tuple
    values: tuple

    def __call__(self):
        """Do it."""
        made = getattr(import_module(f"normtheory.{self.room}"), self.name)
        return made(*self.args, **dict(self.values))


def _calls(source, given):
    """Name, arguments and values of each call of an explorer whose arguments can be told."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="explorers"), attr=name)):
                variables = {each.id for each in node.args if isinstance(each, ast.Name)}
                known = name in (*explorers.catalogue(), *_OTHERS) or variables
                if known and given.keys() >= variables:
                    yield name, *_arguments(node, given)


def _arguments(node, given):
    values = {k.arg: _value(k.value, given) for k in node.keywords}
    return [_value(each, given) for each in node.args], values


def _value(node, given):
    match node:
        case ast.Name(id=name):
            return given[name]
        case ast.Call(func=ast.Attribute(value=ast.Name(id="experiments"), attr=name)):
            args, values = _arguments(node, given)
            return Call("experiments", name, tuple(args), tuple(values.items()))
    return ast.literal_eval(node)

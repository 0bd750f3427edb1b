"""What a page need not compute anew: a cell of ours whose stored outputs hold no widget.

It shows them as they are stored, and its explorers live the sooner; the notebooks' tests hold what
is stored to what the cells say today.
"""

import ast

_WIDGET = "application/vnd.jupyter.widget-view+json"
# calls that show something and change nothing
_TELLING = {"print", "folded", "sweep", "show", "comparison_table"}
_TELLING |= {"ledger_evidence", "ledger_overview", "ledger_rows"}


def replayed(source, outputs):
    """The source of a cell that keeps its imports and names, and shows its outputs as they are
    stored; of a cell without any, with a widget, or with another call, the source as it is."""
    shown = [_shown(each) for each in outputs]
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a line of IPython's own
        return source
    asked = [each.value for each in statements if isinstance(each, ast.Expr)]
    if not shown or None in shown or not all(map(_tells, asked)):
        return source
    kept = [ast.unparse(each) for each in statements if not isinstance(each, ast.Expr)]
    return "\n".join([*kept, *shown])


def _tells(node):
    if isinstance(node, ast.Call):
        called = node.func
        return getattr(called, "attr", None) in _TELLING or getattr(called, "id", "") in _TELLING
    return isinstance(node, ast.Name)


def _shown(output):
    """Python that shows a stored output again, or None where it has to be made anew."""
    if output.output_type == "stream" and output.name == "stdout":
        return f"print({output.text!r}, end='')"
    data = output.get("data", {})
    if not data or _WIDGET in data:
        return None
    return f"display({dict(data)!r}, raw=True)"

"""The map: each statement of the documents with its functions, claim, explorers and notebooks."""

import ast
import fnmatch
import json
from pathlib import Path

from normtheory import explorers
from normtheory.claims import ledger

_CLAIMS = Path(ledger.__file__).parent
_HEAD = """\
# From a statement to everything about it

Where a document says it, the claim with its verdict, the functions of `normtheory.theory` behind
it, the explorers that move it, and the notebooks that tell of it. `make pages` writes this page.
"""


def overview(notebooks):
    """The page as Markdown, of a folder of notebooks: a table for each document, its claims in
    ledger order."""
    shown, told = _explorers(), _notebooks(notebooks)
    parts = [_HEAD]
    for document, title in ledger.DOCUMENTS.items():
        lines = [f"## {title}", "", "| where | claim | theory | explorers | notebooks |"]
        lines.append("|---|---|---|---|---|")
        behind = _functions(document)
        for claim in ledger.claims(document):
            here = shown.get(claim.id, [])
            pages = [n for n, words in told.items() if _names(words, claim.id) or words & {*here}]
            cells = (
                claim.source,
                f"`{claim.id}`: {claim.verdict}",
                *(", ".join(f"`{name}`" for name in names) for names in (behind[claim.id], here)),
                ", ".join(pages),
            )
            lines.append("| " + " | ".join(cells) + " |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _explorers():
    """Claim -> names of the explorers that show it, as their functions say: none is drawn."""
    found = {}
    for name in explorers.catalogue():
        for id in getattr(getattr(explorers, name), "claims", ()):
            found.setdefault(id, []).append(name)
    return found


def _notebooks(folder):
    """Number of a notebook -> the claims and explorers that its code names."""
    found = {}
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [ast.parse("".join(c["source"])) for c in cells if c["cell_type"] == "code"]
        words = {n.attr for tree in code for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        found[path.stem.partition("_")[0]] = words.union(*map(_constants, code))
    return found


def _constants(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def _names(words, id):
    return any(isinstance(word, str) and fnmatch.fnmatchcase(id, word) for word in words)


def _functions(document):
    """Claim -> the names of `normtheory.theory` that its module imports."""
    found = {}
    place = _CLAIMS / document
    for path in sorted(place.glob("*.py")) if place.is_dir() else [place.with_suffix(".py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = sorted(
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith("normtheory.theory")
            for alias in node.names
            if not alias.name.isupper()
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "id":
                if isinstance(node.value, ast.Constant):
                    found[node.value.value] = list(dict.fromkeys(names))
    return found

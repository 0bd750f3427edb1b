"""``normtheory claim new``: the skeleton of a claim, where the ledger finds it."""

import ast
import re
from pathlib import Path

DESCRIPTION = (
    "Write the skeleton of a claim into a clone: its module, its place in the document's CLAIMS "
    "and in tests/claims/ids.txt. It is unsettled until you have written what decides it."
)
_ROOT = Path(__file__).parents[2]
_SKELETON = '''"""{id}: what it is about, in one line."""

from normtheory.claims import Claim

{name} = Claim(
    id="{id}",
    source="Sec. 0",
    says="What the document says, in its words; LaTeX between dollar signs.",
    verdict="unsettled",
)

{name}.by_hand("What was tried, and what would settle it.", role="reason")
'''


def add_arguments(parser):
    """Add the options of ``normtheory claim`` to an argparse parser."""
    parser.add_argument("action", metavar="new", choices=("new",))
    parser.add_argument("id", metavar="ID", help="document.name, in small letters with hyphens")


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    module = new(arguments.id)
    print(
        f"{module} is the claim's module; it is in the document's CLAIMS and in "
        "tests/claims/ids.txt.\n"
        f"normtheory verify {arguments.id} --explain   # shows it as a reader will see it\n"
        f"Name it in {module.with_name('coverage.toml')}, beside what it decides; then\n"
        "make pages   # brings README, docs and notebooks up to date"
    )
    return 0


def new(id, root=_ROOT):
    """Write the skeleton of a claim and return its module's path.

    Parameters
    ----------
    id : str
        ``document.name``, permanent.
    root : Path
        Of a clone.

    Raises
    ------
    ValueError
        If there is such a claim or module, no such document, or no clone at `root`.
    """
    from normtheory.claims.ledger import DOCUMENTS

    ids = root / "tests" / "claims" / "ids.txt"
    if not ids.is_file():
        raise ValueError(f"a claim is written into a clone, and {root} holds none")
    document, _, short = id.partition(".")
    if document not in DOCUMENTS or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", short):
        raise ValueError(
            f"ID must be one of {', '.join(DOCUMENTS)}, a dot and a name like two-words, got {id!r}"
        )
    known = ids.read_text(encoding="utf-8").split()
    if id in known:
        raise ValueError(f"ID must be new, and {id!r} is a claim already")
    folder = root / "normtheory" / "claims" / document
    name = short.replace("-", "_")
    name = name if name.isidentifier() else f"claim_{name}"
    module = folder / f"{name}.py"
    if module.exists():
        raise ValueError(f"ID must name a new module, and {module} is there")
    listing = _listed(folder / "__init__.py", f"normtheory.claims.{document}.{name}", name)
    last = max(k for k, each in enumerate(known) if each.startswith(f"{document}."))
    known.insert(last + 1, id)
    module.write_text(_SKELETON.format(id=id, name=name), encoding="utf-8")
    (folder / "__init__.py").write_text(listing, encoding="utf-8")
    ids.write_text("\n".join(known) + "\n", encoding="utf-8")
    return module


def _listed(path, module, name):
    """The document's ``__init__`` with one claim more, imports in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    imported = [k for k, line in enumerate(lines) if line.startswith("from ")]
    later = [k for k in imported if lines[k].split()[1] > module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    table = next(node for node in tree.body if isinstance(node, ast.Assign))
    names = [each.id for each in table.value.elts] + [name]
    short = f"CLAIMS = ({', '.join(names)})"
    told = (
        short if len(short) <= 100 else "CLAIMS = (\n" + "".join(f"    {n},\n" for n in names) + ")"
    )
    lines[table.lineno - 1 : table.end_lineno] = [told]
    lines.insert(later[0] if later else table.lineno - 2, f"from {module} import {name}")
    return "\n".join(lines) + "\n"

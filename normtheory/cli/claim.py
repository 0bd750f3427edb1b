"""``normtheory claim new``: the skeleton of a claim, where the ledger finds it."""

import textwrap

from normtheory.cli import skeleton
from normtheory.cli.skeleton import add_arguments  # noqa: F401, of this command, too

DESCRIPTION = (
    "Write the skeleton of a claim into a clone: its module, its place in the document's CLAIMS "
    "and in tests/claims/ids.txt. It is unsettled until you have written what decides it."
)
NEXT = (
    "{module} is the claim's module; it is in the document's CLAIMS and in "
    "tests/claims/ids.txt.\n"
    "normtheory verify {id} --explain   # shows it as a reader will see it\n"
    'Put "The sentence that it decides" = "{id}" into {coverage}; then\n'
    "make pages   # brings README, docs and notebooks up to date"
)
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


def new(id, root=skeleton.ROOT):
    """Write the skeleton of a claim into the clone at `root` and return its module's path;
    ValueError if `id`, a permanent ``document.name``, or its module is there, or document or
    clone are not.
    """
    document, name = skeleton.named(id, root, "a claim")
    ids = root / "tests" / "claims" / "ids.txt"
    known = ids.read_text(encoding="utf-8").split()
    if id in known:
        raise ValueError(f"ID must be new, and {id!r} is a claim already")
    folder = root / "normtheory" / "claims" / document
    name = name if name.isidentifier() else f"claim_{name}"
    _, module = skeleton.module(folder.parent, document, name)
    head, names, _ = (folder / "__init__.py").read_text(encoding="utf-8").rsplit('"""', 2)
    names = " ".join([*names.split(), id.removeprefix(f"{document}.")])
    lines = textwrap.wrap(names, 92, break_on_hyphens=False)
    listing = "\n    ".join([f'{head}"""', *lines]) + '\n"""\n'
    last = max(k for k, each in enumerate(known) if each.startswith(f"{document}."))
    known.insert(last + 1, id)
    module.write_text(_SKELETON.format(id=id, name=name), encoding="utf-8")
    (folder / "__init__.py").write_text(listing, encoding="utf-8")
    ids.write_text("\n".join(known) + "\n", encoding="utf-8")
    return module


main = skeleton.command(new, NEXT)

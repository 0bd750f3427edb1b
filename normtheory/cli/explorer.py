"""``normtheory explorer new``: the skeleton of an explorer of a claim, where notebooks find it."""

from normtheory.cli import skeleton
from normtheory.cli.skeleton import add_arguments  # noqa: F401, of this command, too

DESCRIPTION = (
    "Write the skeleton of an explorer into a clone: its module, and its place in the list of "
    "explorers. ID is the claim that it shows; the claim's parameters become its sliders."
)
NEXT = (
    "{module} is the explorer's module; it is in explorers/__init__.py.\n"
    "python -m pytest tests/explorers/test_catalogue.py -k {stem}   # drives it\n"
    "Show explorers.{stem}() in a notebook, its picture and its sweep; then\n"
    "make pages   # brings README, docs and notebooks up to date"
)
_SKELETON = '''"""{title}: what is moved, and what is seen."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, Panel
from normtheory.figures.style import TRUE


@explorer("{title}", "{id}", text="{told}.", presets={presets})
def {name}({parameters}):
    """What is moved, and what is seen, in one line."""
    x = np.linspace(0, 1, 101)
    curve = Curve(x, x, **TRUE, label="true")
    panel = Panel.of("what is seen", ("$x$", 0, 1), ("$y$", 0, 1), curve)
    return (panel,), {{}}
'''


def new(id, root=skeleton.ROOT):
    """Write the skeleton of an explorer into the clone at `root` and return its module's path;
    ValueError if `id` is no claim with parameters, there is such an explorer, or no clone."""
    from normtheory import explorers
    from normtheory.claims import ledger

    document, name = skeleton.named(id, root, "an explorer")
    claim = ledger.claim(id)
    if not claim.parameters:
        raise ValueError(f"ID must be a claim with parameters, which become sliders, got {id!r}")
    name = name if name.isidentifier() else f"{document}_{name}"
    listing = root / "normtheory" / "explorers" / "__init__.py"
    dotted, module = skeleton.module(listing.parent, document, name)
    name = module.stem
    if name in explorers.catalogue():
        raise ValueError(f"ID must name a new explorer, and explorers.{name} is there")
    text = skeleton.listed(listing, document, f'"{dotted}": ["{name}"],')
    names = [each.name for each in claim.parameters]
    module.write_text(
        _SKELETON.format(
            id=id,
            name=name,
            title=skeleton.title(name),
            presets={"where it fails": claim.breaks} if claim.breaks else {},
            parameters=", ".join(names),
            told=", ".join(
                f"{p.name} = {{{p.name}:{'s' if p.choices else 'g'}}}" for p in claim.parameters
            ),
        ),
        encoding="utf-8",
    )
    listing.write_text(text, encoding="utf-8")
    return module


main = skeleton.command(new, NEXT)

"""What `normtheory claim|explorer|experiment new` share: an ID, a place for a module, a list."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def add_arguments(parser):
    """Add the arguments of a command that writes a skeleton to an argparse parser."""
    parser.add_argument("action", metavar="new", choices=("new",))
    parser.add_argument("id", metavar="ID", help="document.name, in small letters with hyphens")


def command(new, told):
    """The `main` of a command that calls ``new(id)`` and prints `told` of the module's path."""

    def main(arguments):
        """Run the command on parsed arguments and return its exit code."""
        module = new(arguments.id)
        coverage = module.with_name("coverage.toml")
        print(told.format(module=module, stem=module.stem, id=arguments.id, coverage=coverage))
        return 0

    return main


def named(id, root, thing):
    """The document of an ID, and its name as Python writes it; ValueError if there is no clone at
    `root`, no such document, or the name has other characters."""
    from normtheory.claims.ledger import DOCUMENTS

    if not (root / "tests" / "claims" / "ids.txt").is_file():
        raise ValueError(f"{thing} is written into a clone, and {root} holds none")
    document, _, short = id.partition(".")
    if document not in DOCUMENTS or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", short):
        raise ValueError(
            f"ID must be one of {', '.join(DOCUMENTS)}, a dot and a name like two-words, got {id!r}"
        )
    return document, short.replace("-", "_")


def module(room, document, name):
    """Name of a new module below a room's folder, and its path; ValueError if it is there."""
    # a document has a folder in a room, or one module
    inside = (room / document).is_dir()
    dotted = f"{document}.{name}" if inside else f"{document}_{name}"
    path = room.joinpath(*dotted.split(".")).with_suffix(".py")
    if path.exists():
        raise ValueError(f"ID must name a new module, and {path} is there")
    return dotted, path


def listed(path, document, line):
    """The text of a room's list with `line` behind the last one of the document."""
    lines = path.read_text(encoding="utf-8").splitlines()
    begins = re.compile(rf'    "{document}[._"]')
    last = max(k for k, each in enumerate(lines) if begins.match(each))
    while not lines[last].endswith(("],", "),")):
        last += 1
    lines.insert(last + 1, f"    {line}")
    return "\n".join(lines) + "\n"


def title(name):
    """A name as the beginning of a title."""
    return name.replace("_", " ").capitalize()

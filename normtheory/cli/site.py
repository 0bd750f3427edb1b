"""``normtheory site``: the notebooks, the ledger and the errata as a static site."""

import tempfile

from normtheory.cli.lab import working_folder
from normtheory.cli.options import between, check_docstrings, check_writable, place, write
from normtheory.cli.verify import cores, one_thread_each, run

DESCRIPTION = (
    "Build a static site from the notebooks, the ledger and the errata: it needs no server and no "
    "kernel, and asks nothing of other hosts. The claims' evidence runs first."
)
MARKS = "<!-- site: written by normtheory site --link -->", "<!-- /site -->"
LINK = (
    "[Try it in your browser]({}/): every explorer, the ledger and the errata, nothing to install."
)


def add_arguments(parser):
    """Add the options of ``normtheory site`` to an argparse parser."""
    parser.add_argument("directory", type=place, metavar="DIR", help="where to; made if missing")
    parser.add_argument(
        "--figures",
        type=place,
        metavar="DIR",
        help="what `normtheory figures` wrote (by default the stored results)",
    )
    parser.add_argument(
        "--address", metavar="URL", help="where the site will stand, for citations of its pages"
    )
    parser.add_argument(
        "--link",
        type=place,
        metavar="FILE",
        help="also put that address into a Markdown file, between its marks",
    )


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    check_docstrings()
    one_thread_each()
    from normtheory.claims import ledger
    from normtheory.pages import site

    address, link = arguments.address, arguments.link
    if link:
        if not address:
            raise ValueError(f"link needs an address, which --address names, got {link!r}")
        check_writable("link", link)
        linked = between("link", link, MARKS, LINK.format(address.rstrip("/")))

    with tempfile.TemporaryDirectory() as copies:
        notebooks = working_folder(copies)
        site.check(arguments.directory, notebooks, arguments.figures, address)
        first = site.build(
            arguments.directory,
            notebooks=notebooks,
            rows=lambda: {row.id: row for row in run(ledger.claims(), ledger.MASTER_SEED, cores())},
            figures=arguments.figures,
            address=address,
        )
    if link:
        write(link, linked)
    print(first)
    return 0

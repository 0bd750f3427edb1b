"""``normtheory site``: the notebooks, the ledger and the errata as a static site."""

import tempfile

from normtheory.cli.lab import working_folder
from normtheory.cli.options import check_docstrings, place
from normtheory.cli.verify import cores, one_thread_each, run

DESCRIPTION = (
    "Build a static site from the notebooks, the ledger and the errata: it needs no server and no "
    "kernel, and asks nothing of other hosts. The claims' evidence runs first."
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


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    check_docstrings()
    one_thread_each()
    from normtheory.claims import ledger
    from normtheory.pages import site

    with tempfile.TemporaryDirectory() as copies:
        notebooks = working_folder(copies)
        site.check(arguments.directory, notebooks, arguments.figures)
        rows = {row.id: row for row in run(ledger.claims(), ledger.MASTER_SEED, cores())}
        first = site.build(
            arguments.directory, notebooks=notebooks, rows=rows, figures=arguments.figures
        )
    print(first)
    return 0

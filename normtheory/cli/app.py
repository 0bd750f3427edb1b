"""``normtheory app``: the notebooks as pages without code, on this machine only."""

from normtheory.cli.lab import has_display, working_folder
from normtheory.cli.options import add_server_options, check_docstrings, check_port

DESCRIPTION = (
    "Serve the notebooks as pages without code, their explorers alive on a kernel; what our other "
    "cells show is shown as it is stored. The address is this machine's own and needs the token "
    "that is printed."
)


def add_arguments(parser):
    """Add the options of ``normtheory app`` to an argparse parser."""
    directory = "serve copies of the notebooks in this folder"
    add_server_options(parser, directory=directory, port=8866)


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    check_docstrings()
    check_port(arguments.port)
    from normtheory.pages.app import serve

    folder = working_folder(arguments.dir)
    serve(folder, port=arguments.port, browser=has_display() and not arguments.no_browser)
    return 0

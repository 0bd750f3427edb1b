"""``normtheory app``: the notebooks as pages without code, on this machine only."""

import sys

from normtheory.cli.lab import has_display, working_folder

DESCRIPTION = (
    "Serve the notebooks as pages without code, their explorers alive on a kernel. The address is "
    "this machine's own and needs the token that is printed."
)


def add_arguments(parser):
    """Add the options of ``normtheory app`` to an argparse parser."""
    parser.add_argument("--dir", metavar="DIR", help="serve copies of the notebooks in this folder")
    parser.add_argument("--port", type=int, default=8866, metavar="N", help="port to try first")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address, open no browser"
    )


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    if not 0 <= arguments.port <= 65535:
        return _wrong(f"port must lie in [0, 65535], got {arguments.port}")
    from normtheory.pages.app import serve

    try:
        folder = working_folder(arguments.dir)
        serve(folder, port=arguments.port, browser=has_display() and not arguments.no_browser)
    except OSError as error:
        return _wrong(f"dir must be a folder that can be written: {error}")
    except ValueError as error:
        return _wrong(error)
    return 0


def _wrong(message):
    print(f"normtheory app: {message}", file=sys.stderr)
    return 2

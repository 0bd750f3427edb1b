"""What several commands share: the options of a server, files named on the line, wrong usage."""

import os
import sys
from pathlib import Path

WRONG_USAGE = 2


def wrong(command, message):
    """Say in one line what is wrong with a command's usage, and return its exit code."""
    print(f"normtheory {command}: {message}", file=sys.stderr)
    return WRONG_USAGE


def add_server_options(parser, *, directory, port):
    """Add ``--dir``, with this help text, ``--port`` and ``--no-browser``."""
    parser.add_argument("--dir", metavar="DIR", help=directory)
    parser.add_argument("--port", type=int, default=port, metavar="N", help="port to try first")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address, open no browser"
    )


def check_port(port):
    """Raise ValueError unless `port` is one."""
    if not 0 <= port <= 65535:
        raise ValueError(f"port must lie in [0, 65535], got {port}")


def check_writable(option, name):
    """Turn a file that cannot be written down before the work, not after it.

    Parameters
    ----------
    option : str
        What the file is named by.
    name : path-like or None
        None is no file.

    Raises
    ------
    ValueError
        If it is a folder, in no folder, or must not be written.
    """
    if name is None:
        return
    path = Path(name)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ValueError(f"{option} must name a file in an existing folder, got {name!r}")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise ValueError(f"{option} must name a file that can be written, got {name!r}")

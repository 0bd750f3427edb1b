"""What several commands share: the options of a server, files named on the line, wrong usage."""

import argparse
import os
import sys
from pathlib import Path

WRONG_USAGE = 2
MOST_JOBS = 1024
MOST_SEED = (1 << 32) - 1  # what numpy, torch and scikit-learn all take


def wrong(command, message):
    """Say in one line what is wrong with a command's usage, and return its exit code."""
    name = f"normtheory {command}" if command else "normtheory"
    print(f"{name}: {' '.join(str(message).split())}", file=sys.stderr)
    return WRONG_USAGE


def place(text):
    """The type of every option that names a file or a folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"must name a file or a folder, got {text!r}")
    return text


def check_number(option, value, least, most):
    """Raise ValueError unless the whole number `value` lies between `least` and `most`."""
    if value < least:
        raise ValueError(f"{option} must be at least {least}, got {value}")
    if value > most:
        raise ValueError(f"{option} must be at most {most}, got {value}")


def check_docstrings():
    """Raise ValueError under ``python -OO``: sentences are docstrings, which Jupyter reads, too."""
    if sys.flags.optimize > 1:
        raise ValueError("docstrings are needed, which python -OO leaves out: use python -O")


def add_server_options(parser, *, directory, port):
    """Add ``--dir``, with this help text, ``--port`` and ``--no-browser``."""
    parser.add_argument("--dir", type=place, metavar="DIR", help=directory)
    parser.add_argument("--port", type=int, default=port, metavar="N", help="port to try first")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address, open no browser"
    )


def check_port(port):
    """Raise ValueError unless `port` is one."""
    if not 0 <= port <= 65535:
        raise ValueError(f"port must lie in [0, 65535], got {port}")


def check_writable(option, name):
    """Turn a file, named by `option`, that cannot be written down before the work, not after it:
    ValueError if it is a folder, in no folder, no plain file, or must not be written. None is no
    file.
    """
    if name is None:
        return
    path = Path(name).resolve()
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"{option} must name a file in an existing folder, got {name!r}")
    # a device or a pipe would be replaced by a file
    plain = path.is_file() or not path.exists()
    if not plain or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ValueError(f"{option} must name a file that can be written, got {name!r}")


def write(name, text):
    """Write a text file whole or not at all, whatever happens while writing."""
    path = Path(name).resolve()
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def between(option, name, marks, text):
    """A Markdown file's text with what stands between two marks replaced; ValueError if the file
    `name`, which the option names, has not both, each on its own."""
    path, (first, last) = Path(name), marks
    whole = path.read_text(encoding="utf-8") if path.is_file() else ""
    before, begin, rest = whole.partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(
            f"{option} must name a file with the marks {first!r} and {last!r}, got {name!r}"
        )
    return f"{before}{begin}\n{text}\n{end}{after}"

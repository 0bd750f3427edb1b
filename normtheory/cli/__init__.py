"""The command line: one module per command, loaded when that command is called."""

import argparse
import contextlib
import errno
import importlib
import os
import sys
import warnings

from normtheory import __version__
from normtheory.cli.options import WRONG_USAGE, wrong
from normtheory.extras import MissingExtra, require

# command -> (module with DESCRIPTION, add_arguments(parser) and main(arguments), one line)
COMMANDS = {
    "verify": ("normtheory.cli.verify", "run the claims' evidence and print the ledger"),
    "figures": ("normtheory.experiments.command", "run the experiments and draw their figures"),
    "lab": ("normtheory.cli.lab", "open the notebooks in JupyterLab"),
    "check": ("normtheory.cli.check", "run notebooks and compare them with what they have stored"),
    "app": ("normtheory.cli.app", "serve the notebooks as pages without code"),
    "bench": ("normtheory.cli.bench", "measure ours beside its peers and print one table"),
    "inspect": ("normtheory.cli.inspect", "tell which claims speak about recorded activations"),
    "site": ("normtheory.cli.site", "build the notebooks into a static site"),
    "claim": ("normtheory.cli.claim", "write the skeleton of a new claim into a clone"),
    "explorer": ("normtheory.cli.explorer", "write the skeleton of a new explorer into a clone"),
    "experiment": ("normtheory.cli.experiment", "write the skeleton of a new experiment"),
    "data": ("normtheory.cli.data", "list, fetch ahead or check the data sets"),
    "doctor": ("normtheory.cli.doctor", "print what is here and what is missing"),
}
# the package's own docstring is not there under python -OO
_DESCRIPTION = (
    "Check, explore and use the theory of normalizing and regularizing activations; every command "
    "explains itself with --help."
)
# the extra without which a command can do nothing
EXTRAS = {"lab": "lab", "check": "check", "app": "lab", "site": "site"}
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """One line for wrong usage, without the whole usage text."""

    def error(self, message):
        self.exit(wrong(self.prog.partition(" ")[2], message))


def parser(command=None):
    """The parser; only the named command's options are there, the others' modules stay unread."""
    top = _Parser(prog="normtheory", description=_DESCRIPTION)
    top.add_argument("--version", action="version", version=f"normtheory {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, line) in COMMANDS.items():
        if name == command:
            loaded = importlib.import_module(module)
            sub = commands.add_parser(name, help=line, description=loaded.DESCRIPTION)
            loaded.add_arguments(sub)
            sub.set_defaults(main=loaded.main)
        else:
            commands.add_parser(name, help=line)
    return top


def main(argv=None):
    """Run the command line and return its exit code: 0 well, 1 not, 2 wrong usage, 130 stopped.

    What a command raises because of its input is one line; ``python -X dev -m normtheory`` shows
    where it was raised.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        # a console without Greek letters shows them escaped instead of failing
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    command = next((each for each in argv if each in COMMANDS), None)
    _forget_settings(command)
    try:
        try:
            arguments = parser(command).parse_args(argv)
            if arguments.command in EXTRAS:
                require(EXTRAS[arguments.command], f"normtheory {arguments.command}")
            return arguments.main(arguments)
        finally:
            # here, where a reader that has gone (head, less) and a full disk are errors of ours
            if sys.stdout:
                sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _say_no_more()
        return 1
    except MissingExtra as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    except (ValueError, OSError, ImportError) as error:
        if sys.flags.dev_mode:
            raise
        if getattr(error, "errno", None) == errno.ENOSPC:
            _say_no_more()
        return wrong(command, error)


def _forget_settings(command):
    """What a user has set for Python and matplotlib is for other programs, or for a notebook's."""
    if command != "lab":
        os.environ.pop("MPLBACKEND", None)
    if sys.warnoptions:
        os.environ.pop("PYTHONWARNINGS", None)
        sys.warnoptions.clear()
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning):
            warnings.simplefilter("ignore", category)
        warnings.simplefilter("ignore", ResourceWarning)


def _say_no_more():
    """Let Python end without a word about output that nobody takes."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""The command line: one module per command, loaded when that command is called."""

import argparse
import importlib
import os
import sys

from normtheory.cli.options import WRONG_USAGE
from normtheory.extras import MissingExtra, require

# command -> (module with DESCRIPTION, add_arguments(parser) and main(arguments), one line)
COMMANDS = {
    "verify": ("normtheory.cli.verify", "run the claims' evidence and print the ledger"),
    "figures": ("normtheory.experiments.command", "run the experiments and draw their figures"),
    "lab": ("normtheory.cli.lab", "open the notebooks in JupyterLab"),
    "app": ("normtheory.cli.app", "serve the notebooks as pages without code"),
    "bench": ("normtheory.cli.bench", "measure ours beside its peers and print one table"),
    "site": ("normtheory.cli.site", "build the notebooks into a static site"),
}
# the extra without which a command can do nothing
EXTRAS = {"figures": "experiments", "lab": "lab", "app": "lab", "site": "site"}
INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """One line for wrong usage, without the whole usage text."""

    def error(self, message):
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\n")


def parser(command=None):
    """The parser; only the named command's options are there, the others' modules stay unread."""
    from normtheory import __doc__ as description
    from normtheory import __version__

    top = _Parser(prog="normtheory", description=description.partition("\n")[0])
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
    """Run the command line and return its exit code: 0 well, 1 not, 2 wrong usage, 130 stopped."""
    argv = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        # a console without Greek letters shows them escaped instead of failing
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = parser(next((each for each in argv if each in COMMANDS), None)).parse_args(argv)
    try:
        if arguments.command in EXTRAS:
            require(EXTRAS[arguments.command], f"normtheory {arguments.command}")
        code = arguments.main(arguments)
        sys.stdout.flush()
    except MissingExtra as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:
        # the reader (head, less) has gone: nothing more to say, not even while Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return code

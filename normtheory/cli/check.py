"""``normtheory check``: run notebooks and compare what they print with what they have stored."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from normtheory.cli.differences import mending
from normtheory.cli.options import check_writable, wrong
from normtheory.cli.verify import one_thread_each

DESCRIPTION = (
    "Run notebooks from top to bottom and compare what each cell prints with what is stored, to "
    "the letter but for addresses, paths, durations and pictures. A difference is shown by words."
)
# what makes pytest compare notebooks as this project does
NBVAL = (
    "--nbval",
    "--nbval-current-env",
    "--nbval-cell-timeout=120",
    "--nbval-kernel-startup-timeout=120",
    f"--nbval-sanitize-with={Path(__file__).with_name('nbval.cfg')}",
    *("-p", "normtheory.cli.differences"),
)
_SECONDS = 300


def add_arguments(parser):
    """Add the options of ``normtheory check`` to an argparse parser."""
    parser.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="a notebook's file")
    parser.add_argument(
        "--store", action="store_true", help="do not compare: store what the cells print now"
    )


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    try:
        for path in arguments.notebooks:
            read(path, run=not arguments.store)
            check_writable("NOTEBOOK", path if arguments.store else None)
    except ValueError as error:
        return wrong("check", error)
    one_thread_each()
    if arguments.store:
        return max([store(path) for path in arguments.notebooks])
    # neither settings nor plugins of the folder where this happens to be called
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    bare = ("-q", "-c", os.devnull, "--rootdir=.", "--noconftest", "-p", "no:cacheprovider")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *bare, "--no-header", "-rN"),
            *("-p", "nbval.plugin", *NBVAL, *arguments.notebooks),
        ],
        env=environment,
    )
    return min(done.returncode, 2)


def read(path, *, run=True):
    """The notebook in a file; ValueError if it is no file, no notebook of Python, or, where it must
    have `run`, a cell never was."""
    import nbformat

    if not Path(path).is_file() or Path(path).suffix != ".ipynb":
        raise ValueError(f"NOTEBOOK must be an .ipynb file, got {os.fspath(path)!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cells without an id are no damage
            notebook = nbformat.reader.reads(Path(path).read_text(encoding="utf-8"))
            notebook = nbformat.convert(notebook, 4)
            nbformat.validate(notebook)
    except OSError as error:
        raise ValueError(f"NOTEBOOK must be readable: {error}") from error
    except Exception as error:  # nbformat meets damage with whatever it stumbles over
        raise ValueError(f"NOTEBOOK must hold a notebook, which {path} does not") from error
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise ValueError(f"NOTEBOOK must be one of Python, and {path} is one of {language!r}")
    if run and any(mark in os.fspath(path) for mark in ("[", "::")):
        raise ValueError(f"NOTEBOOK must be a path without '[' and '::', got {path!r}")
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if not code:
        raise ValueError(f"NOTEBOOK must have a cell of code, and {path} has none")
    never = [cell for cell in code if cell.execution_count is None]
    if run and never:
        share = f"{len(never)} of {len(code)} cells of {path}"
        raise ValueError(f"NOTEBOOK must have been run, and {share} were not: {mending(path)}")
    return notebook


def store(path):
    """Run a notebook in a new kernel and store what it prints; 0, or 1 where a cell raises."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

    notebook = read(path, run=False)
    metadata = nbformat.from_dict({k: v for k, v in notebook.metadata.items() if k != "widgets"})
    client = NotebookClient(
        notebook,
        kernel_name=CURRENT_ENV_KERNEL_NAME,
        timeout=_SECONDS,
        record_timing=False,
        resources={"metadata": {"path": os.fspath(Path(path).resolve().parent)}},
    )
    # the kernel that a comparison takes: this Python's own
    client.create_kernel_manager().kernel_spec_manager = NbvalKernelspecManager()
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raised = hasattr(error, "ename")
        return _left(path, f"{error.ename}: {error.evalue}" if raised else error)
    # no widget state (GitHub refuses it), no version of the Python that ran it
    notebook.metadata = metadata
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    target = Path(path).resolve()
    part = target.with_suffix(".part")
    try:
        nbformat.write(notebook, part)
        shutil.copymode(target, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        return _left(path, error)
    print(f"stored what {path} prints")
    return 0


def _left(path, reason):
    reason = str(reason).strip().partition("\n")[0]
    print(f"normtheory check: {path} is left as it was: {reason}", file=sys.stderr)
    return 1

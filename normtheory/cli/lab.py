"""``normtheory lab``: JupyterLab on the notebooks, on this machine only."""

import os
import shutil
import sys
from pathlib import Path

from normtheory.cli.options import add_server_options, check_docstrings, check_port

DESCRIPTION = (
    "Open the notebooks in JupyterLab. From a clone they are opened in place; an installed package "
    "copies its notebooks into a folder first, and leaves the ones that are there as they are."
)
FIRST = "00_start_here.ipynb"
_PACKAGE = Path(__file__).resolve().parents[1]
_SETTINGS = Path(__file__).resolve().with_name("jupyter")


def add_arguments(parser):
    """Add the options of ``normtheory lab`` to an argparse parser."""
    add_server_options(parser, directory="work on copies in this folder", port=8888)


def main(arguments):
    """Run the command on parsed arguments and return its exit code."""
    check_docstrings()
    check_port(arguments.port)
    folder = working_folder(arguments.dir)
    paths = [os.fspath(_SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    from jupyterlab.labapp import main as serve

    serve(options(folder, arguments.port, browser=has_display() and not arguments.no_browser))
    return 0


def working_folder(directory=None, package=_PACKAGE):
    """The folder to open: the clone's own notebooks, in place, or copies in `directory`; those of
    an installed package without a `directory` go to ``normtheory-notebooks`` in the current
    folder. ValueError if they cannot be copied there.
    """
    source = home(package)
    if source.parent == package.parent and directory is None:
        return source
    target = Path(directory or "normtheory-notebooks").absolute()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for notebook in sorted(source.glob("*.ipynb")):
            copy = target / notebook.name
            if not copy.exists():
                shutil.copyfile(notebook, copy)
            elif copy.read_bytes() != notebook.read_bytes():
                print(f"kept {copy}, which differs from the package's own")
    except OSError as error:
        raise ValueError(f"dir must be a folder that can be written: {error}") from None
    return target


def home(package=_PACKAGE):
    """The folder of the notebooks: a clone's own, or those that came with an installed package."""
    clone = package.parent / "notebooks"
    in_clone = clone.is_dir() and (package.parent / "pyproject.toml").exists()
    return clone if in_clone else package / "notebooks"


def options(folder, port, browser):
    """JupyterLab's command-line options for the notebooks in `folder`."""
    chosen = [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        # nothing is asked of other hosts: no extension catalogue, and (in labconfig) no news
        "--LabApp.extension_manager=readonly",
        # opening a notebook does not change it
        "--ServerApp.contents_manager_class=normtheory.cli.contents.Contents",
    ]
    if not browser:
        chosen.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # in a container everybody is root; the address is this machine's own and needs the token
        chosen.append("--allow-root")
    return chosen


def has_display():
    """Whether a browser could be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))

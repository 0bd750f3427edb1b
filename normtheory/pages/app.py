"""The live app: every notebook as a page without code, its explorers alive on a kernel.

Voila serves the pages. It listens on loopback, asks for a token, passes widget messages alone to
the kernel (a page cannot run code), and its template here names no other host.
"""

import os
import subprocess
import sys
from pathlib import Path

TEMPLATES = Path(__file__).parent / "jupyter"


def command(notebooks, *, port, browser):
    """The command line and environment that serve the notebooks in a folder.

    Parameters
    ----------
    notebooks : path
        Folder with the notebooks.
    port : int
        Port on loopback; Voila takes the next free one when it is busy.
    browser : bool
        Whether to open a browser.

    Returns
    -------
    (list of str, dict)
    """
    arguments = [
        sys.executable,
        "-m",
        "voila",
        os.fspath(notebooks),
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        # Voila asks for no token unless it is told to
        "--Voila.auto_token=True",
        "--template=normtheory",
        "--classic-tree",
        # without its first visitor a kernel would run on for ever
        "--MappingKernelManager.cull_interval=60",
        "--MappingKernelManager.cull_idle_timeout=600",
    ]
    if not browser:
        arguments.append("--no-browser")
    paths = [os.fspath(TEMPLATES), os.environ.get("JUPYTER_PATH", "")]
    return arguments, {**os.environ, "JUPYTER_PATH": os.pathsep.join(filter(None, paths))}


def serve(notebooks, *, port=8866, browser=True):
    """Serve the notebooks until interrupted; returns Voila's exit status.

    Raises
    ------
    ValueError
        If the folder holds no notebook.
    """
    if not any(Path(notebooks).glob("*.ipynb")):
        raise ValueError(f"notebooks must be a folder that holds notebooks, got {notebooks}")
    arguments, environment = command(notebooks, port=port, browser=browser)
    try:
        return subprocess.run(arguments, env=environment).returncode
    except KeyboardInterrupt:
        return 0

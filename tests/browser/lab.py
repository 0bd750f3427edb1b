"""A real JupyterLab or Notebook 7 on a folder, in a home of its own, for the browser tests."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from nbformat.v4 import new_code_cell, new_notebook

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    # all cells are in the page, not only those in view
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
# the idle light of JupyterLab is on before the kernel is connected
READY = """() => {
  const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  const kernel = session?.session?.kernel;
  return Boolean(kernel && session.isReady
    && kernel.connectionStatus === "connected" && kernel.status === "idle");
}"""
IDLE = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const prompts = [...document.querySelectorAll(".jp-InputPrompt")];
  return kernel.status === "idle" && !prompts.some((p) => p.textContent === "[*]:");
}"""


# how each is started, what lets a test speak to its page, and where it opens a notebook
APPS = {
    "lab": (
        [
            "jupyterlab",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
        ],
        "lab/tree",
    ),
    "notebook": (["notebook", "--JupyterNotebookApp.expose_app_in_browser=True"], "notebooks"),
}


def notebook(*cells):
    """A notebook of cells, each a text of Python or a cell itself."""
    cells = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return new_notebook(cells=cells, metadata=KERNEL)


def explorer_page(names):
    """A notebook with each explorer in a cell of its own."""
    return notebook("from normtheory import explorers", *(f"explorers.{n}()" for n in names))


@contextlib.contextmanager
def serve(folder, home, app="lab"):
    """JupyterLab on `folder`, or Notebook 7 for the app "notebook"; yields a function from a
    notebook's name to its address."""
    (module, *options), place = APPS[app]
    home, token = Path(home), secrets.token_hex(16)
    for plugin, settings in SETTINGS.items():
        path = home / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    port = free_port()
    environment = os.environ | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", module, *options, "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}"]
    log = home / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            wait_for(port, server, log)
            yield lambda name: f"http://127.0.0.1:{port}/{place}/{quote(name)}?token={token}&reset"
        finally:
            # the server ends its kernels when it is asked to stop
            server.terminate()
            server.wait(30)


def run_all(page, address):
    """Open a notebook, run all its cells and wait until the kernel is idle again."""
    page.goto(address)
    page.wait_for_function(READY, timeout=120_000)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(IDLE, timeout=120_000)


def free_port():
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, server, log, seconds=90):
    """Wait until the server answers; raises RuntimeError with its last words if it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")

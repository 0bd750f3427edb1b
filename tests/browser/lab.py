"""A real JupyterLab or Notebook 7 on a folder, in a home of its own, for the browser tests."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from nbformat.v4 import new_code_cell, new_notebook
from patience import until

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    # all cells are in the page, not only those in view
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
# the idle light of JupyterLab is on before the kernel is connected
READY = """() => {
  const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  const kernel = session?.session?.kernel;
  return Boolean(kernel && session.isReady
    && kernel.connectionStatus === "connected" && kernel.status === "idle");
}"""
RUN = """() => {
  window.ran = false;
  jupyterapp.commands.execute("notebook:run-all-cells").then(() => (window.ran = true));
}"""
IDLE = """() => {
  const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
  return window.ran && kernel.status === "idle";
}"""


PLACES = {"lab": "lab/tree", "notebook": "notebooks"}  # where each application opens a notebook


def notebook(*cells):
    """A notebook of cells, each a text of Python or a cell itself."""
    cells = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return new_notebook(cells=cells, metadata=KERNEL)


def explorer_page(names):
    """A notebook with each explorer in a cell of its own."""
    return notebook("from normtheory import explorers", *(f"explorers.{n}()" for n in names))


class Server(NamedTuple):
    """A Jupyter server: its folder, and the address that it printed."""

    folder: Path
    printed: str

    def address(self, name, app="lab"):
        """Of a notebook in one of the applications."""
        parts = urlsplit(self.printed)
        place = f"{PLACES[app]}/{quote(name)}?{parts.query}&reset"
        return f"{parts.scheme}://{parts.netloc}/{place}"


@contextlib.contextmanager
def serve(folder, home):
    """``normtheory lab`` on copies in `folder`, in a home of its own; yields a `Server`. It serves
    Notebook 7, too."""
    home = Path(home)
    for plugin, settings in SETTINGS.items():
        path = home / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    (home / "config").mkdir()
    # what lets a test speak to a page
    for name, app in (("lab", "LabApp"), ("notebook", "JupyterNotebookApp")):
        path = home / "config" / f"jupyter_{name}_config.json"
        path.write_text(json.dumps({app: {"expose_app_in_browser": True}}))
    places = {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    with command(["lab", "--dir", str(folder)], home / "server.log", **places) as printed:
        yield Server(Path(folder), printed)


@contextlib.contextmanager
def command(arguments, log, program=("-m", "normtheory"), **changed):
    """A command of normtheory that serves on a free port, where there is no display; yields the
    address that it prints. Variables of its environment may be changed."""
    display = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    environment = {name: value for name, value in os.environ.items() if name not in display}
    environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **changed}
    line = [sys.executable, *program, *arguments, "--port", str(free_port())]
    with log.open("w") as out:
        server = subprocess.Popen(line, env=environment, stdout=out, stderr=out)
    try:
        yield until(lambda: _printed(server, log), lambda: f"an address in\n{log.read_text()}", 90)
    finally:
        # the server ends its kernels when it is asked to stop
        server.terminate()
        try:
            until(lambda: server.poll() is not None, "the server's end", 30)
        finally:
            server.kill()


def _printed(server, log):
    text = log.read_text()
    assert server.poll() is None, f"the server ended:\n{text[-2000:]}"
    found = re.search(r"http://127\.0\.0\.1:\S+token=\S+", text)
    return found and found[0]


def run_all(page, address):
    """Open a notebook, run all its cells and wait until the kernel is idle again."""
    connect(page, address)
    page.evaluate(RUN)
    until(lambda: page.evaluate(IDLE), "the end of all cells", 120, resting(page))


def connect(page, address):
    """Open a notebook and wait until its kernel listens."""
    page.goto(address)
    until(lambda: page.evaluate(READY), "a kernel that listens", 120, resting(page))


def resting(page):
    """Lets seconds pass in which a page may speak."""
    return lambda seconds: page.wait_for_timeout(1000 * seconds)


def free_port():
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

"""A real JupyterLab, Notebook 7 or app, and the notebooks in it, for the browser tests."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from patience import until
from playwright.sync_api import Error
from shown import FEW, pages

ATTACK = "<img src=x onerror=document.title=1>"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {
    # all cells are in the page, not only those in view
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
# the idle light of JupyterLab is on before the kernel is connected
READY = """(path) => {
  const widget = window.jupyterapp?.shell?.currentWidget;
  const session = widget?.sessionContext;
  const kernel = session?.session?.kernel;
  return Boolean(kernel && session.isReady && [null, widget.context.path].includes(path)
    && kernel.connectionStatus === "connected" && kernel.status === "idle");
}"""
OPEN = "path => void jupyterapp.commands.execute('docmanager:open', { path })"
RUN = """() => {
  window.ran = false;
  jupyterapp.commands.execute("notebook:run-all-cells").then(() => (window.ran = true));
}"""
# a session that the page has not found again yet is not idle
IDLE = """() => {
  const session = jupyterapp.shell.currentWidget?.sessionContext?.session;
  return Boolean(window.ran && session?.kernel?.status === "idle");
}"""


PLACES = {"lab": "lab/tree", "notebook": "notebooks"}  # where each application opens a notebook
# a view that fails at one setting, and a refinement in forty rounds of 20 ms
BROKEN = '''
"""An explorer that fails for a = 3, and takes a second to refine its picture."""

import time

import numpy as np

from normtheory import explorers
from normtheory.claims.claim import Parameter
from normtheory.figures.scene import Curve, Panel, Scene

X = np.linspace(0, 1, 11)


def view(a, rounds=0):
    if a == 3:
        raise ArithmeticError("three is too much\\nfor this view")
    panel = Panel(xlim=(0, 1), ylim=(0, 5), layers=(Curve(X, a * X + rounds / 40),))
    return Scene((panel,), f"slope {a:g}, {rounds} rounds")


def refine(a):
    for k in range(1, 41):
        time.sleep(0.02)
        yield k / 40, view(a, k)


explorer = explorers.Explorer(
    name="broken",
    title="A line",
    view=view,
    refine=refine,
    parameters=(Parameter(name="a", symbol="a", meaning="slope", default=1, domain=(0, 5),
                          closed=True, integer=True),),
)
'''


def notebook(*cells):
    """A notebook of cells, each a text of Python or a cell itself."""
    cells = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return new_notebook(cells=cells, metadata=KERNEL)


def explorer_page(names):
    """A notebook with each explorer in a cell of its own."""
    return notebook("from normtheory import explorers", *(f"explorers.{n}()" for n in names))


def samples(folder):
    """A notebook of the few explorers, one that is linked to them, a broken one and a training run;
    what it imports lies in the folder."""
    (folder / "broken.py").write_text(BROKEN, encoding="utf-8")
    return notebook(
        "from normtheory import experiments, explorers",
        *(f"{name} = explorers.{name}()\n{name}" for name in FEW),
        'linked = explorers.sample_variance()\nexplorers.link(linked, ratio_bound, "n")\nlinked',
        "from broken import explorer\nexplorer",
        'explorers.watch(experiments.digits_run("none", "BN"))',
    )


def app_pages():
    """By name: a plain page, one whose name is an attack, the few explorers between words, and all
    others."""
    few = notebook(
        new_markdown_cell("# Some explorers\n\nWhere $x^2$ is told. [Next](page.ipynb)"),
        *explorer_page(FEW).cells,
        "print('secret' + 'ive')",
    )
    every = {link: explorer_page(names) for link, names in pages().items()}
    return {"page": PLAIN, ATTACK: PLAIN, "slow": SLOW, **every, "few": few}


SLOW = notebook("print('computing')", "import time\ntime.sleep(600)", "print('the end')")
PLAIN = notebook(new_markdown_cell("# A page"), "print('the ' + 'end')")


def put(folder, name, notebook):
    """Write a notebook into a folder."""
    nbformat.write(notebook, folder / f"{name}.ipynb")


class Server(NamedTuple):
    """A Jupyter server: its folder, and the address that it printed."""

    folder: Path
    printed: str

    def put(self, name, notebook):
        """Write a notebook into the folder; its name, and so its kernel, is its own."""
        put(self.folder, name, notebook)

    def address(self, name, app="lab"):
        """Of a notebook in one of the applications."""
        parts = urlsplit(self.printed)
        place = f"{PLACES[app]}/{quote(name)}.ipynb?{parts.query}&reset"
        return f"{parts.scheme}://{parts.netloc}/{place}"


class App(NamedTuple):
    """The app: the address that it printed, its log, and the file that it opened in a browser."""

    printed: str
    log: Path
    opened: Path

    @property
    def root(self):
        """The address without a path."""
        parts = urlsplit(self.printed)
        return f"{parts.scheme}://{parts.netloc}"


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
def serve_app(folder, log, program=("-m", "normtheory")):
    """``normtheory app`` on a folder; yields an `App`."""
    # Voila opens a browser: this one notes where
    script, opened = log.with_name("browser.sh"), log.with_name("opened")
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}"\n')
    script.chmod(0o755)
    arguments = ["app", "--dir", str(folder)]
    with command(arguments, log, program, BROWSER=str(script)) as printed:
        yield App(printed, log, opened)


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
    run(page)


def run(page):
    """Run all cells of the notebook in front and wait until its kernel is idle again."""
    page.evaluate(RUN)
    until(lambda: page.evaluate(IDLE), "the end of all cells", 120, resting(page))


def connect(page, address):
    """Open a notebook and wait until it is in front and its kernel listens."""
    named = re.search("/(?:tree|notebooks)/(.+)$", urlsplit(address).path)
    page.goto(address)
    front = named and unquote(named[1])
    until(lambda: _listens(page, front), "a kernel that listens", 120, resting(page))


def _listens(page, front):
    try:
        return page.evaluate(READY, front)
    except Error as error:  # a second page of JupyterLab goes on to a workspace of its own
        if "context was destroyed" not in str(error):
            raise


def open_beside(page, name):
    """Open a notebook of the folder in a JupyterLab, and wait until its kernel listens."""
    page.evaluate(OPEN, name)
    until(lambda: page.evaluate(READY, name), f"a kernel for {name}", 120, resting(page))


def resting(page):
    """Lets seconds pass in which a page may speak."""
    return lambda seconds: page.wait_for_timeout(1000 * seconds)


def free_port():
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

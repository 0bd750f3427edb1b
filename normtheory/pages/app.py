"""The live app: every notebook as a page without code, its explorers alive on a kernel.

Voila serves the pages, behind a guard of ours. It listens on loopback, asks for a token, passes
widget messages alone to the kernel (a page cannot run code), and its templates here name no other
host. An address chooses the page and whether it is dark, and nothing of it is repeated on the page.
The policy in `guard` lets no script run that stands between tags: what a notebook of yours shows by
such a script (Plotly, Bokeh) is seen in JupyterLab only.
"""

import os
from pathlib import Path

from normtheory.pages.replay import replayed

TEMPLATES = Path(__file__).parent / "jupyter"
# what the widgets need; others, such as Notebook 7's own, expect an application that a page is not
EXTENSIONS = (
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)


def options(notebooks, *, port, browser):
    """Voila's command-line options for the folder `notebooks`; it takes the next free `port` on
    loopback when it is busy."""
    chosen = [
        os.fspath(notebooks),
        "--Voila.ip=127.0.0.1",
        f"--port={port}",
        # Voila asks for no token unless it is told to
        "--Voila.auto_token=True",
        "--template=normtheory",
        # an address may name neither: a template would link an icon font on another host, and a
        # theme would be part of the page as it stands
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NOTEBOOK",
        # Voila's sign of life is a script between tags
        "--VoilaConfiguration.http_keep_alive_timeout=3600",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS),
        # the text is there at once; each explorer follows when its cell has run
        "--progressive_rendering=True",
        # a page says within 2 s that its kernel has died
        "--KernelRestarter.time_to_dead=1",
        # without its first visitor a kernel would run on for ever
        "--MappingKernelManager.cull_interval=60",
        "--MappingKernelManager.cull_idle_timeout=600",
    ]
    return chosen if browser else [*chosen, "--no-browser"]


def serve(notebooks, *, port=8866, browser=True):
    """Serve the notebooks until interrupted; ValueError if the folder holds none."""
    if not any(Path(notebooks).glob("*.ipynb")):
        raise ValueError(f"notebooks must be a folder that holds notebooks, got {notebooks}")
    paths = [os.fspath(TEMPLATES), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    from normtheory.pages.guard import App

    # in this process: one that is told to stop takes its server along
    app = App.instance()
    app.folder = Path(notebooks).absolute()
    app.initialize(options(notebooks, port=port, browser=browser))
    app.voila_configuration.prelaunch_hook = prepare
    app.start()


def prepare(handler, notebook, cwd):
    """Let a notebook's kernel compute what is alive only, and show the notebook dark where its
    address asks for it, else light; Voila calls this."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = replayed(cell.source, cell.outputs)
    dark = handler.get_query_argument("theme", "") == "dark"
    notebook.metadata["voila"] = {"theme": "dark" if dark else "light"}

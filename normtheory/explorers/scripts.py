"""What runs in the browser, as text: a notebook and a static page load one file alone,
``explorer.js``, and its companions come along with the explorer."""

from pathlib import Path

FOLDER = Path(__file__).parent
COMPANIONS = (
    "ahead",
    "badges",
    "canvas",
    "crosshair",
    "element",
    "guess",
    "handles",
    "knobs",
    "lecture",
    "lifeline",
    "links",
    "page",
    "places",
    "saving",
    "setting",
    "sheet",
    "stacked",
    "stage",
    "svg",
    "tracks",
    "view",
    "words",
)


def source(name):
    """The text of one script."""
    return (FOLDER / f"{name}.js").read_text("utf-8")


def companions():
    """The scripts that ``explorer.js`` loads, by name; they import each other and nothing else."""
    return {name: source(name) for name in COMPANIONS}

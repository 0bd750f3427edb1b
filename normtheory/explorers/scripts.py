"""What runs in the browser, as text: a notebook and a static page load one file alone,
``explorer.js``, and its companions come along with the explorer."""

from pathlib import Path

FOLDER = Path(__file__).parent
COMPANIONS = tuple(sorted({path.stem for path in FOLDER.glob("*.js")} - {"explorer", "still"}))


def source(name):
    """The text of one script."""
    return (FOLDER / f"{name}.js").read_text("utf-8")


def companions():
    """The scripts that ``explorer.js`` loads, by name; they import each other and nothing else."""
    return {name: source(name) for name in COMPANIONS}

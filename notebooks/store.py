"""Run notebooks from top to bottom in a fresh kernel and store their outputs.

    python notebooks/store.py [NOTEBOOK ...]     (all of them by default; or `make notebooks`)

What is stored is what strict nbval compares: no widget state (GitHub refuses it), no versions or
paths of the machine that ran it.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def store(path, timeout=300):
    """Execute the notebook at `path` and write it back.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises; the file is then left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(HERE)}},
    ).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k != "execution"}
    nbformat.write(notebook, path)


def main(arguments):
    """Store the named notebooks, or all."""
    # the tests run their kernels with the same settings
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # an installed package comes first; in a bare checkout the one beside the notebooks serves
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (os.environ.get("PYTHONPATH"), str(HERE.parent)))
    )
    for path in [Path(a) for a in arguments] or sorted(HERE.glob("[0-9]*.ipynb")):
        print(path.name, flush=True)
        store(path)


if __name__ == "__main__":
    main(sys.argv[1:])

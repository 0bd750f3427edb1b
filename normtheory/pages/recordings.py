"""What the notebooks' training runs show, trained once and stored: ``make recordings``.

The site plays it, where nothing can train.
"""

import sys
from pathlib import Path

import nbformat

from normtheory.experiments import recorded
from normtheory.explorers.calls import shown


def runs(notebooks):
    """The training runs that the notebooks of a folder show, each with the values it starts at."""
    for path in sorted(Path(notebooks).glob("*.ipynb")):
        for _, call in shown(nbformat.read(path, as_version=4)):
            if call and call[0] == "watch":
                _, [make], values = call
                yield make(), values


if __name__ == "__main__":
    recorded.record(runs(*sys.argv[1:]))

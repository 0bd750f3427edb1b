"""Python in a process of its own: ``ran("-m", "normtheory", "lab", cwd=folder, COLUMNS="20")``."""

import os
import subprocess
import sys


def ran(*words, cwd=None, timeout=None, **environment):
    """What became of a command line behind Python's, with some variables changed."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        **{"capture_output": True, "text": True, "cwd": cwd, "timeout": timeout},
        env={**os.environ, **environment},
    )

"""All tests in one run: pytest, the notebooks through strict nbval, a real browser.

What ``make test`` runs, and with ``--all`` what ``make test-all`` adds: the tests marked `slow`,
and no other. One queue holds all of them, the longest first (`tests/conftest.py`). Exit code 0 when
all passed. Without a Chromium its tests cannot run: that is said at the end, and in CI (CI=true) it
is a failure.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "browser"))
import chromium  # noqa: E402

from normtheory.cli.check import NBVAL  # noqa: E402

# three for two cores: one of them waits for pages most of the time
WORKERS = ["-n", "3", "--dist", "loadgroup", "--no-loadscope-reorder"]
PLACES = ["--doctest-modules", "normtheory", "tests", "notebooks"]
_LOUD = """
{line}
THE BROWSER TESTS DID NOT RUN: there is no Chromium, and none could be installed.
To get them: {how}.
{line}"""


def main(
    arguments=(),
    *,
    browser=lambda: chromium.find() or chromium.install(),
    call=subprocess.call,
    ci=None,
):
    """Run the tests and return the exit code.

    Parameters
    ----------
    arguments : sequence of str
        ``--all`` for the slow ones.
    browser : callable
        Returns a Chromium's path, or None.
    call : callable
        Runs a command line in an environment, ``call(command, env=..., cwd=...)``.
    ci : bool, optional
        Whether a missing browser is a failure; by default what the variable CI says.
    """
    ci = os.environ.get("CI", "").lower() in ("1", "true") if ci is None else ci
    # one thread for each of the workers; the same sums, in the same order, on every machine
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    # a kernel or a command starts in half the time where the package is compiled once
    environment["PYTHONDONTWRITEBYTECODE"] = ""
    environment = {**os.environ, **environment}
    try:
        path = browser()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    chosen = "slow" if "--all" in arguments else "not slow and not long"
    if path:
        environment["CHROMIUM"] = path
    else:
        chosen += " and not browser"
    options = [*WORKERS, *NBVAL, *PLACES, "-m", chosen, "--durations=10"]
    print(f"pytest {' '.join(options)}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *options]
    failed = call(command, env=environment, cwd=HERE.parent) != 0
    if not path:
        print(_LOUD.format(line="!" * 80, how=chromium.HOW_TO_GET_ONE), file=sys.stderr)
    return int(failed or (ci and not path))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

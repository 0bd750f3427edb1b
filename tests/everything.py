"""All tests, in three parts: pytest, the notebooks through strict nbval, a real browser.

What ``make test`` runs. Every part runs even when an earlier one failed; the exit code is 0 when
all passed. Without a Chromium the third part cannot run: that is said at the end, and in CI
(CI=true) it is a failure.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "browser"))
import chromium  # noqa: E402

from normtheory.cli.check import NBVAL  # noqa: E402

WORKERS = "2"
PYTEST = ["--doctest-modules", "normtheory", "tests", "-m", "not slow and not browser"]
PARTS = {
    # what is marked as a group shares an expensive fixture and stays on one worker
    "tests": [*PYTEST, "-n", WORKERS, "--dist", "loadgroup"],
    # a notebook's cells must stay together, in order, on one worker
    "notebooks": [*NBVAL, "-n", WORKERS, "--dist", "loadscope", "notebooks"],
    "browser": [
        *("tests/browser", "-m", "browser and not slow"),
        # the tests of one file share a server
        *("-n", WORKERS, "--dist", "loadfile"),
    ],
}
_LOUD = """
{line}
THE BROWSER TESTS DID NOT RUN: there is no Chromium, and none could be installed.
To get them: {how}.
{line}"""


def main(*, browser=lambda: chromium.find() or chromium.install(), call=subprocess.call, ci=None):
    """Run the parts and return the exit code.

    Parameters
    ----------
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
    environment = {**os.environ, **environment}
    try:
        path = browser()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if path:
        environment["CHROMIUM"] = path
    failed = False
    for name, arguments in PARTS.items():
        if name == "browser" and not path:
            continue
        print(f"\n{name}: pytest {' '.join(arguments)}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *arguments]
        failed |= call(command, env=environment, cwd=HERE.parent) != 0
    if not path:
        print(_LOUD.format(line="!" * 80, how=chromium.HOW_TO_GET_ONE), file=sys.stderr)
    return int(failed or (ci and not path))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

"""What is published installs beside others and works without a clone."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# the sources must not stand in for what is installed
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
pytestmark = pytest.mark.slow


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sdist and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return sorted(folder.iterdir())


def test_both_files_are_fit_to_be_published(built):
    assert [path.suffix for path in built] == [".whl", ".gz"]
    assert run(sys.executable, "-m", "twine", "check", "--strict", *built).count("PASSED") == 2


@pytest.fixture(scope="module")
def alone(built, tmp_path_factory):
    """The command of the wheel in an environment of its own, without any extra."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    lock = ROOT / "requirements.lock"
    run(scripts / "python", "-m", "pip", "install", "-q", "-c", lock, built[0])
    return scripts


def test_the_wheel_alone_runs_the_ledger(alone, tmp_path):
    said = run(alone / "normtheory", "verify", "selu.*", cwd=tmp_path)
    assert "selu.any-target" in said
    rows = "from normtheory.claims import coverage; print(len(coverage.read('vcl')))"
    assert int(run(alone / "python", "-c", rows, cwd=tmp_path)) > 40
    missing = subprocess.run(
        [alone / "normtheory", "lab"], capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT
    )
    assert missing.returncode == 2
    assert "pip install 'normtheory[lab]'" in missing.stderr

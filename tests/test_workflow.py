"""The workflow: every system, the site, and lines that a shell can read and that do as they say."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from normtheory.cli.site import MARKS

ROOT = Path(__file__).parents[1]
(FILE,) = (ROOT / ".github" / "workflows").glob("*.yml")
JOBS = yaml.safe_load(FILE.read_text("utf-8"))["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
RUNS = [step["run"] for step in STEPS if "run" in step]
# what a step may refer to, by the word before the first dot
CONTEXTS = {"vars", "matrix", "steps", "github"}


def faults(workflow):
    """What GitHub would refuse, or what would run without an end or with another's newest code."""
    for name, job in workflow["jobs"].items():
        if not {"runs-on", "timeout-minutes", "steps"} <= set(job):
            yield f"{name} has no system, limit or steps"
        if set(re.findall(r"[\w-]+", str(job.get("needs", "")))) - set(workflow["jobs"]):
            yield f"{name} needs a job that is not there"
        ids = {step.get("id") for step in job["steps"]}
        for step in job["steps"]:
            if ("run" in step) == ("uses" in step):
                yield f"{name}: a step runs a line or uses an action, got {step}"
            if "uses" in step and not re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"]):
                yield f"{name} uses {step['uses']}"
        for said in re.findall(r"\$\{\{(.*?)\}\}", yaml.safe_dump(job)):
            first, *rest = said.strip().split(".")
            if first not in CONTEXTS:
                yield f"{name} names {said}"
            if first == "matrix" and rest[0] not in job["strategy"]["matrix"]:
                yield f"{name} has no {said}"
            if first == "steps" and rest[0] not in ids:
                yield f"{name} has no step {rest[0]}"


def test_the_file_is_what_github_reads():
    workflow = yaml.safe_load(FILE.read_text("utf-8"))
    assert not list(faults(workflow))
    # YAML reads the word "on" as a truth value
    assert set(workflow[True]) == {"push", "pull_request", "workflow_dispatch"}
    assert workflow["permissions"] == {"contents": "read"}
    assert JOBS["site"]["needs"] == "test" and "pull_request" in JOBS["site"]["if"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timeout-minutes: 30", "unknown: 30"),
        ("needs: test", "needs: tests"),
        ("checkout@v4", "checkout@main"),
        ("matrix.python }}", "matrix.pythons }}"),
        ("steps.pages.outputs", "steps.page.outputs"),
        ("${{ vars", "${{ secrets"),
        ("- run: make test\n", "- runs: make test\n"),
    ],
)
def test_a_slip_is_seen(old, new):
    text = FILE.read_text("utf-8")
    if "vars" in old:
        text = text.replace("    steps:", "    env:\n      A: ${{ vars.A }}\n    steps:")
    assert old in text and list(faults(yaml.safe_load(text.replace(old, new))))


def test_every_system_and_python_is_tested():
    from packaging.specifiers import SpecifierSet

    matrix = JOBS["test"]["strategy"]["matrix"]
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}
    admitted = SpecifierSet(re.search(r'requires-python = "(.*)"', _text("pyproject.toml"))[1])
    assert "3.11" in matrix["python"] and all(each in admitted for each in matrix["python"])


def _text(name):
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("lines", RUNS)
def test_a_shell_can_read_each_line(lines):
    done = subprocess.run(["bash", "-n"], input=lines, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert subprocess.run(["bash", "-n"], input=f"{lines} |", text=True, capture_output=True).stderr


@pytest.mark.parametrize("line", [line for line in RUNS if line.startswith("make ")])
def test_make_knows_what_to_do(line, tmp_path):
    # a clone without .venv; nothing is run, and what would be is printed
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).touch()
    environment = {**os.environ, "ADDRESS": "https://a.github.io/b"}
    dry = line.replace("make ", "make --dry-run ", 1)
    done = subprocess.run(
        dry, shell=True, cwd=tmp_path, env=environment, text=True, capture_output=True
    )
    assert done.returncode == 0 and "-m venv .venv" in done.stdout, done.stderr
    if "site" in line:
        wanted = "normtheory site build/site --address https://a.github.io/b --link README.md"
        assert wanted in done.stdout


@pytest.mark.parametrize("changed", [True, False])
def test_the_last_step_commits_the_link_where_it_has_changed(tmp_path, changed):
    def git(*words, cwd=None):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        return subprocess.run(command, cwd=cwd, check=True, text=True, capture_output=True).stdout

    origin, clone = tmp_path / "origin", tmp_path / "clone"
    git("init", "-q", "--bare", "-b", "main", str(origin))
    git("clone", "-q", str(origin), str(clone))
    page = clone / "README.md"
    page.write_text(_text("README.md"))
    git("add", ".", cwd=clone)
    git("commit", "-q", "-m", "First", cwd=clone)
    git("push", "-q", "origin", "HEAD:main", cwd=clone)
    if changed:
        page.write_text(page.read_text().replace(MARKS[1], f"a link\n{MARKS[1]}"))
    environment = {**os.environ, "GITHUB_REF_NAME": "main"}
    subprocess.run(
        ["bash", "-e", "-c", RUNS[-1]], cwd=clone, env=environment, check=True, capture_output=True
    )
    told = git("log", "--format=%s", "main", cwd=origin).split("\n")
    assert told[:-1] == ["Link to the published site"] * changed + ["First"]

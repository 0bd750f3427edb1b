"""`make test`: what it runs, what it makes of failures, and what it says without a browser."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import chromium
import pytest

_SPEC = importlib.util.spec_from_file_location(
    "everything", Path(__file__).with_name("everything.py")
)
everything = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(everything)


class Calls(list):
    """Stands in for the processes: remembers command lines, and fails where it is told to."""

    def __init__(self, failing=""):
        self.failing = failing

    def __call__(self, command, env, cwd):
        self.append((command, env))
        return int(bool(self.failing) and self.failing in command)


def test_all_three_parts_run_and_pass():
    calls = Calls()
    assert everything.main(browser=lambda: "/a/chromium", call=calls, ci=True) == 0
    commands = [" ".join(command) for command, _ in calls]
    assert len(commands) == 3
    assert "--doctest-modules normtheory tests" in commands[0]
    assert "--nbval --nbval-current-env" in commands[1]
    assert "tests/browser -m browser" in commands[2]
    assert all(env["OMP_NUM_THREADS"] == "1" for _, env in calls)
    assert all(env["CHROMIUM"] == "/a/chromium" for _, env in calls)


def test_a_group_stays_on_one_worker(tmp_path):
    tests = tmp_path / "test_group.py"
    tests.write_text(
        "import pytest\n"
        "@pytest.mark.xdist_group('group')\n"
        "@pytest.mark.parametrize('i', range(8))\n"
        "def test(i, worker_id):\n"
        "    print('on', worker_id)\n"
    )
    first = everything.PARTS["tests"]
    options = first[first.index("-n") :]
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-rP", *options, str(tests)]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=bare)
    on = re.findall(r"^on (gw\d)$", done.stdout, re.MULTILINE)
    assert len(on) == 8 and len(set(on)) == 1, done.stdout


@pytest.mark.parametrize("failing", ["--doctest-modules", "--nbval", "tests/browser"])
def test_a_part_that_fails_fails_the_whole_and_stops_no_other(failing):
    calls = Calls(failing)
    assert everything.main(browser=lambda: "/a/chromium", call=calls, ci=False) == 1
    assert len(calls) == 3


@pytest.mark.parametrize(("ci", "code"), [(True, 1), (False, 0)])
def test_without_a_browser_the_rest_runs_and_the_end_is_loud(ci, code, capsys):
    calls = Calls()
    assert everything.main(browser=lambda: None, call=calls, ci=ci) == code
    assert len(calls) == 2
    told = capsys.readouterr().err
    assert "THE BROWSER TESTS DID NOT RUN" in told
    assert "playwright install chromium" in told


def test_the_variable_chromium_names_the_browser(tmp_path, monkeypatch, capsys):
    browser = tmp_path / "browser"
    browser.touch()
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert chromium.find() == str(browser)
    browser.unlink()
    with pytest.raises(ValueError, match="CHROMIUM must name a browser's file"):
        chromium.find()
    assert everything.main(call=Calls(), ci=False) == 2
    assert "CHROMIUM must name" in capsys.readouterr().err


def test_the_systems_browser_comes_before_playwrights(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: "/own")
    monkeypatch.setattr(chromium.shutil, "which", lambda name: None)
    assert chromium.find() == "/own"
    monkeypatch.setattr(
        chromium.shutil, "which", lambda name: "/usr/bin/" + name if "chrome" in name else None
    )
    assert chromium.find() == "/usr/bin/google-chrome"


@pytest.mark.parametrize(
    ("debian", "root", "expected"),
    [
        (True, True, ["apt-get update", "apt-get install", "-m playwright"]),
        (True, False, ["-m playwright"]),
        (False, True, ["-m playwright"]),
    ],
)
def test_installing_asks_the_system_first_where_it_may(monkeypatch, debian, root, expected):
    commands = []

    def refuse(command, **_):
        commands.append(" ".join(command))
        raise subprocess.CalledProcessError(100, command)

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "_playwrights_own", lambda: None)
    monkeypatch.setattr(chromium.Path, "exists", lambda path: debian)
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 0 if root else 1000, raising=False)
    monkeypatch.setattr(
        chromium.shutil, "which", lambda name: name if name.startswith("apt") else None
    )
    monkeypatch.setattr(chromium.subprocess, "run", refuse)
    assert chromium.install() is None
    assert len(commands) == len(expected)
    for command, part in zip(commands, expected, strict=True):
        assert part in command

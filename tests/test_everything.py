"""`make test`: what it runs, what it makes of failures, and what it says without a browser."""

import re
import subprocess
from pathlib import Path

import chromium
import everything
import pytest
from ran import ran


class Calls(list):
    """Stands in for the processes: remembers command lines, and fails where it is told to."""

    def __init__(self, fails=False):
        self.fails = fails

    def __call__(self, command, env, cwd):
        self.append((" ".join(command), env))
        return int(self.fails)


def run(*arguments, calls, path="/a/chromium", ci=False):
    return everything.main(arguments, browser=lambda: path, call=calls, ci=ci)


def test_one_run_holds_all_and_test_all_adds_the_slow_ones():
    calls = Calls()
    assert run(calls=calls, ci=True) == run("--all", calls=calls, ci=True) == 0
    for command, env in calls:
        assert "--nbval --nbval-current-env" in command
        assert "--doctest-modules normtheory tests notebooks" in command
        assert "--durations=10" in command
        assert env["OMP_NUM_THREADS"] == "1"
        assert env["PYTHONDONTWRITEBYTECODE"] == ""
        assert env["CHROMIUM"] == "/a/chromium"
    (quick, _), (slow, _) = calls
    assert "-m not slow and not long --d" in quick
    assert "-m slow --d" in slow


@pytest.mark.slow
def test_a_group_stays_on_one_worker(tmp_path):
    tests = tmp_path / "test_group.py"
    tests.write_text(
        "import pytest\n"
        "@pytest.mark.xdist_group('group')\n"
        "@pytest.mark.parametrize('i', range(8))\n"
        "def test(i, worker_id):\n"
        "    print('on', worker_id)\n"
    )
    command = ["-m", "pytest", "-p", "xdist", "-rP", *everything.WORKERS, tests]
    done = ran(*command, cwd=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    on = re.findall(r"^on (gw\d)$", done.stdout, re.MULTILINE)
    assert len(on) == 8 and len(set(on)) == 1, done.stdout


def test_the_longest_work_comes_first(tmp_path):
    here = Path(__file__).parent
    (tmp_path / "conftest.py").write_text((here / "conftest.py").read_text())
    (tmp_path / "test_order.py").write_text(
        "import pytest\n"
        "def test_quick(): pass\n"
        "@pytest.mark.xdist_group('one')\n"
        "def test_shared(): pass\n"
        "@pytest.mark.xdist_group('ledger')\n"
        "def test_ledger(): pass\n"
        "@pytest.mark.browser\n"
        "def test_browser(): pass\n"
    )
    command = ["-m", "pytest", "--collect-only", "-q", tmp_path]
    done = ran(*command, cwd=tmp_path, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    found = re.findall(r"::test_(\w+)", done.stdout)
    assert found == ["browser", "ledger", "shared", "quick"], done.stdout


def test_a_failure_fails_the_whole():
    assert run(calls=Calls(fails=True)) == 1


@pytest.mark.parametrize(("ci", "code"), [(True, 1), (False, 0)])
def test_without_a_browser_the_rest_runs_and_the_end_is_loud(ci, code, capsys):
    calls = Calls()
    assert run(calls=calls, path=None, ci=ci) == code
    ((command, _),) = calls
    assert "not slow and not long and not browser" in command
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
        (True, True, ["apt-get update", "apt-get install", "apt-get install", "-m playwright"]),
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

"""Bad input to any command: one line on stderr and exit code 2; every option that takes a value is
tried, also one that is added tomorrow."""

import importlib
import os
import shlex
import subprocess
import sys

import numpy as np
import pytest
from ran import ran

from normtheory import cli
from normtheory.claims import ledger

# what a command needs on its line to get as far as its options
NEEDED = {
    "site": ["web"],
    "claim": ["new", "vcl.x"],
    "explorer": ["new", "vcl.x"],
    "experiment": ["new", "vcl.x"],
    "data": ["list"],
    "check": ["x.ipynb"],
    "inspect": ["x.npz"],
}
BAD = {
    "empty": "",
    "blank": " ",
    "unknown": "no-such-name",
    "nan": "nan",
    "infinite": "inf",
    "negative": "-1",
    "fraction": "1.5",
    "huge": "1" + 400 * "0",
    "digits": 5000 * "9",
    "folder": "folder",
    "file": "file",
    "dangling": "dangling",
    "below a file": "file/x",
    "pipe": "pipe",
    "long": 300 * "x",
    "lines": "two\nlines",
    "bytes": "\udcff",
    "null": "a\0b",
}


class Recorder:
    """Takes what a command tells its parser, and keeps the names of what takes a value."""

    def __init__(self):
        self.names = []

    def add_argument(self, *names, action="store", **given):
        if action == "store":
            self.names.append(names[0])

    def add_mutually_exclusive_group(self):
        return self

    def set_defaults(self, **given):
        """What a command presets is no option."""


def options(command):
    """Every option and argument of a command that takes a value."""
    recorder = Recorder()
    importlib.import_module(cli.COMMANDS[command][0]).add_arguments(recorder)
    return recorder.names


CASES = [
    pytest.param(command, option, id=f"{command} {option}")
    for command in cli.COMMANDS
    for option in options(command)
]


@pytest.fixture
def idle(tmp_path, monkeypatch):
    """A folder with the names that `BAD` speaks of; the commands do no work."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept").write_text("kept")
    (tmp_path / "file").write_text("kept")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    np.savez(tmp_path / "x.npz", layer=np.eye(3))
    monkeypatch.setattr(ledger, "verify", lambda ids, **how: iter(()))
    monkeypatch.setattr("normtheory.claims.errata.errata", lambda *given: "")
    monkeypatch.setattr("normtheory.pages.map.overview", lambda notebooks: "")
    monkeypatch.setattr("normtheory.claims.published.text", lambda *given: "")
    monkeypatch.setattr("normtheory.experiments.runner.run", lambda *given, **how: iter(()))
    monkeypatch.setattr("normtheory.pages.site.build", lambda where, **how: where)
    monkeypatch.setattr("normtheory.pages.site.figures_page.held", lambda folder: {"x": folder})
    monkeypatch.setattr("normtheory.pages.app.serve", lambda *given, **how: None)
    monkeypatch.setattr("jupyterlab.labapp.main", lambda given: None)
    monkeypatch.setattr("normtheory.data.load", lambda *given: None)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    done = subprocess.CompletedProcess((), 0)
    monkeypatch.setattr("normtheory.cli.bench.subprocess.run", lambda *given, **how: done)


def call(words):
    """The exit code of a line."""
    try:
        return cli.main(words)
    except SystemExit as stopped:
        return stopped.code


@pytest.mark.parametrize(("command", "option"), CASES)
def test_a_bad_value_is_one_line_and_exit_2(command, option, idle, tmp_path, capsys):
    needed = NEEDED.get(command, [])
    refused = {}
    for kind, value in BAD.items():
        named = option.startswith("-")
        line = [command, *needed, f"{option}={value}"] if named else [command, "--", value]
        code = call(line)
        out, err = capsys.readouterr()
        assert code in (0, 2), f"{kind}: {code}"
        if code == 2:
            assert err.startswith(f"normtheory {command}: "), kind
            assert err.count("\n") == 1 and out == "", kind
        refused[kind] = code == 2
    assert refused["empty"] and refused["blank"]
    assert (tmp_path / "folder" / "kept").read_text() == "kept"
    assert (tmp_path / "pipe").is_fifo()


def test_a_walk_sees_an_option_that_lets_bad_values_through(idle, monkeypatch):
    monkeypatch.setattr("normtheory.cli.lab.add_server_options", _careless)
    assert list(options("lab")) == ["--dir", "--port"]
    monkeypatch.setattr("normtheory.cli.lab.check_port", lambda port: None)
    assert call(["lab", "--port=-1"]) == call(["lab", "--port=1.5"]) == call(["lab", "--dir="]) == 0


def _careless(parser, **named):
    parser.add_argument("--dir")
    parser.add_argument("--port")
    parser.set_defaults(no_browser=True)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_ctrl_c_is_130_and_one_word(command, monkeypatch, capsys):
    def stop(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{cli.COMMANDS[command][0]}.main", stop)
    assert call([command, *NEEDED.get(command, [])]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "data list",
        "verify --list",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("lab --help", "figures --list")),
    ],
)
def test_a_reader_that_leaves_early_and_a_full_disk_are_no_tracebacks(words, monkeypatch):
    # unbuffered, argparse itself drops what it cannot print
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    python = f"{shlex.quote(sys.executable)} -m normtheory {words}"
    done = subprocess.run(f"{python} | true", shell=True, capture_output=True, text=True)
    assert done.stderr == ""
    if not os.path.exists("/dev/full"):
        return
    done = subprocess.run(f"{python} > /dev/full", shell=True, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("normtheory") and done.stderr.count("\n") == 1


def test_a_developer_sees_where_an_error_was_raised():
    done = ran("-X", "dev", "-m", "normtheory", "lab", "--port", "-1")
    assert "Traceback" in done.stderr and "port must lie in [0, 65535], got -1" in done.stderr

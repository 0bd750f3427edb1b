"""``normtheory lab``, ``app`` and ``site``: which folder they open, and how carefully."""

import os
import sys
from pathlib import Path

import pytest
from refused import refuses

from normtheory import cli
from normtheory.cli import main
from normtheory.cli.lab import FIRST, has_display, options, working_folder
from normtheory.cli.options import check_port, check_writable


@pytest.fixture
def package(tmp_path):
    """An installed package's folder with two notebooks."""
    notebooks = tmp_path / "site-packages" / "normtheory" / "notebooks"
    notebooks.mkdir(parents=True)
    (notebooks / FIRST).write_text("first")
    (notebooks / "01_next.ipynb").write_text("next")
    return notebooks.parent


def test_a_clone_is_opened_in_place():
    folder = working_folder()
    assert folder.name == "notebooks"
    assert (folder.parent / "pyproject.toml").exists()


def test_an_installed_package_copies_its_notebooks(package, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = working_folder(package=package)
    assert folder == tmp_path / "normtheory-notebooks"
    assert (folder / FIRST).read_text() == "first"
    assert (folder / "01_next.ipynb").read_text() == "next"


def test_notebooks_beside_the_package_are_a_clones_only_with_its_project_file(package, tmp_path):
    (package.parent / "notebooks").mkdir()
    folder = working_folder(tmp_path / "some" / "where", package)
    assert (folder / FIRST).read_text() == "first"
    (package.parent / "pyproject.toml").write_text("")
    assert working_folder(package=package) == package.parent / "notebooks"


def test_an_edited_copy_is_kept_and_said_so(package, tmp_path, capsys):
    folder = working_folder(tmp_path / "mine", package)
    (folder / FIRST).write_text("edited")
    (folder / "01_next.ipynb").unlink()
    assert working_folder(tmp_path / "mine", package) == folder
    assert (folder / FIRST).read_text() == "edited"
    assert (folder / "01_next.ipynb").read_text() == "next"
    assert (
        capsys.readouterr().out == f"kept {folder / FIRST}, which differs from the package's own\n"
    )


def test_copies_can_be_asked_for_in_a_clone(tmp_path):
    folder = working_folder(tmp_path / "copies")
    clone = working_folder()
    assert [p.name for p in sorted(folder.iterdir())] == [
        p.name for p in sorted(clone.glob("*.ipynb"))
    ]


def test_the_server_listens_here_only_and_opens_the_first_notebook(tmp_path):
    chosen = options(tmp_path, 8888, browser=False)
    assert "--ServerApp.ip=127.0.0.1" in chosen
    assert f"--LabApp.default_url=/lab/tree/{FIRST}" in chosen
    assert "--no-browser" in chosen
    assert "--no-browser" not in options(tmp_path, 8888, browser=True)
    assert not [option for option in chosen if "token" in option or "password" in option]


def test_only_root_must_be_allowed(tmp_path, monkeypatch):
    for user, allowed in ((0, True), (1, False), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert ("--allow-root" in options(tmp_path, 8888, browser=False)) is allowed
    monkeypatch.delattr(os, "geteuid")
    assert "--allow-root" not in options(tmp_path, 8888, browser=False)


def test_a_browser_can_be_opened_on_a_desktop_alone(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    for platform, opened in (("win32", True), ("darwin", True), ("linux", False)):
        monkeypatch.setattr(sys, "platform", platform)
        assert has_display() is opened
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display() is True


@pytest.mark.parametrize("display", ["", ":0"])
@pytest.mark.parametrize("command", ["lab", "app"])
def test_the_server_starts_at_the_usual_port_and_opens_a_browser_where_it_can(
    command, display, monkeypatch, tmp_path
):
    started = []
    monkeypatch.setattr(
        "jupyterlab.labapp.main",
        lambda given: started.append((given[2], "--no-browser" not in given)),
    )
    monkeypatch.setattr(
        "normtheory.pages.app.serve",
        lambda folder, *, port, browser: started.append((f"--ServerApp.port={port}", browser)),
    )
    for name in ("JUPYTER_CONFIG_PATH", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main([command, "--dir", str(tmp_path)]) == 0
    assert main([command, "--dir", str(tmp_path), "--port", "0", "--no-browser"]) == 0
    usual = {"lab": 8888, "app": 8866}[command]
    assert started == [(f"--ServerApp.port={usual}", bool(display)), ("--ServerApp.port=0", False)]


def test_a_port_is_one_of_65536():
    check_port(0)
    check_port(65535)
    for port in (-1, 65536):
        refuses(ValueError, rf"port must lie in \[0, 65535\], got {port}", check_port, port)


def test_a_file_that_cannot_be_written_is_named_before_the_work(tmp_path, monkeypatch):
    file = tmp_path / "table.json"
    check_writable("json", None)
    check_writable("json", file)
    for wrong in (tmp_path, tmp_path / "no" / "folder.json"):
        with pytest.raises(ValueError, match="json must name a file in an existing folder"):
            check_writable("json", wrong)
    asked = []
    monkeypatch.setattr(os, "access", lambda path, how: asked.append((path, how)))
    with pytest.raises(ValueError, match=r"json must name a file that can be written, got .*table"):
        check_writable("json", file)
    file.write_text("")
    refuses(ValueError, "that can be written", check_writable, "json", file)
    assert asked == [(tmp_path, os.W_OK), (file, os.W_OK)]


def test_exit_codes_of_a_command_that_is_stopped_or_loses_its_reader(monkeypatch, capsys):
    """130 as a shell says it; 1 without a word where the reader has gone; else the command's."""
    found = []

    def command(arguments):
        if isinstance(found[-1], type):
            raise found[-1]
        return found[-1]

    monkeypatch.setattr("normtheory.cli.site.main", command)
    monkeypatch.setattr(sys, "argv", ["normtheory", "site", "web"])
    duplicated = []
    monkeypatch.setattr(os, "dup2", lambda one, other: duplicated.append(other))
    monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
    for outcome, code, told in (
        (0, 0, ""),
        (3, 3, ""),
        (KeyboardInterrupt, 130, "interrupted\n"),
        (BrokenPipeError, 1, ""),
    ):
        found.append(outcome)
        assert main() == code
        assert capsys.readouterr().err == told
    assert duplicated == [1]


def test_only_the_called_commands_module_is_read(monkeypatch):
    read = []
    real = cli.importlib.import_module
    monkeypatch.setattr(
        cli.importlib, "import_module", lambda name: read.append(name) or real(name)
    )
    assert cli.parser("lab").parse_args(["lab"]).port == 8888
    assert read == ["normtheory.cli.lab"]
    described = cli.parser().description
    assert described and "\n" not in described


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lab", "--port", "99999"], "port must lie in [0, 65535], got 99999"),
        (["lab", "--dir", "/dev/null/x"], "dir must be a folder that can be written"),
        (["app", "--port", "-1"], "port must lie in [0, 65535], got -1"),
        (["app", "--dir", "/dev/null/x"], "dir must be a folder that can be written"),
        (["site", __file__], "destination must be a folder"),
        (["site", str(Path(__file__).parent)], "destination must be empty or hold a former site"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(capsys, arguments, told):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1

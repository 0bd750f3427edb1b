"""``normtheory lab``, ``app`` and ``site``: which folder they open, and how carefully."""

from pathlib import Path

import pytest

from normtheory.cli import main
from normtheory.cli.lab import FIRST, options, working_folder


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

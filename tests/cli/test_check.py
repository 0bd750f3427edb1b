"""``normtheory check``: notebooks against what they have stored, and how it differs."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from normtheory.cli import main
from normtheory.cli.differences import mending, word_diff

CLONE = Path(__file__).parents[2]
MEAN = "print('mean', 0.52, 'of', 3, 'runs')"


def cell(source, text="", count=1):
    outputs = [new_output("stream", text=text)] if text else []
    return new_code_cell(source, execution_count=count, outputs=outputs)


def write(path, *cells, **metadata):
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("the same", "the same", "the same"),
        ("", "new", "{+new+}"),
        ("gone", "", "[-gone-]"),
        ("<td>-1.05e-3</td>", "<td>-1.06e-3</td>", "<td>[--1.05e-3-]{+-1.06e-3+}</td>"),
        ("one\ntwo\n", "one\nthree\n", "one\n[-two-]{+three+}\n"),
    ],
)
def test_a_word_diff_changes_whole_words(old, new, shown):
    assert word_diff(old, new) == shown


def test_a_long_stretch_is_left_out():
    same = "word " * 500
    shown = word_diff(f"{same}old {same}end.", f"{same}new {same}end!")
    assert "[-old-]{+new+}" in shown and "[-end.-]{+end!+}" in shown and len(shown) < 300
    assert len(word_diff("", "x" * 10**6)) < 3000


def test_a_long_text_takes_no_time():
    old = " ".join(f"<td>{k % 97}.{k}</td>" for k in range(20_000))
    shown = word_diff(f"0 {old} 2", f"1 {old.replace('0.19982', '0.19983')} 3")
    assert "[-0-]{+1+}" in shown and "[-0.19982-]{+0.19983+}" in shown and len(shown) < 400


def test_the_command_that_mends_fits_the_notebook(tmp_path, monkeypatch):
    own = CLONE / "notebooks" / "08_selu.ipynb"
    assert mending(own) == "make notebooks ARGS=notebooks/08_selu.ipynb"
    monkeypatch.chdir(tmp_path)
    assert mending("my own.ipynb") == "normtheory check 'my own.ipynb' --store"
    assert mending(own) == "make notebooks ARGS=notebooks/08_selu.ipynb"
    elsewhere = tmp_path.parent / "one.ipynb"
    assert mending(elsewhere) == f"normtheory check {elsewhere} --store"


@pytest.mark.parametrize(("words", "each"), [(2500, True), (2501, False)])
def test_long_texts_are_compared_by_their_rarer_words(words, each):
    text = "".join(chr(0x2200 + k % 60) for k in range(words))  # each a word, and none is rare
    assert (len(word_diff(text, "!" + text[1:])) < 100) is each


def test_a_difference_is_shown_and_mended(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    # what pytest finds in this folder is none of its business
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    cells = (
        cell(MEAN),
        cell("print(hex(id(MEAN := 1)))", "0x123456789\n", 2),
        cell("1 / 0", "1\n", 3),
        cell("7", count=4),
    )
    # a kernel may send in two parts what another sends in one
    cells[0].outputs = [new_output("stream", text=part) for part in ("mean 0.51 ", "of 3 runs\n")]
    changed = write(tmp_path / "changed.ipynb", new_markdown_cell("# One"), *cells, author="me")
    before = changed.read_bytes()
    assert main(["check", "changed.ipynb"]) == 1
    out = capfd.readouterr().out
    assert f"In [1] of changed.ipynb:\n    {MEAN}\n" in out
    assert "    stdout: mean [-0.51-]{+0.52+} of 3 runs\n" in out
    assert "If that is right, store it: normtheory check changed.ipynb --store\n" in out
    assert "In [2]" not in out
    assert "ZeroDivisionError: division by zero" in out
    assert "text/plain: {+7+}" in out
    assert "3 failed, 1 passed" in out
    assert "\x1b" not in out
    assert changed.read_bytes() == before

    # a cell that raises is no output to store
    assert main(["check", "--store", "changed.ipynb"]) == 1
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.endswith("changed.ipynb is left as it was: ZeroDivisionError: division by zero")
    assert changed.read_bytes() == before

    notebook = nbformat.read(changed, as_version=4)
    del notebook.cells[3]
    nbformat.write(notebook, changed)
    assert main(["check", "--store", "changed.ipynb"]) == 0
    assert main(["check", "changed.ipynb"]) == 0
    assert "3 passed" in capfd.readouterr().out
    stored = nbformat.read(changed, as_version=4)
    assert stored.metadata == {"author": "me"}
    assert [each.execution_count for each in stored.cells[1:]] == [1, 2, 3]
    assert stored.cells[1].outputs[0].text == "mean 0.52 of 3 runs\n"


NO_NOTEBOOKS = {
    "nothing": None,
    "empty": b"",
    "damaged": b'{"cells": [',
    "binary": bytes(range(256)),
    "list": b"[]",
    "null": b"null",
    "object": b"{}",
    "cells": b'{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}',
    "cell": b'{"cells": [{"cell_type": ""}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}',
    "version": b'{"cells": [], "metadata": {}, "nbformat": 99, "nbformat_minor": 0}',
}


@pytest.mark.parametrize("store", [[], ["--store"]], ids=["compare", "store"])
@pytest.mark.parametrize("name", [*NO_NOTEBOOKS, "folder", "link", "text", "prose", "R"])
def test_what_is_no_notebook_is_said_in_one_line(tmp_path, capfd, name, store):
    path = tmp_path / f"{name}.ipynb"
    if NO_NOTEBOOKS.get(name) is not None:
        path.write_bytes(NO_NOTEBOOKS[name])
    elif name == "folder":
        path.mkdir()
    elif name == "link":
        path.symlink_to(tmp_path / "gone.ipynb")
    elif name == "text":
        path = write(path.with_suffix(".py"), cell(MEAN, "mean 0.52 of 3 runs\n"))
    elif name == "prose":
        write(path, new_markdown_cell("# Prose"))
    elif name == "R":
        write(path, cell("1"), kernelspec={"name": "ir", "language": "R", "display_name": "R"})
    fine = write(tmp_path / "fine.ipynb", cell(MEAN, "mean 0.52 of 3 runs\n"))
    before = fine.read_bytes()
    assert main(["check", str(fine), str(path), *store]) == 2
    told = capfd.readouterr()
    assert told.err.startswith("normtheory check: NOTEBOOK must ") and str(path) in told.err
    assert told.err.count("\n") == 1 and not told.out
    assert fine.read_bytes() == before


@pytest.mark.parametrize("name", ["mine[1].ipynb", "a::b.ipynb"])
def test_a_name_that_pytest_would_misread_is_refused(tmp_path, capfd, name):
    path = write(tmp_path / name, cell(MEAN, "mean 0.52 of 3 runs\n"))
    assert main(["check", str(path)]) == 2
    assert "without '[' and '::', got" in capfd.readouterr().err


def test_a_full_disk_leaves_a_notebook_as_it_was(tmp_path, monkeypatch, capfd):
    path = write(tmp_path / "mine.ipynb", cell(MEAN, "mean 0.51 of 3 runs\n"))
    before = path.read_bytes()

    def full(notebook, name):
        Path(name).write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nbformat, "write", full)
    assert main(["check", "--store", str(path)]) == 1
    assert "left as it was: [Errno 28] No space left" in capfd.readouterr().err
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_cell_that_was_never_run_would_not_be_compared(tmp_path, capfd):
    path = write(tmp_path / "new.ipynb", cell("1", count=None), cell(MEAN, "x"), cell("", "", None))
    assert main(["check", str(path)]) == 2
    assert "1 of 2 cells" in capfd.readouterr().err

"""``normtheory doctor`` and the settings of Python: one screen, whatever is missing."""

import re
from importlib import metadata

import pytest
from ran import ran

from normtheory.cli import doctor, main


@pytest.fixture
def quick(monkeypatch):
    """Packages are looked up, not imported."""
    monkeypatch.setattr(doctor, "import_module", lambda name: None)


def screen(capsys):
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    return " ".join(" ".join(lines).split())


def test_all_versions_and_places_are_on_one_screen(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["doctor"]) == 0
    told = screen(capsys)
    for name in ("numpy", "scipy", "sympy", "matplotlib", "torch", "jupyterlab", "anywidget"):
        assert f"{name} {metadata.version(name)}" in told
    for part in ("GPU", "browser", "is not used (NORMTHEORY_OFFLINE=1)", "ready"):
        assert part in told
    # a long path is broken where a line ends
    assert f"2of21sets,NORMTHEORY_DATA={tmp_path};missing" in told.replace(" ", "")


def test_what_is_missing_or_broken_is_named_and_exit_1(quick, monkeypatch, capsys):
    def broken(name):
        if name == "scipy":
            raise OSError("libopenblas.so: cannot open")

    real = metadata.version

    def version(name):
        if name == "torch":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor, "import_module", broken)
    monkeypatch.setattr(doctor.metadata, "version", version)
    monkeypatch.setenv("NORMTHEORY_DATA", "/no/such/folder")
    monkeypatch.setenv("NORMTHEORY_OFFLINE", "perhaps")
    assert main(["doctor"]) == 1
    told = screen(capsys)
    assert "scipy cannot be imported (OSError: libopenblas.so: cannot open)" in told
    assert "torch not installed" in told
    assert "verdict broken: needed, network, data" in told


def test_long_answers_leave_one_screen(quick, monkeypatch, tmp_path, capsys):
    long = "-".join(["x" * 50] * 40)
    monkeypatch.setattr(doctor.metadata, "version", lambda name: "1." * 40)
    monkeypatch.setenv("CHROMIUM", long)
    monkeypatch.setenv("XDG_CACHE_HOME", f"/{long}")
    monkeypatch.setenv("NORMTHEORY_DATA", str(tmp_path))
    assert main(["doctor"]) in (0, 1)
    lines = capsys.readouterr().out.splitlines()
    at = {line.split()[0]: k for k, line in enumerate(lines) if line[0] != " "}
    # a line is full before the next begins: a name is not torn at its hyphens
    assert len(lines) <= 24 and max(map(len, lines)) == len(lines[at["cache"]]) == 79
    assert (at["extras"] - at["needed"], at["GPU"] - at["extras"]) == (4, 6)


@pytest.mark.slow
def test_options_and_variables_of_python_change_nothing_that_is_printed():
    words = ["verify", "vcl.variance-constraint", "--explain"]
    plain = ran("-m", "normtheory", *words)
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata", "LC_ALL": "C", "COLUMNS": "20"}
    environment |= {"NO_COLOR": "1", "MPLBACKEND": "nonsense", "PYTHONWARNINGS": "error"}
    unusual = ran("-O", "-W", "error", "-m", "normtheory", *words, **environment)
    assert plain.returncode == unusual.returncode == 0, unusual.stderr
    said, same = (re.sub(r"[\d.]+ s$", "", each.stdout, flags=re.M) for each in (plain, unusual))
    assert said == same and "passed" in said and unusual.stderr == ""


@pytest.mark.parametrize("words", [["lab"], ["app"], ["verify"], ["site", "out"]], ids=" ".join)
def test_what_reads_docstrings_says_that_it_needs_them(words):
    done = ran("-OO", "-m", "normtheory", *words)
    assert done.returncode == 2
    assert done.stderr == (
        f"normtheory {words[0]}: docstrings are needed, which python -OO leaves out: "
        "use python -O\n"
    )

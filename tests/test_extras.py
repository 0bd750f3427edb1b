"""The core works without any extra, and a missing one is a sentence with the command."""

import os
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from ran import ran

from normtheory import cli, extras

ROOT = Path(__file__).parents[1]
OPTIONAL = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
PATH = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
# refuses every package but the core and what that brings itself
CORE_ONLY = """
import sys
core = {"numpy", "scipy", "sympy", "mpmath", "flint", "lazy_loader", "packaging", "normtheory"}
class Refuse:
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in core and top not in sys.stdlib_module_names and not top.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refuse)
from normtheory.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def missing(monkeypatch):
    """Makes one distribution look as if it was not installed."""

    def without(name):
        version = metadata.version

        def found(each):
            if each == name:
                raise metadata.PackageNotFoundError(each)
            return version(each)

        monkeypatch.setattr(extras.metadata, "version", found)

    return without


def core_alone(*arguments):
    """A command run where nothing but the core can be imported."""
    return ran("-c", CORE_ONLY, *arguments, PYTHONPATH=PATH)


@pytest.mark.parametrize("arguments", [["--version"], ["verify", "vcl.sample-patterns"]])
def test_the_core_alone_runs_the_ledger(arguments):
    done = core_alone(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("extra", list(OPTIONAL))
def test_an_installed_extra_is_not_missed(extra):
    assert list(extras._names(extra))
    extras.require(extra, "a test")


@pytest.mark.parametrize(
    ("package", "argv", "extra"),
    [
        ("jupyterlab", ["lab"], "lab"),
        ("voila", ["app"], "lab"),
        ("nbval", ["check", "mine.ipynb"], "check"),
        ("sphinx", ["site", "out"], "site"),
        ("ipywidgets", ["site", "out"], "site"),
    ],
)
def test_a_command_without_its_extra_says_how_to_get_it(missing, capsys, package, argv, extra):
    missing(package)
    assert cli.main(argv) == 2
    said = capsys.readouterr()
    assert said.err == (
        f"normtheory {argv[0]} needs {package}, which is not installed: "
        f"pip install 'normtheory[{extra}]'\n"
    )
    assert said.out == ""


def test_figures_ask_for_torch_only_where_they_train(missing, capsys, tmp_path):
    missing("torch")
    assert cli.main(["figures", "--list"]) == 0
    train = ["figures", "vcl.fig2", "--scale", "smoke", "--jobs", "1", "--out", str(tmp_path)]
    assert cli.main(train) == 2
    assert capsys.readouterr().err == (
        "normtheory figures: training needs torch, which is not installed: "
        "pip install 'normtheory[experiments]'\n"
    )


def test_losses_without_torch_say_how_to_get_it():
    program = (
        "import sys\nfrom importlib import metadata\n"
        "def version(name):\n    raise metadata.PackageNotFoundError(name)\n"
        "metadata.version = version\n"
        "try:\n    import normtheory.nn\n"
        "except ImportError as error:\n    print(error)\n"
    )
    assert ran("-c", program, PYTHONPATH=PATH).stdout == (
        "normtheory.nn needs torch, which is not installed: pip install 'normtheory[nn]'\n"
    )

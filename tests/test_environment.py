"""pyproject.toml, the lock, environment.yml and what is installed say the same."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
# the CUDA build of torch names these itself, each in one version; the CPU build needs none
CUDA = ("cuda-", "nvidia-", "triton")


def direct():
    """The requirements that pyproject.toml names, with all extras."""
    return [Requirement(r) for r in sum(EXTRAS.values(), PROJECT["dependencies"])]


def locked():
    """The lock's requirements."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def version(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


def versions_here():
    """name -> version that the lock gives to this system and Python."""
    return {
        canonicalize_name(each.name): version(each)
        for each in locked()
        if each.marker is None or each.marker.evaluate()
    }


def closure():
    """Names of everything that the package needs here, found in what is installed."""
    todo = [(each.name, each.extras) for each in direct() if each.marker is None]
    seen = set()
    while todo:
        name, extras = todo.pop()
        name = canonicalize_name(name)
        if name in seen or name.startswith(CUDA):
            continue
        seen.add(name)
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            wanted = [{"extra": extra} for extra in ("", *extras)]
            if needed.marker is None or any(needed.marker.evaluate(e) for e in wanted):
                todo.append((needed.name, needed.extras))
    return seen


@pytest.mark.parametrize("requirement", direct(), ids=lambda r: r.name)
def test_the_lock_has_the_version_that_the_project_names(requirement):
    assert versions_here()[canonicalize_name(requirement.name)] == version(requirement)


def test_the_lock_covers_everything_that_is_needed_here():
    assert closure() <= set(versions_here())


def test_what_is_installed_is_what_is_locked():
    locked_here = versions_here()
    installed = {name: metadata.version(name).partition("+")[0] for name in closure()}
    assert installed == {name: locked_here[name] for name in installed}


def test_the_lock_leaves_the_build_of_torch_to_the_reader():
    names = {canonicalize_name(each.name) for each in locked()}
    assert "torch" in names
    assert not [name for name in names if name.startswith(CUDA)]
    assert not re.search(r"\+cpu|\+cu|://", (ROOT / "requirements.lock").read_text())


def test_every_pin_is_exact_and_has_a_reason_in_the_project():
    for each in (*direct(), *locked()):
        version(each)
    text = (ROOT / "pyproject.toml").read_text()
    for each in direct():
        assert re.search(rf'"{re.escape(str(each))}",\s+# \S', text), f"no reason beside {each}"


def test_conda_gives_the_same_environment():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    assert pip == "pip"
    name, exact = python.split("=")
    assert name == "python"
    assert exact in SpecifierSet(PROJECT["requires-python"])
    # every version comes from the lock: conda's own packages would be a second list of them
    extras = ",".join(EXTRAS)
    assert packages == {"pip": ["--constraint requirements.lock", f"--editable .[{extras}]"]}


def test_make_installs_every_extra_under_the_lock():
    makefile = (ROOT / "Makefile").read_text()
    assert f'pip install -c requirements.lock -e ".[{",".join(EXTRAS)}]"' in makefile


def test_the_hooks_before_a_commit_use_the_locked_tools():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    locked_here = versions_here()
    tools = [Requirement(d) for h in repository["hooks"] for d in h["additional_dependencies"]]
    assert {tool.name for tool in tools} == {"ruff", "nbstripout"}
    for tool in tools:
        assert version(tool) == locked_here[tool.name]
    (strip,) = (h["entry"] for h in repository["hooks"] if h["id"] == "nbstripout")
    assert strip == "nbstripout --keep-output --keep-count --keep-id"


def test_what_is_imported_is_named_in_the_project():
    direct_names = {canonicalize_name(each.name) for each in direct()}
    providers = metadata.packages_distributions()
    for path in (ROOT / "normtheory").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = ()
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - {"normtheory"}:
                if top not in sys.stdlib_module_names:
                    found = {canonicalize_name(name) for name in providers[top]}
                    assert found & direct_names, f"{path.name} imports {top}"

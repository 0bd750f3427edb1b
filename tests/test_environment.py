"""pyproject.toml names ranges, the lock exact versions in them; environment.yml and what is
installed follow the lock."""

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
from sources import MODULES, TOGETHER, nodes

pytestmark = TOGETHER

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
CORE = {"numpy", "scipy", "sympy", "python-flint", "lazy-loader"}
# the CUDA build of torch names these itself, each in one version; the CPU build needs none
CUDA = ("cuda-", "nvidia-", "triton")


def direct():
    """The requirements of other packages that pyproject.toml names, with all extras."""
    named = [Requirement(r) for r in sum(EXTRAS.values(), PROJECT["dependencies"])]
    return [each for each in named if each.name != PROJECT["name"]]


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
def test_the_lock_has_a_version_that_the_project_admits(requirement):
    assert versions_here()[canonicalize_name(requirement.name)] in requirement.specifier


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


def test_every_pin_of_the_lock_is_exact():
    assert all(version(each) for each in locked())


def test_every_requirement_has_a_lower_bound_and_a_reason():
    text = (ROOT / "pyproject.toml").read_text()
    for each in direct():
        (lower,) = [bound for bound in each.specifier if bound.operator == ">="]
        assert re.search(rf'"{each.name}{lower}[^"]*",\s+# \S', text), f"no reason beside {each}"


def test_the_core_is_small():
    """What `pip install normtheory` brings, beside what these bring themselves."""
    names = {Requirement(each).name for each in PROJECT["dependencies"]}
    assert names == CORE


def test_an_upper_bound_has_its_reason_beside_it():
    text = (ROOT / "pyproject.toml").read_text()
    for each in direct():
        for bound in each.specifier:
            if bound.operator != ">=":
                (line,) = [line for line in text.splitlines() if f'"{each.name}>' in line]
                assert str(bound.version) in line.partition("#")[2], f"no reason for {each}"


def test_the_oldest_versions_that_ci_runs_are_the_lower_bounds():
    """tests/oldest.txt, with which .ci/run runs tests/theory and tests/nn."""
    lines = (ROOT / "tests" / "oldest.txt").read_text().splitlines()
    oldest = {r.name: version(r) for r in map(Requirement, lines)}
    for each in direct():
        if each.name in CORE:
            (lower,) = [bound for bound in each.specifier if bound.operator == ">="]
            found = oldest[each.name]
            assert found == lower.version or found.startswith(f"{lower.version}.")


def test_conda_gives_the_same_environment():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    assert pip == "pip"
    name, exact = python.split("=")
    assert name == "python"
    assert exact in SpecifierSet(PROJECT["requires-python"])
    # every version comes from the lock: conda's own packages would be a second list of them
    assert packages == {"pip": ["--constraint requirements.lock", "--editable .[all]"]}


def test_make_installs_every_extra_under_the_lock():
    assert 'pip install -c requirements.lock -e ".[all]"' in (ROOT / "Makefile").read_text()
    everything, todo = set(), ["all"]
    while todo:
        everything.add(extra := todo.pop())
        for each in map(Requirement, EXTRAS[extra]):
            if each.name == PROJECT["name"]:
                todo += each.extras
    assert everything == set(EXTRAS)


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
    for path in MODULES:
        for node in nodes(path):
            names = ()
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - {"normtheory"}:
                if top not in sys.stdlib_module_names:
                    found = {canonicalize_name(name) for name in providers[top]}
                    assert found & direct_names, f"{path.name} imports {top}"

"""Every public function says its types, and a type checker tells a user what they are."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from normtheory import claims, data, nn, theory

ROOT = Path(__file__).parents[1]


def public(room):
    """Functions and own methods of a room's public face, by name."""
    for name in room.__all__:
        thing = inspect.unwrap(getattr(room, name)) if callable(getattr(room, name)) else None
        if inspect.isclass(thing):
            for owner in thing.__mro__:
                if owner.__module__.startswith("normtheory."):
                    for key, method in vars(owner).items():
                        method = getattr(method, "fget", getattr(method, "__func__", method))
                        written = (
                            inspect.isfunction(method) and method.__module__ == owner.__module__
                        )
                        if written and (key == "__init__" or not key.startswith("_")):
                            yield f"{name}.{key}", method
        elif inspect.isfunction(thing):
            yield name, thing


def untyped(function):
    """Arguments without an annotation, and "return"."""
    signature = inspect.signature(function)
    for name, parameter in signature.parameters.items():
        if parameter.annotation is parameter.empty and name not in ("self", "cls"):
            yield name
    if signature.return_annotation is signature.empty:
        yield "return"


@pytest.mark.parametrize("room", [theory, nn, data, claims], ids=lambda room: room.__name__)
def test_the_public_surface_is_annotated(room):
    found = dict(public(room))
    assert len(found) >= 10
    assert not {name: missing for name in found if (missing := list(untyped(found[name])))}


def test_what_is_not_annotated_is_seen():
    def careless(x, y: int, *rest):
        return x

    assert list(untyped(careless)) == ["x", "rest", "return"]


SCRIPT = """
import numpy as np
import torch
from normtheory import claims, data, nn, theory

h = np.zeros((8, 2))
reveal_type(theory.sphere_divergence(h))
reveal_type(theory.sphere_divergence(h, None, gradient=True))
reveal_type(theory.sliced_wasserstein_to_normal(h, h))
reveal_type(theory.law("normal").kurtosis)
reveal_type(theory.mean_norm(3))
model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
handle = nn.regularize(model, nn.VarianceConstancyLoss, weights={"0": 2.0})
reveal_type(handle)
reveal_type(handle.penalty())
reveal_type(handle())
reveal_type(handle.record().inspect())
reveal_type(nn.VarianceConstancyLoss(3, n=2)(torch.zeros(8, 3)))
reveal_type(nn.regularize(model, nn.ProjectedErrorLoss()).layer_values())
reveal_type(data.load_digits().x_train)
reveal_type(claims.select(["vcl.*"]))
reveal_type(claims.read_activations("layers.npz"))
theory.mean_norm("three")
theory.law("normal", sgima=2.0)
nn.ProjectedErrorLoss(reduction="average")
nn.regularize(model, 3)
nn.VarianceConstancyLoss(3)(h)
theory.kurtosys(h)
"""
REVEALED = [
    "float",
    "tuple[float, numpy.ndarray[tuple[Any, ...], numpy.dtype[numpy.float64]]]",
    "tuple[float, float, int, fallback=normtheory.theory.montecarlo.Estimate]",
    "float",
    "float",
    "normtheory.nn.regularizer.Regularizer",
    "torch._tensor.Tensor",
    "torch._tensor.Tensor",
    "normtheory.claims.inspection.Inspection",
    "torch._tensor.Tensor",
    "dict[str, torch._tensor.Tensor]",
    "numpy.ndarray[tuple[Any, ...], numpy.dtype[Any]]",
    "tuple[normtheory.claims.claim.Claim, ...]",
    "dict[str, numpy.ndarray[tuple[Any, ...], numpy.dtype[Any]]]",
]
REFUSED = [
    'Argument 1 to "mean_norm" has incompatible type "str"',
    'Unexpected keyword argument "sgima" for "law"',
    'Argument "reduction" to "ProjectedErrorLoss" has incompatible type',
    'Argument 2 to "regularize" has incompatible type "int"',
    'Argument 1 to "__call__" of "ActivationLoss" has incompatible type "ndarray',
    'Module has no attribute "kurtosys"',
]


@pytest.mark.slow
def test_a_type_checker_tells_a_user(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)
    # the package as a user has it, installed: its own bodies are not the user's to check
    options = ("--follow-imports=silent", f"--cache-dir={tmp_path}", "--no-error-summary")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    said = done.stdout.splitlines()
    assert [line.partition('type is "')[2][:-1] for line in said if "Revealed" in line] == REVEALED
    refused = [line for line in said if ": error: " in line]
    assert len(refused) == len(REFUSED), refused
    for line, wanted in zip(refused, REFUSED, strict=True):
        assert wanted in line

"""Losses, layers and whole steps as one graph: torch.compile, torch.export, CUDA graphs.

Tracing is what can fail, so that the plain backend is enough; the optimising one is slow.
"""

import itertools
from functools import partial

import pytest
import torch
from torch import nn as torch_nn

from normtheory import nn
from tests.nn import cases

# torch's own compiler warns about its own internals
pytestmark = pytest.mark.filterwarnings("ignore")
KINDS = ("vcl", "per", "standardization", "sliced")
BACKENDS = ["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def value_and_gradient(call, x):
    x = x.clone().requires_grad_()
    value = call(x)
    value.sum().backward()
    return value.detach(), x.grad


@pytest.mark.slow  # one by one; in one step all of them below
@pytest.mark.parametrize("name", cases.LOSSES)
def test_losses_compile_without_a_break(name, draw):
    loss, x = cases.build(name, 6), draw(12, 6)
    loss = getattr(loss, "loss", loss)
    compiled, found = torch.compile(loss, fullgraph=True, backend="aot_eager"), []
    for call in (loss, compiled):
        if getattr(loss, "generator", None):
            loss.generator.manual_seed(0)
        # directions are new in each call
        found.append([value_and_gradient(call, x) for _ in range(2)])
    torch.testing.assert_close(found[0], found[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", list(cases.layers()))
def test_layers_compile_without_a_break(name):
    layer, shape = cases.layers()[name]
    x = 0.1 + torch.rand(shape, dtype=torch.float64)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), layer(x))


def network():
    return cases.network(partial(torch_nn.ReLU, inplace=True), 6, 8, 8, 3)


def step(model, handle, x, mask=None):
    return model(x).square().mean() + handle.penalty(mask=mask)


def gradients(total, model, handle):
    parameters = [*model.parameters(), *handle.parameters()]
    return torch.autograd.grad(total, parameters)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(cases.LOSSES, marks=pytest.mark.slow, id="all"),
        pytest.param(["vcl", "per", "standardization", "sliced", cases.TESTS[0]], id="few"),
    ],
)
def test_a_whole_step_with_every_loss(names, draw):
    model = torch_nn.Sequential()
    for _ in names:
        model.append(torch_nn.Linear(64, 64)).append(torch_nn.ReLU(inplace=True))
    made = [cases.build(name, 64, dim=None) for name in names]
    made = [getattr(loss, "loss", loss) for loss in made]
    handle, x = (
        nn.regularize(model, {str(2 * i): loss for i, loss in enumerate(made)}),
        draw(12, 64),
    )

    def found(call):
        for loss in made:
            if getattr(loss, "generator", None):
                loss.generator.manual_seed(0)
        totals = [call(x) for _ in range(2)]  # directions are new in each
        return [(total.item(), *gradients(total, model, handle)) for total in totals]

    compiled = torch.compile(lambda x: step(model, handle, x), fullgraph=True, backend="aot_eager")
    first, second = found(compiled)  # before eager steps, whose end is a state of its own
    eager = found(lambda x: step(model, handle, x))
    torch.testing.assert_close([first, second], eager, rtol=1e-4, atol=1e-6)
    assert first[0] != second[0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("per", "compile"),
        *(
            pytest.param(kind, first, marks=pytest.mark.slow)
            for kind, first in itertools.product(KINDS, ("regularize", "compile"))
            if (kind, first) != ("per", "compile")
        ),
    ],
)
def test_a_whole_step_and_a_model_alone(kind, first, backend, draw):
    model, x, settings = network(), draw(12, 6), {"fullgraph": True, "backend": backend}
    with nn.regularize(model, cases.attached()[kind]) as handle:
        wanted = [step(model, handle, x) for _ in range(2)]
        wanted = [(total.item(), *gradients(total, model, handle)) for total in wanted]
    if first == "compile":
        compiled = torch.compile(model, **settings)
        handle = nn.regularize(compiled, cases.attached()[kind])
    else:
        handle = nn.regularize(model, cases.attached()[kind])
        compiled = torch.compile(model, **settings)
    assert handle.layers == ("0", "2")
    whole = torch.compile(lambda x: step(model, handle, x), **settings)
    for call in (whole, lambda x: step(compiled, handle, x)):
        for loss in handle.losses:
            if kind == "sliced":
                loss.generator.manual_seed(0)
        for expected in wanted:  # the second time nothing is compiled
            total = call(x)
            found = total.item(), *gradients(total, model, handle)
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_a_mask_and_views_inside_a_graph(draw):
    model, x, mask = network(), draw(5, 4, 6), torch.rand(5, 4) < 0.3
    handle = nn.regularize(model, nn.StandardizationLoss(), views="mean", weights={"0": 0.5})

    def twice(x):
        return model(x).mean() + model(-x).mean() + handle.penalty(mask=mask)

    expected = twice(x)
    wanted = gradients(expected, model, handle)
    total = torch.compile(twice, fullgraph=True, backend="aot_eager")(x)
    torch.testing.assert_close(total, expected)
    torch.testing.assert_close(gradients(total, model, handle), wanted)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_schedule_in_a_graph_and_under_transforms(draw):
    model, x = network(), draw(12, 6)
    weights = {"0": 0.5, "2": 3.0}
    handle = nn.regularize(
        model,
        nn.StandardizationLoss(),
        weights=lambda step: {name: step * w for name, w in weights.items()} if step else 1.0,
    )

    def read(x):
        return model(x).mean() * 0 + 2 * handle.penalty() - handle.penalty()

    compiled = torch.compile(read, fullgraph=True, backend="aot_eager")
    calls = compiled, compiled, torch.func.grad(read), torch.func.vmap(read), read
    for step, call in enumerate(calls):
        found = call(x.unsqueeze(0) if step == 3 else x)
        assert int(handle.step) == step + 1
        if step == 2:
            assert found.any()
        if step in (2, 3):  # what they have put out has left its transform
            continue
        values = handle.layer_values()  # is no step
        expected = sum(w * values[name] * step for name, w in weights.items())
        torch.testing.assert_close(found.sum(), expected if step else sum(values.values()))


@pytest.mark.parametrize("settings", [{}, {"weights": lambda step: 0.1 * step}])
def test_a_second_step_compiles_nothing(settings, draw):
    model, x = network(), draw(12, 6)
    handle = nn.regularize(model, nn.ActivationPenalty(), **settings)
    whole = torch.compile(lambda x: step(model, handle, x), fullgraph=True, backend="eager")
    with torch._dynamo.config.patch(error_on_recompile=True):
        for _ in range(3):
            whole(x).backward()


def test_a_model_that_was_compiled_and_ran_before_says_what_to_do(draw):
    model, x = network(), draw(12, 6)
    compiled = torch.compile(model, backend="aot_eager")
    compiled(x)
    handle = nn.regularize(model, nn.ProjectedErrorLoss())
    compiled(x)
    with pytest.raises(RuntimeError, match="ran before it was regularized must be compiled anew"):
        handle.penalty()
    torch.compiler.reset()
    compiled(x)
    assert handle.penalty() > 0


@pytest.mark.parametrize("how", [True, False, "trace"])
def test_a_model_with_a_live_handle_is_exported_as_it_is(how, draw):
    model, x = network(), draw(12, 6)
    handle = nn.regularize(model, nn.StandardizationLoss())
    with handle.record() as record:
        if how == "trace":
            exported = torch.jit.trace(model, (x,), check_trace=False)
            assert "clone" not in str(exported.graph)
        else:
            program = torch.export.export(model, (x,), strict=how)
            assert not any("clone" in str(node.target) for node in program.graph.nodes)
            exported = program.module()
        torch.testing.assert_close(exported(x), model(x))
    assert record.arrays()["0"].shape == (12, 8)  # of the one run
    assert torch.isfinite(handle.penalty())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
@pytest.mark.parametrize("kind", ["vcl", "per", "standardization"])
def test_a_step_in_a_cuda_graph(kind):
    model, x = network().cuda(), torch.randn(12, 6, device="cuda")
    handle = nn.regularize(model, cases.attached()[kind])
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            step(model, handle, x).backward()
    torch.cuda.current_stream().wait_stream(stream)
    model.zero_grad(set_to_none=True)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        total = step(model, handle, x)
        total.backward()
    x.copy_(torch.randn_like(x))
    graph.replay()
    replayed = [total.clone(), *(p.grad.clone() for p in model.parameters())]
    model.zero_grad(set_to_none=True)
    total = step(model, handle, x)
    total.backward()
    torch.testing.assert_close(replayed, [total, *(p.grad for p in model.parameters())])

"""Losses, layers and regularized networks under torch.compile."""

import pytest
import torch
from torch import nn as torch_nn

from normtheory import nn

pytestmark = [
    pytest.mark.slow,
    # torch's own compiler warns about its own internals
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(autouse=True)
def fresh():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.mark.parametrize(
    "loss",
    [
        nn.VarianceConstancyLoss(6, n=3),
        nn.ProjectedErrorLoss(),
        nn.StandardizationLoss(),
        nn.ActivationPenalty(2),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_losses_compile_without_a_break(loss, draw):
    # the plain backend traces and runs the same graph; inductor is tried once, below
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    batch, values, gradients = draw(12, 6), [], []
    for call in (loss, compiled):
        x = batch.clone().requires_grad_()
        value = call(x)
        value.backward()
        values.append(value.detach())
        gradients.append(x.grad)
    torch.testing.assert_close(values[0], values[1])
    torch.testing.assert_close(gradients[0], gradients[1])


@pytest.mark.parametrize(
    "layer",
    [
        nn.EquiNormConv2d(3, 4, 3),
        nn.MeanOnlyBatchNorm2d(3),
        nn.SELU(0.0, 4.0),
        nn.AlphaDropout(0.0),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_compile_without_a_break(layer, draw):
    x = draw(5, 3, 6, 6).abs()
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), layer(x))


@pytest.mark.parametrize(
    ("loss", "backend"),
    [
        (lambda units: nn.VarianceConstancyLoss(units, n=3), "inductor"),
        (nn.ProjectedErrorLoss(), "aot_eager"),
    ],
    ids=["vcl", "per"],
)
def test_a_compiled_network_with_a_penalty(loss, backend, draw):
    torch.manual_seed(0)
    model = torch_nn.Sequential(torch_nn.Linear(6, 8), torch_nn.ReLU(), torch_nn.Linear(8, 3))
    x = draw(12, 6)
    handle = nn.regularize(model, loss)
    parameters = [*model.parameters(), *handle.parameters()]
    (model(x).square().mean() + handle.penalty()).backward()
    expected = [p.grad.clone() for p in parameters]
    for parameter in parameters:
        parameter.grad = None
    # a change in place, an error without compilation, does not reach the recorded values
    model[1].inplace = True
    compiled = torch.compile(model, backend=backend)
    (compiled(x).square().mean() + handle.penalty()).backward()
    for parameter, gradient in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)

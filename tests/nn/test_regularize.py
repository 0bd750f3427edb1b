"""Attaching losses to networks: which layers, sums over them, removal, and wrong uses."""

import copy
import gc

import pytest
import torch
from torch import nn as torch_nn
from torch.nn import functional

from normtheory import nn
from tests.nn import cases
from tests.refused import refuses


def network(inplace=False):
    return torch_nn.Sequential(
        torch_nn.Linear(6, 8),
        torch_nn.ReLU(inplace=inplace),
        torch_nn.Sequential(torch_nn.Linear(8, 8), torch_nn.ReLU()),
        torch_nn.Linear(8, 5),
        torch_nn.ReLU(),
        torch_nn.Linear(5, 3),
    )


def convolutional():
    """Layers on both sides of the size up to which layers are stacked, and a residual sum."""

    def run(self, x):
        x = self.first(x)
        x = x + torch.relu(self.second(torch.relu(x)))
        return self.third(x).mean((2, 3))

    return cases.Network(
        run,
        first=torch_nn.Conv2d(3, 16, 3, padding=1),
        second=torch_nn.Conv2d(16, 16, 3, padding=1),
        third=torch_nn.Conv2d(16, 4, 3, stride=4, padding=1),
    )


def plain_penalty(model, handle, x):
    """Sum of the losses called one by one on outputs that hooks of our own collect."""
    outputs, hooks = {}, []
    for name in handle.layers:

        def keep(module, arguments, output, name=name):
            outputs[name] = output

        hooks.append(model.get_submodule(name).register_forward_hook(keep))
    result = model(x)
    for hook in hooks:
        hook.remove()
    for loss in handle.losses:
        loss.dim = 1
    terms = [loss(outputs[name]) for name, loss in zip(handle.layers, handle.losses, strict=True)]
    handle.clear()
    return result, sum(terms)


@pytest.mark.parametrize("kind", list(cases.attached()))
@pytest.mark.parametrize("make", [network, convolutional])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_penalty_and_gradient_are_those_of_the_losses(kind, make, layout, draw, device):
    torch.manual_seed(1)
    model = make().to(device)
    x = draw(12, 6) if make is network else draw(12, 3, 24, 24).to(memory_format=layout)
    model = model.to(memory_format=layout) if make is convolutional else model
    handle = nn.regularize(model, cases.attached()[kind])
    parameters = [*model.parameters(), *handle.parameters()]

    def reseed():
        for loss in handle.losses:
            if hasattr(loss, "generator") and loss.generator is not None:
                loss.generator.manual_seed(3)

    reseed()
    output, expected = plain_penalty(model, handle, x)
    wanted = torch.autograd.grad(output.square().mean() + 0.7 * expected, parameters)
    reseed()
    total = model(x).square().mean()
    found = handle.penalty()
    for parameter in parameters:
        parameter.grad = None
    (total + 0.7 * found).backward()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    for parameter, gradient in zip(parameters, wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=2e-4, atol=2e-6)


def test_default_layers_are_all_but_the_last():
    handle = nn.regularize(network(), nn.ProjectedErrorLoss())
    assert handle.layers == ("0", "2.0", "3")


def test_layers_by_name_module_and_predicate():
    model = network()
    loss = nn.ProjectedErrorLoss()
    assert nn.regularize(model, loss, ["2.0", model[0]]).layers == ("2.0", "0")
    by_size = nn.regularize(model, loss, lambda name, m: getattr(m, "out_features", 0) == 8)
    assert by_size.layers == ("0", "2.0")
    mapped = nn.regularize(model, {"0": loss, "3": nn.VarianceConstancyLoss})
    assert mapped.layers == ("0", "3")
    assert mapped.losses[1].num_units == (5,)


def test_model_is_left_alone(draw):
    model = network()
    before = copy.deepcopy(model.state_dict())
    x = draw(12, 6)
    expected = model(x)
    handle = nn.regularize(model, lambda units: nn.VarianceConstancyLoss(units, n=2))
    assert list(model.state_dict()) == list(before)
    assert len(list(model.parameters())) == 8
    torch.testing.assert_close(model(x), expected, rtol=0, atol=0)
    assert list(handle.state_dict()) == ["losses.0.beta", "losses.1.beta", "losses.2.beta"]
    handle.remove()
    handle.remove()
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    refuses(RuntimeError, "was removed", handle.penalty)


def test_context_manager_removes_itself(draw):
    model = network()
    with nn.regularize(model, nn.StandardizationLoss()) as handle:
        model(draw(12, 6))
        assert torch.isfinite(handle.penalty())
    assert not model[0]._forward_hooks


def test_a_layer_that_did_not_run_is_an_error(draw):
    used, unused = torch_nn.Linear(6, 4), torch_nn.Linear(6, 4)
    model = cases.Network(lambda self, x: self.used(x), used=used, unused=unused)
    handle = nn.regularize(model, nn.StandardizationLoss(), ["used", "unused"])
    model(draw(12, 6))
    refuses(RuntimeError, "no output of 'unused' to penalise", handle.penalty)


def test_a_shared_layer_counts_once_for_each_call(draw):
    cell, loss, x = torch_nn.Linear(6, 6), nn.StandardizationLoss(), draw(12, 6)
    model = cases.Network(lambda self, x: self.same(self.cell(x).tanh()), cell=cell, same=cell)
    handle = nn.regularize(model, loss, ["cell", "same"])
    assert handle.layers == ("cell",)
    first = model.cell(x)
    expected = loss(first) + loss(model.cell(torch.tanh(first)))
    model(x)
    torch.testing.assert_close(handle.penalty(), expected)


def test_a_forgotten_handle_leaves_inert_hooks(draw):
    model = network()
    nn.regularize(model, nn.StandardizationLoss())
    gc.collect()
    assert torch.isfinite(model(draw(12, 6))).all()


def test_state_of_learnable_losses_travels(draw):
    def vcl(units):
        return nn.VarianceConstancyLoss(units, n=2)

    first, second = network(), network()
    a, b = nn.regularize(first, vcl), nn.regularize(second, vcl)
    with torch.no_grad():
        for parameter in a.parameters():
            parameter.uniform_()
    b.load_state_dict(a.state_dict())
    for x, y in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(x, y)


def test_any_module_that_returns_a_number_is_a_loss(draw):
    model, square = network(), cases.Network(lambda self, h: h.square().mean())
    with nn.regularize(model, square, ["0"]) as handle:
        x = draw(12, 6)
        model(x)
        torch.testing.assert_close(handle.penalty(), model[0](x).square().mean())


@pytest.mark.parametrize(("value", "shown"), [(torch.ones(3, 8), r"\(3, 8\)"), (1.0, "float")])
def test_a_loss_that_returns_no_number_is_an_error(value, shown, draw):
    model = network()
    with nn.regularize(model, cases.Network(lambda self, h: value), ["0"]) as handle:
        model(draw(12, 6))
        message = rf"the loss of '0' must be one number \(shape \(\)\), got {shown}"
        refuses(ValueError, message, handle.penalty)


def test_by_default_attention_s_output_projection_is_left_out():
    """It never runs as a module: its weights are used where attention is computed."""
    model = torch_nn.Sequential(
        torch_nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), torch_nn.Linear(8, 2)
    )
    handle = nn.regularize(model, nn.ProjectedErrorLoss())
    assert handle.layers == ("0.linear1", "0.linear2")
    model(torch.randn(5, 3, 8))
    assert torch.isfinite(handle.penalty())


def test_training_under_autocast(draw, device):
    model = network().to(device)
    handle = nn.regularize(model, lambda units: nn.VarianceConstancyLoss(units, n=3))
    x = draw(12, 6)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        total = functional.cross_entropy(model(x), torch.arange(12, device=device) % 3)
        total = total + handle.penalty()
    total.backward()
    assert total.dtype == torch.float32
    assert all(torch.isfinite(p.grad).all() for p in [*model.parameters(), *handle.parameters()])


@pytest.mark.filterwarnings("ignore:.torch.jit.trace:DeprecationWarning")
def test_bad_arguments():
    def refused(error, message, model, *arguments, **keywords):
        refuses(error, message, nn.regularize, model, *arguments, **keywords)

    m, per, vcl = network(), nn.ProjectedErrorLoss(), nn.VarianceConstancyLoss
    refused(TypeError, r"model must be a torch\.nn\.Module, got int", 3, None)
    refused(ValueError, "names of the model's modules, got '9'", m, per, ["9"])
    other = torch_nn.Linear(1, 1)
    refused(ValueError, "names or modules of the model, got Linear", m, per, [other])
    refused(ValueError, r"at least one layer of the model, got \[\]", m, per, [])
    refused(TypeError, "iterable of names or modules, got '0'", m, per, "0")
    refused(TypeError, "iterable .*, got 2", m, per, 2)
    refused(TypeError, r"called as f\(name, module\)", m, per, lambda module: True)
    isinstance_of = r"got a class: lambda name, module: isinstance\(module, Linear\)"
    refused(TypeError, f"layers .* {isinstance_of}", m, per, torch_nn.Linear)
    few = "layers must be given for a model with fewer than two linear or convolutional"
    for alone in (m[3], torch_nn.Sequential(m[3])):
        refused(ValueError, few, alone, per)

    refused(TypeError, "loss must be a Module such as .* got 0.1", m, 0.1)
    refused(TypeError, "loss must be a Module .* got 'PER'", m, "PER")
    instance = r"loss must be an instance, StandardizationLoss\(\), got the class"
    refused(TypeError, instance, m, nn.StandardizationLoss)
    called = r"loss is called with .* units, here 8, .* class Mine\(torch\.nn\.Module\)"
    refused(TypeError, called, m, lambda h: h.square().mean())
    refused(TypeError, r"loss is called as f\(input\), got .*MSELoss", m, torch_nn.MSELoss())
    scripted = torch.jit.trace(torch_nn.Linear(6, 6), torch.ones(2, 6))
    refused(TypeError, "model must be .*, got a ScriptModule", scripted, per)
    inside = torch_nn.Sequential(scripted, torch_nn.Linear(6, 6))
    refused(TypeError, "layer '0' must be .*, got a ScriptModule", inside, per, ["0"])
    refused(TypeError, "here 8, and", m, lambda: nn.StandardizationLoss())
    refused(TypeError, "must give a torch", m, lambda units: units)
    refused(ValueError, "reduction must be 'mean'", m, nn.ProjectedErrorLoss(reduction="none"))
    refused(ValueError, r"layer '1' \(ReLU\) does not say how many units", m, vcl, ["1"])
    refused(ValueError, "layers must be left out", m, {"0": per}, ["0"])
    refused(ValueError, "weights must name .* got '1'", m, per, weights={"1": 1.0})
    refused(ValueError, "dim must name regularized layers .* got '1'", m, per, dim={"1": 1})
    refuses(TypeError, "slices=256 are drawn from it", nn.ProjectedErrorLoss, 256)

    refused(ValueError, "loss has parameters, so each layer needs its own", m, vcl(8))
    one = vcl(8)
    shared = {"0": vcl(8), "2.0": one, "3": one}
    refused(ValueError, "each layer needs its own: .* for layers '2.0' and '3'", m, shared)
    everywhere = "each layer needs its own: .* for layers '0' and '2.0'"
    refused(ValueError, everywhere, m, lambda units: one)

"""Attaching losses to networks: sums, modes, sharing, copies, removal, errors."""

import copy
import gc
import io
import pickle
import weakref

import pytest
import torch
from torch import nn as torch_nn
from torch.nn import functional

from normtheory import nn


def network(inplace=False):
    return torch_nn.Sequential(
        torch_nn.Linear(6, 8),
        torch_nn.ReLU(inplace=inplace),
        torch_nn.Sequential(torch_nn.Linear(8, 8), torch_nn.ReLU()),
        torch_nn.Linear(8, 5),
        torch_nn.ReLU(),
        torch_nn.Linear(5, 3),
    )


class Convolutional(torch_nn.Module):
    """Layers on both sides of the size from which gradients are injected, and a residual sum."""

    def __init__(self):
        super().__init__()
        self.first = torch_nn.Conv2d(3, 16, 3, padding=1)
        self.second = torch_nn.Conv2d(16, 16, 3, padding=1)
        self.third = torch_nn.Conv2d(16, 4, 3, stride=4, padding=1)

    def forward(self, x):
        x = self.first(x)
        x = x + torch.relu(self.second(torch.relu(x)))
        return self.third(x).mean((2, 3))


def losses():
    generator = torch.Generator()
    return {
        "vcl": lambda units: nn.VarianceConstancyLoss(units, n=3),
        "per": nn.ProjectedErrorLoss(),
        "standardization": nn.StandardizationLoss(),
        "l1": nn.ActivationPenalty(1),
        "l2": nn.ActivationPenalty(2),
        "sliced": nn.SlicedWassersteinLoss(4, generator=generator),
    }


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
    terms = [loss(outputs[name]) for name, loss in zip(handle.layers, handle.losses, strict=True)]
    return result, sum(terms)


@pytest.mark.parametrize("kind", list(losses()))
@pytest.mark.parametrize("make", [network, Convolutional])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_penalty_and_gradient_are_those_of_the_losses(kind, make, layout, draw, device):
    torch.manual_seed(1)
    model = make().to(device)
    x = draw(12, 6) if make is network else draw(12, 3, 24, 24).to(memory_format=layout)
    model = model.to(memory_format=layout) if make is Convolutional else model
    handle = nn.regularize(model, losses()[kind])
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


@pytest.mark.parametrize("kind", list(losses()))
def test_two_layers_of_exactly_the_size_from_which_gradients_are_injected(kind, draw):
    torch.manual_seed(1)
    # 128 samples of 512 units are 2**16 values: the layers are evaluated together and inject
    model = torch_nn.Sequential(
        torch_nn.Linear(4, 512), torch_nn.ReLU(), torch_nn.Linear(512, 512), torch_nn.Linear(512, 2)
    )
    x = draw(128, 4)
    handle = nn.regularize(model, losses()[kind])
    parameters = list(model.parameters())
    for loss in handle.losses:
        if getattr(loss, "generator", None) is not None:
            loss.generator.manual_seed(3)
    output, expected = plain_penalty(model, handle, x)
    wanted = torch.autograd.grad(output.square().mean() + expected, parameters)
    for loss in handle.losses:
        if getattr(loss, "generator", None) is not None:
            loss.generator.manual_seed(3)
    (model(x).square().mean() + handle.penalty()).backward()
    for parameter, gradient in zip(parameters, wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=2e-4, atol=2e-6)


class Branches(torch_nn.Module):
    """Two layers whose outputs are added: both get the very same gradient tensor."""

    def __init__(self):
        super().__init__()
        self.first = torch_nn.Conv2d(3, 16, 3, padding=1)
        self.second = torch_nn.Conv2d(3, 16, 3, padding=1)
        self.last = torch_nn.Conv2d(16, 2, 3)

    def forward(self, x):
        return self.last(self.first(x) + self.second(x)).mean((2, 3))


@pytest.mark.parametrize("kind", ["vcl", "per", "standardization", "l1", "l2"])
@pytest.mark.parametrize("layers", [["first"], ["second"], ["first", "second"]])
def test_a_gradient_that_others_hold_is_not_changed(kind, layers, draw, device):
    model, x = Branches().to(device), draw(12, 3, 24, 24)
    handle = nn.regularize(model, losses()[kind], layers)
    output, expected = plain_penalty(model, handle, x)
    parameters = list(model.parameters())
    wanted = torch.autograd.grad(output.square().mean() + expected, parameters)
    handle._forget()
    (model(x).square().mean() + handle.penalty()).backward()
    for parameter, gradient in zip(parameters, wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("kind", list(losses()))
def test_a_step_s_activations_are_freed_without_the_garbage_collector(kind, draw, device):
    model, x = Branches().to(device), draw(12, 3, 24, 24)
    handle = nn.regularize(model, losses()[kind], ["first", "second"])
    seen = []
    hook = model.first.register_forward_hook(
        lambda module, arguments, output: seen.append(weakref.ref(output)) and None
    )
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            (model(x).square().mean() + handle.penalty()).backward()
            assert seen.pop()() is None
        model(x)  # neither asked for nor differentiated
        model.remembered = model(x)
        assert seen.pop(0)() is None
    finally:
        gc.enable()
    hook.remove()


def test_a_gradient_that_a_hook_keeps_is_not_changed(draw, device):
    model, x = Branches().to(device), draw(12, 3, 24, 24)
    handle = nn.regularize(model, nn.ActivationPenalty(2), ["first"])
    kept = []
    after = model.first.register_forward_hook(
        lambda module, arguments, output: output.register_hook(kept.append) and None
    )
    total = model(x).square().mean()
    (total + handle.penalty()).backward()
    after.remove()
    handle.remove()
    alone = []
    hook = model.first.register_forward_hook(
        lambda module, arguments, output: output.register_hook(alone.append) and None
    )
    model(x).square().mean().backward()
    hook.remove()
    torch.testing.assert_close(kept[0], alone[0])


@pytest.mark.parametrize("kind", ["vcl", "per", "standardization", "l2"])
def test_penalty_alone_and_one_backward_after_another(kind, draw, device):
    model = Convolutional().to(device)
    handle = nn.regularize(model, losses()[kind])
    x = draw(12, 3, 24, 24)
    output, expected = plain_penalty(model, handle, x)
    parameters = [*model.parameters()]
    penalty_only = torch.autograd.grad(expected, parameters, allow_unused=True, retain_graph=True)
    loss_only = torch.autograd.grad(output.square().mean(), parameters)

    output = model(x)
    penalty = handle.penalty()
    penalty.backward(retain_graph=True)
    for parameter, gradient in zip(parameters, penalty_only, strict=True):
        if gradient is not None:
            torch.testing.assert_close(parameter.grad, gradient, rtol=2e-4, atol=2e-6)
        parameter.grad = None
    output.square().mean().backward()  # must not add the penalty's gradient once more
    for parameter, gradient in zip(parameters, loss_only, strict=True):
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
    with pytest.raises(RuntimeError, match="was removed"):
        handle.penalty()


def test_context_manager_removes_itself(draw):
    model = network()
    with nn.regularize(model, nn.StandardizationLoss()) as handle:
        model(draw(12, 6))
        assert torch.isfinite(handle.penalty())
    assert not model[0]._forward_hooks


def test_inference_records_nothing(draw):
    model = network()
    handle = nn.regularize(model, nn.StandardizationLoss())
    model.eval()
    model(draw(12, 6))
    with pytest.raises(RuntimeError, match=r"no output of '0', '2\.0', '3'"):
        handle.penalty()
    model.train()
    with torch.no_grad():
        model(draw(12, 6))
    with pytest.raises(RuntimeError, match="did not run in training mode"):
        handle.penalty()


def test_each_penalty_belongs_to_the_last_forward_pass(draw):
    model = network()
    handle = nn.regularize(model, nn.StandardizationLoss())
    first, second = draw(12, 6), draw(12, 6)
    model(first)  # never asked for
    model(second)
    found = handle.penalty()
    torch.testing.assert_close(found, plain_penalty(model, handle, second)[1])
    handle.penalty()
    with pytest.raises(RuntimeError, match="since the last penalty"):
        handle.penalty()


def test_a_layer_that_did_not_run_is_an_error(draw):
    class Branching(torch_nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = torch_nn.Linear(6, 4), torch_nn.Linear(6, 4)

        def forward(self, x):
            return self.used(x)

    model = Branching()
    handle = nn.regularize(model, nn.StandardizationLoss(), ["used", "unused"])
    model(draw(12, 6))
    with pytest.raises(RuntimeError, match="no output of 'unused' to penalise"):
        handle.penalty()


def test_a_shared_layer_counts_once_for_each_call(draw):
    class Recurrent(torch_nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = torch_nn.Linear(6, 6)
            self.same = self.cell

        def forward(self, x):
            return self.same(torch.tanh(self.cell(x)))

    model, loss, x = Recurrent(), nn.StandardizationLoss(), draw(12, 6)
    handle = nn.regularize(model, loss, ["cell", "same"])
    assert handle.layers == ("cell",)
    model(x)
    first = model.cell(x)
    expected = loss(first) + loss(model.cell(torch.tanh(first)))
    model(x)
    torch.testing.assert_close(handle.penalty(), expected)


def test_two_models_and_two_losses_do_not_meet(draw):
    one, two = network(), network()
    a = nn.regularize(one, nn.StandardizationLoss())
    b = nn.regularize(two, nn.StandardizationLoss())
    c = nn.regularize(one, nn.ActivationPenalty(1), ["0"])
    x = draw(12, 6)
    one(x)
    with pytest.raises(RuntimeError, match="no output"):
        b.penalty()
    torch.testing.assert_close(c.penalty(), one[0](x).abs().mean())
    a.remove()
    one(x)
    assert torch.isfinite(c.penalty())


def test_copies_of_the_model_are_plain(draw):
    model = network()
    handle = nn.regularize(model, nn.StandardizationLoss())
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    x = draw(12, 6)
    for other in (
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        torch.load(file, weights_only=False),
    ):
        torch.testing.assert_close(other(x), model(x), rtol=0, atol=0)
        handle._forget()
        other(x)
        with pytest.raises(RuntimeError, match="no output"):
            handle.penalty()
    with pytest.raises(TypeError, match="belongs to one model"):
        copy.deepcopy(handle)
    with pytest.raises(TypeError, match="save its state_dict"):
        pickle.dumps(handle)


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


def test_preactivations_changed_in_place_are_an_error(draw):
    model = network(inplace=True)
    handle = nn.regularize(model, nn.ProjectedErrorLoss())
    model(draw(12, 6))
    with pytest.raises(RuntimeError, match="layer '0' was changed in place"):
        handle.penalty()


def test_second_derivative_through_an_injection_is_refused(draw):
    model = Convolutional()
    handle = nn.regularize(model, nn.ProjectedErrorLoss())
    total = model(draw(12, 3, 24, 24)).sum() + handle.penalty()
    with pytest.raises(RuntimeError, match="first derivatives only"):
        torch.autograd.grad(total, list(model.parameters()), create_graph=True)


def test_any_module_that_returns_a_number_is_a_loss(draw):
    class Square(torch_nn.Module):
        def forward(self, h):
            return h.square().mean()

    model = network()
    with nn.regularize(model, Square(), ["0"]) as handle:
        x = draw(12, 6)
        model(x)
        torch.testing.assert_close(handle.penalty(), model[0](x).square().mean())


class Table(torch_nn.Module):
    def forward(self, h):
        return torch.ones(3, 8)


class Number(torch_nn.Module):
    def forward(self, h):
        return 1.0


class Rows(nn.ActivationLoss):
    @staticmethod
    def terms(losses, inputs, injections):
        return torch.stack(inputs).mean((0, 2))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (Table(), r"the loss of '0' must be one number \(shape \(\)\), got \(3, 8\)"),
        (Number(), r"the loss of '0' must be one number \(shape \(\)\), got float"),
        (Rows(), r"the loss of 'Rows' must be one number \(shape \(\)\), got \(12,\)"),
    ],
)
def test_a_loss_that_returns_no_number_is_an_error(loss, message, draw):
    model = network()
    with nn.regularize(model, loss, ["0"]) as handle:
        model(draw(12, 6))
        with pytest.raises(ValueError, match=message):
            handle.penalty()


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


SHARED = dict.fromkeys(("2.0", "3"), nn.VarianceConstancyLoss(8))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda m: nn.regularize(3, None),
            TypeError,
            r"model must be a torch\.nn\.Module, got int",
        ),
        (
            lambda m: nn.regularize(m, nn.ProjectedErrorLoss(), ["9"]),
            ValueError,
            "names of the model's modules, got '9'",
        ),
        (
            lambda m: nn.regularize(m, nn.ProjectedErrorLoss(), [torch_nn.Linear(1, 1)]),
            ValueError,
            "modules of the model, got Linear",
        ),
        (
            lambda m: nn.regularize(m, nn.ProjectedErrorLoss(), []),
            ValueError,
            r"at least one layer of the model, got \[\]",
        ),
        (
            lambda m: nn.regularize(m, nn.ProjectedErrorLoss(), "0"),
            TypeError,
            "iterable of names or modules, got '0'",
        ),
        (
            lambda m: nn.regularize(m, nn.VarianceConstancyLoss(8)),
            ValueError,
            "loss has parameters, so each layer needs its own",
        ),
        (
            lambda m: nn.regularize(m, nn.ProjectedErrorLoss(reduction="none")),
            ValueError,
            "reduction must be 'mean' or 'sum'",
        ),
        (
            lambda m: nn.regularize(m, nn.VarianceConstancyLoss, ["1"]),
            ValueError,
            r"layer '1' \(ReLU\) does not say how many units",
        ),
        (
            lambda m: nn.regularize(m, dict.fromkeys("0", nn.VarianceConstancyLoss(8)) | SHARED),
            ValueError,
            "each layer needs its own: .* for layers '2.0' and '3'",
        ),
        (
            lambda m: nn.regularize(m, lambda units: SHARED["3"]),
            ValueError,
            "each layer needs its own: .* for layers '0' and '2.0'",
        ),
        (
            lambda m: nn.regularize(m[3], nn.ProjectedErrorLoss()),
            ValueError,
            "layers must be given for a model with fewer than two linear or convolutional",
        ),
        (
            lambda m: nn.regularize(torch_nn.Sequential(m[3]), nn.ProjectedErrorLoss()),
            ValueError,
            "layers must be given for a model with fewer than two linear or convolutional",
        ),
        (lambda m: nn.regularize(m, 0.1), TypeError, "loss must be a Module, a function or a map"),
        (lambda m: nn.regularize(m, lambda units: units), TypeError, "must give a torch"),
        (
            lambda m: nn.regularize(m, {"0": nn.ProjectedErrorLoss()}, ["0"]),
            ValueError,
            "layers must be left out",
        ),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(network())


def test_a_layer_with_several_outputs_is_an_error(draw):
    model = torch_nn.Sequential(torch_nn.LSTM(6, 4))
    handle = nn.regularize(model, nn.ProjectedErrorLoss(), ["0"])
    with pytest.raises(TypeError, match="layer '0' must put out one tensor, got tuple"):
        model(draw(5, 12, 6))
    handle.remove()

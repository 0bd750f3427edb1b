"""Large outputs, whose penalty is added to the gradient that passes: layouts, in-place changes,
transforms, replicas."""

import pytest
import torch
from torch import nn as torch_nn

from normtheory import nn
from normtheory.nn.losses.injection import zeros

LOSSES = {
    "vcl": lambda units: nn.VarianceConstancyLoss(units, n=3),
    "per": nn.ProjectedErrorLoss(),
    "standardization": nn.StandardizationLoss(),
    "l2": nn.ActivationPenalty(2),
}


class Expanded(torch_nn.Module):
    """A layer whose outputs share memory: one row for all samples, or windows of one signal."""

    def __init__(self, how, units=8192):
        super().__init__()
        self.how, self.out_features = how, units
        self.row = torch_nn.Parameter(torch.linspace(-1, 1, 2 * units))

    def forward(self, x):
        if self.how == "expand":
            return self.row[: self.out_features].expand(len(x), -1)
        return self.row.unfold(0, self.out_features, 7)[: len(x)]


@pytest.mark.parametrize("how", ["expand", "unfold"])
@pytest.mark.parametrize("kind", list(LOSSES))
@pytest.mark.parametrize("alone", [True, False])
def test_outputs_that_share_memory(kind, how, alone, draw):
    x, loss = draw(12, 3), LOSSES[kind]
    layer = Expanded(how)
    model = torch_nn.Sequential(layer)
    made = loss if isinstance(loss, torch_nn.Module) else loss(layer.out_features)
    # copies have memory of their own
    output = layer(x).clone()
    expected = made(output) + (0 if alone else output.square().mean())
    (wanted,) = torch.autograd.grad(expected, [layer.row])
    handle = nn.regularize(model, loss, ["0"])
    output = model(x)
    total = handle.penalty()
    if not alone:
        total = total + output.square().mean()
    total.backward()
    torch.testing.assert_close(layer.row.grad, wanted, rtol=1e-4, atol=1e-7)


def test_variance_constancy_of_an_expanded_batch(draw, device):
    x = draw(1, 6, 3, 3, requires_grad=True)
    loss = nn.VarianceConstancyLoss(6, n=2, device=device)
    loss(x.expand(9, 6, 3, 3)).backward()
    (found,) = torch.autograd.grad(loss(x.expand(9, 6, 3, 3)), x)
    (wanted,) = torch.autograd.grad(loss(x.expand(9, 6, 3, 3).clone()), x)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize(
    ("tensor", "kept"),
    [
        (torch.empty(4, 3, 5, 2).contiguous(memory_format=torch.channels_last), True),
        (torch.empty(6, 4)[:, ::2], True),
        (torch.empty(6, 1).T, True),
        (torch.empty(1, 4).expand(6, 4), False),
        (torch.empty(20).unfold(0, 8, 3), False),
        (torch.empty(3, 4).as_strided((3, 3), (3, 2)), False),
    ],
)
def test_zeros_keep_the_layout_where_each_entry_has_a_place(tensor, kept):
    made = zeros(tensor.shape, tensor.stride(), tensor.dtype, tensor.device)
    assert made.shape == tensor.shape
    assert (made.stride() == tensor.stride()) == kept
    made.copy_(torch.arange(float(made.numel())).view(made.shape))
    assert made.unique().numel() == made.numel()


def wide(inplace=False):
    return torch_nn.Sequential(
        torch_nn.Linear(4, 512), torch_nn.ReLU(inplace), torch_nn.Linear(512, 2)
    )


@pytest.mark.parametrize("kind", ["per", "standardization", "l2"])
def test_a_large_output_changed_in_place_is_our_error(kind, draw):
    model = wide(inplace=True)
    handle = nn.regularize(model, LOSSES[kind], ["0"])
    output = model(draw(256, 4))
    with pytest.raises(RuntimeError, match="layer '0' was changed in place"):
        handle.penalty()
    # and without the penalty nothing is wrong
    output.sum().backward()


def test_variance_constancy_has_its_rows_before_they_change_in_place(draw):
    x, gradients = draw(256, 4), []
    for inplace in (False, True):
        torch.manual_seed(0)
        model = wide(inplace)
        handle = nn.regularize(model, LOSSES["vcl"], ["0"])
        (model(x).square().mean() + handle.penalty()).backward()
        gradients.append(model[0].weight.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("rows", [16, 256])
@pytest.mark.parametrize("kind", list(LOSSES))
def test_function_transforms_run_the_model_as_it_is(kind, rows, draw):
    model, x = wide(), draw(rows, 4)
    parameters = dict(model.named_parameters())
    handle = nn.regularize(model, LOSSES[kind], ["0"])
    found = torch.func.grad(lambda p: torch.func.functional_call(model, p, (x,)).sum())(parameters)
    handle.remove()
    wanted = torch.autograd.grad(model(x).sum(), list(parameters.values()))
    for gradient, expected in zip(found.values(), wanted, strict=True):
        torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("kind", list(LOSSES))
def test_the_gradient_seen_at_a_large_output_is_the_network_s_own(kind, draw):
    """As the documentation of `Regularizer` says."""
    model, x, kept = wide(), draw(256, 4), []

    def retain(module, arguments, output):
        output.retain_grad()
        kept.append(output)

    handle = nn.regularize(model, LOSSES[kind], ["0"])
    hook = model[0].register_forward_hook(retain)
    (model(x).square().mean() + handle.penalty()).backward()
    handle.remove()
    model(x).square().mean().backward()
    hook.remove()
    torch.testing.assert_close(kept[0].grad, kept[1].grad)


def test_replicas_of_data_parallel_are_refused(draw):
    model = wide()
    handle = nn.regularize(model, nn.ProjectedErrorLoss())
    replica = model._replicate_for_data_parallel()
    with pytest.raises(RuntimeError, match="use DistributedDataParallel"):
        replica(draw(16, 4))
    with torch.no_grad():
        replica(draw(16, 4))
    model(draw(16, 4))
    assert torch.isfinite(handle.penalty())

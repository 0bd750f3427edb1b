"""Every loss and layer under every way of differentiating and running: second derivatives, forward
mode, torch.func, vmap, checkpointing, and a device without float64."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.func import grad, hessian, jacrev, jvp, vmap
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

from normtheory.nn.losses import sliced_wasserstein
from tests.nn import cases

# torch's own forward mode compiles its formulas with what it deprecates
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")

# input, axis of the units, and where there is padding
INPUTS = {
    "batch": ((8, 3), 1, None),
    "feature map": ((6, 2, 2, 2), 1, None),
    "tokens": ((3, 3, 2), -1, None),
    "padded tokens": ((3, 3, 2), -1, torch.tensor([[0, 0, 1], [0, 0, 0], [0, 1, 1]]).bool()),
}


def losses():
    for name in cases.LOSSES:
        for kind, (shape, dim, mask) in INPUTS.items():
            # padded tokens go through all that the others go through, and pairs through what
            # the whole distance does
            quick = kind == "padded tokens" and name != "sigreg-pairs"
            marks = () if quick else pytest.mark.slow
            yield pytest.param(name, shape, dim, mask, id=f"{name}-{kind}", marks=marks)


def loss_of(name, shape, dim, mask, **settings):
    loss = cases.build(name, shape[dim], dtype=torch.float64, dim=dim, **settings)
    return loss, (lambda h: loss(h, mask=mask))


def layer_of(name):
    layer, shape = cases.layers()[name]

    def call(x):
        output = layer(x)
        while isinstance(output, tuple):
            output = output[0]
        return output

    generator = torch.Generator().manual_seed(0)
    return call, 0.1 + torch.rand(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("name", "shape", "dim", "mask"), list(losses()))
def test_derivatives_of_losses(name, shape, dim, mask, draw):
    reduction = "none" if len(shape) == 2 else "mean" if mask is None else "sum"
    loss, _ = loss_of(name, shape, dim, mask, reduction=reduction)
    parameters = dict(loss.named_parameters())
    h = draw(*shape, dtype=torch.float64, requires_grad=True)

    def of(h, *values):
        given = dict(zip(parameters, values, strict=True))
        return torch.func.functional_call(loss, given, (h,), {"mask": mask})

    assert gradcheck(of, (h, *parameters.values()), check_forward_ad=True)
    assert gradgradcheck(of, (h, *parameters.values()), fast_mode=True)


@pytest.mark.parametrize("name", list(cases.layers()))
def test_derivatives_of_layers(name):
    call, x = layer_of(name)
    assert gradcheck(call, x.requires_grad_(), check_forward_ad=True)
    assert gradgradcheck(call, x, fast_mode=True)


def require_transforms(of, x, *, mapped=True):
    """torch.func agrees with autograd, and vmap with a loop."""
    x = x.requires_grad_()
    (wanted,) = torch.autograd.grad(of(x), x)
    torch.testing.assert_close(grad(of)(x), wanted)
    torch.testing.assert_close(jacrev(of)(x), wanted)
    direction = torch.cos(torch.arange(x.numel(), dtype=x.dtype)).view(x.shape)
    torch.testing.assert_close(jvp(of, (x,), (direction,))[1], (wanted * direction).sum())
    second = torch.autograd.functional.hvp(of, x.detach(), direction)[1]
    several = torch.stack([x.detach(), 2 * x.detach(), x.detach() + 1])
    if mapped:
        # as a map over columns, too
        full = hessian(of)(x).view(x.numel(), x.numel())
        torch.testing.assert_close(full @ direction.flatten(), second.flatten())
        for each in (of, grad(of)):
            torch.testing.assert_close(vmap(each)(several), torch.stack(list(map(each, several))))


@pytest.mark.parametrize(("name", "shape", "dim", "mask"), list(losses()))
def test_transforms_of_losses(name, shape, dim, mask, draw):
    _, call = loss_of(name, shape, dim, mask)
    # a sorted distance picks out the samples that count, as its docstring says
    mapped = name != "sliced" or mask is None
    require_transforms(call, draw(*shape, dtype=torch.float64), mapped=mapped)


@pytest.mark.parametrize("name", list(cases.layers()))
def test_transforms_of_layers(name):
    call, x = layer_of(name)
    require_transforms(lambda x: call(x).square().sum(), x)


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("name", cases.LOSSES)
def test_a_loss_inside_a_checkpoint(name, reentrant, draw):
    loss, h = cases.build(name, 3), draw(8, 3, requires_grad=True)
    plain, recomputed = loss(h), checkpoint(loss, h, use_reentrant=reentrant)
    torch.testing.assert_close(recomputed, plain)
    (wanted,) = torch.autograd.grad(plain, h)
    recomputed.backward()
    torch.testing.assert_close(h.grad, wanted)


class WithoutFloat64(TorchDispatchMode):
    """A device that has no float64."""

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        output = function(*arguments, **(keywords or {}))
        for each in tree_leaves((arguments, keywords, output)):
            if each is torch.float64 or getattr(each, "dtype", None) is torch.float64:
                raise AssertionError(f"{function} uses float64")
        return output


def test_the_device_without_float64_refuses_it():
    with WithoutFloat64(), pytest.raises(AssertionError, match="uses float64"):
        torch.ones(2).double()


@pytest.mark.parametrize("d", [1, 3, 2000])
@pytest.mark.parametrize("name", cases.LOSSES)
def test_losses_without_float64(name, d, draw):
    sliced_wasserstein._quantile_bins.cache_clear()
    loss, h = cases.build(name, d), draw(8, d, requires_grad=True)
    with WithoutFloat64():
        loss(h).backward()
    assert torch.isfinite(h.grad).all()

"""What every loss on activations has to do: gradients, dtypes, shapes, copies, bad input."""

import copy
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from normtheory import nn
from normtheory.theory.precision import TOLERANCE
from tests.nn.cases import LOSSES, TESTS, build


def test_gradients_of_channels_last_maps_are_laid_out_as_they_are(draw):
    x = draw(8, 3, 4, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
    for loss in (nn.VarianceConstancyLoss(3, n=2, dim=1), nn.StandardizationLoss(dim=1)):
        (gradient,) = torch.autograd.grad(loss(x), x)
        assert gradient.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", ["vcl", "per", "standardization", "l1", "l2"])
def test_memory_format_changes_nothing(name, draw, device):
    loss = build(name, 3, device, torch.float64)
    h = draw(9, 3, 4, 5, dtype=torch.float64)
    values, gradients = [], []
    for layout in (torch.contiguous_format, torch.channels_last):
        x = h.clone(memory_format=layout).requires_grad_()
        value = loss(x)
        (gradient,) = torch.autograd.grad(value, x)
        values.append(value)
        gradients.append(gradient)
    torch.testing.assert_close(values[0], values[1], rtol=1e-13, atol=1e-15)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_every_dtype_gives_the_float64_answer(name, draw, device):
    h = draw(12, 6, dtype=torch.float64)
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        # the same numbers, so that only the computation can differ
        rounded = h.to(dtype)
        exact_input = rounded.double().requires_grad_()
        exact = build(name, 6, device, torch.float64)(exact_input)
        exact.backward()
        input = rounded.requires_grad_()
        loss = build(name, 6, device)
        if name in ("per-mc", "sliced", *TESTS) and dtype != torch.float64:
            # directions are drawn in the precision of the computation
            exact_input = rounded.detach().float().requires_grad_()
            exact = build(name, 6, device)(exact_input)
            exact.backward()
        value = loss(input)
        value.backward()
        tolerance = TOLERANCE["float32" if dtype == torch.float32 else "bfloat16"]
        assert value.dtype == torch.float32
        assert input.grad.dtype == dtype
        torch.testing.assert_close(
            value.double(), exact.double(), rtol=TOLERANCE["float32"], atol=1e-6
        )
        torch.testing.assert_close(
            input.grad.double(), exact_input.grad.double(), rtol=tolerance, atol=1e-4
        )


@pytest.mark.parametrize("name", LOSSES)
def test_autocast_keeps_the_precision_of_statistics(name, draw, device):
    loss = build(name, 8, device)
    h = draw(16, 8)
    expected = loss(h)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        weight = torch.eye(8, device=device)
        inside = loss(h)
        mixed = loss(torch.nn.functional.linear(h, weight))
    assert inside.dtype == torch.float32
    torch.testing.assert_close(inside, expected, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(mixed, expected, rtol=TOLERANCE["bfloat16"], atol=2e-2)


@settings(max_examples=40)
@given(
    name=st.sampled_from(LOSSES),
    batch=st.integers(4, 17),
    units=st.integers(1, 9),
    positions=st.lists(st.integers(1, 4), max_size=3),
    dtype=st.sampled_from([torch.float64, torch.float32, torch.bfloat16, torch.float16]),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    seed=st.integers(0, 99),
)
def test_any_shape_gives_finite_values_and_gradients(
    name, batch, units, positions, dtype, scale, seed
):
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(batch, units, *positions, generator=generator, dtype=torch.float64) * scale
    h = h.to(dtype).requires_grad_()
    value = build(name, units)(h)
    value.backward()
    assert value.shape == ()
    assert torch.isfinite(value)
    assert h.grad.shape == h.shape
    wide = h.detach().float().requires_grad_()
    build(name, units)(wide).backward()
    # a gradient that the dtype cannot hold is infinite: what a gradient scaler looks for
    holds = wide.grad.abs() <= torch.finfo(dtype).max
    assert torch.isfinite(h.grad[holds]).all()


@pytest.mark.parametrize("name", LOSSES)
def test_copies_and_state(name, draw, device):
    loss = build(name, 3, device)
    h = draw(8, 3)
    expected = loss(h)
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        torch.testing.assert_close(other(h), expected)
    fresh = build(name, 3, device)
    with torch.no_grad():
        for parameter in loss.parameters():
            parameter.fill_(0.5)
    fresh.load_state_dict(loss.state_dict())
    torch.testing.assert_close(fresh(h), loss(h), rtol=0, atol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_a_device_without_memory_or_autocast(name):
    loss = build(name, 3, "meta")
    assert loss(torch.ones(8, 3, device="meta", requires_grad=True)).requires_grad


@pytest.mark.parametrize("name", LOSSES)
def test_bad_input(name, device):
    loss = build(name, 3, device)
    with pytest.raises(TypeError, match="input must be a tensor, got list"):
        loss([[1.0]])
    with pytest.raises(TypeError, match=r"floating-point numbers, got torch.int64"):
        loss(torch.ones(4, 3, dtype=torch.int64, device=device))
    with pytest.raises(ValueError, match=r"shape \(b, d\), or one with positions, got \(4,\)"):
        loss(torch.ones(4, device=device))
    with pytest.raises(ValueError, match=r"input must not be empty, got shape \(4, 0\)"):
        loss(torch.ones(4, 0, device=device))


@pytest.mark.parametrize("name", LOSSES)
def test_nan_is_not_hidden(name, draw, device):
    h = draw(8, 3)
    h[1, 1] = torch.nan
    assert torch.isnan(build(name, 3, device)(h))


# squares of the largest numbers exceed half precision's range by far
LARGEST = torch.tensor([[60000.0, -60000.0, 100.0], [-60000.0, 100.0, 3.0]] * 4).half()
EXTREMES = [(name, h) for name in LOSSES for h in (torch.full((8, 3), 0.7), LARGEST)]
ONE = torch.tensor([[0.3, -1.0, 2.0]])  # a batch of one
EXTREMES += [(name, ONE) for name in ("per", "per-mc", "sliced", "l1", "l2")]


@pytest.mark.parametrize(("name", "h"), EXTREMES)
def test_extremes_have_finite_loss_and_gradient(name, h, device):
    h = h.to(device, copy=True).requires_grad_()
    value = build(name, 3, device)(h)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(h.grad).all()


def test_reduction_is_checked():
    with pytest.raises(ValueError, match="reduction must be one of mean, sum, none, got 'avg'"):
        nn.StandardizationLoss(reduction="avg")


@pytest.mark.parametrize("learns", [(True, False), (False, True), (False, False)])
def test_each_beta_learns_or_not_whatever_the_other_layers_do(learns, draw, device):
    inputs = [draw(6, 3), draw(6, 3)]
    each = [nn.VarianceConstancyLoss(3, n=2, learnable=l, device=device) for l in learns]
    alone = [nn.VarianceConstancyLoss(3, n=2, device=device) for _ in learns]
    sum(loss(h) for loss, h in zip(alone, inputs, strict=True)).backward()
    total = nn.VarianceConstancyLoss.stacked(each, inputs, 1).sum()
    if any(learns):
        total.backward()
    for loss, other, learnable in zip(each, alone, learns, strict=True):
        if learnable:
            torch.testing.assert_close(loss.beta.grad, other.beta.grad)
        else:
            assert loss.beta.grad is None

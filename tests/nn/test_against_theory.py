"""The torch losses against the arrays' formulas and the papers', on the same batches."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from normtheory import nn
from normtheory.nn.losses.sliced_wasserstein import _wasserstein_to_normal
from normtheory.theory import projected_error_loss, projected_error_loss_mc
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.standardization import batch_loss, divergence
from normtheory.theory.transport import sliced_wasserstein_to_normal, wasserstein_to_normal
from tests.refused import refuses


def relative_error(value, reference):
    """Largest |value - reference| / max(1, |reference|) over the entries of two arrays."""
    value, reference = np.asarray(value, float), np.asarray(reference, float)
    return float(np.max(np.abs(value - reference) / np.maximum(1.0, np.abs(reference))))


def equation_17(h, n, beta):
    """(1 - σ²₁/(σ²₂ + β))² of the first two consecutive sets of n samples, unit by unit."""
    terms = []
    for unit in range(h.shape[1]):
        first = np.var(h[:n, unit], ddof=1)
        second = np.var(h[n : 2 * n, unit], ddof=1)
        terms.append((1 - first / (second + beta[unit])) ** 2)
    return np.array(terms)


@settings(max_examples=50)
@given(n=st.integers(2, 9), extra=st.integers(0, 7), units=st.integers(1, 6), seed=st.integers(0))
def test_variance_constancy_is_equation_17(n, extra, units, seed):
    rng = np.random.default_rng(seed)
    h, beta = rng.standard_normal((2 * n + extra, units)), rng.uniform(0.1, 2, units)
    loss = nn.VarianceConstancyLoss(units, n=n, dtype=torch.float64)
    with torch.no_grad():
        loss.beta.copy_(torch.from_numpy(beta))
    expected = equation_17(h, n, beta).mean()
    assert loss(torch.from_numpy(h)).item() == pytest.approx(expected, rel=1e-12)


def test_all_pairs_average_over_consecutive_pairs():
    rng = np.random.default_rng(0)
    h, beta = rng.standard_normal((17, 4)), np.ones(4)
    loss = nn.VarianceConstancyLoss(4, n=2, pairs="all", reduction="none", dtype=torch.float64)
    expected = np.mean([equation_17(h[start:], 2, beta) for start in range(0, 16, 4)], axis=0)
    assert relative_error(loss(torch.from_numpy(h)).detach(), expected) < TOLERANCE["float64"]


def test_each_position_is_a_unit_and_may_share_beta():
    rng = np.random.default_rng(0)
    h, beta = rng.standard_normal((8, 3, 2, 2)), np.array([0.5, 1.0, 2.0])
    shared = nn.VarianceConstancyLoss(3, n=3, dim=1, dtype=torch.float64)
    own = nn.VarianceConstancyLoss((3, 2, 2), n=3, dim=1, dtype=torch.float64)
    with torch.no_grad():
        shared.beta.copy_(torch.from_numpy(beta))
        own.beta.copy_(torch.from_numpy(beta)[:, None, None].expand(3, 2, 2))
    expected = equation_17(h.reshape(8, 12), 3, np.repeat(beta, 4)).mean()
    for loss in (shared, own):
        assert loss(torch.from_numpy(h)).item() == pytest.approx(expected, rel=1e-12)


def test_beta_of_zero_is_free_of_scale_and_undefined_for_a_constant():
    h = torch.from_numpy(np.random.default_rng(0).standard_normal((8, 3)))
    loss = nn.VarianceConstancyLoss(3, n=4, beta=0.0, dtype=torch.float64)
    assert loss(h).item() == pytest.approx(loss(1e6 * h).item(), rel=1e-12)
    assert torch.isnan(loss(torch.ones(8, 3, dtype=torch.float64)))


def test_variance_constancy_refuses():
    refused = partial(refuses, ValueError)
    refused("n must be an integer of at least 2, got 1", nn.VarianceConstancyLoss, 3, n=1)
    refused("num_units must be an integer of at least 1, got 0", nn.VarianceConstancyLoss, 0)
    refused(r"num_units must name at least one axis, got \(\)", nn.VarianceConstancyLoss, ())
    refused("beta must be at least 0, got -1.0", nn.VarianceConstancyLoss, 3, beta=-1.0)
    refused("pairs must be one of first, all, got 'a'", nn.VarianceConstancyLoss, 3, pairs="a")


def test_variance_constancy_of_a_short_batch_compares_its_halves():
    h, beta = np.random.default_rng(0).standard_normal((9, 3)), np.ones(3)
    loss = nn.VarianceConstancyLoss(3, n=5, dtype=torch.float64)
    for samples in (4, 5, 8, 9):
        expected = equation_17(h[:samples], samples // 2, beta).mean()
        assert loss(torch.from_numpy(h[:samples])).item() == pytest.approx(expected, rel=1e-12)
    for samples in (1, 2, 3):
        x = torch.from_numpy(h[:samples]).requires_grad_()
        value = loss(x)
        value.backward()
        assert value.item() == 0
        assert not x.grad.any()


def test_variance_constancy_needs_its_units():
    loss = nn.VarianceConstancyLoss(3, n=5, dim=1)
    refuses(ValueError, r"units of shape \(3,\), got \(4,\) on axis 1", loss, torch.ones(10, 4))
    with pytest.raises(ValueError, match=r"units of shape \(3, 2\), got \(3, 4\)"):
        nn.VarianceConstancyLoss((3, 2), dim=1)(torch.ones(10, 3, 4))


@pytest.mark.parametrize("d", [1, 2, 3, 64, 511, 512, 4096, 65536])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_projected_error_is_exact_from_the_origin_to_a_million(d, dtype):
    rng = np.random.default_rng(0)
    radii = np.concatenate([[0.0], np.logspace(-3, 6, 8 if d > 4096 else 28)])
    h = rng.standard_normal((len(radii), d))
    h *= (radii / np.linalg.norm(h, axis=1))[:, None]
    h = h.astype(dtype).astype(np.float64)
    bound = 1e-13 if dtype == "float64" else 5e-7
    for row in h:
        value, slope = projected_error_loss(row[None], gradient=True)
        x = torch.tensor(row[None], dtype=getattr(torch, dtype), requires_grad=True)
        found = nn.ProjectedErrorLoss()(x)
        found.backward()
        assert abs(found.item() / value - 1) < bound
        gap = np.linalg.norm(x.grad.double().numpy() - slope)
        # as the docstring says: it is the gradient of the value's series
        assert gap <= (2e-11 if dtype == "float64" else 2e-6) * np.linalg.norm(slope)


@pytest.mark.parametrize(
    "shape", [(3, 1024), (3, 1031), (3, 4096), (3, 7919), (2, 65536), (2, 32, 14, 14), (2, 3, 4000)]
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_long_sums_of_like_numbers_do_not_drift(shape, layout):
    h = torch.full(shape, 1.1)
    h = h.contiguous(memory_format=layout) if len(shape) == 4 else h
    exact = projected_error_loss(h.double().flatten(1).numpy())
    assert abs(float(nn.ProjectedErrorLoss(dim=1)(h)) / exact - 1) < 5e-7


@pytest.mark.parametrize("d", [257, 512, 1000, 1024, 4096, 65536])
def test_projected_error_of_equal_numbers_keeps_seven_digits(d):
    """The worst that a sum in single precision can meet: no rounding makes up for another."""
    for value in np.float32(np.random.default_rng(d).uniform(0.01, 100, 40 if d < 5000 else 8)):
        x = torch.full((1, d), float(value), requires_grad=True)
        found = nn.ProjectedErrorLoss()(x)
        found.backward()
        exact, slope = projected_error_loss(x.detach().double().numpy(), gradient=True)
        assert abs(found.item() / exact - 1) < 5e-7
        gap = np.linalg.norm(x.grad.double().numpy() - slope)
        assert gap < 2e-6 * np.linalg.norm(slope)


@pytest.mark.parametrize("size", [1e14, 1e16, 1e19, 1e30, 1e38])
def test_projected_error_up_to_the_range_of_single_precision(size):
    # an ordinary sample beside a huge one keeps its own value and gradient
    h = size * torch.tensor([[1.0, -1.0, 0.5, 0.0], [1 / size, 2 / size, 0.0, -0.5 / size]])
    x = h.requires_grad_()
    found = nn.ProjectedErrorLoss(reduction="none")(x)
    found.sum().backward()
    for row, value, gradient in zip(x.detach().double().numpy(), found, x.grad, strict=True):
        exact, slope = projected_error_loss(row[None], gradient=True)
        assert value.item() == pytest.approx(exact, rel=5e-7)
        assert gradient.numpy() == pytest.approx(slope[0], rel=5e-6)
    assert not torch.isfinite(nn.StandardizationLoss()(torch.tensor([[1e20], [-1e20]])))


@pytest.mark.parametrize("d", [1, 2, 64, 1000])
def test_projected_error_of_lengths_that_add_up_to_the_largest_number(d):
    entry = 0.49 * torch.finfo(torch.float32).max / d**0.5
    x = torch.full((2, d), entry, requires_grad=True)
    found = nn.ProjectedErrorLoss()(x)
    found.backward()
    exact, slope = projected_error_loss(x.detach().double().numpy(), gradient=True)
    assert found.item() == pytest.approx(exact, rel=5e-7)
    assert x.grad.numpy() == pytest.approx(slope, rel=2e-6)
    # two of that length each are too much
    assert not torch.isfinite(nn.ProjectedErrorLoss()(2 * torch.full((2, 1), entry * d**0.5)))


def test_exact_projected_error_agrees_with_algorithm_1():
    rng = np.random.default_rng(0)
    h = rng.standard_normal((32, 5)) * 2
    generator = torch.Generator().manual_seed(0)
    loss = nn.ProjectedErrorLoss(20000, generator=generator)
    x = torch.from_numpy(h).requires_grad_()
    found = loss(x)
    found.backward()
    generator.manual_seed(0)
    theta = torch.randn(20000, 5, generator=generator, dtype=torch.float64)
    theta = (theta / theta.norm(dim=1, keepdim=True)).numpy()
    estimate, slope = projected_error_loss_mc(h, theta, gradient=True)
    assert found.item() == pytest.approx(estimate.mean, rel=1e-12)
    assert relative_error(x.grad, slope) < TOLERANCE["float64"]
    assert estimate.agrees(float(nn.ProjectedErrorLoss()(torch.from_numpy(h))))


def test_algorithm_1_is_the_sum_over_samples():
    """Line 7: g = mean over slices of erf(<h, θ>/√2)·θ, added to each sample without 1/b."""
    rng = np.random.default_rng(1)
    h = rng.standard_normal((4, 3))
    generator = torch.Generator().manual_seed(2)
    x = torch.from_numpy(h).requires_grad_()
    nn.ProjectedErrorLoss(6, generator=generator, reduction="sum")(x).backward()
    generator.manual_seed(2)
    v = torch.randn(6, 3, generator=generator, dtype=torch.float64).numpy()
    g = np.zeros_like(h)
    for i in range(4):
        for k in range(6):
            theta = v[k] / np.linalg.norm(v[k])
            g[i] += special.erf(h[i] @ theta / np.sqrt(2)) * theta / 6
    assert relative_error(x.grad, g) < TOLERANCE["float64"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_each_position_may_be_a_sample(dtype, reduction):
    # 600 channels: few terms, and the other way to add them up than for 3
    for channels in (3, 600):
        h = np.random.default_rng(0).standard_normal((4, channels, 2, 5)).astype(dtype)
        samples = np.moveaxis(h, 1, -1).reshape(40, channels)
        x = torch.from_numpy(h).requires_grad_()
        found = nn.ProjectedErrorLoss(spatial="samples", dim=1, reduction=reduction)(x)
        assert found.shape == (() if reduction == "mean" else (4, 2, 5))
        found.mean().backward()
        value, slope = projected_error_loss(samples.astype(np.float64), gradient=True)
        slope = np.moveaxis(slope.reshape(4, 2, 5, channels), -1, 1)
        assert relative_error(found.detach().mean(), value) < TOLERANCE[dtype]
        assert relative_error(x.grad, slope) < TOLERANCE[dtype]


def test_positions_are_units_or_samples():
    h = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 3, 2, 5)))
    units = projected_error_loss(h.reshape(4, 30).numpy())
    samples = projected_error_loss(h.movedim(1, -1).reshape(40, 3).numpy())
    for spatial, expected in ((None, units), ("features", units), ("samples", samples)):
        loss = nn.ProjectedErrorLoss(spatial=spatial, dim=1)
        assert float(loss(h)) == pytest.approx(expected, rel=1e-13)
    tokens = h.movedim(1, -1)
    for spatial, expected in ((None, samples), ("features", units), ("samples", samples)):
        loss = nn.ProjectedErrorLoss(spatial=spatial, dim=-1)
        assert float(loss(tokens)) == pytest.approx(expected, rel=1e-13)


def test_randomness_is_an_argument():
    refuses(TypeError, r"generator must be a torch\.Generator", nn.ProjectedErrorLoss, 256)
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator"):
        nn.SlicedWassersteinLoss(256, generator=0)
    with pytest.raises(ValueError, match="generator must be left out without slices"):
        nn.ProjectedErrorLoss(generator=torch.Generator())
    with pytest.raises(ValueError, match="slices must be an integer of at least 1, got 0"):
        nn.SlicedWassersteinLoss(0, generator=torch.Generator())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("b", [1, 2, 3, 100, 1000])
def test_sliced_wasserstein_is_the_exact_distance(b, dtype):
    rng = np.random.default_rng(b)
    h = rng.standard_normal((b, 6)).astype(dtype)
    h[0] = 30  # far outside, where nothing but |x - m| is left
    generator = torch.Generator().manual_seed(0)
    x = torch.from_numpy(h).requires_grad_()
    found = nn.SlicedWassersteinLoss(16, generator=generator)(x)
    found.backward()
    generator.manual_seed(0)
    theta = torch.randn(16, 6, generator=generator, dtype=x.dtype)
    theta = (theta / theta.norm(dim=1, keepdim=True)).double()
    exact, slope = sliced_wasserstein_to_normal(h.astype(np.float64), theta.numpy(), gradient=True)
    assert relative_error(found.item(), exact.mean) < TOLERANCE[dtype]
    assert relative_error(x.grad, slope) < TOLERANCE[dtype]


@pytest.mark.parametrize("b", [1000, 4096, 16384, pytest.param(10**6, marks=pytest.mark.slow)])
def test_sliced_wasserstein_keeps_its_digits_at_trained_points(b):
    """Points at the means of their bins, and near them: W1 is about 2.7/b, from b terms of 1/b."""
    density = np.exp(-(special.ndtri(np.arange(b + 1) / b) ** 2) / 2) / np.sqrt(2 * np.pi)
    for away in (0.0, 0.3):
        noise = away / b * np.random.default_rng(0).standard_normal(b)
        points = (-b * np.diff(density) + noise).astype(np.float32)
        exact, slope = wasserstein_to_normal(points.astype(np.float64), gradient=True)
        x = torch.from_numpy(points).view(1, b, 1).requires_grad_()
        found = _wasserstein_to_normal(x)
        found.sum().backward()
        assert found.item() == pytest.approx(exact, rel=2e-5)
        assert np.linalg.norm(x.grad.flatten().numpy() - slope) < 1e-4 * np.linalg.norm(slope)


@pytest.mark.parametrize("far", [0, 5, 30])
@pytest.mark.parametrize("size", [0.01, 1, 100])
def test_standardization_keeps_its_digits_beside_a_mean(far, size):
    x = np.random.default_rng(0).standard_normal((20, 500))
    x = size * (far + (x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    found, exact = (
        torch.from_numpy(x).to(dtype).requires_grad_() for dtype in (torch.float32, torch.float64)
    )
    values = [nn.StandardizationLoss(reduction="none")(h) for h in (found, exact)]
    for each in values:
        each.sum().backward()
    mean, variance = x.mean(axis=0, dtype=float), x.var(axis=0, dtype=float)
    terms = mean**2 + variance + np.abs(np.log(variance)) + 1
    assert (np.abs((values[0].double() - values[1]).detach().numpy()) < 1e-5 * terms).all()
    steep = np.abs(mean) + np.abs(x - mean).max(axis=0) * (1 + 1 / variance)
    off = (found.grad - exact.grad).abs().amax(dim=0).numpy()
    assert (off < 1e-5 * steep / 20).all()


def test_a_whole_number_may_be_a_float(draw):
    h, per = draw(6, 3), nn.ProjectedErrorLoss
    values = [per(number, generator=torch.Generator().manual_seed(0))(h) for number in (4, 4.0)]
    assert values[0] == values[1]


def test_one_direction_is_one_dimension():
    x = np.random.default_rng(0).exponential(size=(200, 1)) - 1
    loss = nn.SlicedWassersteinLoss(2, generator=torch.Generator().manual_seed(0), reduction="none")
    # a direction is +1 or -1: the target is symmetric, the sample is not
    expected = {round(wasserstein_to_normal(s * x[:, 0]), 10) for s in (1, -1)}
    assert {round(float(v), 10) for v in loss(torch.from_numpy(x))} <= expected


@pytest.mark.parametrize("shape", [(40, 5), (10, 5, 2, 2)])
def test_standardization_is_equation_2(shape):
    h = np.random.default_rng(0).standard_normal(shape) * 3 + 1
    loss = nn.StandardizationLoss(eps=0.0, dim=1, reduction="none")
    axes = (0, *range(2, len(shape)))
    expected = divergence(h.mean(axes), h.var(axes))
    assert relative_error(loss(torch.from_numpy(h)), expected) < TOLERANCE["float64"]


def test_standardization_by_unit_is_theory_s_batch_loss():
    h = np.random.default_rng(0).standard_normal((20, 1))
    found = float(nn.StandardizationLoss(eps=0.0)(torch.from_numpy(h)))
    assert found == pytest.approx(float(np.sum(batch_loss(h))), rel=1e-12)


def test_standardization_does_not_cancel_for_a_large_mean():
    h = np.random.default_rng(0).standard_normal((500, 4)) + 1000
    x = torch.tensor(h, dtype=torch.float32)
    exact = divergence(x.double().numpy().mean(0), x.double().numpy().var(0))
    found = nn.StandardizationLoss(eps=0.0, reduction="none")(x)
    assert np.abs(found.numpy() / exact - 1).max() < 1e-6


def test_standardization_of_one_value_is_that_of_its_mean_and_infinite_for_a_constant():
    x = torch.tensor([[1.0, -2.0, 0.0]], requires_grad=True)
    value = nn.StandardizationLoss(reduction="none")(x)
    value.sum().backward()
    assert value.tolist() == [0.5, 2.0, 0.0]
    assert x.grad.tolist() == [[1.0, -2.0, 0.0]]
    assert torch.isinf(nn.StandardizationLoss(eps=0.0)(torch.ones(4, 3)))
    refuses(ValueError, "eps must be at least 0, got -1", nn.StandardizationLoss, eps=-1)
    refuses(ValueError, "eps must be finite, got inf", nn.StandardizationLoss, eps=float("inf"))


def test_penalties_are_norms():
    h = np.random.default_rng(0).standard_normal((6, 4))
    for p in (1, 2):
        mean, total = (
            float(nn.ActivationPenalty(p, reduction=r)(torch.from_numpy(h)))
            for r in ("mean", "sum")
        )
        assert total == pytest.approx((np.abs(h) ** p).sum() / 6, rel=1e-13)
        assert mean == pytest.approx(total / 4, rel=1e-13)
    refuses(ValueError, "p must be one of 1, 2, got 3", nn.ActivationPenalty, 3)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    "shape", [(128, 512), (16, 32, 56, 56), (64, 64, 28, 28), (3, 7, 211, 311)], ids=str
)
def test_penalties_add_up_large_activations(p, layout, shape):
    """One long sum of equal numbers in float32 loses up to a sixth of it."""
    for h in (torch.full(shape, 0.1), torch.randn(shape)):
        h = h.contiguous(memory_format=layout) if h.dim() == 4 else h
        exact = (h.double().abs() ** p).mean()
        assert float(nn.ActivationPenalty(p, dim=1)(h)) == pytest.approx(float(exact), rel=2e-6)
    # with gaps in memory
    part = h[:, ::2]
    exact = (part.double().abs() ** p).mean()
    assert float(nn.ActivationPenalty(p, dim=1)(part)) == pytest.approx(float(exact), rel=2e-6)

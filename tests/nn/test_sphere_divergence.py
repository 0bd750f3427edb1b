"""The sphere divergence and the sliced tests of normality, against theory, scipy and quadrature."""

import itertools
import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from normtheory.nn import SlicedNormalityLoss, SphereDivergenceLoss
from normtheory.theory import sphere_divergence
from tests.refused import refuses

TOLERANCE = {torch.float64: (1e-13, 1e-11), torch.float32: (1e-6, 1e-5)}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("unbiased", [False, True])
@pytest.mark.parametrize("bandwidth", [None, 0.25, 1.0, 4.0])
@pytest.mark.parametrize("d", [1, 2, 3, 5, 64, 1024, 65536])
@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_value_and_gradient_are_the_theory_s(draw, d, scale, bandwidth, unbiased, dtype):
    h = draw(5 if d > 2000 else 24, d, dtype=torch.float64, scale=scale)
    value, slope = sphere_divergence(h.cpu().numpy(), bandwidth, unbiased=unbiased, gradient=True)
    input = h.to(dtype, copy=True).requires_grad_()
    found = SphereDivergenceLoss(bandwidth, unbiased=unbiased)(input)
    found.backward()
    largest = math.sqrt(2 * math.pi / (bandwidth or 1))
    of_value, of_gradient = TOLERANCE[dtype]
    assert found.item() == pytest.approx(value, rel=0, abs=of_value * largest)
    error = np.abs(input.grad.double().cpu().numpy() - slope).max()
    assert error < of_gradient * np.abs(slope).max()


@pytest.mark.parametrize("bandwidth", [None, 1.0])
def test_random_pairs_have_the_mean_of_all(draw, bandwidth):
    h = draw(12, 3, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    few = SphereDivergenceLoss(bandwidth, pairs=2, generator=generator)
    # as many layers as batches: each draws pairs of its own
    values = few.stacked([few] * 400, [h] * 400, 1).numpy()
    whole = SphereDivergenceLoss(bandwidth)(h).item()
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - whole) < 4.9 * error < whole
    # and as many pairs as there are is all of them
    assert SphereDivergenceLoss(bandwidth, pairs=11, generator=generator)(h).item() == whole


def test_every_pair_of_different_samples_is_equally_likely():
    from normtheory.nn.losses.directions import DRAWS

    generator = torch.Generator().manual_seed(2)
    counts = torch.zeros(5, 5)
    drawn = torch.stack([DRAWS["pairs"](2, 5, generator, None) for _ in range(1000)]).flatten(0, 1)
    assert (drawn.sort().values == torch.arange(5)).all()
    for partners in drawn:
        counts[torch.arange(5), partners] += 1
    assert (counts.diagonal() == 0).all()
    expected = 1000 * 2 / 4
    away = (counts[~torch.eye(5, dtype=bool)] - expected).abs().max()
    assert away < 4.9 * math.sqrt(expected)


def test_descent_ends_at_the_normal_distribution_and_not_at_a_point(draw):
    """PER alone would end at 0: the mean square falls from .09 to 0 instead of rising to 1."""
    for bandwidth in (None, 1.0):
        h = draw(64, 2, scale=0.3, requires_grad=True)
        optimizer = torch.optim.Adam([h], lr=0.1)
        for _ in range(60):
            SphereDivergenceLoss(bandwidth)(h).backward()
            optimizer.step()
            optimizer.zero_grad()
        assert h.square().mean().item() == pytest.approx(1, abs=0.05)


def test_coinciding_and_huge_samples_have_finite_gradients(draw):
    for bandwidth in (None, 1.0):
        for scale in (0.0, 1e30):
            h = draw(6, 8, scale=scale, requires_grad=True)
            value = SphereDivergenceLoss(bandwidth)(h)
            value.backward()
            assert torch.isfinite(value)
            assert torch.isfinite(h.grad).all()


def test_padding_does_not_count(draw):
    h = draw(4, 3, 5, dtype=torch.float64)
    mask = torch.tensor([[False, False, True]] * 4, device=h.device)
    kept = h[:, :2].reshape(8, 5)
    for loss in (SphereDivergenceLoss(1.0, dim=-1), SphereDivergenceLoss(dim=-1)):
        assert loss(h, mask=mask).item() == pytest.approx(loss(kept).item(), rel=1e-12)


def by_quadrature(statistic, x):
    """The statistic of a sample as the integral that it is."""
    steps = np.sort(x)

    def gap(y):
        return (np.searchsorted(steps, y, side="right") / len(x) - stats.norm.cdf(y)) ** 2

    if statistic == "epps-pulley":

        def integrand(t):
            away = np.exp(1j * t * x).mean() - np.exp(-t * t / 2)
            return abs(away) ** 2 * np.exp(-t * t / 2)

        return 2 * integrate.quad(integrand, 0, 9, limit=200)[0]
    weight = {
        "cramer-von-mises": lambda y: 1.0,
        "anderson-darling": lambda y: 1 / (stats.norm.cdf(y) * stats.norm.sf(y)),
    }[statistic]
    edges = [-9, *steps, 9]
    return sum(
        integrate.quad(lambda y: gap(y) * weight(y) * stats.norm.pdf(y), a, b, limit=200)[0]
        for a, b in itertools.pairwise(edges)
    )


@pytest.mark.parametrize("statistic", ["epps-pulley", "cramer-von-mises", "anderson-darling"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_sliced_test_is_its_integral(draw, statistic, dtype):
    h = draw(7, 1, dtype=dtype) * 1.5 + 0.2
    loss = SlicedNormalityLoss(statistic, 3, generator=torch.Generator().manual_seed(0))
    # on a line there are two directions, in which the sample is the same or mirrored
    line = h[:, 0].double().cpu().numpy()
    both = {side: by_quadrature(statistic, side * line) for side in (1, -1)}
    for value in SlicedNormalityLoss(
        statistic, 3, generator=torch.Generator().manual_seed(0), reduction="none"
    )(h):
        assert any(value.item() == pytest.approx(each, rel=2e-5) for each in both.values())
    assert loss(h).item() == pytest.approx(np.mean([*both.values()]), rel=0.5)


@pytest.mark.parametrize("far", [0, 5, 30])
@pytest.mark.parametrize(
    "statistic, digits",
    [("epps-pulley", 1e-6), ("cramer-von-mises", 1e-6), ("anderson-darling", 1e-5)],
)
def test_a_sliced_test_keeps_its_digits_in_single_precision(draw, statistic, digits, far):
    h = draw(256, 1) + far  # on a line, where a mirrored sample has the same value
    found, exact = (
        SlicedNormalityLoss(statistic, 1, generator=torch.Generator().manual_seed(0))(each).item()
        for each in (h, h.double())
    )
    assert abs(found - exact) < digits * max(1, exact)


def test_slices_of_sigreg_average_to_the_sphere_s(draw):
    h = draw(16, 6, dtype=torch.float64, scale=1.5)
    generator = torch.Generator().manual_seed(3)
    slices = SlicedNormalityLoss("epps-pulley", 4000, generator=generator, reduction="none")(h)
    error = slices.std().item() / math.sqrt(len(slices))
    assert abs(slices.mean().item() - SphereDivergenceLoss(1.0)(h).item()) < 4.9 * error


def test_bad_input_is_refused():
    refused = partial(refuses, (ValueError, TypeError))
    refused("bandwidth must be positive, got 0", SphereDivergenceLoss, 0)
    refused("pairs=2 are drawn from it", SphereDivergenceLoss, pairs=2)
    refused("generator must be left out without pairs", SphereDivergenceLoss, generator=3)
    refused("unbiased must be", SphereDivergenceLoss, unbiased=1)
    refused("torch.distributed.group.WORLD", SphereDivergenceLoss, process_group=1)
    unbiased, drawn = SphereDivergenceLoss(1.0, unbiased=True), {"generator": torch.Generator()}
    refused("at least 2 samples when unbiased, got 1", unbiased, torch.ones(1, 2))
    refused("statistic must be one of epps-pulley", SlicedNormalityLoss, "shapiro", 1, **drawn)

import numpy as np
import pytest

from normtheory.theory.batchnorm_noise import (
    batch_norm_gradient,
    full_noise,
    inverse_deviation_variance,
    mean_only_noise,
    output_variance,
)
from normtheory.theory.montecarlo import Estimate
from tests.refused import refuses


@pytest.mark.parametrize("z", [0.0, 1.0, -2.0])
def test_output_variance_agrees_with_simulation(z):
    n = 16
    x = np.random.default_rng(0).standard_normal((n, 200_000))
    outputs = (z - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    assert outputs.var() == pytest.approx(output_variance(n, z), rel=0.02)


def test_small_batches_have_no_variance():
    refuses(ValueError, "n must be an integer of at least 4", inverse_deviation_variance, 3)


def test_noise_laws_by_simulation():
    r, batch = np.random.default_rng(11), 12
    x, delta = r.standard_normal((2, 120_000, batch))
    for mean_only, law in ((True, mean_only_noise), (False, full_noise)):
        gap = np.square(batch_norm_gradient(x, delta, mean_only=mean_only) - delta).mean(axis=1)
        found = Estimate(gap.mean(), gap.std() / np.sqrt(len(gap)), len(gap))
        assert found.agrees(float(law(batch))) and not found.agrees(1.05 * float(law(batch)))


def test_noise_at_the_smallest_batches_and_the_limit():
    assert full_noise(2) == 1 and np.isinf(full_noise(3))
    assert mean_only_noise(4) == 0.25
    refuses(ValueError, "batch must hold whole numbers of at least 2, got 1", full_noise, 1)


def test_batch_norm_gradient_is_the_derivative():
    r = np.random.default_rng(11)
    x, delta, step = r.standard_normal(7), r.standard_normal(7), 1e-6

    def loss(x):
        x = x - x.mean()
        return delta @ (x / np.sqrt((x**2).mean()))

    numeric = [(loss(x + step * e) - loss(x - step * e)) / (2 * step) for e in np.eye(7)]
    np.testing.assert_allclose(batch_norm_gradient(x, delta), numeric, atol=1e-8)


def test_gradients_need_batches_that_vary():
    for x in ([1.0, 1.0], [0.1, 0.1, 0.1], [[0.0, 1.0], [2.0, 2.0]]):
        refuses(ValueError, "x must vary over the batch", batch_norm_gradient, x, np.ones_like(x))
        assert np.isfinite(batch_norm_gradient(x, np.ones_like(x), mean_only=True)).all()

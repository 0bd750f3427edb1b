"""Where four distances push, against gradients of large samples, and slices against finite
differences: routes that the picture does not take."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erf

from normtheory import theory
from normtheory.explorers.per.repulsion import cosines, pushes, seen, sliced_gradients


@pytest.mark.parametrize(("q", "s"), [(0.5, 1.0), (2.0, 0.4)])
def test_the_pushes_are_gradients_in_a_large_sample(q, s):
    """A probe of length r on an axis, among draws and their mirror images."""
    d, r = 3, 2.5
    rng = np.random.default_rng(0)
    z = q * rng.standard_normal((200, d))
    images = [z * [x, y, y] for x in (1, -1) for y in (1, -1)]
    h = np.concatenate([[[r, 0, 0]], *images])
    found = {name: float(v[0]) for name, v in pushes(np.array([r]), d, q, s).items()}
    theta = theory.random_directions(d, 300, rng)
    measured = {
        "PER": theory.projected_error_loss(h, gradient=True)[1],
        "energy distance": theory.projected_energy(h, gradient=True)[1],
        "SIGReg": theory.sphere_divergence(h, s, gradient=True)[1],
        "sliced W₁": theory.sliced_wasserstein_to_normal(h, theta, gradient=True)[1],
    }
    for name, gradient in measured.items():
        assert gradient[0, 0] * len(h) == pytest.approx(found[name], rel=0.1, abs=0.02), name


def test_at_the_target_only_per_pushes():
    found = pushes(np.array([0.5, 2.0, 9.0]), 4, 1.0, 1.0)
    assert (found.pop("PER") > 0.05).all()
    for name, force in found.items():
        np.testing.assert_allclose(force, 0, atol=1e-12, err_msg=name)


def test_what_they_see_is_an_integral_over_distribution_functions():
    q = 1.7

    def cdf(t):
        return (1 + erf(t / np.sqrt(2))) / 2

    energy = quad(lambda t: (cdf(t / q) - cdf(t)) ** 2, -40, 40)[0]
    distance = quad(lambda t: abs(cdf(t / q) - cdf(t)), -40, 40, points=[0])[0]
    found = seen(q, 1.0)
    assert found["energy distance"] == pytest.approx(energy, rel=1e-8)
    assert found["sliced W₁"] == pytest.approx(distance, rel=1e-8)


def test_sliced_gradients_are_derivatives_of_sliced_values():
    rng = np.random.default_rng(1)
    h, theta, s = rng.standard_normal((5, 3)), theory.random_directions(3, 4, rng), 0.7

    def values(h):
        """Each distance of the projections, slice by slice, in one dimension."""
        lines = [(h @ t)[:, None] for t in theta]
        return {
            "PER": np.mean([theory.projected_error_loss(x) for x in lines]),
            "energy distance": np.mean([theory.projected_energy(x) for x in lines]),
            "SIGReg": np.mean([theory.sphere_divergence(x, s) for x in lines]),
        }

    step = np.zeros_like(h)
    step[2, 1] = 1e-6
    above, below = values(h + step), values(h - step)
    for name, gradient in sliced_gradients(h, theta, s).items():
        assert gradient[2, 1] == pytest.approx((above[name] - below[name]) / 2e-6, abs=1e-7), name


def test_slices_lose_with_dimension_and_gain_with_their_number():
    few, many = cosines(2.0, 1.0, 64), cosines(2.0, 1.0, 1024)
    for name in few:
        assert few[name][0] > 0.9 and few[name][-1] < 0.5
        assert many[name][-1] > few[name][-1]

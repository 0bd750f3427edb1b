import numpy as np
import pytest

from normtheory.theory.montecarlo import Estimate
from normtheory.theory.selu_constants import fixed_point_constants
from normtheory.theory.selu_networks import layer_spread, propagate_moments, random_layer_map


def rng():
    return np.random.default_rng(5)


def over_networks(draws):
    draws = np.array(draws)
    return Estimate(draws.mean(), draws.std(ddof=1) / np.sqrt(len(draws)), len(draws))


def test_random_weights_see_the_mean_square():
    mean, variance = random_layer_map(0.6, 0.64)
    at_one = random_layer_map(0.0, 1.0)
    assert (mean, variance) == pytest.approx(at_one, abs=1e-12)


@pytest.mark.parametrize("start", [(0.0, 2.0), (0.5, 1.0)])
def test_first_layer_of_random_networks_follows_the_map(start):
    r = rng()
    runs = [propagate_moments(*start, depth=1, width=200, rng=r) for _ in range(60)]
    squares = over_networks([v[0] + m[0] ** 2 for m, v in runs])
    mean, variance = random_layer_map(*start)
    assert squares.agrees(float(variance + mean**2))
    assert not squares.agrees(1.25 * float(variance + mean**2))


def test_spread_over_networks_has_the_predicted_size():
    alpha, lam = fixed_point_constants(0.0, 1.0)
    r, depth, width = rng(), 12, 64
    last = []
    for _ in range(300):
        mean, variance = propagate_moments(
            0.0, 1.0, depth=depth, width=width, rng=r, alpha=alpha, lam=lam, samples=2
        )
        last.append(variance[-1] + mean[-1] ** 2)
    # one input strays by the spread; the mean over two whose correlation is lost, by 1/sqrt(2)
    predicted = layer_spread(1.0, depth, width) / np.sqrt(2)
    assert 0.75 * predicted < np.std(last) < 1.4 * predicted


def test_centred_weights_keep_a_mean_that_is_not_zero():
    alpha, lam = fixed_point_constants(0.5, 1.0)
    r = rng()

    def last(centred, of=np.asarray):
        runs = [
            propagate_moments(
                0.5, 1.0, depth=6, width=200, rng=r, alpha=alpha, lam=lam, centred=centred
            )
            for _ in range(16)
        ]
        return over_networks(of([v[-1] for _, v in runs]))

    assert last(True).agrees(1.0)
    # a few networks run far ahead: logarithms tame them
    assert last(False, np.log).interval()[0] > np.log(1.5)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="depth must be an integer of at least 1, got 0"):
        propagate_moments(0.0, 1.0, depth=0, width=4, rng=rng())
    with pytest.raises(ValueError, match="depth must hold whole numbers of at least 1, got 0"):
        layer_spread(1.0, [3, 0], 10)

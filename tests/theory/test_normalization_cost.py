import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from normtheory.theory.batchnorm_noise import batch_norm_gradient
from normtheory.theory.normalization_cost import (
    Counter,
    batch_norm_step,
    count_formula,
    counted_operations,
    weight_norm_step,
)
from normtheory.theory.weight_norm import weight_norm_gradients


def test_the_counted_algorithms_are_the_real_ones():
    r = np.random.default_rng(0)
    x, delta = r.standard_normal((2, 6, 3))
    output, grad, _ = batch_norm_step(Counter(x), Counter(delta), np.ones((1, 3)))
    np.testing.assert_allclose(output.values.std(axis=0), 1, atol=1e-4)
    np.testing.assert_allclose(grad.values, batch_norm_gradient(x.T, delta.T).T, atol=1e-4)
    v, d, g = r.standard_normal((4, 5)), r.standard_normal((4, 5)), r.uniform(1, 2, (4, 1))
    _, grad_v, grad_g = weight_norm_step(Counter(v), Counter(d), g)
    expected = weight_norm_gradients(d, v, g[:, 0])
    np.testing.assert_allclose(grad_v.values, expected[0], rtol=1e-12)
    np.testing.assert_allclose(grad_g.values[:, 0], expected[1], rtol=1e-12)


@given(st.integers(2, 40), st.integers(1, 40), st.integers(1, 12), st.integers(1, 9))
def test_formula_counts_what_is_counted(batch, fan_in, units, positions):
    sizes = (batch, fan_in, units, positions)
    assert counted_operations(*sizes) == count_formula(*sizes)


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="fan_in must be an integer of at least 1, got 0"):
        counted_operations(4, 0, 3)

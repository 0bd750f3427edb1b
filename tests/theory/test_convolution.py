from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate2d

from normtheory.theory.convolution import (
    IMAGES,
    convolve,
    named_image,
    named_kernel,
    norm,
    retained_share,
    young_exponent,
)
from tests.refused import refuses


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("padding", "boundary"), [("cyclic", "wrap"), ("zero", "fill")])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_convolution_is_scipys_summed_over_channels(padding, boundary, stride):
    x, w = rng().standard_normal((2, 3, 6, 7)), rng(1).standard_normal((4, 3, 3, 5))
    y = convolve(x, w, padding=padding, stride=stride)
    expected = [
        [
            sum(correlate2d(image[c], kernel[c], mode="same", boundary=boundary) for c in range(3))
            for kernel in w
        ]
        for image in x
    ]
    assert y.shape == (2, 4, -(-6 // stride), -(-7 // stride))
    np.testing.assert_allclose(y, np.array(expected)[:, :, ::stride, ::stride], atol=1e-12)


def test_a_kernel_may_be_larger_than_a_cyclic_image():
    x = np.array([2.0, 3.0]).reshape(1, 1, 2, 1)
    y = convolve(x, np.ones((1, 1, 3, 3)))
    # three rows around each pixel: itself once, the other twice; three columns, all the same one
    assert y.ravel().tolist() == [3 * (2 + 6), 3 * (3 + 4)]


def test_named_kernels_do_what_they_are_named_after():
    texture = named_image("texture", size=8)
    np.testing.assert_array_equal(convolve(texture, named_kernel("identity")), texture)
    smooth, slope = np.array([1, 2, 1]), np.array([-1, 0, 1])
    np.testing.assert_allclose(named_kernel("box blur")[0, 0], 1 / 9)
    np.testing.assert_array_equal(
        named_kernel("Gaussian blur")[0, 0] * 16, np.outer(smooth, smooth)
    )
    np.testing.assert_array_equal(named_kernel("Sobel")[0, 0], np.outer(smooth, slope))
    cross = np.pad([[1.0]], 1)
    for axis in (0, 1):
        cross = cross + np.roll(np.pad([[1.0]], 1), 1, axis) + np.roll(np.pad([[1.0]], 1), -1, axis)
    np.testing.assert_array_equal(named_kernel("Laplacian")[0, 0], cross - 5 * np.pad([[1.0]], 1))
    # an image less its Laplacian
    np.testing.assert_array_equal(
        named_kernel("sharpen"), named_kernel("identity") - named_kernel("Laplacian")
    )


def test_named_images_have_the_values_that_they_are_named_after():
    assert (named_image("flat") == 1).all() and (named_image("dark") == 0).all()
    pixel = named_image("one bright pixel", size=4, channels=2, batch=3)
    assert (pixel[:, 0, 0, 0] == 1).all() and (pixel[:, 1, 0, 0] == 2).all() and pixel.sum() == 9
    signed = named_image("signed texture", size=60)
    # even over [-0.7, 0.3); the texture is what a rectifier leaves of it, moved up
    np.testing.assert_allclose(np.quantile(signed, (0, 0.5, 1)), (-0.7, -0.2, 0.3), atol=0.01)
    np.testing.assert_allclose(
        named_image("texture", size=60), np.maximum(signed + 0.4, 0), atol=1e-12
    )
    first = named_image("signed texture", size=2, channels=2, batch=2) / [[[[1]], [[2]]]] + 0.7
    steps = [first[0, 0, 1, 0], first[0, 0, 0, 1], first[0, 1, 0, 0], first[1, 0, 0, 0]]
    np.testing.assert_allclose(steps, [0.7548776662, 0.569840291, 0.6180339887, 0.4142135624])


@pytest.mark.parametrize("name", IMAGES)
def test_named_images_repeat_and_grow_brighter_by_channel(name):
    x = named_image(name, size=5, channels=3, batch=2)
    assert x.shape == (2, 3, 5, 5)
    np.testing.assert_array_equal(x, named_image(name, size=5, channels=3, batch=2))
    assert (x.min() >= 0) == (name != "signed texture")
    if name == "flat":
        assert x[0, :, 0, 0].tolist() == [1, 2, 3]


@given(size=st.integers(1, 7), half=st.integers(0, 3))
def test_retained_share_counts_meetings(size, half):
    kernel = 2 * half + 1
    if kernel > 2 * size - 1:
        refuses(ValueError, f"at most {2 * size - 1} for size {size}", retained_share, size, kernel)
        return
    units = np.eye(kernel**2).reshape(-1, 1, kernel, kernel)
    counted = convolve(np.ones((1, 1, size, size)), units, padding="zero").sum(axis=(0, 2, 3))
    np.testing.assert_allclose(retained_share(size, kernel).ravel(), counted / size**2, atol=1e-12)


@given(
    thousandths=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=6), p=st.floats(1, 50)
)
def test_norms_are_numpys_and_decrease_in_p(thousandths, p):
    values = [each / 1000 for each in thousandths]
    assert norm(values, p) == pytest.approx(np.linalg.norm(values, p), rel=1e-9)
    assert norm(values, 2 * p) <= norm(values, p) * (1 + 1e-12)
    assert norm(values, np.inf) <= norm(values, p) * (1 + 1e-12)


def test_norm_of_a_quasi_norm_and_of_nothing():
    assert norm([1.0, 1.0], 0.5) == pytest.approx(4.0)
    assert norm([0.0, 0.0], 3) == 0.0


@given(p=st.floats(0.1, 20), q=st.floats(0.1, 20))
def test_young_exponent_solves_its_relation(p, q):
    if 1 / p + 1 / q < 1 - 1e-12:
        refuses(ValueError, "q must satisfy 1/p \\+ 1/q >= 1", young_exponent, p, q)
    else:
        r = young_exponent(p, q)
        assert 1 / r + 1 == pytest.approx(1 / p + 1 / q, abs=1e-9)


def test_bad_input_names_the_argument():
    refused = partial(refuses, ValueError)
    refused("w must have 2 input", convolve, np.ones((1, 2, 3, 3)), named_kernel("Sobel"))
    refused("name must be one of texture", named_image, "cat")
    refused("kernel_size must be odd", retained_share, 4, 2)
    refused("p must be positive", norm, [1.0], 0)

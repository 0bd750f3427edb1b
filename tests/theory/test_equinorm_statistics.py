from functools import partial

from normtheory.theory.equinorm_statistics import (
    batch_noise,
    one_pass_ratio,
    padded_imbalance,
    strided_imbalance,
)
from tests.refused import refuses


def test_a_kernel_of_one_pixel_loses_nothing_to_padding():
    assert padded_imbalance(4, 1) == 0.0


def test_bad_input_names_the_argument():
    refused = partial(refuses, ValueError)
    refused("fan_in must be an integer of at least 2", one_pass_ratio, 1)
    refused(r"stride must lie in \[1, 3\]", strided_imbalance, 3, 4, 0.0)
    refused("smoothness must lie", strided_imbalance, 8, 2, -1.0)
    refused("channels must be even, got 3", batch_noise, 3)
    refused("correlation must lie", batch_noise, 4, 1.0)

from functools import partial

import pytest

from normtheory.theory.network_sizes import residual_network_size
from tests.refused import refuses

IMAGENET = {"preactivation": False, "classes": 1000, "stem_kernel": 7}


@pytest.mark.parametrize(
    ("blocks", "block", "published"),
    [
        ([2, 2, 2, 2], "basic", 11_689_512),
        ([3, 4, 6, 3], "basic", 21_797_672),
        ([3, 4, 6, 3], "bottleneck", 25_557_032),
        ([3, 4, 23, 3], "bottleneck", 44_549_160),
        ([3, 8, 36, 3], "bottleneck", 60_192_808),
    ],
)
def test_published_sizes_of_imagenet_resnets(blocks, block, published):
    assert residual_network_size(blocks, 64, block=block, **IMAGENET).parameters == published


def test_the_smallest_network_by_hand():
    size = residual_network_size([1], 2, shortcut="padding", classes=3)
    convolutions = 3 * 2 * 9 + 2 * (2 * 2 * 9)
    assert size.parameters == convolutions + 2 * (2 + 2 + 2) + (2 + 1) * 3
    assert (size.convolutions, size.shortcuts) == (3, 0)


def test_a_projection_adds_its_weights_and_after_activation_its_normalization():
    padded = residual_network_size([1, 1], 4, shortcut="padding")
    before = residual_network_size([1, 1], 4)
    after = residual_network_size([1, 1], 4, preactivation=False)
    assert before.parameters - padded.parameters == 4 * 8
    # 4 + 8 + 8 + 8 normalized channels in front of the blocks and at the end, 4 + 4 + 4 + 8 + 8 + 8
    assert after.parameters - before.parameters == 2 * (36 - 28)


def test_bad_input_names_the_argument():
    refused = partial(refuses, ValueError)
    refused("blocks must be an integer of at least 1", residual_network_size, [0], 4)
    refused("planes must be an integer", residual_network_size, [1], 0)
    refused(
        "blocks must be at most 100000 in all, got 1000000000002",
        residual_network_size,
        [2, 10**12],
        64,
    )

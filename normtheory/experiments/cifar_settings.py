"""What the experiments of the papers on VCL and PER on CIFAR-10 have in common: network, data,
schedule, and what each scale changes."""

from typing import NamedTuple

from normtheory.experiments.experiment import Difference, Images, Scale

# (filters, side of the kernel) of the hidden layers, stack by stack
STACKS = [
    [[192, 5]],
    [[192, 1], [240, 3]],
    [[240, 1], [260, 2]],
    [[260, 1], [280, 2]],
    [[280, 1], [300, 2]],
    [[300, 1]],
]
DROPOUT = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
ACTIVATIONS = ("ReLU", "LeakyReLU", "ELU")
NORMALIZATIONS = ("none", "BN", "LN", "GN")
# what both papers share: the 11-layer network, the data set, the schedule, VCL's weight
PAPER = {
    "images": "cifar10-whole",
    "rows": None,
    "pool": 1,
    "augment": True,
    "stacks": STACKS,
    "dropout": DROPOUT,
    "scalar_bias": False,
    "batch": 250,
    "rates": [[0.05, 180], [0.02, 100], [0.002, 100], [0.0002, 100], [0.00002, 20]],
    "bias_rate": 1.0,
    "momentum": 0.9,
    "decay": 1e-4,
    "gamma": 0.01,
}
# an eighth of the filters, and a stack less for images of half the side
SMALL = {
    **PAPER,
    "images": "cifar10",
    "rows": 4000,
    "pool": 2,
    "augment": False,
    "stacks": [[[24, 5]], [[24, 1], [32, 3]], [[32, 1], [32, 2]], [[32, 1], [36, 2]], [[36, 1]]],
    "dropout": [],
    "batch": 50,
    "rates": [[0.02, 5], [0.004, 1]],
}
# a third of the data, as many steps as two cores take in an hour, and the paper's rate for a batch
CORE = {**SMALL, "images": "cifar10-whole", "rows": 20_000, "rates": [[0.01, 10], [0.002, 2]]}
TINY = {
    **SMALL,
    "rows": 200,
    "pool": 4,
    "stacks": [[[8, 5]], [[8, 1], [8, 3]], [[8, 1], [8, 2]], [[8, 1]]],
    "batch": 20,
    "rates": [[0.02, 1]],
}
# what the two change, for the captions
_IMAGES = "CIFAR-10 and CIFAR-100, 50,000 images, cropped and mirrored"
_NETWORK = "11 layers of 192 to 300 filters, dropout"
_TRAINING = "500 epochs, batches of 250"
_SMALL_DEVIATIONS = (
    Difference("data", _IMAGES, "CIFAR-10, 4,000 images averaged to 16 x 16 pixels, not changed"),
    Difference("network", _NETWORK, "9 layers, about an eighth of the filters, no dropout"),
    Difference("training", _TRAINING, "6 epochs, batches of 50 at twice the rate for an image"),
)
_TINY_DEVIATIONS = (
    Difference("data", _IMAGES, "200 images averaged to 8 x 8 pixels"),
    Difference("network", _NETWORK, "7 layers of 8 filters"),
    Difference("training", _TRAINING, "10 steps of 20 images"),
)
_CORE_DEVIATIONS = (
    Difference("data", _IMAGES, "CIFAR-10, 20,000 images averaged to 16 x 16 pixels, not changed"),
    _SMALL_DEVIATIONS[1],
    Difference(
        "training", _TRAINING, "12 epochs, batches of 50 at the document's rate for an image"
    ),
)
_WHOLE = {"data": ("cifar10-whole",), "tested": {"error": Images(10_000)}}


def scales(seconds, smoke, toy, core, paper):
    """The scales of a table, with `seconds` of a seed at each.

    Each other argument is what the table adds to a configuration, and its own differences, before
    those of the scale.
    """
    tiny, small, large, whole = seconds
    return {
        "smoke": Scale({**TINY, **smoke[0]}, (*smoke[1], *_TINY_DEVIATIONS), seconds=tiny),
        "toy": Scale(
            {**SMALL, **toy[0]},
            (*toy[1], *_SMALL_DEVIATIONS),
            seeds=5,
            seconds=small,
            tested={"error": Images(1000)},
        ),
        "core": Scale(
            {**CORE, "right": True, **core[0]},
            (*core[1], *_CORE_DEVIATIONS),
            seeds=5,
            seconds=large,
            **_WHOLE,
        ),
        "paper": Scale(
            {**PAPER, "right": True, **paper[0]},
            paper[1],
            seeds=5,
            seconds=whole,
            gpu=True,
            **_WHOLE,
        ),
    }


class Method(NamedTuple):
    """A normalization of `NORMALIZATIONS`, "VCL" with its `n`, or "PER" with its
    `coefficient` (`slices` of Algorithm 1, or None for the exact expectation)."""

    name: str
    n: int | None = None
    coefficient: float | None = None
    slices: int | None = None

"""What the EquiNorm paper's training experiments have in common: data, networks, schedule, scales,
and the measures of their findings."""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.experiment import Difference, Images, Scale

WIDE = {"blocks": [3, 3, 3], "planes": 96, "groups": 32, "passes": 1}
# ResNet-152
DEEP = {"blocks": [3, 8, 36, 3], "planes": 64, "groups": 32, "passes": 1, "bottleneck": True}
KINDS = ("none", "mixup", "manifold")
_PAPER = {
    "batch": 128,
    "decay": 1e-4,
    # of the Beta law, as the two methods' own papers have it for CIFAR-10
    "alpha": {"mixup": 1.0, "manifold": 2.0},
    "augment": True,
    "rows": None,
    "pool": 1,
}
_TOY = {
    **_PAPER,
    "network": {"blocks": [1, 1, 1], "planes": 16, "groups": 4, "passes": 2},
    "epochs": 30,
    "augment": False,
    "pool": 4,
}
# all of our copy's images, as many as two cores take in an hour, and one pass as in the paper
_CORE = {**_TOY, "images": "cifar10-whole", "network": {**_TOY["network"], "passes": 1}, "pool": 2}
_CORE_IMAGES = 60_000
_SMOKE = {**_TOY, "epochs": 2, "rows": 96, "batch": 32, "pool": 8}
_ALWAYS = (
    Difference("pixels", "not centred for EquiNorm", "not centred for any method"),
    Difference("blocks", "", "ReLU alone before EquiNorm's convolutions"),
)
_BETA = Difference("distribution of the mixup", "", "Beta(1, 1), manifold mixup's Beta(2, 2)")
_IMAGES = "50,000 images of 32 x 32 pixels, cropped and mirrored"


@trains
def run(configuration, seed, device):
    """Train once for each of "systems", pairs of a normalization ("quarter" is EquiNorm with the
    statistics of the first quarter of the batch) and one of `KINDS`.

    "network" has keywords of `ResidualNetwork`, "schedule" is one of `SCHEDULES`, "rows" of the
    images are trained on, or all where it is None, and "pool" pixels of a side become one.

    Gives ``train``, ``test`` (cross entropies in nats) and ``accuracy`` of the test part, each
    (systems, epochs + 1), in evaluation mode, first before any training. The train loss is that of
    the first rows, as many as there are for the test. With "right" in the configuration, ``accuracy
    right`` (systems, test images): which are classified rightly last.
    """
    from normtheory.experiments.equinorm.curves import curve, positive_images

    tensors = positive_images(configuration, device)
    found = [curve(system, configuration, tensors, seed) for system in configuration["systems"]]
    curves, right = map(np.array, zip(*found, strict=True))
    train, test, accuracy = np.moveaxis(curves, -1, 0)
    last = {"accuracy right": right} if configuration.get("right") else {}
    return {"train": train, "test": test, "accuracy": accuracy, **last}


def scales(systems, *, network=WIDE, schedule="steps", epochs=300, rows=1000, limits=()):
    """The scales of one experiment: `network`, `epochs` and `schedule` are the document's, `rows`
    the images at toy scale, `limits` what no scale has."""
    shared = {"systems": [list(system) for system in systems], "schedule": schedule}
    toy = {**_TOY, **shared, "rows": rows}
    always = (*limits, *_ALWAYS)
    if any(mixing != "none" for _, mixing in systems):
        always = (*always, _BETA)
    more = _CORE_IMAGES // len(systems)
    kind = "bottleneck blocks" if network.get("bottleneck") else "blocks"
    large = f"{network['blocks']} {kind} of {network['planes']} planes"
    groups = any(normalization == "GN" for normalization, _ in systems)

    def smaller(images, steps, passes=(), trained=f"{toy['epochs']} epochs"):
        """What a scale of so many steps an epoch changes."""
        changes = [
            Difference("network", large, "[1, 1, 1] blocks of 16 planes"),
            *passes,
            *([Difference("groups of GN", "32", "4")] if groups else []),
            Difference("data", _IMAGES, f"{images}, not changed"),
            # each remembers about ten, through which the test curves are read
            Difference("steps an epoch, for running statistics of momentum 0.1", "390", f"{steps}"),
        ]
        if trained != f"{epochs} epochs":
            changes.append(Difference("training", f"{epochs} epochs", trained))
        return (*changes, *always)

    two = [Difference("passes over the weights", "1", "2")]
    # on a large GPU an hour for the wide network
    work = (8 if network is DEEP else 1) * len(systems) * epochs / 300
    return {
        "smoke": Scale(
            {**_SMOKE, **shared}, smaller("96 images of 4 x 4 pixels", 3, two, "2 epochs")
        ),
        "toy": Scale(
            toy,
            smaller(f"{rows} images averaged to 8 x 8 pixels", rows // toy["batch"], two),
            seeds=10,
            seconds=6e-4 * len(systems) * toy["epochs"] * rows,
            tested={"accuracy": Images(1000, curve=True)},
        ),
        "core": Scale(
            {**_CORE, **shared, "rows": more, "right": True},
            smaller(f"{more:,} images averaged to 16 x 16 pixels", more // toy["batch"]),
            seeds=5,
            seconds=1150,
            data=("cifar10-whole",),
            tested={"accuracy": Images(10_000, curve=True)},
        ),
        "paper": Scale(
            {**_PAPER, **shared, "network": network, "epochs": epochs, "right": True},
            always,
            seeds=10,
            seconds=3600 * work,
            tested={"accuracy": Images(1000, curve=True)},
            gpu=True,
        ),
    }


def accuracy_gap(first, second):
    """Measure of a finding: last test accuracy of one system less another's, in points."""
    return lambda arrays: 100 * (arrays["accuracy"][first, -1] - arrays["accuracy"][second, -1])


def first_half(values):
    """The epochs after the start and before the first decrease of the learning rate."""
    return values[..., 1 : max(values.shape[-1] // 2, 2)]

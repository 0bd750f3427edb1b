"""What the EquiNorm paper's training experiments have in common: data, networks, schedule, scales,
and the measures of their findings."""

from normtheory.experiments.experiment import Scale

WIDE = {"blocks": [3, 3, 3], "planes": 96, "groups": 32, "passes": 1}
# ResNet-152
DEEP = {"blocks": [3, 8, 36, 3], "planes": 64, "groups": 32, "passes": 1, "bottleneck": True}
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
_SMOKE = {**_TOY, "epochs": 2, "rows": 96, "batch": 32, "pool": 8}
_CENTRED = "pixels are centred for no method, which the document recommends for EquiNorm alone"
_BLOCKS = "ReLU alone before EquiNorm's convolutions: the document does not describe its blocks"
_BETA = "Beta(1, 1) for mixup and Beta(2, 2) for manifold mixup: the document names no law"


def scales(systems, *, network=WIDE, schedule="steps", epochs=300, rows=1000, limits=()):
    """The three scales of one experiment.

    Parameters
    ----------
    systems : sequence of (normalization, kind of mixup)
    network, epochs : dict, int
        The document's.
    schedule : str
        Of `schedules.SCHEDULES`.
    rows : int
        Images to train on at toy scale.
    limits : tuple of str
        What no scale of this experiment has.

    Returns
    -------
    dict of str to Scale
    """
    shared = {"systems": [list(system) for system in systems], "schedule": schedule}
    paper = {**_PAPER, **shared, "network": network, "epochs": epochs}
    toy = {**_TOY, **shared, "rows": rows}
    always = (*limits, _CENTRED, _BLOCKS)
    if any(mixing != "none" for _, mixing in systems):
        always = (*always, _BETA)
    blocks = "bottleneck blocks" if network.get("bottleneck") else "blocks"
    smaller = (
        f"[1, 1, 1] blocks of 16 planes instead of {network['blocks']} {blocks} of "
        f"{network['planes']}, 2 passes over weights, not 1"
    )
    if any(normalization == "GN" for normalization, _ in systems):
        smaller += ", 4 groups of GN, not 32"
    shorter = () if epochs == toy["epochs"] else (f"{toy['epochs']} epochs instead of {epochs}",)
    # on two cores, and on a large GPU: an hour for the wide network
    work = (8 if network is DEEP else 1) * len(systems) * epochs / 300
    return {
        "smoke": Scale(
            configuration={**_SMOKE, **shared},
            seeds=2,
            deviations=(smaller, "2 epochs, 96 images of 4 x 4 pixels, not augmented", *always),
        ),
        "toy": Scale(
            configuration=toy,
            seeds=10,
            seconds=2e-4 * len(systems) * toy["epochs"] * rows,
            deviations=(
                smaller,
                *shorter,
                f"{rows} images of 8 x 8 pixels, not augmented",
                *always,
            ),
        ),
        "paper": Scale(configuration=paper, seeds=10, seconds=3600 * work, deviations=always),
    }


def accuracy_gap(first, second):
    """Measure of a finding: last test accuracy of one system less another's, in points."""
    return lambda arrays: 100 * (arrays["accuracy"][first, -1] - arrays["accuracy"][second, -1])


def first_half(values):
    """The epochs after the start and before the first decrease of the learning rate."""
    return values[..., 1 : max(values.shape[-1] // 2, 2)]

"""Figure 1: a 3x3 kernel on a 3x3 image with cyclic padding, whose positive and negative weights
contribute the same total, also after the weights have moved.

The paper prints no numbers but the total, 9. "Epochs" are random steps of the raw weights here: the
balance must not depend on how they move.
"""

import numpy as np

from normtheory.experiments.effects import between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.equinorm import draw_balance
from normtheory.theory.equinorm import contributions, normalize

_TOY = {"side": 3, "epochs": 20, "step": 0.3}


def run(configuration, seed, device):
    """Contributions of positive and negative weights, raw and normalized, at every epoch.

    Gives ``raw`` and ``normalized`` (epochs, 2): positive and negative total; the first epoch's
    ``image``, ``kernel`` and ``balanced`` kernel (side, side).
    """
    rng = np.random.default_rng(seed)
    side = configuration["side"]
    image = rng.random((1, 1, side, side))
    kernel = rng.standard_normal((1, 1, side, side))
    first = kernel
    raw, normalized = [], []
    for _ in range(configuration["epochs"]):
        balanced = normalize(image, kernel).weights
        raw.append(np.concatenate(contributions(image, kernel)))
        normalized.append(np.concatenate(contributions(image, balanced)))
        kernel = kernel + configuration["step"] * rng.standard_normal(kernel.shape)
    return {
        "raw": np.array(raw),
        "normalized": np.array(normalized),
        "image": image[0, 0],
        "kernel": first[0, 0],
        "balanced": normalize(image, first).weights[0, 0],
    }


def _farthest(arrays):
    return np.abs(arrays["normalized"] - [9.0, -9.0]).max()


_OURS = (
    Difference("image and kernel", "the total alone is printed", "random"),
    Difference("epochs", "training", "random steps of the kernel"),
)

EXPERIMENTS = (
    Experiment(
        id="equinorm.fig1",
        title="Positive and negative weights in balance",
        source="Controlling Covariate Shift (EquiNorm), Figure 1",
        says="Contributions of positive and negative weights stay of the same total magnitude, 9, "
        "compared to each other and between epochs.",
        scales={name: Scale(_TOY, _OURS, seeds=10, seconds=0.1) for name in ("smoke", "toy")},
        run=run,
        draw=draw_balance,
        size=(10.0, 3.6),
        document={"total": 9.0},
        findings=(
            Finding(
                name="totals",
                sentence="the positive weights contribute 9 and the negative ones -9",
                quantity="farthest total of the epochs from the paper's",
                measure=_farthest,
                region=between(0.0, 1e-9, "what rounding leaves of a zero"),
                document=0.0,
            ),
        ),
        lesson=Lesson(
            "The balance is exact, whatever the image and however the weights move.",
            reproduced="totals",
        ),
    ),
)

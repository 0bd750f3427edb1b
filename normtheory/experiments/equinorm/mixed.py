"""Figures 3 and 4 and 6.1 to 6.2: the short schedule, the spread over runs, and what mixup does."""

import numpy as np

from normtheory.experiments.effects import LOSS, NOT, OPEN, POINT, above, between
from normtheory.experiments.equinorm.settings import (
    DEEP,
    KINDS,
    accuracy_gap,
    first_half,
    run,
    scales,
)
from normtheory.experiments.experiment import Difference, Experiment, Lesson
from normtheory.experiments.findings import Finding
from normtheory.figures.equinorm_training import draw_mixup, draw_short, draw_spread

# "essentially the same" and "match" get a meaning that a run can contradict
_SAME = POINT.size
_PLAIN_BN, _MANIFOLD_BN, _PLAIN, _MIXUP, _MANIFOLD = 0, 2, 3, 4, 5


def _loss_change(arrays):
    """By how much manifold mixup raises the last test loss, of BN or of EquiNorm, the greater."""
    last = arrays["test"][:, -1]
    return max(last[_MANIFOLD_BN] - last[_PLAIN_BN], last[_MANIFOLD] - last[_PLAIN])


def _gaps(*pairs):
    """The least of several gaps of accuracy."""
    return lambda arrays: min(accuracy_gap(*pair)(arrays) for pair in pairs)


_IMPROVED = ((_MANIFOLD_BN, _PLAIN_BN), (_MANIFOLD, _PLAIN))
_MATCHING = (_MIXUP, _MANIFOLD)

EXPERIMENTS = (
    Experiment(
        id="equinorm.fig3",
        title="EquiNorm on a short schedule",
        source="Controlling Covariate Shift (EquiNorm), Figure 3 and 6.2",
        says=(
            "With 30 epochs, a 5-fold ramp of the rate and manifold mixup the median test accuracy "
            "is 94.0 % (IQR 0.22) for EquiNorm and 93.3 % (IQR 0.77) for BN."
        ),
        scales=scales(
            [("BN", "manifold"), ("EquiNorm", "manifold")], schedule="ramp", epochs=30, rows=2000
        ),
        run=run,
        draw=draw_short,
        size=(9.6, 4.2),
        data=("cifar10",),
        document={"BN": [93.3, 0.77], "EquiNorm": [94.0, 0.22]},
        findings=(
            Finding(
                name="accuracy",
                sentence="EquiNorm is superior when training is restricted to 30 epochs",
                quantity="last test accuracy, EquiNorm less BN",
                document=0.7,
                measure=accuracy_gap(1, 0),
                region=above(POINT),
            ),
        ),
        lesson=Lesson(
            "On 2000 images the short schedule leaves {accuracy} between EquiNorm and batchnorm, "
            "less than a thousand test images tell apart.",
            {"accuracy": OPEN},
        ),
    ),
    Experiment(
        id="equinorm.fig4",
        title="EquiNorm, BN and GN with manifold mixup over ten runs",
        source="Controlling Covariate Shift (EquiNorm), Figure 4a, 6.1 and 6.5",
        says=(
            "Medians and interquartile ranges of ten runs: the test accuracy is essentially the "
            "same at the final epoch, but EquiNorm converges significantly faster early."
        ),
        scales=scales(
            [("BN", "manifold"), ("GN", "manifold"), ("EquiNorm", "manifold")],
            network=DEEP,
            rows=2000,
            limits=(Difference("data sets", "CIFAR-10, CIFAR-100, SVHN, ImageNet", "CIFAR-10"),),
        ),
        run=run,
        draw=draw_spread,
        size=(9.6, 4.2),
        data=("cifar10",),
        findings=(
            Finding(
                name="same-final",
                sentence="the test set performance is essentially the same at the final epoch",
                quantity=f"last test accuracy, EquiNorm less BN, the same within {_SAME:g}",
                unit="points",
                measure=accuracy_gap(2, 0),
                region=between(-_SAME, _SAME, POINT.because),
            ),
            Finding(
                name="faster",
                sentence="EquiNorm converges significantly faster at the early epochs",
                quantity="mean test accuracy in the first half of the epochs, EquiNorm less BN",
                measure=lambda arrays: (
                    100 * np.mean(first_half(arrays["accuracy"][2] - arrays["accuracy"][0]))
                ),
                region=above(POINT),
            ),
        ),
        lesson=Lesson(
            "Final accuracies of EquiNorm and batchnorm differ by {same-final}, early ones by "
            "{faster}: neither sameness nor speed can be told from a thousand test images.",
            {"same-final": OPEN, "faster": OPEN},
        ),
    ),
    Experiment(
        id="equinorm.mixup",
        title="Mixup and manifold mixup with BN and EquiNorm",
        source="Controlling Covariate Shift (EquiNorm), 6.1",
        says=(
            "Manifold mixup significantly improves test accuracy for both, although it results in "
            "higher test loss in some cases; with either mixup EquiNorm matches BN."
        ),
        scales=scales([(method, kind) for method in ("BN", "EquiNorm") for kind in KINDS]),
        run=run,
        draw=draw_mixup,
        size=(9.6, 4.2),
        data=("cifar10",),
        findings=(
            Finding(
                name="improves",
                sentence="manifold mixup significantly improves test accuracy for both",
                quantity="test accuracy, manifold mixup less none, the lesser of BN and EquiNorm",
                measure=_gaps(*_IMPROVED),
                region=above(POINT),
            ),
            Finding(
                name="loss",
                sentence="manifold mixup results in higher test loss in some cases",
                quantity="last test loss, manifold mixup less none, BN or EquiNorm",
                unit="nats",
                measure=_loss_change,
                region=above(LOSS),
                beyond={"toy": "a thousand images, which networks without mixup overfit"},
            ),
            Finding(
                name="matches",
                sentence="EquiNorm with mixup or manifold mixup matches the generalization of BN",
                quantity="test accuracy less BN's without, the lesser of the two kinds of mixup, "
                f"-{_SAME:g} or more",
                unit="points",
                measure=_gaps(*((mixed, _PLAIN_BN) for mixed in _MATCHING)),
                region=between(-_SAME, 100.0, POINT.because),
            ),
        ),
        lesson=Lesson(
            "Where a thousand images are overfitted, manifold mixup lowers the test loss "
            "({loss}), and what it does to accuracy cannot be told.",
            {"loss": NOT, "improves": OPEN},
        ),
    ),
)

"""Figures 2 to 4 and 6.1 to 6.2: losses with EquiNorm, batch and group normalization, and with
EquiNorm's statistics from the first quarter of the batch; the short schedule, the spread over runs,
and what mixup does."""

from functools import partial

import numpy as np

from normtheory.experiments.effects import LOSS, POINT, Effect, above, below, between
from normtheory.experiments.equinorm.settings import (
    DEEP,
    KINDS,
    accuracy_gap,
    first_half,
    run,
    scales,
)
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson
from normtheory.figures.equinorm_training import (
    draw_losses,
    draw_mixup,
    draw_quarter,
    draw_short,
    draw_spread,
)


def _rise(arrays, system):
    """Last test loss less the least one."""
    return arrays["test"][system, -1] - arrays["test"][system].min()


def _late_rise(arrays, system):
    """Last test loss less that after the first epoch at a lower rate."""
    test = arrays["test"][system]
    return test[-1] - test[(len(test) - 1) // 2 + 1]


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
_images = partial(Experiment, run=run, size=(9.6, 4.2), data=("cifar10",))
_points = partial(Finding, region=above(POINT))
_nats = partial(Finding, region=above(LOSS), unit="nats")

EXPERIMENTS = (
    _images(
        id="equinorm.fig2",
        title="EquiNorm: convergence and overfitting",
        source="Controlling Covariate Shift (EquiNorm), Figure 2 and 6.1",
        says="EquiNorm converges significantly faster than BN, but also overfits more.",
        scales=scales([("BN", "none"), ("GN", "none"), ("EquiNorm", "none")]),
        draw=draw_losses,
        findings=(
            Finding(
                name="faster",
                sentence="EquiNorm converges significantly faster than BN",
                quantity="log10 ratio of training losses in the first half, BN over EquiNorm",
                measure=lambda arrays: np.log10(
                    first_half(arrays["train"][0]) / first_half(arrays["train"][2])
                ).mean(),
                region=above(Effect(0.04, "a tenth of the training loss")),
                beyond={
                    "toy": "a network of a hundredth of the weights on a fiftieth of the images, "
                    "with two passes"
                },
            ),
            _nats(
                name="overfits",
                sentence="EquiNorm overfits significantly more than BN",
                quantity="rise of the test loss above its least, EquiNorm less BN",
                measure=lambda arrays: _rise(arrays, 2) - _rise(arrays, 0),
            ),
            _nats(
                name="rises",
                sentence="EquiNorm's test loss starts to increase after the first learning rate "
                "decrease",
                quantity="last test loss less that after one epoch at a lower rate, EquiNorm",
                measure=lambda arrays: _late_rise(arrays, 2),
            ),
        ),
        lesson=Lesson(
            "On a thousand images EquiNorm's training loss falls more slowly than batchnorm's "
            "(log10 ratio {faster}), and its test loss rises after the rate falls, as printed.",
            reproduced="rises",
            not_reproduced="faster",
        ),
    ),
    _images(
        id="equinorm.quarter-batch",
        title="EquiNorm's statistics from a quarter of the batch",
        source="Controlling Covariate Shift (EquiNorm), 6.1",
        says="Statistics from the first quarter of the batch fix the overfitting and bring the "
        "test accuracy above BN's: 95.8 % against 94.7 %.",
        scales=scales([("BN", "none"), ("EquiNorm", "none"), ("quarter", "none")]),
        draw=draw_quarter,
        document={"BN": 94.7, "quarter": 95.8},
        findings=(
            _nats(
                name="lessens",
                sentence="statistics of the first quarter of the batch lessen the overfitting",
                quantity="rise of the test loss above its least, whole batch less quarter",
                measure=lambda arrays: _rise(arrays, 1) - _rise(arrays, 2),
            ),
            Finding(
                name="fixes",
                sentence="with them no overfitting is visible in the test loss",
                quantity="last test loss less that after one epoch at a lower rate, quarter",
                unit="nats",
                measure=lambda arrays: _late_rise(arrays, 2),
                region=below(LOSS),
                beyond={"toy": "a thousand images, which any network of this size overfits"},
            ),
            _points(
                name="accuracy",
                sentence="it results in higher test accuracy than BN",
                quantity="test accuracy, EquiNorm with a quarter less BN",
                document=1.1,
                measure=accuracy_gap(2, 0),
            ),
        ),
        lesson=Lesson(
            "Statistics from a quarter of the batch do lessen the overfitting, by {lessens}, but "
            "do not end it here: the test loss still rises by {fixes}.",
            reproduced="lessens",
            not_reproduced="fixes",
        ),
    ),
    _images(
        id="equinorm.fig3",
        title="EquiNorm on a short schedule",
        source="Controlling Covariate Shift (EquiNorm), Figure 3 and 6.2",
        says="With 30 epochs, a 5-fold ramp of the rate and manifold mixup the median test "
        "accuracy is 94.0 % (IQR 0.22) for EquiNorm and 93.3 % (IQR 0.77) for BN.",
        scales=scales(
            [("BN", "manifold"), ("EquiNorm", "manifold")], schedule="ramp", epochs=30, rows=2000
        ),
        draw=draw_short,
        document={"BN": [93.3, 0.77], "EquiNorm": [94.0, 0.22]},
        findings=(
            _points(
                name="accuracy",
                sentence="EquiNorm is superior when training is restricted to 30 epochs",
                quantity="last test accuracy, EquiNorm less BN",
                document=0.7,
                measure=accuracy_gap(1, 0),
            ),
        ),
        lesson=Lesson(
            "On 2000 images the short schedule leaves {accuracy} between EquiNorm and batchnorm, "
            "less than a thousand test images tell apart.",
            open="accuracy",
        ),
    ),
    _images(
        id="equinorm.fig4",
        title="EquiNorm, BN and GN with manifold mixup over ten runs",
        source="Controlling Covariate Shift (EquiNorm), Figure 4a, 6.1 and 6.5",
        says="Medians and interquartile ranges of ten runs: the test accuracy is essentially the "
        "same at the final epoch, but EquiNorm converges significantly faster early.",
        scales=scales(
            [("BN", "manifold"), ("GN", "manifold"), ("EquiNorm", "manifold")],
            network=DEEP,
            rows=2000,
            limits=(Difference("data sets", "CIFAR-10, CIFAR-100, SVHN, ImageNet", "CIFAR-10"),),
        ),
        draw=draw_spread,
        findings=(
            Finding(
                name="same-final",
                sentence="the test set performance is essentially the same at the final epoch",
                quantity=f"last test accuracy, EquiNorm less BN, the same within {_SAME:g}",
                unit="points",
                measure=accuracy_gap(2, 0),
                region=between(-_SAME, _SAME, POINT.because),
            ),
            _points(
                name="faster",
                sentence="EquiNorm converges significantly faster at the early epochs",
                quantity="mean test accuracy in the first half of the epochs, EquiNorm less BN",
                measure=lambda arrays: (
                    100 * np.mean(first_half(arrays["accuracy"][2] - arrays["accuracy"][0]))
                ),
            ),
        ),
        lesson=Lesson(
            "Final accuracies of EquiNorm and batchnorm differ by {same-final}, early ones by "
            "{faster}: neither sameness nor speed can be told from a thousand test images.",
            open="same-final faster",
        ),
    ),
    _images(
        id="equinorm.mixup",
        title="Mixup and manifold mixup with BN and EquiNorm",
        source="Controlling Covariate Shift (EquiNorm), 6.1",
        says="Manifold mixup significantly improves test accuracy for both, although it results in "
        "higher test loss in some cases; with either mixup EquiNorm matches BN.",
        scales=scales([(method, kind) for method in ("BN", "EquiNorm") for kind in KINDS]),
        draw=draw_mixup,
        findings=(
            _points(
                name="improves",
                sentence="manifold mixup significantly improves test accuracy for both",
                quantity="test accuracy, manifold mixup less none, the lesser of BN and EquiNorm",
                measure=_gaps(*_IMPROVED),
            ),
            _nats(
                name="loss",
                sentence="manifold mixup results in higher test loss in some cases",
                quantity="last test loss, manifold mixup less none, BN or EquiNorm",
                measure=_loss_change,
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
            not_reproduced="loss",
            open="improves",
        ),
    ),
)

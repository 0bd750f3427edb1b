"""Figures 3 and 4 and 6.1 to 6.2: the short schedule, the spread over runs, and what mixup does."""

import numpy as np

from normtheory.experiments.equinorm.curves import run
from normtheory.experiments.equinorm.mixup import KINDS
from normtheory.experiments.equinorm.settings import (
    DEEP,
    accuracy_gap,
    first_half,
    scales,
)
from normtheory.experiments.experiment import Experiment
from normtheory.experiments.findings import Finding, exchanged
from normtheory.figures.equinorm_training import draw_mixup, draw_short, draw_spread

# "essentially the same" and "match" get a meaning that a run can contradict
_SAME = 1.0
_PLAIN_BN, _MANIFOLD_BN, _PLAIN, _MIXUP, _MANIFOLD = 0, 2, 3, 4, 5


def _same_final(arrays):
    """The mutant: EquiNorm's accuracies far from BN's where they are near, else BN's own."""
    accuracy = arrays["accuracy"].copy()
    near = abs(accuracy_gap(2, 0)(arrays)) <= _SAME
    accuracy[2] = accuracy[0] + (0.05 if near else 0.0)
    return {**arrays, "accuracy": accuracy}


def _loss_change(arrays):
    """By how much manifold mixup raises the last test loss, of BN or of EquiNorm, the greater."""
    last = arrays["test"][:, -1]
    return max(last[_MANIFOLD_BN] - last[_PLAIN_BN], last[_MANIFOLD] - last[_PLAIN])


def _loss_mutant(arrays):
    mixed, plain = [_MANIFOLD_BN, _MANIFOLD], [_PLAIN_BN, _PLAIN]
    test = arrays["test"].copy()
    test[mixed] = test[plain] + (-0.5 if _loss_change(arrays) > 0 else 0.5)
    return {**arrays, "test": test}


def _improves(method, mixed, plain):
    return Finding(
        name=f"improves-{method}",
        sentence=f"manifold mixup significantly improves test accuracy for {method}",
        quantity=f"test accuracy of {method}, manifold mixup less none",
        unit="points",
        measure=accuracy_gap(mixed, plain),
        region=(0.0, 100.0),
        mutant=exchanged(mixed, plain, "accuracy"),
    )


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
            [("BN", "manifold"), ("EquiNorm", "manifold")],
            schedule="ramp",
            epochs=30,
            rows=2000,
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
                unit="points",
                document=0.7,
                measure=accuracy_gap(1, 0),
                region=(0.0, 100.0),
                mutant=exchanged(0, 1, "accuracy"),
            ),
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
            limits=("CIFAR-10 alone, without CIFAR-100, SVHN and ImageNet",),
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
                region=(-_SAME, _SAME),
                mutant=_same_final,
            ),
            Finding(
                name="faster",
                sentence="EquiNorm converges significantly faster at the early epochs",
                quantity="mean test accuracy in the first half of the epochs, EquiNorm less BN",
                unit="points",
                measure=lambda arrays: (
                    100 * np.mean(first_half(arrays["accuracy"][2] - arrays["accuracy"][0]))
                ),
                region=(0.0, 100.0),
                mutant=exchanged(0, 2, "accuracy"),
            ),
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
            _improves("BN", _MANIFOLD_BN, _PLAIN_BN),
            _improves("EquiNorm", _MANIFOLD, _PLAIN),
            Finding(
                name="loss",
                sentence="manifold mixup results in higher test loss in some cases",
                quantity="last test loss, manifold mixup less none, BN or EquiNorm",
                unit="nats",
                measure=_loss_change,
                region=(0.0, np.inf),
                mutant=_loss_mutant,
            ),
            Finding(
                name="matches-mixup",
                sentence="EquiNorm matches the generalization of BN by mixup",
                quantity=f"test accuracy, EquiNorm with mixup less BN without, -{_SAME:g} or more",
                unit="points",
                measure=accuracy_gap(_MIXUP, _PLAIN_BN),
                region=(-_SAME, 100.0),
                mutant=exchanged(_MIXUP, _PLAIN_BN, "accuracy"),
            ),
            Finding(
                name="matches-manifold",
                sentence="EquiNorm matches the generalization of BN by manifold mixup",
                quantity=(
                    f"test accuracy, EquiNorm with manifold mixup less BN without, -{_SAME:g} or "
                    "more"
                ),
                unit="points",
                measure=accuracy_gap(_MANIFOLD, _PLAIN_BN),
                region=(-_SAME, 100.0),
                mutant=exchanged(_MANIFOLD, _PLAIN_BN, "accuracy"),
            ),
        ),
    ),
)

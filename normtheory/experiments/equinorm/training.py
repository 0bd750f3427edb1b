"""Figure 2 and 6.1: train and test loss with EquiNorm, batch and group normalization, and with
EquiNorm's statistics from the first quarter of the batch.

The paper trains a wide ResNet on CIFAR-10 for 300 epochs with two decreases of the learning rate;
here a three-layer CNN is trained on 500 of the 8 x 8 digits with a schedule of the same shape.
"""

import numpy as np
import torch

from normtheory.experiments.digits_network import digits, evaluated, network, train
from normtheory.experiments.experiment import Experiment, Scale
from normtheory.experiments.findings import Finding
from normtheory.figures.equinorm import draw_losses, draw_quarter

_TOY = {
    "methods": ["BN", "GN", "EquiNorm"],
    "batch": 128,
    "rate": 0.1,
    "momentum": 0.9,
    "decay": 1e-4,
    "epochs": 30,
    "rows": 500,
}


def run(configuration, seed, device):
    """Train with each method on `rows` training rows.

    Returns
    -------
    dict
        ``train``, ``test``, ``accuracy`` (methods, epochs + 1), in evaluation mode.
    """
    tensors = digits(configuration, device)
    epochs, rows = configuration["epochs"], configuration["rows"]
    # a smaller training set overfits within few epochs
    tensors = (tensors[0][:rows], tensors[1][:rows], *tensors[2:])
    found = []
    for method in configuration["methods"]:
        torch.manual_seed(seed)
        fraction = 0.25 if method == "quarter" else 1.0
        kind = "EquiNorm" if method == "quarter" else method
        model = network(kind, fraction=fraction).to(device)
        curve = []

        def look(model, curve=curve):
            train_loss, _ = evaluated(model, tensors[0], tensors[1])
            curve.append((train_loss, *evaluated(model, *tensors[2:])))

        # an evaluation before any training has no running mean to use
        model(tensors[0])
        train(
            model,
            tensors,
            configuration,
            torch.Generator().manual_seed(seed),
            batch=configuration["batch"],
            rate=lambda epoch: configuration["rate"] * 0.1 ** (2 * epoch // epochs),
            after_epoch=look,
        )
        found.append(curve)
    train_loss, test_loss, accuracy = np.moveaxis(np.array(found), -1, 0)
    return {"train": train_loss, "test": test_loss, "accuracy": accuracy}


def _early(arrays, first, second):
    """Mean log10 ratio of training losses over the epochs before the first decrease of the rate."""
    half = max(arrays["train"].shape[1] // 2, 2)
    return np.log10(arrays["train"][first, 1:half] / arrays["train"][second, 1:half]).mean()


def _rise(arrays, method):
    """Last test loss less the least one."""
    return arrays["test"][method, -1] - arrays["test"][method].min()


def _exchanged(name, first, second):
    def mutant(arrays):
        order = np.arange(len(arrays[name]))
        order[[first, second]] = second, first
        return {**arrays, name: arrays[name][order]}

    return mutant


_SETTING = (
    "a three-layer CNN on 500 of the 8 x 8 digits instead of a wide ResNet on CIFAR-10",
    "30 epochs instead of 300; zero padding",
)


def _scales(methods):
    toy = {**_TOY, "methods": methods}
    return {
        "smoke": Scale(
            configuration={**toy, "epochs": 2, "rows": 128, "batch": 64},
            seeds=2,
            seconds=1,
            deviations=(*_SETTING, "2 epochs, 128 rows"),
        ),
        "toy": Scale(configuration=toy, seeds=10, seconds=6, deviations=_SETTING),
        "paper": Scale(
            configuration={**toy, "epochs": 300, "rows": 1348},
            seeds=10,
            seconds=150,
            deviations=("a three-layer CNN on 8 x 8 digits instead of a wide ResNet on CIFAR-10",),
        ),
    }


EXPERIMENTS = (
    Experiment(
        id="equinorm.fig2",
        title="EquiNorm: convergence and overfitting",
        source="Controlling Covariate Shift (EquiNorm), Figure 2 and 6.1",
        says="EquiNorm converges significantly faster than BN, but also overfits more.",
        scales=_scales(["BN", "GN", "EquiNorm"]),
        run=run,
        draw=draw_losses,
        size=(9.6, 4.2),
        data=("digits",),
        findings=(
            Finding(
                name="faster",
                sentence="EquiNorm converges significantly faster than BN",
                quantity="log10 ratio of training losses in the first half, BN over EquiNorm",
                measure=lambda arrays: _early(arrays, 0, 2),
                region=(0.0, np.inf),
                mutant=_exchanged("train", 0, 2),
            ),
            Finding(
                name="overfits",
                sentence="EquiNorm overfits significantly more than BN",
                quantity="rise of the test loss above its least, EquiNorm less BN",
                measure=lambda arrays: _rise(arrays, 2) - _rise(arrays, 0),
                region=(0.0, np.inf),
                mutant=_exchanged("test", 0, 2),
            ),
        ),
    ),
    Experiment(
        id="equinorm.quarter-batch",
        title="EquiNorm's statistics from a quarter of the batch",
        source="Controlling Covariate Shift (EquiNorm), 6.1",
        says=(
            "Statistics from the first quarter of the batch fix the overfitting and bring the test "
            "accuracy above BN's: 95.8 % against 94.7 %."
        ),
        scales=_scales(["BN", "EquiNorm", "quarter"]),
        run=run,
        draw=draw_quarter,
        size=(9.6, 4.2),
        data=("digits",),
        document={"BN": 94.7, "quarter": 95.8},
        findings=(
            Finding(
                name="fixes",
                sentence="the first quarter of the batch fixes the overfitting",
                quantity="rise of the test loss above its least, whole batch less quarter",
                measure=lambda arrays: _rise(arrays, 1) - _rise(arrays, 2),
                region=(0.0, np.inf),
                mutant=_exchanged("test", 1, 2),
            ),
            Finding(
                name="accuracy",
                sentence="it results in higher test accuracy than BN",
                quantity="test accuracy, EquiNorm with a quarter less BN (paper: 1.1)",
                unit="points",
                document=1.1,
                measure=lambda arrays: (
                    100 * (arrays["accuracy"][2, -1] - arrays["accuracy"][0, -1])
                ),
                region=(0.0, 100.0),
                mutant=_exchanged("accuracy", 0, 2),
            ),
        ),
    ),
)

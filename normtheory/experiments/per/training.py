"""Figures 4 and 5: what PER, batch normalization and nothing do to the distribution of the
activations through training."""

import numpy as np

from normtheory.experiments.cifar_settings import PAPER
from normtheory.experiments.devices import trains
from normtheory.experiments.effects import DISTANCE, OCTAVE, Effect, below
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.per_training import draw_closeness, draw_evolution
from normtheory.theory.slices import random_directions

METHODS = ("none", "BN", "PER")
SHOWN = (3, 6, 9)
_TOY = {
    "width": 64,
    "depth": 9,
    "rate": 0.02,
    "momentum": 0.9,
    "coefficient": 3e-4,
    "batch": 64,
    "epochs": 40,
    "slices": 64,
}
_PAPER = {
    **PAPER,
    "activation": "ReLU",
    "scalar_bias": True,
    "bias_rate": 0.1,
    "coefficient": 3e-4,
    "per_slices": 256,
    "slices": 64,
    "observed": 500,
}


@trains
def run_evolution(configuration, seed, device):
    """Train with each method and look at units' moments on the training set each epoch.

    Gives ``quantiles`` (methods, shown layers, epochs + 1, 3), of one random unit a layer; and
    medians over a layer's units (methods, layers, epochs + 1): ``mean`` of |mean|, ``variance``,
    and ``gap`` of |log2 variance|.
    """
    found = _run(configuration, seed, device)
    return {name: found[name] for name in ("quantiles", "mean", "variance", "gap")}


@trains
def run_closeness(configuration, seed, device):
    """The same training: ``distance`` (methods, layers, epochs + 1), exact sliced W1 to N(0, I)."""
    return {"distance": _run(configuration, seed, device)["distance"]}


def _run(configuration, seed, device):
    from normtheory.experiments.per.networks import epochs, observed, sizes, training_set

    x, y = training_set(configuration, device)
    widths, rng = sizes(configuration, x), np.random.default_rng(seed)
    theta = {
        width: random_directions(width, configuration["slices"], rng, dtype="float32")
        for width in dict.fromkeys(widths)
    }
    shown = [min(layer, len(widths)) - 1 for layer in SHOWN]
    units = rng.integers([widths[index] for index in shown])
    found = []
    for method in METHODS:
        rows = [
            observed(model, watched, x[: configuration.get("observed")], theta, shown, units)
            for model, watched in epochs(method, configuration, seed, x, y)
        ]
        # epochs stand behind layers
        found.append({name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]})
    return {name: np.array([each[name] for each in found]) for name in found[0]}


def _jump(arrays, method):
    """Median change of a unit's median between consecutive epochs, over its spread."""
    quantiles = arrays["quantiles"][method]
    spread = quantiles[:, 1:, 2] - quantiles[:, 1:, 0]
    return np.median(np.abs(np.diff(quantiles[..., 1], axis=1)) / (spread + 1e-12))


_SETTING = (
    Difference("network", "11-layer CNN on CIFAR-10", "9-layer network on 8 x 8 digits"),
    Difference("coefficient of PER", "3e-4 to 1e-5 tried", "3e-4"),
)
_LAST = slice(-5, None)


def _scales():
    smoke = {**_TOY, "width": 16, "epochs": 3, "slices": 16}
    return {
        "smoke": Scale(smoke, (*_SETTING, Difference("smaller", "", "width 16, 3 epochs"))),
        "toy": Scale(_TOY, _SETTING, seeds=5, seconds=15),
        "paper": Scale(
            _PAPER,
            (
                Difference("activation function, coefficient", "", "ReLU, 3e-4"),
                Difference("distributions", "all training images", "500 of them"),
            ),
            seeds=5,
            seconds=4 * 3600,
            gpu=True,
            data=("cifar10-whole",),
        ),
    }


EXPERIMENTS = (
    Experiment(
        id="per.fig4",
        title="Quantiles, mean and variance of single units through training",
        source="Joo, Kang & Kim 2020, Figure 4 and 4.3.2",
        says="Under BN the distributions change little between epochs; PER pushes the mean to "
        "zero, and the variance keeps moving towards one.",
        scales=_scales(),
        run=run_evolution,
        draw=draw_evolution,
        size=(11.0, 6.4),
        data=("digits",),
        findings=(
            Finding(
                name="mean",
                sentence="PER pushes the mean to zero",
                quantity="|mean| of units in the last 5 epochs, log2 of PER's over vanilla's",
                measure=lambda arrays: np.log2(
                    np.median(arrays["mean"][2, :, _LAST]) / np.median(arrays["mean"][0, :, _LAST])
                ),
                region=below(OCTAVE),
            ),
            Finding(
                name="variance",
                sentence="under PER the variance keeps moving towards one",
                quantity="|log2 variance| of units, last 5 epochs less first 5, PER",
                measure=lambda arrays: (
                    np.median(arrays["gap"][2, :, _LAST]) - np.median(arrays["gap"][2, :, :5])
                ),
                region=below(OCTAVE),
                erratum="per.variance-to-one",
            ),
            Finding(
                name="explosion",
                sentence="PER prevents the variance explosion",
                quantity="median variance in the last 5 epochs, log2 of PER's over vanilla's",
                measure=lambda arrays: np.log2(
                    np.median(arrays["variance"][2, :, _LAST])
                    / np.median(arrays["variance"][0, :, _LAST])
                ),
                region=below(OCTAVE),
            ),
            Finding(
                name="jumps",
                sentence="changes between consecutive epochs are small under BN",
                quantity="move of a unit's median over its interquartile range, BN less vanilla",
                measure=lambda arrays: _jump(arrays, 1) - _jump(arrays, 0),
                region=below(Effect(0.02, "a fiftieth of a unit's range is no jump")),
            ),
        ),
        lesson=Lesson(
            "PER keeps means and variances down, far below the plain network's, and does not bring "
            "variances towards one: they move away from it, by {variance} octaves.",
            reproduced="mean explosion",
            not_reproduced="variance",
        ),
    ),
    Experiment(
        id="per.fig5",
        title="Closeness to N(0, I) by layer and epoch",
        source="Joo, Kang & Kim 2020, Figure 5",
        says="BN is close to N(0, I) early in training; PER keeps activations from drifting away.",
        scales=_scales(),
        run=run_closeness,
        draw=draw_closeness,
        size=(10.5, 4.6),
        data=("digits",),
        findings=(
            Finding(
                name="drift",
                sentence="PER prevents the distribution from being drifted away from the target",
                quantity="sliced W1 in the last 5 epochs, mean over layers, PER less vanilla",
                measure=lambda arrays: np.subtract(
                    *arrays["distance"][[2, 0]][:, :, _LAST].mean((1, 2))
                ),
                region=below(DISTANCE),
            ),
            Finding(
                name="early",
                sentence="BN gives a small distance early in training",
                quantity="sliced W1 at the start, mean over layers, BN less PER",
                measure=lambda arrays: np.subtract(*arrays["distance"][1:, :, 0].mean(1)),
                region=below(DISTANCE),
            ),
        ),
        lesson=Lesson(
            "PER keeps the activations from drifting away (sliced W1 {drift} from the plain "
            "network's), which is not yet near the target; batchnorm is nearer at once.",
            reproduced="drift early",
        ),
    ),
)

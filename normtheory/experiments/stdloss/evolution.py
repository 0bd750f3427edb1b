"""Figure 4: the distribution of the last features of the CNN of A.1 over 20 epochs of MNIST."""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import DISTANCE, above, between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.experiments.stdloss.mnist import METHODS
from normtheory.figures.stdloss import draw_evolution

LEVELS = (np.arange(25) + 0.5) / 25
_PAPER = {
    "network": "cnn",
    "rate": 1e-3,
    "decay": 4e-5,
    "batch": 128,
    "steps": 8600,
    "every": 200,
    "rows": 1000,
}
_FIVE = {**_PAPER, "kernel": 5}
# plain gradient descent at so small a rate goes the same way in fewer, longer steps
_TOY = {**_PAPER, "rate": 4e-3, "steps": 2150, "every": 50}
# distance of a uniform distribution from a normal one, standardized, by their quantiles at LEVELS
_UNIFORM = 0.14
_NONE, _BN, _LOSS = (METHODS.index(name) for name in ("none", "BN", "standardization"))


@trains
def run(configuration, seed, device):
    """Train with each method and look at the features of the last layer.

    Gives ``step`` (points,); ``quantile`` (methods, points, 25) of the features at `LEVELS`, and
    ``spread`` (methods, points), their standard deviation, over all units, positions and the first
    `rows` test images; ``accuracy`` (methods, points) on these images.
    """
    from normtheory.experiments.stdloss.networks import features, trained
    from normtheory.experiments.training import on_device

    tensors = on_device("mnist", configuration, device)
    shown = tensors[2][: configuration["rows"]]
    quantiles, spreads, accuracies = [], [], []
    for method in METHODS:
        laws = []

        def look(model, laws=laws):
            values = features(model, shown).double().cpu().numpy().ravel()
            laws.append((np.quantile(values, LEVELS), values.std()))

        curve, _ = trained(method, configuration, tensors, seed, look=look)
        quantile, spread = zip(*laws, strict=True)
        quantiles.append(quantile)
        spreads.append(spread)
        accuracies.append([point[-1] for point in curve])
    return {
        "step": np.array([point[0] for point in curve]),
        "quantile": np.array(quantiles, np.float32),
        "spread": np.array(spreads),
        "accuracy": np.array(accuracies),
    }


def _distance(one, other):
    """Wasserstein-1 distance of distributions by their quantiles, over the last axis."""
    return np.abs(one - other).mean(-1)


def _drift(arrays, row):
    """Distance to the distribution at the end in its standard deviations, mean over training."""
    law = arrays["quantile"][row]
    return _distance(law[:-1], law[-1]).mean() / arrays["spread"][row, -1]


def _octaves(arrays, row):
    spread = arrays["spread"][row]
    return np.log2(spread.max() / spread.min())


def _reshaped(arrays, row):
    """Distance of the first from the last distribution, both standardized."""
    law = arrays["quantile"][row]
    law = law - law.mean(-1, keepdims=True)
    law = law / law.std(-1, keepdims=True)
    return _distance(law[0], law[-1])


def _apart(arrays, row):
    """Distance to the distribution under batch normalization, mean over training."""
    return _distance(arrays["quantile"][row], arrays["quantile"][_BN]).mean()


def _other_shape(arrays):
    """Distributions that keep their shape where these change it, and end skewed where not."""
    kept = arrays["quantile"].copy()
    kept[:, -1] = kept[:, 0] if _reshaped(arrays, _NONE) > _UNIFORM else np.exp(4 * LEVELS)
    return {**arrays, "quantile": kept}


def _unstated(side):
    return (
        Difference("side of the kernels", "missing from our copy of the text", side),
        Difference("initialisation", "", "Glorot's"),
        Difference("features", "", "before the last nonlinearity, on 1000 test images"),
    )


_STEPS = Difference("steps", "20 epochs, 8600 steps", "8600, 18.3 epochs of 60,000 images")

EXPERIMENTS = (
    Experiment(
        id="stdloss.fig4",
        title="The distribution of the last layer's features in training",
        source="Standardization Loss paper, Figure 4 and 4.2",
        says="Without normalization the features' distribution changes notably in shape and scale "
        "over 20 epochs; BN and the standardization loss keep it stable.",
        scales={
            "smoke": Scale(
                {**_TOY, "steps": 20, "every": 10, "rows": 100},
                (*_unstated("3"), Difference("steps", "8600", "20")),
            ),
            "toy": Scale(
                _TOY,
                (*_unstated("3"), Difference("steps", "8600 at rate 1e-3", "2150 at rate 4e-3")),
                seeds=5,
                seconds=80,
            ),
            "paper": Scale(
                _FIVE, (*_unstated("5, inferred from Figure 1"), _STEPS), seeds=10, seconds=300
            ),
        },
        run=run,
        draw=draw_evolution,
        size=(11.0, 4.2),
        data=("mnist",),
        findings=(
            Finding(
                name="scale",
                sentence="without normalization the distribution changes notably in scale",
                quantity="largest over smallest standard deviation of the baseline's features",
                unit="octaves",
                measure=lambda arrays: _octaves(arrays, _NONE),
                region=between(1.0, np.inf, "notably: a factor of two"),
            ),
            Finding(
                name="shape",
                sentence="without normalization the distribution changes notably in shape",
                quantity="distance of the baseline's first and last distributions, standardized "
                f"(a uniform from a Gaussian one: {_UNIFORM})",
                unit="standard deviations",
                measure=lambda arrays: _reshaped(arrays, _NONE),
                region=between(
                    _UNIFORM, np.inf, "notably: as a uniform distribution from a normal one"
                ),
                mutant=_other_shape,
            ),
            Finding(
                name="stable",
                sentence="BN and the loss restore control over how the distribution evolves",
                quantity="mean distance to the last distribution, baseline less worse of the two",
                unit="standard deviations",
                measure=lambda arrays: (
                    _drift(arrays, _NONE) - max(_drift(arrays, row) for row in (_BN, _LOSS))
                ),
                region=above(DISTANCE),
            ),
            Finding(
                name="like-BN",
                sentence="with the loss the distribution evolves qualitatively as with BN",
                quantity="mean distance to BN's distribution, baseline less standardization loss",
                measure=lambda arrays: _apart(arrays, _NONE) - _apart(arrays, _LOSS),
                region=above(DISTANCE),
            ),
        ),
        lesson=Lesson(
            "Without normalization the features widen by {scale} in the course of training; "
            "batchnorm holds them at one scale, and the loss takes them there early in training.",
            reproduced="scale stable like-BN",
            scales=("toy", "core"),
        ),
    ),
)

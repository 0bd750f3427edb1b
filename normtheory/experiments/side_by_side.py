"""Every system of the suite on one task, measured in one run: accuracy, cost of a step, and the
distribution of the activations by layer and step."""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import (
    DISTANCE,
    KURTOSIS,
    POINT,
    STEP_TIME,
    above,
    below,
    between,
)
from normtheory.experiments.experiment import Difference, Experiment, Finding, Images, Lesson, Scale
from normtheory.figures.side_by_side import draw_side_by_side

METHODS = ("none", "BN", "LN", "VCL", "PER", "standardization", "EquiNorm", "WN", "SELU")
QUANTITIES = ("mean", "variance", "kurtosis", "distance")
TOY = {
    "width": 64,
    "depth": 6,
    "rate": 0.02,
    "momentum": 0.9,
    "batch": 64,
    "checkpoints": [0, 25, 50, 100, 200, 400, 600],
    "slices": 64,
    "rounds": 5,
    "timed": 20,
}
_ROW = {method: row for row, method in enumerate(METHODS)}


@trains
def run(configuration, seed, device):
    """Train all systems on the same batches, look at them at every checkpoint, then time them.

    Gives ``step`` (C,); ``accuracy`` (methods, C) on the test rows, with "right" in the
    configuration ``accuracy right`` (methods, C, rows): which; ``mean`` (absolute), ``variance``,
    ``kurtosis`` and ``distance`` (methods, layers, C), see `systems.moments`, on the test rows;
    ``cost`` (methods,): time of a training step over that of "none", the only numbers here that the
    seed does not decide.
    """
    from normtheory.experiments.race import raced

    return raced(configuration, seed, device)


def _last(arrays, name, method):
    """Mean over layers at the last step."""
    return np.mean(arrays[name][_ROW[method], :, -1])


def _accuracy_gap(first, second, step=np.inf):
    """Points by which `first` is ahead of `second` at the checkpoint nearest to a step."""

    def measure(arrays):
        at = arrays["accuracy"][:, np.abs(arrays["step"] - min(step, arrays["step"][-1])).argmin()]
        return 100 * (at[_ROW[first]] - at[_ROW[second]])

    return measure


_NEAR = 2 * DISTANCE.size


def _nearer(method, sentence):
    return Finding(
        name=f"nearer-{method}",
        sentence=sentence,
        quantity=f"sliced W1 to N(0, I) at the end, mean over layers, {method} less none",
        region=below(DISTANCE),
        measure=lambda arrays: (
            _last(arrays, "distance", method) - _last(arrays, "distance", "none")
        ),
    )


def _slower(name, sentence, other):
    return Finding(
        name=name,
        sentence=sentence,
        quantity=f"time of a step, BN over {other}",
        measure=lambda arrays: arrays["cost"][_ROW["BN"]] / arrays["cost"][_ROW[other]],
        region=above(STEP_TIME, 1.0),
    )


def _selu_gap(arrays):
    # of the last layer: the first one's variance is that of the pixels
    return np.abs(np.log2(arrays["variance"][_ROW["SELU"], -1, -1]))


_TESTED = {"accuracy": Images(449)}
# a task that no method is at the ceiling of, and each method at its own rate
_CORE = {
    **TOY,
    "rows": 12_000,
    "held": 2000,
    "pool": 4,
    "rates": [0.005, 0.02, 0.08],
    "summed": 0.01,
    "standardized": True,
    "right": True,
    "checkpoints": [*TOY["checkpoints"], 2000],
    "rounds": 50,
}
_CONTROLLED = (
    Difference("task", "none of the documents'", "10,000 images of CIFAR-10 of 8 x 8 pixels"),
    Difference("network", "none of the documents'", "6 rectified layers of 64 units"),
    Difference("rate", "", "the best of three on 2000 rows held out, for each method"),
    Difference("standardization loss", "summed", "summed, weight 0.01"),
    Difference("input of SELU", "standardized", "standardized; black at 0 for all others"),
)
_SMALL = (
    Difference("task", "none of the documents'", "8 x 8 digits, all methods at their ceiling"),
    Difference("network", "none of the documents'", "6 rectified layers of 64 units"),
    Difference("rate, momentum, weight of the standardization loss", "", "one for all methods"),
    Difference("input of SELU", "standardized", "pixels"),
)

EXPERIMENTS = (
    Experiment(
        id="suite.side-by-side",
        title="Every system on one task",
        source="this suite, after all five documents",
        says="What each system does to accuracy, to the cost of a step, and to the distribution of "
        "the activations, measured in one run.",
        scales={
            "smoke": Scale(
                {
                    **TOY,
                    "width": 16,
                    "depth": 3,
                    "checkpoints": [0, 5, 10],
                    "rounds": 1,
                    "timed": 2,
                },
                (*_SMALL, Difference("smaller", "", "3 layers of width 16, 10 steps")),
            ),
            "toy": Scale(TOY, _SMALL, seeds=5, seconds=43, tested=_TESTED),
            "paper": Scale(
                _CORE,
                _CONTROLLED,
                seeds=7,
                seconds=400,
                data=("cifar10-whole",),
                tested={"accuracy": Images(10_000)},
            ),
        },
        run=run,
        draw=draw_side_by_side,
        size=(11.0, 4.8),
        data=("digits",),
        findings=(
            Finding(
                name="bn-early",
                sentence="batch normalization speeds up training",
                quantity="test accuracy after 50 steps, BN less none",
                measure=_accuracy_gap("BN", "none", 50),
                region=above(POINT),
            ),
            Finding(
                name="equinorm-bn",
                sentence="EquiNorm performs as well as batch normalization or better",
                quantity="test accuracy at the end, EquiNorm less BN, -1 or more",
                unit="points",
                measure=_accuracy_gap("EquiNorm", "BN"),
                region=between(-POINT.size, 100.0, POINT.because),
            ),
            Finding(
                name="near-PER",
                sentence="PER keeps activations near the standard normal distribution",
                quantity="sliced W1 to N(0, I) at the end, mean over layers, PER",
                measure=lambda arrays: _last(arrays, "distance", "PER"),
                region=between(0.0, _NEAR, "a fifth of what a point mass is away"),
                erratum="per.pushes-to-normal",
            ),
            _nearer("PER", "PER keeps activations nearer to the standard normal than nothing does"),
            _nearer("standardization", "the standardization loss pushes towards N(0, 1)"),
            Finding(
                name="vcl-kurtosis",
                sentence="VCL gives hidden units of lower kurtosis than batch normalization",
                quantity="kurtosis at the end, mean over layers, log ratio of VCL over BN",
                measure=lambda arrays: np.log(
                    _last(arrays, "kurtosis", "VCL") / _last(arrays, "kurtosis", "BN")
                ),
                region=below(KURTOSIS),
            ),
            Finding(
                name="selu-variance",
                sentence="SELU keeps the variance of the activations near 1 without normalization",
                quantity="|log2 variance| in the last hidden layer at the end of training, SELU",
                measure=_selu_gap,
                region=between(0.0, 1.0, "near: within a factor of two"),
                beyond={
                    "toy": "our design: raw pixels, and after training; the note speaks of neither"
                },
            ),
            _slower("bn-cost", "batch normalization makes a step slower", "none"),
            _slower("wn-cost", "weight normalization is cheaper than batch normalization", "WN"),
            _slower(
                "selu-cost",
                "in narrow layers SELU takes less time than ReLU with batch normalization",
                "SELU",
            ),
        ),
        lesson=Lesson(
            "PER keeps activations nearer to the normal distribution than nothing does "
            "({nearer-PER} in sliced W1), but not near it ({near-PER}); batchnorm is {bn-early} "
            "ahead after 50 steps.",
            reproduced="nearer-PER bn-early",
            not_reproduced="near-PER",
            scales=("toy", "core"),
        ),
    ),
)

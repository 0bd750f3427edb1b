"""The atlas at other depths and with convolutions: fewer rates, the same questions."""

from functools import partial

import numpy as np

from normtheory.experiments.atlas import TOY as _ATLAS
from normtheory.experiments.atlas import at_own_rate, band, run
from normtheory.experiments.effects import Effect, above, between
from normtheory.experiments.experiment import Difference, Lesson
from normtheory.experiments.suite import shared
from normtheory.figures.atlas import draw_atlas

_TOY = {
    **_ATLAS,
    "depths": [12, 48],
    "rates": [2.0**octave for octave in (-9, -7, -5, -3)],
    "weights": [1e-3, 0.1],
}
_CNN = {**_TOY, "depths": [12], "rates": _TOY["rates"][1:], "width": 8, "side": 8}
_SMALL = {"depths": [1, 2], "rates": [0.02, 0.1], "weights": [0.01], "steps": 5}
_RATE = Effect(1.0, "a search that multiplies the rate by four would not find less than one")


_rates = shared.telling(
    "rates two octaves apart at which it learns",
    above(_RATE),
    unit="rates",
    mutant=shared.learning_exchanged,
)


def _mean(arrays, methods):
    """Of methods, each at its own rate."""
    return np.mean([at_own_rate(arrays, method) for method in methods])


def _points(name, sentence, methods, others, words):
    return shared.points_at_own_rate(
        name, sentence, words, lambda arrays: _mean(arrays, methods) - _mean(arrays, others)
    )


_AS_WIDE = between(-_RATE.size, len(_TOY["rates"]), _RATE.because)
_SETTING = (
    Difference("task", "", "8 x 8 digits, batches of 64"),
    Difference("weights of the losses", "", "the best of two on rows held out"),
    shared.LEARNING,
)


def _size(network, steps):
    return (Difference("network and steps", "", f"{network}, {steps} steps"),)


def _scales(toy, smoke, network, longer, more):
    longer = {**longer, "rates": _ATLAS["rates"], "steps": 200}
    return shared.scales(
        _SETTING,
        smoke=(toy | _SMALL | smoke, _size("a few units and layers", 5), 2),
        toy=(toy, _size(network, 60), 75),
        paper=(toy | longer, _size(more, 200), 1000),
    )


_map = partial(
    shared.digits,
    run=run,
    draw=draw_atlas,
    size=(11.0, 6.4),
    document={"names": list(shared.METHODS), "learns": shared.LEARNS},
)
_OF_LOSSES = "the best of four losses"

EXPERIMENTS = (
    _map(
        id="suite.depths",
        title="Where does each method train, at 12 and at 48 layers?",
        says="At which learning rates each method learns at the atlas's other depths.",
        scales=_scales(
            _TOY, {"width": 16}, "rectified layers of 64 units", {}, "rectified layers of 64 units"
        ),
        findings=(
            _rates(
                "bn",
                "batch normalization lets 48 layers train at more learning rates",
                "at 48 layers, BN less none",
                lambda arrays: band(arrays, "BN") - band(arrays, "none"),
            ),
            _rates(
                "losses",
                "a loss on the activations lets 12 layers train at more learning rates",
                f"at 12 layers, {_OF_LOSSES} less none",
                lambda arrays: (
                    band(arrays, *shared.LOSSES, depth=0) - band(arrays, "none", depth=0)
                ),
            ),
            _rates(
                "instead",
                "at 12 layers a loss can stand in for batch normalization",
                f"at 12 layers, {_OF_LOSSES} less BN, -1 or more",
                lambda arrays: band(arrays, *shared.LOSSES, depth=0) - band(arrays, "BN", depth=0),
                _AS_WIDE,
            ),
            _points(
                "selu",
                "at 48 layers SELU learns more within these steps than batch normalization",
                ("SELU",),
                ("BN",),
                "at 48 layers, SELU less BN",
            ),
            _points(
                "best",
                "at 48 layers losses on the activations beat no normalization",
                shared.LOSSES,
                ("none",),
                "at 48 layers, the mean of four losses less none",
            ),
        ),
        lesson=Lesson(
            "Within 60 steps batch normalization learns with 48 layers at no more rates than "
            "nothing does ({bn}); SELU alone learns there, at the least rate, {selu} ahead of it. "
            "Whether a loss replaces batch normalization with 12 layers is open ({instead}).",
            reproduced="selu",
            same="bn",
            open="instead",
        ),
    ),
    _map(
        id="suite.cnn",
        title="Where does each method train, with convolutions?",
        says="At which learning rates each method learns in a network of 12 convolutions.",
        scales=_scales(
            _CNN,
            {"width": 8, "side": 8},
            "12 rectified 3 x 3 convolutions of 8 channels",
            {"width": 32},
            "12 rectified 3 x 3 convolutions of 32 channels",
        ),
        findings=(
            _rates(
                "bn",
                "batch normalization lets 12 convolutions train at more learning rates",
                "BN less none",
                lambda arrays: band(arrays, "BN") - band(arrays, "none"),
            ),
            _points(
                "best",
                "at its own best rate, too, batch normalization leaves plain convolutions behind",
                ("BN",),
                ("none",),
                "BN less none",
            ),
            _points(
                "losses",
                "losses on the activations help plain convolutions",
                shared.LOSSES,
                ("none",),
                "the mean of four losses less none",
            ),
            _points(
                "selu",
                "SELU learns more within these steps than batch normalization",
                ("SELU",),
                ("BN",),
                "SELU less BN",
            ),
        ),
        lesson=Lesson(
            "With twelve convolutions and 60 steps batch normalization is {best} ahead of nothing, "
            "and losses on the activations {losses}; SELU is {selu} ahead of batch normalization "
            "and furthest at the most seeds.",
            reproduced="best losses selu",
        ),
    ),
)

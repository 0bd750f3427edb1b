"""Where does each method train? Accuracy after a few steps over methods, depths and learning rates.

Thirteen systems as the same rectified network on the 8 x 8 digits, each at nine octaves of the
rate. Where a method has a loss, its weight is the one that is best on rows held out from training;
test rows choose nothing. What a reader wants of a map is one number: over how many octaves of the
rate does a method learn, at that depth?
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import DOUBLING, above, between
from normtheory.experiments.experiment import Difference, Lesson
from normtheory.experiments.suite.shared import (
    LEARNING,
    LEARNS,
    LOSSES,
    METHODS,
    digits,
    learning_exchanged,
    points_at_own_rate,
    scales,
    telling,
)
from normtheory.figures.atlas import draw_atlas

TOY = {
    "depths": [6, 24],
    "rates": [2.0**octave for octave in range(-10, -1)],
    "weights": [1e-4, 1e-3, 1e-2, 0.1],
    "width": 64,
    "batch": 64,
    "momentum": 0.9,
    "steps": 60,
    "held": 347,
}


@trains
def run(configuration, seed, device):
    """Train every method at every depth and rate.

    Gives ``accuracy`` and ``held`` (methods, depths, rates): shares of the test rows and of the
    rows held out; ``rate`` (rates,); ``depth`` (depths,); ``weight`` (methods,): of the losses,
    else 0.
    """
    from normtheory.experiments import race

    tensors, rates = race.digits(configuration, device), configuration["rates"]
    weights = [_weight(method, configuration, tensors, seed) for method in METHODS]
    reached = [
        [
            [_reached(method, configuration, tensors, seed, depth, rate, weight) for rate in rates]
            for depth in configuration["depths"]
        ]
        for method, weight in zip(METHODS, weights, strict=True)
    ]
    accuracy, held = np.moveaxis(np.array(reached), -1, 0)
    return {
        "accuracy": accuracy,
        "held": held,
        "rate": np.array(rates),
        "depth": np.array(configuration["depths"]),
        "weight": np.array(weights),
    }


def _weight(method, configuration, tensors, seed):
    """Of a method's loss: best on the rows held out, at the least depth and the middle rate."""
    if method not in LOSSES:
        return 0.0
    rates, depth = configuration["rates"], configuration["depths"][0]
    place = configuration, tensors, seed, depth, rates[len(rates) // 2]
    return max(configuration["weights"], key=lambda weight: _reached(method, *place, weight)[1])


def _reached(method, configuration, tensors, seed, depth, rate, weight):
    """Shares of the test rows, and of the rows held out, after the steps."""
    from normtheory.experiments.race import looks, shares

    weight = weight if method in LOSSES else None
    place = {**configuration, "depth": depth, "rate": rate, "weight": weight}
    (system,) = looks(method, place, tensors, seed, [configuration["steps"]])
    return shares(system, configuration, tensors)


def bands(accuracy):
    """Over how many of the rates a method learns: `accuracy` (..., rates) to int (...).

    Examples
    --------
    >>> int(bands(np.array([0.1, 0.6, 0.9, 0.1])))
    2
    """
    return np.sum(accuracy > LEARNS, axis=-1)


def band(arrays, *methods, depth=-1):
    """At how many rates a method learns: the most that any of several has."""
    rows = [METHODS.index(method) for method in methods]
    return bands(arrays["accuracy"][rows, depth]).max()


def at_own_rate(arrays, method):
    """Test accuracy in points at the largest depth and the rate that is best on rows held out."""
    row = METHODS.index(method)
    return 100 * arrays["accuracy"][row, -1, np.argmax(arrays["held"][row, -1])]


_octaves = telling("rates an octave apart at which it learns", above(DOUBLING), unit="octaves")
_AS_WIDE = between(-DOUBLING.size, len(TOY["rates"]), DOUBLING.because)
_SETTING = (
    Difference("task", "", "8 x 8 digits, batches of 64"),
    Difference("network", "", "rectified layers of 64 units, He's weights"),
    Difference("weights of the losses", "", "the best of four on rows held out"),
    LEARNING,
)
_SMALL = {"depths": [1, 2], "rates": [0.02, 0.1], "weights": [0.01], "width": 16, "steps": 5}


def _length(words):
    return (Difference("depth and steps", "", words),)


EXPERIMENTS = (
    digits(
        id="suite.atlas",
        title="Where does each method train?",
        says="At which learning rates and depths each method learns.",
        scales=scales(
            _SETTING,
            smoke=(TOY | _SMALL, (Difference("smaller", "", "2 depths, 2 rates, 5 steps"),), 2),
            toy=(TOY, _length("6 and 24 layers, 60 steps"), 90),
            paper=(
                {**TOY, "depths": [6, 12, 24, 48], "steps": 200},
                _length("6 to 48 layers, 200 steps"),
                900,
            ),
        ),
        run=run,
        draw=draw_atlas,
        size=(11.0, 6.4),
        document={"names": list(METHODS), "learns": LEARNS},
        findings=(
            _octaves(
                "bn",
                "batch normalization lets a deep network train at more learning rates",
                "at the largest depth, BN less none",
                lambda arrays: band(arrays, "BN") - band(arrays, "none"),
            ),
            _octaves(
                "start",
                "its data-dependent start alone lets a plain network train at as many as BN",
                "at the largest depth, none with the start less BN, -1 or more",
                lambda arrays: band(arrays, "none+start") - band(arrays, "BN"),
                _AS_WIDE,
            ),
            _octaves(
                "losses",
                "a loss on the activations, too, lets a deep network train at more rates",
                "at the largest depth, the best of four losses less none",
                lambda arrays: band(arrays, *LOSSES) - band(arrays, "none"),
            ),
            _octaves(
                "instead",
                "a loss can stand in for batch normalization",
                "at the largest depth, the best of four losses less BN, -1 or more",
                lambda arrays: band(arrays, *LOSSES) - band(arrays, "BN"),
                _AS_WIDE,
            ),
            _octaves(
                "depth",
                "without normalization depth costs learning rates",
                "none at the least depth less at the largest",
                lambda arrays: band(arrays, "none", depth=0) - band(arrays, "none"),
                mutant=lambda arrays: {**arrays, "accuracy": arrays["accuracy"][:, ::-1]},
            ),
            points_at_own_rate(
                "best",
                "at its own best rate, too, BN leaves a deep plain network behind",
                "BN less none",
                lambda arrays: at_own_rate(arrays, "BN") - at_own_rate(arrays, "none"),
            ),
            _octaves(
                "equinorm-wn",
                "that EquiNorm is not weight normalization matters in practice",
                "at the largest depth, EquiNorm less weight normalization",
                lambda arrays: band(arrays, "EquiNorm") - band(arrays, "WN"),
                mutant=learning_exchanged,
            ),
            points_at_own_rate(
                "larger-steps",
                "BN does not converge as fast as EquiNorm with larger steps, either",
                "EquiNorm less BN",
                lambda arrays: at_own_rate(arrays, "EquiNorm") - at_own_rate(arrays, "BN"),
            ),
        ),
        lesson=Lesson(
            "On 24 layers batch normalization learns over {bn} of the rate more than nothing does; "
            "neither its data-dependent start alone ({start} against it) nor a loss on the "
            "activations ({instead}) replaces it.",
            reproduced="bn",
            not_reproduced="start instead",
        ),
    ),
)

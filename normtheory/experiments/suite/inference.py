"""What does a method cost once it is trained? Tiny, sorted and brighter test batches, and the time
of a row, before and after all that can be folded into the weights has been.

Batch normalization and EquiNorm may use the batch that they meet, or the statistics stored in
training; all others look at each row alone.
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import POINT, STEP_TIME, above, between
from normtheory.experiments.experiment import Difference, Finding, Lesson
from normtheory.experiments.suite.shared import LOSSES, METHODS, SIX_LAYERS, digits, scales, telling
from normtheory.figures.suite import draw_inference

# how test rows come, and whether the statistics are those of their batch
REGIMES = ("stored", "batches", "pairs", "sorted", "brighter, stored", "brighter, batches")
_TOY = {
    "width": 64,
    "depth": 6,
    "batch": 64,
    "momentum": 0.9,
    "weight": None,
    "rates": [2.0**octave for octave in (-8, -6, -4)],
    "steps": 100,
    "held": 347,
    "brighter": 0.25,
    "rows": [1, 256],
    "rounds": 21,
    "timed": 10,
}


@trains
def run(configuration, seed, device):
    """Train every method at the rate that is best on rows held out, then use it.

    Gives ``accuracy`` (methods, REGIMES): shares of the test rows; ``inference cost`` (methods,
    rows, 2): time over that of "none", as trained and after folding, which the seed does not
    decide; ``rows`` (rows,): how many are inferred at once.
    """
    from normtheory.experiments.suite.inferring import inferred

    return inferred(configuration, seed, device)


def _row(method):
    return METHODS.index(method)


def accuracy(arrays, method, regime):
    """In points."""
    return 100 * arrays["accuracy"][_row(method), REGIMES.index(regime)]


def darkened(arrays, method):
    """Points that stored statistics lose on brighter rows."""
    return accuracy(arrays, method, "stored") - accuracy(arrays, method, "brighter, stored")


_points = telling("test accuracy", above(POINT))
_one_row = telling("time of one row", above(STEP_TIME, 1.0))


def _bn_loses(name, regime, words):
    return _points(
        name,
        f"batch normalization by the statistics of {words} loses accuracy",
        f"BN, stored statistics less those of {words}",
        lambda arrays: accuracy(arrays, "BN", "stored") - accuracy(arrays, "BN", regime),
    )


_FREE = between(0.0, 1 + STEP_TIME.size, STEP_TIME.because)
_FOLDED = ("BN", "EquiNorm", "WN")
_NOT_FOLDED = ("LN", "GN", "RMSNorm")


def _cost(arrays, methods, folded):
    """Time of one row over that of none, of several methods."""
    return arrays["inference cost"][[_row(method) for method in methods], 0, folded]


_TASK = Difference("task", "", "8 x 8 digits, trained in batches of 64")
_SETTING = (
    SIX_LAYERS,
    Difference("rate", "", "the best of three on rows held out, by method"),
    Difference("brighter", "", "a quarter of the range added to every pixel"),
    Difference("times", "", "of one CPU thread, or of the device"),
)

EXPERIMENTS = (
    digits(
        id="suite.inference",
        title="What does a method cost once it is trained?",
        says="Accuracy on tiny, sorted and brighter test batches, and the time of a row.",
        scales=scales(
            (_TASK,),
            smoke=(
                {**_TOY, "width": 16, "depth": 1, "rates": [0.02], "steps": 5}
                | {"rounds": 1, "timed": 1},
                (*_SETTING, Difference("smaller", "", "one layer of 16 units, 5 steps")),
                1,
            ),
            toy=(_TOY, (*_SETTING, Difference("steps", "", "100")), 25),
            paper=(
                {**_TOY, "depth": 24, "steps": 1000, "rates": [2.0**k for k in range(-10, -2)]},
                (Difference("network and steps", "", "24 layers, 1000 steps"),),
                1200,
            ),
        ),
        run=run,
        draw=draw_inference,
        size=(11.0, 4.6),
        document={"names": list(METHODS), "regimes": list(REGIMES)},
        findings=(
            _bn_loses("pairs", "pairs", "a batch of two"),
            _bn_loses("sorted", "sorted", "batches sorted by class"),
            _points(
                "adapts",
                "on brighter pictures statistics of the batch serve batch normalization better",
                "BN on brighter rows, statistics of batches of 64 less stored ones",
                lambda arrays: (
                    accuracy(arrays, "BN", "brighter, batches")
                    - accuracy(arrays, "BN", "brighter, stored")
                ),
            ),
            _points(
                "brighter",
                "networks with a loss stand brighter pictures better than batch normalization does",
                "lost on brighter rows, BN by stored statistics less the median of four losses",
                lambda arrays: (
                    darkened(arrays, "BN") - np.median([darkened(arrays, loss) for loss in LOSSES])
                ),
            ),
            _one_row(
                "folded",
                "batch and weight normalization and EquiNorm cost nothing once folded",
                "folded over none, the mean of three",
                lambda arrays: _cost(arrays, _FOLDED, 1).mean(),
                _FREE,
            ),
            Finding(
                name="rowwise",
                sentence="what normalizes each row by itself cannot be folded, and costs time",
                quantity="time of one row over none, the mean of LN, GN and RMSNorm",
                measure=lambda arrays: _cost(arrays, _NOT_FOLDED, 1).mean(),
                region=above(STEP_TIME, 1.0),
            ),
            _one_row(
                "unfolded",
                "without folding, batch normalization costs time at inference",
                "BN as trained over none",
                lambda arrays: _cost(arrays, ("BN",), 0)[0],
            ),
        ),
        lesson=Lesson(
            "By the statistics of a batch of two batch normalization loses {pairs}, by those of "
            "batches sorted by class {sorted}; by stored ones, folded into the weights, it costs "
            "nothing ({folded} times the time of none), as EquiNorm and weight normalization, "
            "where LN, GN and RMSNorm take {rowwise} times as long. On brighter pictures it loses "
            "{brighter} more than networks with a loss do.",
            reproduced="pairs sorted folded rowwise brighter",
        ),
    ),
)

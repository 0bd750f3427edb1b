"""Which batch size does each method want? Accuracy over batch sizes from 2 to 256, at equal steps
and at equal samples.

The network and the task are those of the atlas. Each method has, at each size, the rate that is
best on rows held out from training; test rows choose nothing.
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.experiment import Difference, Lesson
from normtheory.experiments.suite.shared import (
    LOSSES,
    METHODS,
    SIX_LAYERS,
    digits,
    points_at_own_rate,
    scales,
)
from normtheory.figures.suite import draw_batch_sizes

SAMPLES, STEPS = range(2)
_TOY = {
    "sizes": [2, 4, 16, 64, 256],
    "samples": 768,
    "steps": 60,
    "rates": [2.0**octave for octave in (-9, -7, -5)],
    "width": 64,
    "depth": 6,
    "momentum": 0.9,
    "weight": None,
    "held": 347,
}


@trains
def run(configuration, seed, device):
    """Train every method at every batch size and rate, past both marks.

    Gives ``accuracy`` and ``held`` (methods, sizes, rates, 2): shares of the test rows and of the
    rows held out, at equal samples and at equal steps; ``size`` (sizes,); ``rate`` (rates,).
    """
    from normtheory.experiments import race

    place, rates = (configuration, race.digits(configuration, device), seed), configuration["rates"]
    found = [
        [
            [_reached(method, size, rate, *place) for rate in rates]
            for size in configuration["sizes"]
        ]
        for method in METHODS
    ]
    accuracy, held = np.moveaxis(np.array(found), -1, 0)
    return {
        "accuracy": accuracy,
        "held": held,
        "size": np.array(configuration["sizes"]),
        "rate": np.array(configuration["rates"]),
    }


def _reached(method, size, rate, configuration, tensors, seed):
    """Shares of the test rows and of the rows held out (2, 2), at equal samples and steps."""
    from normtheory.experiments.race import looks, shares

    marks = {SAMPLES: max(1, configuration["samples"] // size), STEPS: configuration["steps"]}
    order = sorted(marks, key=marks.__getitem__)
    place = {**configuration, "batch": size, "rate": rate}
    seen = looks(method, place, tensors, seed, [marks[equal] for equal in order])
    found = {
        equal: shares(system, configuration, tensors)
        for equal, system in zip(order, seen, strict=True)
    }
    return [found[SAMPLES], found[STEPS]]


def own(arrays, methods, size, equal):
    """Test accuracy in points of one seed at the rate that is best on the rows held out, mean of
    `methods`, at the batch nearest to `size` and `equal` `SAMPLES` or `STEPS`."""
    rows = [METHODS.index(method) for method in methods]
    column = np.argmin(np.abs(arrays["size"] - size))
    accuracy, held = (arrays[name][rows, column, :, equal] for name in ("accuracy", "held"))
    return 100 * np.take_along_axis(accuracy, held.argmax(-1)[:, None], -1).mean()


_BN, _NONE, _LN = ("BN",), ("none",), ("LN",)


def _drop(arrays, methods, equal=STEPS):
    """From the largest batch to the least."""
    return own(arrays, methods, 256, equal) - own(arrays, methods, 2, equal)


_SETTING = (
    Difference("task", "", "8 x 8 digits"),
    SIX_LAYERS,
    Difference("rate", "", "the best of three on rows held out, by method, size and arrangement"),
    Difference("weights of the losses", "", "the documents' where they give them, else 0.01 or 1"),
)


def _lengths(samples, steps):
    return Difference("training", "", f"{samples} samples, or {steps} steps")


EXPERIMENTS = (
    digits(
        id="suite.batch-size",
        title="Which batch size does each method want?",
        says="What a small or a large batch costs each method, at equal steps and equal samples.",
        scales=scales(
            _SETTING,
            smoke=(
                {**_TOY, "sizes": [2, 8], "rates": [0.02], "width": 16, "depth": 1}
                | {"samples": 16, "steps": 4},
                (_lengths(16, 4), Difference("smaller", "", "one layer of 16 units")),
                1,
            ),
            toy=(_TOY, (_lengths(768, 60),), 55),
            paper=(
                {
                    **_TOY,
                    "sizes": [2**octave for octave in range(1, 9)],
                    "rates": [2.0**octave for octave in range(-12, -2)],
                    "samples": 8192,
                    "steps": 200,
                },
                (_lengths(8192, 200),),
                2600,
            ),
        ),
        run=run,
        draw=draw_batch_sizes,
        size=(11.0, 4.6),
        document={"names": list(METHODS)},
        findings=(
            points_at_own_rate(
                "bn-drops",
                "batch normalization loses accuracy at a batch of two",
                "BN at equal steps, batch 256 less batch 2",
                lambda arrays: _drop(arrays, _BN),
            ),
            points_at_own_rate(
                "none-gains",
                "at equal samples a plain network does better with small batches",
                "none at equal samples, batch 2 less batch 256",
                lambda arrays: -_drop(arrays, _NONE, SAMPLES),
            ),
            points_at_own_rate(
                "bn-samples",
                "at equal samples, too, a batch of two is too small for batch normalization",
                "BN at equal samples, batch 16 less batch 2",
                lambda arrays: own(arrays, _BN, 16, SAMPLES) - own(arrays, _BN, 2, SAMPLES),
            ),
            points_at_own_rate(
                "layer",
                "at a batch of two layer normalization beats batch normalization",
                "at equal steps and batch 2, LN less BN",
                lambda arrays: own(arrays, _LN, 2, STEPS) - own(arrays, _BN, 2, STEPS),
            ),
            points_at_own_rate(
                "losses",
                "at a batch of two losses on the activations beat batch normalization",
                "at equal steps and batch 2, the mean of four losses less BN",
                lambda arrays: own(arrays, LOSSES, 2, STEPS) - own(arrays, _BN, 2, STEPS),
            ),
            points_at_own_rate(
                "credit",
                "at a batch of two losses on the activations beat no normalization at all",
                "at equal steps and batch 2, the mean of four losses less none",
                lambda arrays: own(arrays, LOSSES, 2, STEPS) - own(arrays, _NONE, 2, STEPS),
            ),
            points_at_own_rate(
                "large",
                "at a large batch batch normalization is ahead of losses on the activations",
                "at equal steps and batch 256, BN less the mean of four losses",
                lambda arrays: own(arrays, _BN, 256, STEPS) - own(arrays, LOSSES, 256, STEPS),
            ),
        ),
        lesson=Lesson(
            "A batch of two costs batch normalization {bn-drops} against one of 256 at as many "
            "steps, and {bn-samples} against one of 16 at as many samples. Losses on the "
            "activations, with two and as many steps, are {losses} ahead of it, which is the want "
            "of batch normalization rather than their merit: no gain over nothing at all can be "
            "told ({credit}). With two SELU is ahead of all, with 256 and as many steps it is not.",
            reproduced="bn-drops bn-samples losses",
            open="credit",
        ),
    ),
)

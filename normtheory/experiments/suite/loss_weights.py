"""How heavy may a loss on the activations be? Accuracy over six decades of its weight, in narrow
and wide networks and small and large batches.

Each loss has the reduction that `normtheory.nn` gives it by default, so that what is found here is
a default for its users. Weights are chosen on rows held out from training, and judged by test rows.
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import POINT, Effect, above, between
from normtheory.experiments.experiment import Difference, Experiment, Lesson, Scale
from normtheory.experiments.findings import Finding
from normtheory.experiments.redraw import Images
from normtheory.figures.suite import draw_weights

LOSSES = ("VCL", "PER, mean", "sphere", "standardization")
_TOY = {
    "weights": [10.0**decade for decade in range(-5, 2)],
    "widths": [32, 128],
    "batches": [16, 128],
    "depth": 12,
    "rate": 2.0**-6,
    "momentum": 0.9,
    "steps": 60,
    "held": 347,
}


@trains
def run(configuration, seed, device):
    """Train with every loss at every weight, width and batch size, and without one.

    Returns
    -------
    dict
        ``accuracy`` and ``held`` (losses, widths, batches, weights): shares of the test rows and of
        the rows held out; ``plain`` (widths, batches): of the test rows, without a loss; ``weight``
        (weights,).
    """
    from normtheory.experiments.race import digits
    from normtheory.experiments.suite.learner import looks, shares

    tensors = digits(configuration, device)

    def reached(method, width, batch, weight=None):
        place = {**configuration, "width": width, "batch": batch, "weight": weight}
        (system,) = looks(method, place, tensors, seed, [configuration["steps"]])
        return shares(system, configuration, tensors)

    places = [
        (width, batch) for width in configuration["widths"] for batch in configuration["batches"]
    ]
    weights = configuration["weights"]
    shape = len(configuration["widths"]), len(configuration["batches"])
    found = np.array(
        [
            [[reached(loss, *place, weight) for weight in weights] for place in places]
            for loss in LOSSES
        ]
    ).reshape(len(LOSSES), *shape, len(weights), 2)
    return {
        "accuracy": found[..., 0],
        "held": found[..., 1],
        "plain": np.array([reached("none", *place)[0] for place in places]).reshape(shape),
        "weight": np.array(weights),
    }


def _chosen(arrays):
    """Which weight is best on the rows held out (losses, widths, batches)."""
    return arrays["held"].argmax(-1)


def at(arrays, weights):
    """Test accuracy in points at a weight's number for each (losses, widths, batches)."""
    return 100 * np.take_along_axis(arrays["accuracy"], weights[..., None], -1)[..., 0]


def good(arrays):
    """How many of the weights reach the accuracy of the chosen one, less a point, as an array
    (losses, widths, batches)."""
    reached = 100 * arrays["accuracy"] > at(arrays, _chosen(arrays))[..., None] - POINT.size
    return reached.sum(-1)


def regret(arrays, axis):
    """What the weight chosen at the first place of an axis (1: width, 2: batch) costs at the last,
    in points (losses, places of the other axis)."""
    chosen = _chosen(arrays)
    last = np.take(at(arrays, chosen), -1, axis)
    carried = at(arrays, np.repeat(np.take(chosen, [0], axis), chosen.shape[axis], axis))
    return last - np.take(carried, -1, axis)


def _fixed(arrays, weight):
    """What one weight for all costs against the chosen ones, in points."""
    number = np.argmin(np.abs(np.log10(arrays["weight"] / weight)))
    return at(arrays, _chosen(arrays)) - 100 * arrays["accuracy"][..., number]


_CHEAP = between(-100.0, POINT.size, POINT.because)
_DECADE = Effect(1.0, "a search by decades would not find less than one")


def _points(name, sentence, quantity, measure, region=_CHEAP):
    return Finding(
        name=name,
        sentence=sentence,
        quantity=f"test accuracy, {quantity}",
        unit="points",
        measure=measure,
        region=region,
    )


def _setting(layers, steps):
    return (
        Difference("task", "", "8 x 8 digits; batches of 16 and 128"),
        Difference("network", "", f"{layers} rectified layers of 32 and 128 units, He's weights"),
        Difference("training", "", f"{steps} steps at one rate for all"),
        Difference("losses", "", "reduced as normtheory.nn does by default; PER: a mean"),
    )


_TESTED = {"accuracy": Images(449), "plain": Images(449)}

EXPERIMENTS = (
    Experiment(
        id="suite.loss-weights",
        title="How heavy may a loss be?",
        source="this suite, after all five documents",
        says="Which weights of the losses are good, and whether they transfer.",
        scales={
            "smoke": Scale(
                {**_TOY, "weights": [1e-3, 1.0], "widths": [8, 16], "batches": [8, 16]}
                | {"depth": 2, "steps": 4},
                (*_setting(2, 4), Difference("smaller", "", "2 weights, 8 and 16 units and rows")),
                seeds=2,
                seconds=1,
            ),
            "toy": Scale(_TOY, _setting(12, 60), seeds=7, seconds=45, tested=_TESTED),
            "paper": Scale(
                {
                    **_TOY,
                    "widths": [32, 64, 128, 512],
                    "batches": [4, 16, 64, 256],
                    "steps": 200,
                },
                _setting(12, 200),
                seeds=7,
                seconds=1800,
                tested=_TESTED,
            ),
        },
        run=run,
        draw=draw_weights,
        size=(11.0, 4.0),
        data=("digits",),
        document={"names": list(LOSSES)},
        findings=(
            _points(
                "helps",
                "a loss at its best weight beats no normalization",
                "the best of four losses less none, mean over widths and batches",
                lambda arrays: (
                    (at(arrays, _chosen(arrays)) - 100 * arrays["plain"]).mean((1, 2)).max()
                ),
                above(POINT),
            ),
            Finding(
                name="range",
                sentence="the good range of a loss's weight is wider than two decades",
                quantity="weights by decades within a point of the chosen, the narrowest loss",
                unit="decades",
                measure=lambda arrays: good(arrays).mean((1, 2)).min(),
                region=above(_DECADE, 2.0),
            ),
            _points(
                "width",
                "the weight chosen in a narrow network is good in a wide one, too",
                "wide at its own weight less at the narrow one's, the worst loss, mean of batches",
                lambda arrays: regret(arrays, 1).mean(1).max(),
            ),
            _points(
                "batch",
                "the weight chosen at a small batch is good at a large one, too",
                "large batch at its own weight less at the small one's, the worst loss, mean over "
                "widths",
                lambda arrays: regret(arrays, 2).mean(1).max(),
            ),
            _points(
                "default",
                "the weight 0.01 is good for every loss",
                "at the chosen weight less at 0.01, the worst loss, mean over widths and batches",
                lambda arrays: _fixed(arrays, 0.01).mean((1, 2)).max(),
            ),
        ),
        lesson=Lesson("", {}),
    ),
)

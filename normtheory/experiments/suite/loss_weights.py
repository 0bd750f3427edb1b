"""How heavy may a loss on the activations be? Accuracy over six decades of its weight, in narrow
and wide networks and small and large batches.

Each loss has the reduction that `normtheory.nn` gives it by default, so that what is found here is
a default for its users. A weight is chosen on rows held out in one run, and judged by the test rows
of another: those of the same run would share its luck, and the best of seven would be ahead by that
alone.
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import POINT, Effect, above, between
from normtheory.experiments.experiment import Difference, Finding, Lesson
from normtheory.experiments.suite.shared import digits, scales, telling
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

    Gives ``accuracy`` and ``held`` (losses, widths, batches, weights): shares of the test rows and
    of the rows held out; ``plain`` (widths, batches): of the test rows, without a loss; ``weight``
    (weights,).
    """
    from normtheory.experiments.race import digits as task
    from normtheory.experiments.race import looks, shares

    tensors = task(configuration, device)

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


def carried(arrays, source, target):
    """Test accuracy in points at one place (width, batch) by the weight chosen at another, as an
    array (losses,)."""
    chosen = arrays["held"][:, *source].argmax(-1, keepdims=True)
    return 100 * np.take_along_axis(arrays["accuracy"][:, *target], chosen, -1)[:, 0]


def regret(arrays, axis):
    """What a weight chosen at the first width (axis 0) or batch (axis 1) costs at the last, in
    points, against one chosen there: mean over losses and the ends of the other axis."""
    found = []
    for other in (0, -1):
        # chosen at the other end of the other axis, so that neither choice knows the run
        first, last = ((end, -1 - other) if axis == 0 else (-1 - other, end) for end in (0, -1))
        target = (-1, other) if axis == 0 else (other, -1)
        found.append(carried(arrays, last, target) - carried(arrays, first, target))
    return np.mean(found)


def gain(arrays):
    """Points over no loss in the widest network and the largest batch, of the loss and weight that
    are best in the narrowest and the smallest."""
    loss = arrays["held"][:, 0, 0].max(-1).argmax()
    return carried(arrays, (0, 0), (-1, -1))[loss] - 100 * arrays["plain"][-1, -1]


def harmless(arrays):
    """How many of the weights cost at most a point against no loss: mean over losses and places."""
    kept = arrays["accuracy"] > arrays["plain"][..., None] - POINT.size / 100
    return kept.sum(-1).mean()


def fixed(arrays, weight):
    """What one weight for all costs, in points, against those chosen at the opposite place."""
    number = np.argmin(np.abs(np.log10(arrays["weight"] / weight)))
    places = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
    return np.mean(
        [
            carried(arrays, (-1 - width, -1 - batch), (width, batch))
            - 100 * arrays["accuracy"][:, width, batch, number]
            for width, batch in places
        ]
    )


_CHEAP = between(-100.0, POINT.size, POINT.because)
_DECADE = Effect(1.0, "a search by decades would not find less than one")


_points = telling("test accuracy", _CHEAP, unit="points")


def _setting(layers, steps):
    return (
        Difference("task", "", "8 x 8 digits; batches of 16 and 128"),
        Difference("network", "", f"{layers} rectified layers of 32 and 128 units, He's weights"),
        Difference("training", "", f"{steps} steps at one rate for all"),
        Difference("losses", "", "reduced as normtheory.nn does by default; PER: a mean"),
    )


EXPERIMENTS = (
    digits(
        id="suite.loss-weights",
        title="How heavy may a loss be?",
        says="Which weights of the losses are good, and whether they transfer.",
        scales=scales(
            (),
            smoke=(
                {**_TOY, "weights": [1e-3, 1.0], "widths": [8, 16], "batches": [8, 16]}
                | {"depth": 2, "steps": 4},
                (*_setting(2, 4), Difference("smaller", "", "2 weights, 8 and 16 units and rows")),
                1,
            ),
            toy=(_TOY, _setting(12, 60), 45),
            paper=(
                {**_TOY, "widths": [32, 64, 128, 512], "batches": [4, 16, 64, 256], "steps": 200},
                _setting(12, 200),
                1800,
            ),
            tested=("accuracy", "plain"),
        ),
        run=run,
        draw=draw_weights,
        size=(11.0, 4.0),
        document={"names": list(LOSSES)},
        findings=(
            _points(
                "helps",
                "a loss, with the weight found in a small network, helps a large one",
                "in the wide network and large batch, the loss and weight best in the narrow one "
                "and small batch less none",
                gain,
                above(POINT),
            ),
            Finding(
                name="range",
                sentence="over more than two decades the weight of a loss does no harm",
                quantity="weights by decades that cost at most a point, mean of losses and places",
                unit="decades",
                measure=harmless,
                region=above(_DECADE, 2.0),
            ),
            _points(
                "width",
                "the weight chosen in a narrow network is good in a wide one, too",
                "in the wide network, by a weight chosen there less by one of the narrow network",
                lambda arrays: regret(arrays, 0),
            ),
            _points(
                "batch",
                "the weight chosen at a small batch is good at a large one, too",
                "at the large batch, by a weight chosen there less by one of the small batch",
                lambda arrays: regret(arrays, 1),
            ),
            _points(
                "default",
                "0.01 is as good a weight as one that is searched",
                "by a weight chosen at the opposite width and batch less by 0.01",
                lambda arrays: fixed(arrays, 0.01),
            ),
        ),
        lesson=Lesson(
            "On twelve layers a loss and its weight, both found in a narrow network at a small "
            "batch, are {helps} ahead of nothing in a wide one at a large batch; {range} of the "
            "weight do no harm, and a weight of 10 costs accuracy with every loss. Single runs of "
            "60 steps scatter too much to say whether a weight chosen in the wide network is "
            "better ({width}) or whether a search beats 0.01 ({default}).",
            reproduced="helps range",
            open="width default",
        ),
    ),
)

"""Can a loss replace layer normalization in a transformer, so that inference has none?

The same small transformer by characters on Tiny Shakespeare, with layer normalization before or
after each part, with RMSNorm, with nothing, and with nothing but a loss where the normalization
would stand. All start alike, without a warm-up, at the rates of a map; rates and weights are chosen
on one half of the held text, and the other half judges.
"""

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import DOUBLING, PERCENT, STEP_TIME, above, below, between
from normtheory.experiments.experiment import Difference, Experiment, Lesson, Scale
from normtheory.experiments.suite.shared import LOSSES, telling
from normtheory.figures.suite import draw_transformer

METHODS = ("none", "pre-LN", "post-LN", "RMSNorm", *LOSSES)
# half of the perplexity that the characters' frequencies alone give
LEARNS = 14.0
_TOY = {
    "width": 32,
    "heads": 2,
    "layers": 4,
    "length": 32,
    "batch": 16,
    "steps": 120,
    "held": 8000,
    "rates": [2.0**octave for octave in range(-7, -2)],
    "weights": [1e-4, 1e-3],
    "pairs": 4,
    "rounds": 15,
    "timed": 3,
}
# more steps learn at lesser rates, too
_WIDE = [2.0**octave for octave in range(-11, -2)]
_LONGER = {**_TOY, "heads": 4, "length": 64, "held": 50_000, "rates": _WIDE}


@trains
def run(configuration, seed, device):
    """Train every method at every rate.

    Gives Perplexities ``valid`` and ``test`` (methods, rates); ``rate`` (rates,); ``weight``
    (methods,): of the losses, else 0; ``step cost`` and ``inference cost`` (methods,): times over
    those of "none", which the seed does not decide.
    """
    from normtheory.experiments.suite import transformer_network as network

    streams, characters = network.texts(configuration, device)
    rates = configuration["rates"]

    def reached(method, rate, weight):
        place = method, configuration, streams, characters, device, seed
        return network.trained(*place, rate, weight)

    def weight_of(method):
        if method not in LOSSES:
            return 0.0
        middle = rates[1]
        return min(configuration["weights"], key=lambda weight: reached(method, middle, weight)[0])

    weights = [weight_of(method) for method in METHODS]
    found = [
        [reached(method, rate, weight) for rate in rates]
        for method, weight in zip(METHODS, weights, strict=True)
    ]
    valid, test = np.moveaxis(np.array(found), -1, 0)
    costs = network.costs(METHODS, configuration, streams, characters, device, seed)
    return {
        "valid": valid,
        "test": test,
        "rate": np.array(rates),
        "weight": np.array(weights),
        **dict(zip(("step cost", "inference cost"), costs, strict=True)),
    }


def _rows(*methods):
    return [METHODS.index(method) for method in methods]


def chosen(arrays, *methods):
    """Test perplexity of the method and rate that validate best."""
    rows = _rows(*methods)
    best = np.unravel_index(np.argmin(arrays["valid"][rows]), arrays["valid"][rows].shape)
    return arrays["test"][rows][best]


def band(arrays, *methods):
    """Rates, an octave apart, at which a method learns: the most that any of several has."""
    return np.sum(arrays["test"][_rows(*methods)] < LEARNS, axis=-1).max()


def _over(arrays, methods, reference, of=None):
    """Percent by which the perplexity of the best of some methods, or another mean, is above."""
    found = of([chosen(arrays, method) for method in methods]) if of else chosen(arrays, *methods)
    return 100 * (found / chosen(arrays, reference) - 1)


def _wider(arrays, methods, reference):
    return band(arrays, *methods) - band(arrays, reference)


def _slower(arrays, of, methods, reference):
    times = arrays[f"{of} cost"]
    return times[_rows(*methods)].min() / times[_rows(reference)[0]]


_percent = telling("test perplexity at the rate that validates best", below(PERCENT), unit="%")
_octaves = telling(
    "octaves of the rate at which it learns",
    above(DOUBLING),
    unit="octaves",
    # what learns does not, and the other way round
    mutant=lambda arrays: {**arrays, "test": 2 * LEARNS - arrays["test"]},
)
_SLOWER = above(STEP_TIME, 1.0)
_BEST = "the best of four losses"
_NO_WORSE = between(-100.0, PERCENT.size, PERCENT.because)
_SETTING = (
    Difference("text", "", "Tiny Shakespeare by characters; test: half of its last tenth"),
    Difference("training", "", "Adam, no warm-up, no decay, torch's start"),
    Difference("losses", "", "where pre-LN would stand; the best of two weights"),
    Difference("sphere divergence", "", "4 random pairs for each character"),
    Difference("learning", "", "perplexity below 14, half of what frequencies alone give"),
)


def _size(layers, width, length, steps):
    return Difference(
        "network and steps", "", f"{layers} layers of {width} units, {steps} steps of {length}"
    )


EXPERIMENTS = (
    Experiment(
        id="suite.transformer",
        title="A transformer without layer normalization",
        source="this suite, after all five documents",
        says="Whether a loss on the residual stream can stand in for layer normalization.",
        scales={
            "smoke": Scale(
                {
                    **_TOY,
                    **{"width": 8, "layers": 1, "length": 8, "batch": 4, "steps": 3, "held": 100},
                    **{"rates": [0.01, 0.1], "weights": [0.01], "rounds": 1, "timed": 1},
                },
                (*_SETTING, _size(1, 8, "4 x 8 characters", 3)),
                seconds=2,
            ),
            "toy": Scale(
                _TOY, (*_SETTING, _size(4, 32, "16 x 32 characters", 120)), seeds=7, seconds=70
            ),
            "core": Scale(
                {**_LONGER, "width": 64, "steps": 500},
                (*_SETTING, _size(4, 64, "16 x 64 characters", 500)),
                seeds=7,
                seconds=900,
            ),
            "paper": Scale(
                {**_LONGER, "width": 128, "batch": 64, "steps": 1000},
                (*_SETTING, _size(4, 128, "64 x 64 characters", 1000)),
                seeds=7,
                seconds=1500,
                gpu=True,
            ),
        },
        run=run,
        draw=draw_transformer,
        size=(11.0, 4.4),
        data=("tiny-shakespeare",),
        document={"names": list(METHODS), "learns": LEARNS},
        findings=(
            _percent(
                "pre-LN",
                "layer normalization lowers the perplexity of a transformer",
                "pre-LN over none, less 1",
                lambda arrays: _over(arrays, ["pre-LN"], "none"),
            ),
            _octaves(
                "band",
                "layer normalization lets a transformer train at more learning rates",
                "pre-LN less none",
                lambda arrays: _wider(arrays, ["pre-LN"], "none"),
            ),
            _octaves(
                "post-LN",
                "without a warm-up, before each part it lets train at more rates than after",
                "pre-LN less post-LN",
                lambda arrays: _wider(arrays, ["pre-LN"], "post-LN"),
            ),
            _percent(
                "RMSNorm",
                "RMSNorm, which does not centre, is as good as layer normalization",
                "RMSNorm over pre-LN, less 1",
                lambda arrays: _over(arrays, ["RMSNorm"], "pre-LN"),
                _NO_WORSE,
            ),
            _percent(
                "instead",
                "a loss can stand in for layer normalization",
                f"{_BEST} over pre-LN, less 1",
                lambda arrays: _over(arrays, LOSSES, "pre-LN"),
                _NO_WORSE,
            ),
            _percent(
                "losses",
                "losses lower the perplexity of a transformer without normalization",
                "the mean of four losses over none, less 1",
                lambda arrays: _over(arrays, LOSSES, "none", np.mean),
            ),
            _octaves(
                "losses-band",
                "a loss, too, lets a transformer train at more learning rates",
                f"{_BEST} less none",
                lambda arrays: _wider(arrays, LOSSES, "none"),
            ),
            telling("time of inference", _SLOWER)(
                "inference",
                "without layer normalization inference is faster",
                "pre-LN over none",
                lambda arrays: _slower(arrays, "inference", ["pre-LN"], "none"),
            ),
            telling("time of a step", _SLOWER)(
                "step",
                "a loss makes a training step slower than layer normalization does",
                "the cheapest of four losses over pre-LN",
                lambda arrays: _slower(arrays, "step", LOSSES, "pre-LN"),
            ),
        ),
        lesson=Lesson(
            "Layer normalization before each part lets four small layers train at {band} more of "
            "the rate than nothing does, and at {post-LN} more than after each part without a "
            "warm-up; whether a loss in its place adds any ({losses-band}), or does as well at its "
            "own best rate ({instead} in perplexity), is open. At inference it takes {inference} "
            "times as long as nothing.",
            reproduced="band post-LN inference",
            open="losses-band instead",
        ),
    ),
)

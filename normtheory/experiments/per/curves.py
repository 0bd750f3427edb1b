"""Figure 3: PER in one dimension, shifted to be 0 at 0, beside Huber and Pseudo-Huber losses."""

import numpy as np

from normtheory.experiments.effects import between
from normtheory.experiments.experiment import Experiment, Finding, Lesson, Scale
from normtheory.figures.per import draw_curves
from normtheory.theory.error_function_loss import huber, pseudo_huber, shifted_error

LOSSES = ("PER", "Huber", "Pseudo-Huber")
_TOY = {"reach": 5.0, "points": 2001, "delta": 1.0}


def run(configuration, seed, device):
    """Values and derivatives on a grid: ``value``, ``gradient`` (losses, points), ``x``; and
    ``value gap``, ``gradient gap`` (2,): the largest distance of PER and of Huber from Pseudo-Huber
    over all x.

    The gaps in value grow to the end, where all three are straight lines: hence to 10⁶.
    """
    reach, delta = configuration["reach"], configuration["delta"]
    x = np.linspace(-reach, reach, configuration["points"])
    value, gradient = _losses(x, delta)
    # all three are even: half of the line is enough
    far = np.concatenate([np.linspace(0, 20, 40_001), np.geomspace(20, 1e6, 2_000)])
    gaps = [np.abs(each[:2] - each[2]).max(1) for each in _losses(far, delta)]
    names = ("value gap", "gradient gap")
    return {"x": x, "value": value, "gradient": gradient, **dict(zip(names, gaps, strict=True))}


def _losses(x, delta):
    """Values and derivatives, each (losses, points)."""
    rows = [
        shifted_error(x, gradient=True),
        huber(x, delta, gradient=True),
        pseudo_huber(x, delta, gradient=True),
    ]
    return np.moveaxis(np.array(rows), 1, 0)


_SIMILAR = Finding(
    name="similar",
    sentence="PER is very similar to the Pseudo-Huber loss",
    quantity="largest gap to Pseudo-Huber over all x, PER's over Huber's, in value or in gradient",
    exact=True,
    measure=lambda arrays: max(np.divide(*arrays[name]) for name in ("value gap", "gradient gap")),
    region=between(0.0, 0.5, "very similar: at most half as far away as the next of kin"),
)

EXPERIMENTS = (
    Experiment(
        id="per.fig3",
        title="PER, Huber and Pseudo-Huber in one dimension",
        source="Joo, Kang & Kim 2020, Figure 3",
        says="Shifted PER is very similar to Pseudo-Huber: L2 near zero, L1 far away.",
        scales={name: Scale(_TOY, seeds=1, seconds=0.1) for name in ("smoke", "toy")},
        run=run,
        draw=draw_curves,
        size=(9.6, 3.8),
        # the gaps over all x
        revision=2,
        findings=(
            _SIMILAR,
            Finding(
                name="near-zero",
                sentence="PER behaves as L2 near zero",
                quantity="log-log slope of the value between x = 0.05 and 0.1 (L2: 2, L1: 1)",
                exact=True,
                measure=lambda arrays: _power(arrays, 0.05, 0.1),
                region=between(1.9, 2.1, "a tenth of the way from L2 to L1"),
            ),
            Finding(
                name="far",
                sentence="PER behaves as L1 far away",
                quantity="slope of the value between x = 4 and 5",
                exact=True,
                measure=lambda arrays: np.diff(_at(arrays, (4.0, 5.0)))[0],
                region=between(0.95, 1.05, "a twentieth of the slope"),
            ),
        ),
        lesson=Lesson(
            "In one dimension PER is a smooth Huber loss: at worst {similar} of Huber's own "
            "distance from Pseudo-Huber away from it.",
            reproduced="similar near-zero far",
        ),
    ),
)


def _at(arrays, x):
    return np.interp(x, arrays["x"], arrays["value"][0])


def _power(arrays, low, high):
    return np.diff(np.log(_at(arrays, (low, high))))[0] / np.log(high / low)

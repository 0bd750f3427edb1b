"""Figure 3: PER in one dimension, shifted to be 0 at 0, beside Huber and Pseudo-Huber losses."""

import numpy as np

from normtheory.experiments.experiment import Experiment, Scale
from normtheory.experiments.findings import Finding
from normtheory.figures.per import draw_curves
from normtheory.theory.error_function_loss import huber, pseudo_huber, shifted_error

LOSSES = ("PER", "Huber", "Pseudo-Huber")
_TOY = {"reach": 5.0, "points": 2001, "delta": 1.0}


def run(configuration, seed, device):
    """Values and derivatives on a grid: ``value``, ``gradient`` (losses, points), ``x``."""
    reach, delta = configuration["reach"], configuration["delta"]
    x = np.linspace(-reach, reach, configuration["points"])
    rows = [
        shifted_error(x, gradient=True),
        huber(x, delta, gradient=True),
        pseudo_huber(x, delta, gradient=True),
    ]
    value, gradient = np.moveaxis(np.array(rows), 1, 0)
    return {"x": x, "value": value, "gradient": gradient}


def _similar(name):
    def measure(arrays):
        per, other, target = arrays[name]
        return np.abs(per - target).max() / np.abs(other - target).max()

    return Finding(
        name=name,
        sentence="PER is very similar to the Pseudo-Huber loss",
        quantity=f"largest gap in {name} to Pseudo-Huber, PER's over Huber's",
        statistic="exact",
        measure=measure,
        region=(0.0, 0.5),
        mutant=lambda arrays: {**arrays, name: arrays[name][[1, 0, 2]]},
    )


EXPERIMENTS = (
    Experiment(
        id="per.fig3",
        title="PER, Huber and Pseudo-Huber in one dimension",
        source="Joo, Kang & Kim 2020, Figure 3",
        says="Shifted PER is very similar to Pseudo-Huber: L2 near zero, L1 far away.",
        scales={
            name: Scale(configuration=_TOY, seeds=1, seconds=0.1)
            for name in ("smoke", "toy", "paper")
        },
        run=run,
        draw=draw_curves,
        size=(9.6, 3.8),
        findings=(
            _similar("value"),
            _similar("gradient"),
            Finding(
                name="near-zero",
                sentence="PER behaves as L2 near zero",
                quantity="log-log slope of the value between x = 0.05 and 0.1 (L2: 2, L1: 1)",
                statistic="exact",
                measure=lambda arrays: _power(arrays, 0.05, 0.1),
                region=(1.9, 2.1),
                mutant=lambda arrays: {**arrays, "value": np.abs(arrays["x"]) * np.ones((3, 1))},
            ),
            Finding(
                name="far",
                sentence="PER behaves as L1 far away",
                quantity="slope of the value between x = 4 and 5",
                statistic="exact",
                measure=lambda arrays: np.diff(_at(arrays, (4.0, 5.0)))[0],
                region=(0.95, 1.05),
                mutant=lambda arrays: {**arrays, "value": arrays["x"] ** 2 / 2 * np.ones((3, 1))},
            ),
        ),
    ),
)


def _at(arrays, x):
    return np.interp(x, arrays["x"], arrays["value"][0])


def _power(arrays, low, high):
    return np.diff(np.log(_at(arrays, (low, high))))[0] / np.log(high / low)

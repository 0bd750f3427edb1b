"""Weight normalization: lengths under descent, the first batch, noise, and what it costs."""

from functools import lru_cache

import numpy as np

from normtheory.claims.weightnorm.init import data_moments
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.batchnorm_noise import full_noise, mean_only_noise
from normtheory.theory.normalization_cost import count_formula
from normtheory.theory.weight_norm import descend_unit, unit_scatter

STEPS = 100
BATCHES = np.unique(np.geomspace(2, 512, 60).round())
UNITS = 60
_DESCENT = (
    "Learning rate {eta:.3g}, step {steps:d}: norm of v {norm:.4g} (from 1), variance of the unit "
    "{reached:.4g} (from 1, towards 4), loss "
)
DESCENT_TEXTS = {
    "": _DESCENT + "{loss:.2g}.",
    "least": _DESCENT + "below 1e-20.",  # what rounding leaves
    "chaotic": _DESCENT.replace("{norm:.4g}", "decided by rounding") + "{loss:.2g}.",
}
_QUIET = "Batch of {batch:d}, correlation {rho:.3g}: noise {quiet:.3g} with the mean only; "
NOISE_TEXTS = {  # by batch size, from 4 on the last
    2: _QUIET + "full BN passes nothing back.",
    3: _QUIET + "infinite with mean and variance.",
    4: _QUIET + "{loud:.3g} with mean and variance, {times:.3g} times as much.",
}


_run = lru_cache(maxsize=256)(descend_unit)


@explorer(
    "Length and direction under gradient descent",
    "weightnorm.gradients weightnorm.replaces-variance",
    text=DESCENT_TEXTS,
    presets={"at the start": {"steps": 0}, "a large rate": {"eta": 1.2}},
)
def weight_norm_descent(eta, steps):
    """A weight-normalised unit under gradient descent: the norm of v, and its variance."""
    run = _run(max(steps, STEPS), eta)
    time = np.arange(STEPS + 1)
    variance = np.minimum(run.length**2, 1e6)
    case = "" if run.certain[steps] else "chaotic"
    loss, norm = float(run.loss[steps]), float(np.sqrt(run.squared_norm[steps]))
    numbers = {"norm": norm, "reached": float(run.length[steps] ** 2), "loss": loss}
    panels = (
        Panel.of(
            r"squared norm of $v$: never falls",
            ("step", 0, STEPS),
            (r"$\|v\|^2$", 0.9, 10, "log"),
            Curve(time, run.squared_norm[time], color="grey"),
            Points([steps], run.squared_norm[[steps]], color="grey", size=9, drag={"x": "steps"}),
        ),
        Panel.of(
            "variance, set to 1 at the start",
            ("step", 0, STEPS),
            ("variance", 0, 8),
            HLine([1.0], **PRINTED, label="batch norm"),
            Curve(time, variance[time], **TRUE, label="weight norm", label_at=0.7),
            Points([steps], variance[[steps]], **TRUE_POINT, size=9, drag={"x": "steps"}),
        ),
    )
    return panels, numbers, "least" if loss < 1e-20 else case


@explorer(
    "The first batch",
    "weightnorm.init",
    text="{data:s} inputs, {width:d} of them: per layer leaves {share:.0%} of the mean square in "
    "the units' means and their variances spread by {spread:.0%}; per unit all are at (0, 1).",
    size=(560, 380),
    presets={"white": {"data": "white"}, "correlated": {"data": "correlated"}},
)
def weight_norm_start(data, width):
    """Means and standard deviations of the units after data-dependent initialisation, with
    statistics per layer and per unit."""
    mean, values = data_moments(data, width)
    direction = np.random.default_rng(5).standard_normal((UNITS, width))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    centre, variance = direction @ mean, np.square(direction) @ values
    pooled = np.sqrt(variance.mean() + centre.var())
    share, spread = unit_scatter(mean, values)
    panels = (
        Panel.of(
            f"{UNITS} units after initialisation",
            ("mean of the unit", -2.5, 2.5),
            ("standard deviation", 0, 2.5),
            Points(
                (centre - centre.mean()) / pooled,
                np.sqrt(variance) / pooled,
                **PRINTED_POINT,
                alpha=0.6,
                label="per layer",
            ),
            Points([0.0], [1.0], **TRUE_POINT, size=11, label="per unit"),
            legend="upper right",
        ),
    )
    return panels, {"share": float(share), "spread": float(spread)}


@explorer(
    "Noise in the gradients",
    "weightnorm.mean-only weightnorm.forthcoming-batches",
    text=NOISE_TEXTS,
    size=(560, 380),
    presets={
        "batch of 4": {"batch": 4},
        "batch of 3": {"batch": 3},
        "batch of 2": {"batch": 2},
        "a gradient that follows the unit": {"rho": 0.9},
    },
)
def weight_norm_noise(batch, rho):
    """Noise in the gradients by batch size: mean-only and full batch normalization."""
    left = 1 - rho**2  # what full normalization keeps of the gradient, and of its noise
    full = np.where(BATCHES == 3, np.nan, left * full_noise(BATCHES))
    quiet, loud = float(mean_only_noise(batch)), left * float(full_noise(batch))
    panels = (
        Panel.of(
            "mean square error of the gradient",
            ("batch size $b$", 1.8, 512, "log"),
            ("relative to its variance", 1e-3, 10, "log"),
            Curve(BATCHES, full, color="blue", label="full", label_at=0.6),
            Curve(BATCHES, mean_only_noise(BATCHES), "grey", "--", label="mean only", label_at=0.3),
            VLine([batch], color="grey", dash=":"),
            Points([batch], [quiet], color="grey", size=9),
            Points([batch], [min(loud, 10)], color="blue", size=9, drag={"x": "batch"}),
        ),
    )
    return panels, {"quiet": quiet, "loud": loud, "times": loud / quiet}, min(batch, 4)


@explorer(
    "What normalization handles",
    "weightnorm.cost",
    text="Batch {batch:d}, fan-in {fan_in:d}, places of the kernel {positions:d}, for each unit: "
    "BN handles {bn:.3g} numbers, WN {wn:.3g}, the layer {layer:.3g}.",
    formula=Formula("costs"),
    presets={
        "dense, small batch": {"batch": 20, "fan_in": 1000, "positions": 1},
        "dense, batch 128": {"batch": 128, "fan_in": 256, "positions": 1},
    },
)
def weight_norm_cost(batch, fan_in, positions):
    """Numbers that batch and weight normalization handle in a step, beyond the layer itself."""
    bn, wn, layer = count_formula(batch, fan_in, 1, positions)
    batches = np.geomspace(2, 512, 60)
    fans = np.geomspace(8, 4096, 60)
    panels = (
        Panel.of(
            "against the batch size",
            ("batch size $b$", 2, 512, "log"),
            ("numbers for each unit and step", 1e1, 1e8, "log"),
            *_cost_layers(
                batches, 12 * batches * positions + 8, 0 * batches + wn, "batch", batch, bn, wn
            ),
        ),
        Panel.of(
            "against the fan-in",
            ("inputs of a unit $n$", 8, 4096, "log"),
            ("numbers for each unit and step", 1e1, 1e8, "log"),
            *_cost_layers(fans, 0 * fans + bn, 8 * fans + 5, "fan_in", fan_in, bn, wn),
        ),
    )
    return panels, {"bn": bn, "wn": wn, "layer": layer}


def _cost_layers(x, batch_norm, weight_norm, name, at, bn, wn):
    return (
        Curve(x, batch_norm, color="blue", label="BN", label_at=0.2),
        Curve(x, weight_norm, color="grey", dash="--", label="WN", label_at=0.8),
        Points([at], [bn], color="blue", size=8, drag={"x": name}),
        Points([at], [wn], color="grey", marker="s", size=8),
    )

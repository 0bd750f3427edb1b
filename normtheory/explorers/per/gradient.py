"""PER of one activation vector: its value, its gradient, and what Algorithm 1 adds instead."""

from functools import lru_cache

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Band, Curve, Panel, Points
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.error_function_loss import inner_integral
from normtheory.theory.sphere_average import mean_projection, projected_error_of_norm

LENGTHS = np.linspace(0, 20, 101)


@explorer(
    "The projected error of one activation vector",
    "per.gradient per.algorithm per.slices",
    text="At ‖h‖ = {r:.3g} in dimension {d:d} PER is {value:.4g}; its gradient is a multiple of h, "
    "of length {own:.3g} in a batch of {b:d}, while Algorithm 1 adds {length:.3g}.",
    presets={
        "one unit": {"d": 1},
        "few slices": {"s": 8},
        "batch of one": {"b": 1},
        "wide layer": {"d": 1024, "r": 20.0},
    },
)
def projected_error(r, d, b, s):
    """PER against the length of h, exactly and from s slices, with its gradient and the one that
    Algorithm 1 adds."""
    value, factor = projected_error_of_norm(LENGTHS, d, gradient=True)
    here, slope = (float(v) for v in projected_error_of_norm(r, d, gradient=True))
    mean, error = _sampled(d, s)
    top = next(t for t in (2.5, 5, 10, 20) if value.max() < 0.95 * t or t == 20)
    left = Panel.of(
        "PER of one vector",
        (r"length $\|h\|$", 0, 20),
        (r"$L_{per}$", 0, top),
        Band(LENGTHS, mean - error, mean + error, color="purple", alpha=0.35),
        Curve(LENGTHS, mean, color="purple", dash="-.", label="mean of $s$ slices, ± 1 SE"),
        Curve(LENGTHS, value, **TRUE, label="exact"),
        Curve(
            LENGTHS,
            LENGTHS * mean_projection(d),
            color="grey",
            dash=":",
            label=r"$\mathbb{E}|\theta_1|\,\|h\|$",
        ),
        Points([r], [here], **TRUE_POINT, size=8, drag={"x": "r"}),
        legend="upper left",
    )
    lengths = LENGTHS[1:]
    along = (factor * LENGTHS)[1:]
    right = Panel.of(
        "length of the gradient",
        (r"length $\|h\|$", 0, 20),
        ("length of the gradient", 1e-6, 2, "log"),
        Curve(lengths, along, **PRINTED, label="Algorithm 1"),
        Curve(lengths, along / b, **TRUE, label="Eq. 6"),
        # no point reaches zero on a log axis
        Points([r], [max(slope * r / b, 1e-9)], **TRUE_POINT, size=8, drag={"x": "r"}),
        Points([r], [max(slope * r, 1e-9)], **PRINTED_POINT, size=8),
    )
    return (left, right), {"value": here, "length": slope * r, "own": slope * r / b}


@lru_cache(maxsize=128)
def _sampled(d, s):
    """Mean and standard error of s slices at each of `LENGTHS`."""
    sampled = inner_integral(LENGTHS[:, None] * _cosines(d, s))
    return sampled.mean(axis=1), sampled.std(axis=1) / np.sqrt(s)


def _cosines(d, s):
    """First coordinates of s random directions: all that a vector along one axis sees."""
    rng = np.random.default_rng(20)
    first = rng.standard_normal(s)
    others = rng.chisquare(d - 1, s) if d > 1 else np.zeros(s)
    return first / np.sqrt(first**2 + others)

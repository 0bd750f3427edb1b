"""One pass against two: how far the scales are apart, and when a denominator vanishes."""

import math

import numpy as np

from normtheory.claims.equinorm.denominator import SETTINGS
from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Bars, Curve, Fill, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED, TRUE, TRUE_POINT
from normtheory.theory.equinorm import denominator, shift
from normtheory.theory.equinorm_statistics import WEIGHT_LAWS, one_pass_ratio

GRID = np.linspace(-5, 5, 241)
FAN_INS = np.unique(np.geomspace(2, 4608, 40).round()).astype(int)
OFFSETS = np.linspace(-3, 3, 61)
PASS_TEXTS = {
    case: "{weight_law:s} weights, fan-in {fan_in:d}, equal channel sums, mean {offset:.3g} in "
    "standard deviations: over kernels one pass has a mean denominator of {share:.4g} % of the "
    f"full one's, a scale {over}."
    for case, over in {"bounded": "{excess:.3g} % too large", "unbounded": "without bound"}.items()
}


def _density(law, offset):
    z = GRID - offset
    if law == "normal":
        return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    if law == "uniform":
        return np.where(np.abs(z) <= math.sqrt(3), 1 / (2 * math.sqrt(3)), 0.0)
    return np.exp(-math.sqrt(2) * np.abs(z)) / math.sqrt(2)


@explorer(
    "One pass over the weights",
    "equinorm.single-pass equinorm.output-scale",
    text=PASS_TEXTS,
    size=(980, 340),
    presets={
        "3x3 kernel": {"fan_in": 9},
        "off centre": {"offset": 1.0},
        "all of one sign": {"weight_law": "uniform", "offset": 2.0},
    },
)
def equilibrium_single_pass(fan_in, weight_law, offset):
    """How much of the denominator one pass finds, by fan-in and by the weights' mean."""
    ratio = one_pass_ratio(fan_in, weight_law, offset)
    bounded = ratio > 1e-6
    numbers = {"share": 100 * ratio, "excess": 100 * (1 / ratio - 1) if bounded else math.inf}
    left = Panel.of(
        "distribution of the weights",
        ("weight [standard deviations]", -5, 5),
        ("density", 0, 0.8),
        Fill(GRID, _density(weight_law, offset), color="purple", alpha=0.25),
        VLine([0.0], color="black", dash=":", label="sign in one pass"),
        VLine([offset], color="vermilion", dash="--", label="sign in two", drag={"x": "offset"}),
    )
    # by fan-in at this mean, then by mean at this fan-in
    found = one_pass_ratio(100_000, weight_law, offset) / one_pass_ratio(100_000, weight_law)
    middle = Panel.of(
        "by fan-in",
        ("fan-in $n$", 2, 4608, "log"),
        ("one pass / two passes", 0, 1.05),
        HLine([1.0], **PRINTED),
        Curve(FAN_INS, _CENTRED[weight_law], color="grey", dash=":", label="centred"),
        Curve(FAN_INS, found * _CENTRED[weight_law], **TRUE),
        Points([fan_in], [ratio], **TRUE_POINT, size=9, drag={"x": "fan_in"}),
    )
    layers = [HLine([1.0], **PRINTED)]
    looks = {"normal": ("-", 0.86), "uniform": ("--", 0.32), "Laplace": ("-.", 0.2)}
    for law, (dash, label_at) in looks.items():
        width = 2.5 if law == weight_law else 1.2
        curve = one_pass_ratio(fan_in, law) * _SHAPES[law]
        layers.append(Curve(OFFSETS, curve, "purple", dash, width, label=law, label_at=label_at))
    layers.append(Points([offset], [ratio], **TRUE_POINT, size=9, drag={"x": "offset"}))
    right = Panel.of(
        "by mean",
        ("mean [standard deviations]", -3, 3),
        ("one pass / two passes", 0, 1.05),
        *layers,
    )
    return (left, middle, right), numbers, "bounded" if bounded else "unbounded"


_CENTRED = {law: np.array([one_pass_ratio(n, law) for n in FAN_INS]) for law in WEIGHT_LAWS}
# the mean enters as a factor of its own
_SHAPES = {
    law: np.array([one_pass_ratio(9, law, t) for t in OFFSETS]) / one_pass_ratio(9, law)
    for law in WEIGHT_LAWS
}


@explorer(
    "When the denominator vanishes",
    "equinorm.denominator equinorm.gradient",
    text="{weights:s}, {first:s} and {second:s}, channel sums {sums:s}: shift {shift:.3g}; one "
    "pass divides by {one:.3g}, two passes by {two:.3g}.",
    presets={
        "all positive": {"weights": "all positive"},
        "all positive, two passes": {"weights": "all positive", "passes": 2},
        "counterexample": {"weights": "both signs, in a dark channel only"},
    },
)
def equilibrium_denominator(weights, passes):
    """Four weights in two channels: what one pass and two passes divide by."""
    w, v = SETTINGS[weights]
    array, sums = np.array(w, float).reshape(1, 2, 1, 2), np.array(v, float)
    b = float(shift(array, sums)[0])
    values = [float(denominator(array, sums, passes=k)[0]) for k in (1, 2)]
    flat = np.array(w, float)
    counted = flat > 0 if passes == 1 else flat + b > 0
    lit = np.repeat(sums, 2)
    summed = np.where(counted, lit * (flat + b), np.nan)
    numbers = {"first": str(w[:2]), "second": str(w[2:]), "sums": str(v)}
    numbers |= {"shift": b, "one": values[0], "two": values[1]}
    edges = np.repeat(np.arange(4.0), 2) + np.tile([-0.4, 0.0], 4)
    left = Panel.of(
        "grey: weight, purple: shifted, dot: counted",
        ("weights of channel 1, then of channel 2", -0.6, 3.6),
        ("value", -5, 6),
        HLine([0.0], color="grey", dash="-", width=1.0),
        Bars(edges, np.insert(flat, [1, 2, 3], 0), color="grey"),
        Bars(edges + 0.4, np.insert(flat + b, [1, 2, 3], 0), color="purple"),
        Points(np.arange(4) + 0.2, summed, color="vermilion", size=8),
        xticks=tuple((k, f"{1 + k // 2}") for k in range(4)),
    )
    chosen = [values[k] if passes == k + 1 else np.nan for k in (0, 1)]
    right = Panel.of(
        "denominator",
        ("passes over the weights", -0.6, 1.6),
        ("sum of the counted, by channel sum", -0.5, 6),
        HLine([0.0], color="grey", dash="-", width=1.0),
        Bars([-0.3, 0.3, 0.7, 1.3], [values[0], 0, values[1]], color="purple"),
        Points([0, 1], chosen, color="vermilion", size=10),
        xticks=((0, "one"), (1, "two")),
    )
    return (left, right), numbers

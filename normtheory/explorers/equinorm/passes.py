"""One pass against two: how far the scales are apart, and when a denominator vanishes."""

import math

import numpy as np

from normtheory.claims.equinorm.denominator import SETTINGS
from normtheory.claims.sentence import filled
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Bars, Curve, Fill, HLine, Panel, Points, Scene, VLine
from normtheory.figures.style import PRINTED, TRUE, TRUE_POINT
from normtheory.theory.equinorm import denominator, shift
from normtheory.theory.equinorm_statistics import WEIGHT_LAWS, one_pass_ratio

GRID = np.linspace(-5, 5, 241)
FAN_INS = np.unique(np.geomspace(2, 4608, 40).round()).astype(int)
OFFSETS = np.linspace(-3, 3, 61)
PASS_TEXTS = {
    case: "{weight_law:s} weights, fan-in {fan_in:d}, equal channel sums, mean {offset:.3g} in "
    "standard deviations: on average over kernels one pass finds {share:.4g} % of the denominator, "
    f"its scale is {over}."
    for case, over in {"bounded": "{excess:.3g} % too large", "unbounded": "without bound"}.items()
}
DENOMINATOR_TEXT = (
    "{weights:s}, {first:s} and {second:s}, channel sums {sums:s}: shift {shift:.3g}; one pass "
    "divides by {one:.3g}, two passes by {two:.3g}."
)


def equilibrium_single_pass(**values):
    """How much of the denominator one pass finds, by fan-in and by the weights' mean."""
    return Explorer(
        name="equilibrium_single_pass",
        title="One pass over the weights",
        claims=("equinorm.single-pass", "equinorm.output-scale"),
        view=_single_pass,
        presets={
            "3x3 kernel": {"fan_in": 9},
            "off centre": {"offset": 1.0},
            "all of one sign": {"weight_law": "uniform", "offset": 2.0},
        },
        values=values,
    )


def _density(law, offset):
    z = GRID - offset
    if law == "normal":
        return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    if law == "uniform":
        return np.where(np.abs(z) <= math.sqrt(3), 1 / (2 * math.sqrt(3)), 0.0)
    return np.exp(-math.sqrt(2) * np.abs(z)) / math.sqrt(2)


def _single_pass(fan_in, weight_law, offset):
    ratio = one_pass_ratio(fan_in, weight_law, offset)
    numbers = {"weight_law": weight_law, "fan_in": fan_in, "offset": offset, "share": 100 * ratio}
    bounded = ratio > 1e-6
    numbers["excess"] = 100 * (1 / ratio - 1) if bounded else math.inf
    text = filled(PASS_TEXTS["bounded" if bounded else "unbounded"], numbers)
    left = Panel(
        title="distribution of the weights",
        xlabel="weight [standard deviations]",
        ylabel="density",
        xlim=(-5, 5),
        ylim=(0, 0.8),
        layers=(
            Fill(GRID, _density(weight_law, offset), color="purple", alpha=0.25),
            VLine([0.0], color="black", dash=":", label="sign in one pass"),
            VLine(
                [offset], color="vermilion", dash="--", label="sign in two", drag={"x": "offset"}
            ),
        ),
    )
    # by fan-in at this mean, then by mean at this fan-in
    found = one_pass_ratio(100_000, weight_law, offset) / one_pass_ratio(100_000, weight_law)
    middle = Panel(
        title="by fan-in",
        xlabel="fan-in $n$",
        ylabel="one pass / two passes",
        xlim=(2, 4608),
        ylim=(0, 1.05),
        xscale="log",
        layers=(
            HLine([1.0], **PRINTED),
            Curve(FAN_INS, _CENTRED[weight_law], color="grey", dash=":", label="centred"),
            Curve(FAN_INS, found * _CENTRED[weight_law], **TRUE),
            Points([fan_in], [ratio], **TRUE_POINT, size=9, drag={"x": "fan_in"}),
        ),
    )
    layers = [HLine([1.0], **PRINTED)]
    looks = {"normal": ("-", 0.86), "uniform": ("--", 0.32), "Laplace": ("-.", 0.2)}
    for law, (dash, label_at) in looks.items():
        width = 2.5 if law == weight_law else 1.2
        curve = one_pass_ratio(fan_in, law) * _SHAPES[law]
        layers.append(Curve(OFFSETS, curve, "purple", dash, width, label=law, label_at=label_at))
    layers.append(Points([offset], [ratio], **TRUE_POINT, size=9, drag={"x": "offset"}))
    right = Panel(
        title="by mean",
        xlabel="mean [standard deviations]",
        ylabel="one pass / two passes",
        xlim=(-3, 3),
        ylim=(0, 1.05),
        layers=layers,
    )
    return Scene((left, middle, right), text, size=(980, 340))


_CENTRED = {law: np.array([one_pass_ratio(n, law) for n in FAN_INS]) for law in WEIGHT_LAWS}
# the mean enters as a factor of its own
_SHAPES = {
    law: np.array([one_pass_ratio(9, law, t) for t in OFFSETS]) / one_pass_ratio(9, law)
    for law in WEIGHT_LAWS
}


def equilibrium_denominator(**values):
    """Four weights in two channels: what one pass and two passes divide by."""
    return Explorer(
        name="equilibrium_denominator",
        title="When the denominator vanishes",
        claims=("equinorm.denominator", "equinorm.gradient"),
        view=_denominator,
        presets={
            "all positive": {"weights": "all positive"},
            "all positive, two passes": {"weights": "all positive", "passes": 2},
            "counterexample": {"weights": "both signs, in a dark channel only"},
        },
        values=values,
    )


def _denominator(weights, passes):
    w, v = SETTINGS[weights]
    array, sums = np.array(w, float).reshape(1, 2, 1, 2), np.array(v, float)
    b = float(shift(array, sums)[0])
    values = [float(denominator(array, sums, passes=k)[0]) for k in (1, 2)]
    flat = np.array(w, float)
    counted = flat > 0 if passes == 1 else flat + b > 0
    lit = np.repeat(sums, 2)
    summed = np.where(counted, lit * (flat + b), np.nan)
    numbers = {"weights": weights, "first": str(w[:2]), "second": str(w[2:]), "sums": str(v)}
    text = filled(DENOMINATOR_TEXT, numbers | {"shift": b, "one": values[0], "two": values[1]})
    edges = np.repeat(np.arange(4.0), 2) + np.tile([-0.4, 0.0], 4)
    left = Panel(
        title="grey: weight, purple: shifted, dot: counted",
        xlabel="weights of channel 1, then of channel 2",
        ylabel="value",
        xlim=(-0.6, 3.6),
        ylim=(-5, 6),
        xticks=tuple((k, f"{1 + k // 2}") for k in range(4)),
        layers=(
            HLine([0.0], color="grey", dash="-", width=1.0),
            Bars(edges, np.insert(flat, [1, 2, 3], 0), color="grey"),
            Bars(edges + 0.4, np.insert(flat + b, [1, 2, 3], 0), color="purple"),
            Points(np.arange(4) + 0.2, summed, color="vermilion", size=8),
        ),
    )
    chosen = [values[k] if passes == k + 1 else np.nan for k in (0, 1)]
    right = Panel(
        title="denominator",
        xlabel="passes over the weights",
        ylabel="sum of the counted, by channel sum",
        xlim=(-0.6, 1.6),
        ylim=(-0.5, 6),
        xticks=((0, "one"), (1, "two")),
        layers=(
            HLine([0.0], color="grey", dash="-", width=1.0),
            Bars([-0.3, 0.3, 0.7, 1.3], [values[0], 0, values[1]], color="purple"),
            Points([0, 1], chosen, color="vermilion", size=10),
        ),
    )
    return Scene((left, right), text)

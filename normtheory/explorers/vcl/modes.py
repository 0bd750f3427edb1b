"""How many sample patterns a few modes have, and whether their sample variance varies."""

from dataclasses import replace

import numpy as np

from normtheory.claims.vcl import modes
from normtheory.claims.vcl.modes import printed_count, true_count
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Bars, Curve, HLine, Panel, Points
from normtheory.figures.style import PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.laws import discrete

SHARES = np.linspace(0.01, 0.99, 50)
COUNTS = np.arange(1, 13)
HALF_WIDTH = 0.15
FIXED, FREE = {}, {"x": "position", "y": "middle"}
# the counts of more draws or modes have too many digits to read
_COUNTS = [replace(modes.sample_patterns.parameter(name), domain=(1, 40)) for name in "nk"]


def _kurtosis(upper, middle, position):
    weights = ((1 - middle) * (1 - upper), middle, (1 - middle) * upper)
    return discrete((-1.0, position, 1.0), weights).kurtosis


@explorer(
    "A few modes and the variance of the sample variance",
    "vcl.few-modes vcl.sample-patterns vcl.more-than-two-peaks",
    parameters=(*modes.few_modes.parameters, *_COUNTS),
    text="The kurtosis is {kappa:.4g} (normal: 3). Number of patterns at n = {n:d}, k = {k:d}: "
    "{true:d}; the document says {said:d}.",
    formula=Formula("variances"),
    size=(920, 340),
    presets={
        "a rare mode": {"upper": 0.01},
        "three equal modes": {"middle": 0.333333333333, "n": 3, "k": 3},
        "a far rare mode": {"middle": 0.02, "position": 6.0},
        "a heavy middle": {"middle": 0.9},
    },
)
def few_modes(upper, middle, position, n, k):
    """A distribution with two or three modes, its kurtosis against the rarer mode's share, and the
    number of sample patterns."""
    here = _kurtosis(upper, middle, position)
    said, true = printed_count(n, k), true_count(n, k)
    weights = [(1 - middle) * (1 - upper), middle, (1 - middle) * upper]
    places_panel = Panel.of(
        "the distribution",
        ("place", -9.5, 9.5),
        ("weight", 0, 1),
        *(
            [
                Bars(
                    [at - HALF_WIDTH, at + HALF_WIDTH],
                    [weight],
                    color="purple",
                    alpha=0.7,
                    drag=drag,
                )
                for at, weight, drag in zip(
                    (-1, position, 1), weights, (FIXED, FREE, FIXED), strict=True
                )
            ]
        ),
    )
    kappa = np.array([_kurtosis(share, middle, position) for share in SHARES])
    shares = Panel.of(
        "kurtosis",
        ("share of the mode at 1", 0, 1),
        (r"$\kappa$", 0.9, 40, "log"),
        HLine([3], label="normal", label_at=0.5, dash=":"),
        Curve(SHARES, kappa, **TRUE),
        Points([upper], [here], **TRUE_POINT, size=8, drag={"x": "upper"}),
        yticks=((1, "1"), (3, "3"), (10, "10"), (30, "30")),
    )
    patterns = Panel.of(
        "sample patterns",
        ("number of modes $k$", 0.5, 12.5),
        ("patterns of $n$ draws", 0.8, 1e9, "log"),
        Points(COUNTS, [true_count(n, int(c)) for c in COUNTS], **TRUE_POINT, label="counted"),
        Points(
            COUNTS, [printed_count(n, int(c)) for c in COUNTS], **PRINTED_POINT, label="printed"
        ),
        Points([k], [true], **TRUE_POINT, size=10, drag={"x": "k"}),
        xticks=tuple((k, str(k)) for k in (1, 3, 6, 9, 12)),
        legend="upper left",
    )
    return (places_panel, shares, patterns), {"kappa": here, "true": true, "said": said}

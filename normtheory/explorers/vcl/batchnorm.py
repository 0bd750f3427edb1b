"""Where batchnorm's noise comes from: the batch's mean or its variance."""

import math

import numpy as np
from scipy.special import erfc

from normtheory.claims.vcl.batchnorm_noise import variance_part
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, Panel, Points, VLine
from normtheory.theory.batchnorm_noise import inverse_deviation_variance

SIZES = np.unique(np.geomspace(4, 512, 60).round().astype(int))
INPUTS = np.linspace(-4, 4, 161)
TOLERANCE = 0.1


@explorer(
    "Where does batchnorm's noise come from?",
    "vcl.batchnorm-noise vcl.batchnorm-approximation vcl.stable-batchnorm vcl.same-activation",
    text="n = {n:d}, κ = {kappa:.3g}: the mean adds a variance of {shift:.3g}, the sample variance "
    "{part:.3g} ({how:s}), for an input that is not in the batch. At the mean plus {rho:.3g} σ, "
    "Eq. 18's ratio is off by more than 10 % in {off:.1%} of batches of normal draws.",
    formula=Formula("variances", given={"sizes": SIZES.tolist()}),
    presets={
        "an input near the mean": {"rho": 0.1},
        "heavy tails": {"kappa": 9.0, "n": 50},
        "large batch": {"n": 50, "rho": 3.0},
    },
)
def batchnorm_noise(n, kappa, rho):
    """Variance of batchnorm's output from the mean and from the variance, and how often the ratio
    of Eq. 18 is far from 1 at one input."""
    leading = (kappa - 1) / (4 * SIZES)
    exact = np.array([inverse_deviation_variance(int(size)) for size in SIZES])
    here, how = variance_part(n, kappa)
    off = float(_share(rho, n))
    left = Panel.of(
        "variance of the output over batches",
        ("batch size $n$", 2, 512, "log"),
        ("variance", 1e-4, 4, "log"),
        Curve(SIZES, 1 / SIZES, color="blue", label="from the mean, $1/n$"),
        Curve(SIZES, leading, "vermilion", "--", label=r"from the variance, $(\kappa-1)/4n$"),
        Curve(SIZES, exact, color="grey", dash=":", label="from the variance, normal"),
        Points([n], [1 / n], color="blue", size=8, drag={"x": "n"}),
        # no point reaches zero on a log axis
        Points([n], [max(here, 1e-9) if here < math.inf else math.nan], "vermilion", "s", 7),
        legend="lower left",
    )
    right = Panel.of(
        "batches that put Eq. 18 off by 10 %",
        (r"input $(\rho-\mu)/\sigma$", -4, 4),
        ("share of batches", 0, 1.02),
        Curve(INPUTS, _share(INPUTS, n), color="purple"),
        VLine([rho], dash=":", width=1.2),
        Points([rho], [off], color="purple", size=8, drag={"x": "rho"}),
    )
    return (left, right), {"shift": 1 / n, "part": here, "how": how, "off": off}


def _share(rho, n):
    """P[|mean| > 0.1 |rho|] for the mean of n normal draws."""
    return erfc(TOLERANCE * np.abs(rho) * math.sqrt(n / 2))

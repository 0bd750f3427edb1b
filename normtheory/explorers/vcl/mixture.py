"""Moments and kurtosis of a projected mixture: as printed, and with both variances free."""

import math

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, Fill, HLine, Panel, Points
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.mixtures import mixture_kurtosis, mixture_moments, printed_kurtosis

SEPARATIONS = np.linspace(0, 8, 161)
GRID = np.linspace(-10, 10, 401)


@explorer(
    "The kurtosis of a two-component mixture",
    "vcl.mixture-kurtosis vcl.mixture-moments",
    text="At p = {p:.3g}, distance {separation:.3g}, standard deviations {sigma1:.3g} and "
    "{sigma2:.3g} the kurtosis is {true:.4g}; Eq. 9 gives {printed:.4g}.",
    formula=Formula("mixtures"),
    presets={
        "unequal standard deviations": {"sigma1": 2.0},
        "same mean, not normal": {"separation": 0.0, "sigma1": 3.0},
        "balanced": {"p": 0.5, "separation": 4.0},
    },
)
def mixture_kurtosis_formula(p, separation, sigma1, sigma2):
    """Eq. 9 beside the kurtosis with both variances free, against the distance of the means."""
    within = p * sigma1**2 + (1 - p) * sigma2**2
    true = mixture_kurtosis(p, SEPARATIONS, 0.0, sigma1**2, sigma2**2)
    printed = printed_kurtosis(p, SEPARATIONS**2, within)
    here = float(mixture_kurtosis(p, separation, 0.0, sigma1**2, sigma2**2))
    said = float(printed_kurtosis(p, separation**2, within))
    left = Panel.of(
        "kurtosis against the distance of the means",
        (r"$|\mu_1-\mu_2|$", 0, 8),
        (r"$\kappa$", 1, 9),
        HLine([3], label="normal", label_at=0.97, dash=":"),
        Curve(SEPARATIONS, true, **TRUE, label="derived", label_at=0.35),
        Curve(SEPARATIONS, printed, **PRINTED, label="Eq. 9 as printed", label_at=0.7),
        Points([separation], [here], **TRUE_POINT, size=8, drag={"x": "separation"}),
        Points([separation], [said], **PRINTED_POINT, size=8),
    )
    centre = mixture_moments(p, separation, 0.0, sigma1**2, sigma2**2).mean
    one, two = (
        w * np.exp(-((GRID - (m - centre)) ** 2) / (2 * s * s)) / (s * math.sqrt(2 * math.pi))
        for w, m, s in ((p, separation, sigma1), (1 - p, 0.0, sigma2))
    )
    right = Panel.of(
        "its density",
        (r"$\rho-\mu$", -10, 10),
        ("density", 0, 0.6),
        Fill(GRID, one + two, color="sky", alpha=0.3),
        Curve(GRID, one, color="purple", dash="--", width=1.5, label="1", label_at=0.7),
        Curve(GRID, two, color="green", dash=":", width=1.8, label="2", label_at=0.4),
    )
    return (left, right), {"true": here, "printed": said}

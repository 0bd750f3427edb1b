"""The kurtosis phase shift: which projection of a two-component mixture has the least kurtosis."""

import math

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, Fill, Panel, Points, Text, VLine
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.mixture_directions import best_angle, lda_direction, merging_direction
from normtheory.theory.mixtures import (
    EQUAL_VARIANCE_BOUNDARY,
    directions,
    mixture,
    mixture_kurtosis,
)

WEIGHTS = np.linspace(0.01, 0.99, 99)
ANGLES = np.arange(120) * (math.pi / 120)
GRID = np.linspace(-4, 4, 321)
LDA = {"color": "black", "dash": ":", "width": 1.5}
MERGING = {"color": "vermilion", "dash": "-.", "width": 1.5}


@explorer(
    "The kurtosis phase shift",
    "vcl.phase-shift",
    text={
        "": "At p = {p:.3g} the kurtosis is {lda:.3g} along the LDA direction, {merging:.3g} along "
        "the merging direction and {best:.3g} along the best; Theorem 2 names the {name:s} "
        "direction.",
        "equal": "At p = {p:.3g} the kurtosis is {best:.3g} along the best direction; with equal "
        "means Theorem 2 names none.",
    },
    formula=Formula(
        "mixtures",
        # one for each reach of the plane
        looks=({}, {"gap_x": 6.0}, {"gap_x": 6.0, "sd1_x": 4.0}, {"gap_x": 50.0}),
        given={"boundary": EQUAL_VARIANCE_BOUNDARY},
    ),
    widths=(1.15, 0.9, 1.0),
    size=(920, 340),
    presets={
        "p = 0.1": {"p": 0.1},
        "at the boundary": {"p": EQUAL_VARIANCE_BOUNDARY[0]},
        "a narrow rare component": {"p": 0.1, "gap_x": 3.0, "sd1_x": 0.5, "sd1_y": 0.5},
        "merging at p = 0.25": {"p": 0.25, "gap_x": 3.0, "sd1_x": 2.0, "sd2_x": 0.5},
    },
)
def phase_shift(p, gap_x, gap_y, sd1_x, sd1_y, corr1, sd2_x, sd2_y, corr2):
    """Kurtosis against the weight p for the directions that Theorem 2 names and for the best one,
    the mixture in the plane, and its projections. Both covariances are free."""
    gap = np.array([gap_x, gap_y])
    cov1, cov2 = (
        np.array([[x * x, r * x * y], [r * x * y, y * y]])
        for x, y, r in ((sd1_x, sd1_y, corr1), (sd2_x, sd2_y, corr2))
    )
    apart = bool(np.any(gap))
    here = mixture(p, gap / 2, -gap / 2, cov1, cov2)
    # half of the least number is 0
    wide = mixture(p, gap, -gap, cov1, cov2)
    # with equal means both directions are undefined: any will do, and none is drawn
    there = 1.0 if apart else math.nan
    lda = lda_direction(wide) if apart else np.array([1.0, 0.0])
    merging = merging_direction(wide) if apart else np.array([0.0, 1.0])
    angle, least = best_angle(here)
    kappa = {name: float(here.kurtosis(v)) for name, v in (("lda", lda), ("merging", merging))}
    least = min(least, *kappa.values())
    claimed = "lda" if _separates(p) else "merging"
    words = {"lda": "LDA", "merging": "merging"}
    panels = (
        _against_p(p, gap, cov1, cov2, kappa, least, there),
        _plane(here, there * lda, there * merging, directions(angle), claimed),
        _projections(here, lda, merging, there),
    )
    return panels, {**kappa, "best": least, "name": words[claimed]}, "" if apart else "equal"


def _separates(p):
    """Whether Theorem 2 names the LDA direction at this weight."""
    return (p >= EQUAL_VARIANCE_BOUNDARY[0]) & (p <= EQUAL_VARIANCE_BOUNDARY[1])


def _against_p(p, gap, cov1, cov2, kappa, least, there):
    def along(theta):
        """Kurtosis at all weights, for theta of shape (weights, 2) or (angles, 1, 2)."""
        var1, var2 = (np.einsum("...i,ij,...j", theta, c, theta) for c in (cov1, cov2))
        return mixture_kurtosis(WEIGHTS, theta @ gap, 0.0, var1, var2)

    within = WEIGHTS[:, None, None] * cov1 + (1 - WEIGHTS)[:, None, None] * cov2
    way = gap / np.abs(gap).max() if there == 1 else np.array([1.0, 0.0])
    lda = np.linalg.solve(within, np.broadcast_to(way[:, None], (len(WEIGHTS), 2, 1)))[..., 0]
    across = np.array([-way[1], way[0]])
    lowest = along(directions(ANGLES)[:, None, :]).min(axis=0)
    low, high = EQUAL_VARIANCE_BOUNDARY
    separated = there * along(lda)
    merged = there * along(np.broadcast_to(across, lda.shape))
    named = np.where(_separates(WEIGHTS), separated, merged)
    said = there * kappa["lda" if _separates(p) else "merging"]
    return Panel.of(
        "kurtosis of the projection",
        ("weight $p$", 0, 1),
        (r"$\kappa$", 0.9, 6),
        VLine([low, high], label="boundary", color="grey", dash=":"),
        Curve(WEIGHTS, separated, **LDA, label="LDA", label_at=0.5),
        Curve(WEIGHTS, merged, **MERGING, label="merging", label_at=0.97),
        Curve(WEIGHTS, lowest, **TRUE, label="least", label_at=0.04),
        Curve(WEIGHTS, named, **PRINTED, label="Theorem 2", label_at=0.75),
        Points([p], [least], **TRUE_POINT, size=7, drag={"x": "p"}),
        Points([p], [said], **PRINTED_POINT, size=8),
    )


def _plane(here, lda, merging, best, claimed):
    named = {"lda": lda, "merging": merging}[claimed]
    turn = np.linspace(0, 2 * math.pi, 73)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    rings = [
        mean[:, None] + 1.5 * np.linalg.cholesky(cov) @ circle
        for mean, cov in ((here.mu1, here.cov1), (here.mu2, here.cov2))
    ]
    size = max(np.abs(ring).max() for ring in rings)
    reach = next(r for r in (4, 8, 16, 1e6) if size <= 0.95 * r or r == 1e6)

    def line(theta, look):
        return Curve(*np.outer(theta, [-2 * reach, 2 * reach]), **{"width": 1.8, **look})

    return Panel.of(
        "the mixture, 1.5 σ around",
        ("$x_1$", -reach, reach),
        ("$x_2$", -reach, reach),
        Curve(*rings[0], color="purple", drag={"x": ("sd1_x", 1.5), "y": ("sd1_y", 1.5)}),
        Curve(*rings[1], color="green", drag={"x": ("sd2_x", 1.5), "y": ("sd2_y", 1.5)}),
        line(lda, LDA),
        line(merging, MERGING),
        line(best, TRUE),
        line(named, PRINTED),
        *(
            Text(
                [mean[0]],
                [mean[1]],
                label=label,
                color=color,
                align="center",
                drag={"x": ("gap_x", slope), "y": ("gap_y", slope)},
            )
            for label, mean, color, slope in (
                ("1", here.mu1, "purple", 0.5),
                ("2", here.mu2, "green", -0.5),
            )
        ),
        equal=True,
    )


def _projections(here, lda, merging, there):
    lda, merging = (there * _density(here, theta) for theta in (lda, merging))
    middle = math.nan if there == 1 else 0.0
    return Panel.of(
        "projections, standardized",
        (r"$(\theta^\top x - \mu)/\sigma$", -4, 4),
        ("density", 0, 1),
        Fill(GRID, lda, color="black", alpha=0.1, label="LDA", label_at=0.3),
        Curve(GRID, merging, **MERGING, label="merging", label_at=0.6),
        Text([middle], [0.5], label="equal means: neither", align="center"),
    )


def _density(here, theta):
    p, mean1, mean2, var1, var2 = here.project(theta)
    mean = p * mean1 + (1 - p) * mean2
    scale = math.sqrt(p * var1 + (1 - p) * var2 + p * (1 - p) * (mean1 - mean2) ** 2)
    x = mean + scale * GRID
    parts = zip((p, 1 - p), (mean1, mean2), (var1, var2), strict=True)
    return scale * sum(
        w * np.exp(-((x - m) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v) for w, m, v in parts
    )

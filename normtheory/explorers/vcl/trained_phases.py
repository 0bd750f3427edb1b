"""Where the loss that is trained separates two clusters, where it merges them, and between."""

from functools import lru_cache

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED, TRUE
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.trained_minimizer import (
    mixture_loss,
    trained_boundaries,
    trained_boundary,
)

DISTANCES = np.geomspace(0.5, 20, 40)
WEIGHTS = np.linspace(0.01, 0.5, 99)
MERGES = EQUAL_VARIANCE_BOUNDARY[0]
TEXTS = {
    case: "At distance {separation:.3g} and variance over β {ratio:.3g} full separation is locally "
    f"best {where}, merging up to p = {{merges:.3f}} at every setting; with the scale free "
    "separation from p = {free:.3f} on."
    for case, where in {"from": "from p = {held:.3f} on", "never": "for no weight"}.items()
}


@explorer(
    "Three phases of the trained loss, n = 2",
    "vcl.two-projections vcl.far-means vcl.learned-beta",
    text=TEXTS,
    presets={
        "never separates": {"separation": 20.0, "ratio": 5.0},
        "close to Theorem 2": {"separation": 1.0, "ratio": 0.3},
        "both are stable": {"p": 0.21, "separation": 20.0, "ratio": 0.1},
    },
)
def trained_phases(p, separation, ratio):
    """Up to which weight the trained loss (n = 2) merges and from which it separates, against the
    distance of the means, and the loss of both directions and of the best one."""
    found = trained_boundary(separation, ratio)
    rare = min(p, 1 - p)
    rarer = ("p", 1 if p <= 0.5 else -1)
    merged, lda, best = _losses(separation, ratio)
    numbers = {"held": found, "merges": MERGES, "free": _free(separation)}
    boundary = Panel.of(
        "merges below orange, separates above blue",
        (r"distance of the means $\Delta$", DISTANCES[0], DISTANCES[-1], "log"),
        ("weight $p$ of the rarer component", 0.15, 0.5),
        HLine([MERGES], **PRINTED, label="merging stops", label_at=0.05),
        Curve(DISTANCES, _free_curve(), color="purple", dash="-.", label="scale free"),
        Curve(DISTANCES, _held_curve(ratio), **TRUE, label="held", label_at=0.5),
        Points([separation], [rare], color="black", size=8, drag={"x": "separation", "y": rarer}),
        xticks=tuple((d, f"{d:g}") for d in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)),
    )
    panel = Panel.of(
        "the expected loss, by direction",
        ("weight $p$ of the rarer component", 0, 0.5),
        ("loss over that of merging", 0, 3),
        HLine([1.0], color="green", dash="-.", label="merging", label_at=0.05),
        Curve(WEIGHTS, lda / merged, color="purple", dash="--", label="LDA", label_at=0.6),
        Curve(WEIGHTS, best / merged, **TRUE, label="best", label_at=0.9),
        VLine([rare], color="black", dash=":", drag={"x": rarer}),
    )
    return (boundary, panel), numbers, "never" if np.isnan(found) else "from"


@lru_cache(maxsize=256)
def _losses(separation, ratio):
    """The loss of merging, and by weight those of the LDA direction and of the best one."""
    # along a direction the means are anything from 0 to the separation apart
    effective = np.linspace(0, separation, 81)
    losses = mixture_loss(WEIGHTS[:, None], effective, 1.0, 1.0, ratio)
    return losses[0, 0], losses[:, -1], losses.min(axis=1)


@lru_cache(maxsize=256)
def _held_curve(ratio):
    return trained_boundaries(DISTANCES, ratio)


@lru_cache(maxsize=1)
def _free_curve():
    return np.array([trained_boundary(d) for d in DISTANCES])


def _free(separation):
    if not DISTANCES[0] <= separation <= DISTANCES[-1]:
        return trained_boundary(separation)
    # the table is far denser than the curve bends
    return float(np.interp(np.log(separation), np.log(DISTANCES), _free_curve()))

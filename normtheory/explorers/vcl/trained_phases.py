"""Where the loss that is trained separates two clusters, and where it merges them."""

from functools import lru_cache

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene, VLine
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.trained_minimizer import mixture_loss, trained_boundary

DISTANCES = np.geomspace(0.5, 20, 40)
WEIGHTS = np.linspace(0.01, 0.5, 99)
SEPARATION = Parameter(
    name="separation",
    symbol=r"\Delta",
    meaning="distance of the means, in deviations of a component",
    default=5.0,
    domain=(0, np.inf),
    typical=(0.5, 20),
    log=True,
)
RATIO = Parameter(
    name="ratio",
    symbol=r"\sigma^2/\beta",
    meaning="variance over beta, the same for both directions",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.1, 20),
    log=True,
)


def trained_phases(**values):
    """The least weight that the trained loss (n = 2) separates, against the distance of the means,
    and the loss of both directions against the weight."""
    return Explorer(
        name="trained_phases",
        title="The phase boundary of the trained loss, n = 2",
        parameters=(SEPARATION, RATIO),
        view=_picture,
        presets={
            "never separates": {"separation": 20.0, "ratio": 5.0},
            "close to Theorem 2": {"separation": 5.0, "ratio": 0.1},
        },
        values=values,
    )


def _picture(separation, ratio):
    found = trained_boundary(separation, ratio)
    separated = mixture_loss(WEIGHTS, separation, 1.0, 1.0, ratio)
    merged = float(mixture_loss(0.5, 0.0, 1.0, 1.0, ratio))
    where = "for no weight" if np.isnan(found) else f"above p = {found:.3f}"
    text = (
        f"At distance {separation:.3g} and variance over beta {ratio:.3g} the loss separates "
        f"{where}; with the scale free above p = {_free(separation):.3f}; the kurtosis above 0.211."
    )
    boundary = Panel(
        title="separates above, merges below",
        xlabel=r"distance of the means $\Delta$",
        ylabel="weight $p$ of the rarer component",
        xlim=(DISTANCES[0], DISTANCES[-1]),
        ylim=(0.15, 0.5),
        xscale="log",
        xticks=tuple((d, f"{d:g}") for d in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)),
        layers=(
            HLine([EQUAL_VARIANCE_BOUNDARY[0]], color="grey", label="kurtosis", label_at=0.05),
            Curve(DISTANCES, _free_curve(), color="vermilion", dash="--", label="scale free"),
            Curve(DISTANCES, _held_curve(ratio), color="blue", label="held", label_at=0.5),
            Points([separation], [found], color="black", size=8),
        ),
    )
    losses = Panel(
        title="the expected loss of both directions",
        xlabel="weight $p$ of the rarer component",
        ylabel="loss over that of merging",
        xlim=(0, 0.5),
        ylim=(0, 3),
        layers=(
            HLine([1.0], color="vermilion", dash="--", label="merging", label_at=0.05),
            Curve(WEIGHTS, separated / merged, color="blue", label="LDA", label_at=0.6),
            VLine([found], color="black", dash=":"),
        ),
    )
    return Scene((boundary, losses), text)


@lru_cache(maxsize=256)
def _held_curve(ratio):
    return np.array([trained_boundary(d, ratio) for d in DISTANCES])


@lru_cache(maxsize=1)
def _free_curve():
    return np.array([trained_boundary(d) for d in DISTANCES])


def _free(separation):
    # the table is far denser than the curve bends
    return float(np.interp(np.log(separation), np.log(DISTANCES), _free_curve()))

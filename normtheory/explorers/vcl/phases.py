"""The phases of Theorem 2 when the two components have different variances."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Band, Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY, mixture_kurtosis
from normtheory.theory.phases import best_between, phase

# an odd number, so that equal variances are among them
RATIOS = np.geomspace(1 / 4, 4, 65)
WEIGHTS = (np.arange(200) + 0.5) / 200
ANGLES = np.linspace(0, 90, 181)
_AT = "kurtosis {least:.3g} at {angle:.0f}° from the line of the means"
TEXTS = {
    found: "At p = {p:.3g}, distance {separation:.3g}, standard deviations {sigma1:.3g} and "
    f"{{sigma2:.3g}} {words}."
    for found, words in {
        "merge": f"merging is best: {_AT}",
        "separate": f"separating is best: {_AT}",
        "between": f"a direction between the two is best: {_AT}",
        "indifferent": "all directions are alike: kurtosis {least:.3g}",
    }.items()
}


@explorer(
    "Merge, separate, or neither?",
    "vcl.mixture-kurtosis",
    text=TEXTS,
    formula=Formula("mixtures", given={"ratios": RATIOS.tolist()}),
    presets={
        "a narrow rare component": {"p": 0.1, "sigma1": 0.5},
        "a wide rare component": {"p": 0.2, "sigma1": 2.0},
        "far apart": {"p": 0.15, "separation": 8.0, "sigma1": 0.7},
    },
)
def phase_map(p, separation, sigma1, sigma2):
    # at distance 0 all directions are alike; the map is then that of a small distance
    """Which direction has the least kurtosis, over the ratio of the standard deviations and the
    weight, for isotropic components; and the kurtosis against the direction."""
    gap = max(separation, 1e-3 * min(sigma1, sigma2))
    found = str(phase(p, gap, sigma1**2, sigma2**2)) if separation else "indifferent"
    b = float(np.nan_to_num(best_between(p, gap, sigma1**2, sigma2**2), nan=gap**2))
    angle = float(np.degrees(np.arccos(np.sqrt(b) / gap)))
    along = np.cos(np.radians(ANGLES)) * separation
    kappa = mixture_kurtosis(p, along, 0.0, sigma1**2, sigma2**2)
    least = float(mixture_kurtosis(p, np.sqrt(b), 0.0, sigma1**2, sigma2**2))
    right = Panel.of(
        "kurtosis against the direction",
        ("angle to the line of the means [degrees]", 0, 90),
        (r"$\kappa$", 1, 9),
        HLine([3], label="normal", label_at=0.97, dash=":"),
        Curve(ANGLES, kappa, **TRUE),
        Points([angle], [least], **TRUE_POINT, size=9),
    )
    panels = _map(p, gap, sigma1 / sigma2, sigma2), right
    return panels, {"least": least, "angle": angle}, found


def _map(p, gap, ratio, sigma2):
    merged, low, high, released = _boundaries(gap, sigma2)
    ends = np.zeros_like(RATIOS), np.ones_like(RATIOS)
    return Panel.of(
        "the best direction (white: one in between)",
        (r"$\sigma_1/\sigma_2$", RATIOS[0], RATIOS[-1], "log"),
        ("weight $p$ of component 1", 0, 1),
        Band(RATIOS, low, high, color="sky", label="separate", label_at=0.5),
        Band(RATIOS, ends[0], merged, color="vermilion", label="merge", label_at=0.75),
        Band(RATIOS, released, ends[1], color="vermilion", label="merge", label_at=0.25),
        VLine([1.0], color="grey", dash=":"),
        Points([1.0, 1.0], EQUAL_VARIANCE_BOUNDARY, **PRINTED_POINT, size=8),
        Points(
            [min(max(ratio, RATIOS[0]), RATIOS[-1])],
            [p],
            color="black",
            size=8,
            drag={"x": "sigma1", "y": "p"},
        ),
        xticks=tuple((r, f"{r:g}") for r in (0.25, 0.5, 1.0, 2.0, 4.0)),
    )


def _boundaries(gap, sigma2):
    """By ratio: where merging ends, where separating begins and ends, where merging is best again.

    What lies between these is the third phase.
    """
    # the same square on both sides, so that a ratio of 1 is one to the last bit
    best = best_between(WEIGHTS[:, None], gap, np.square(RATIOS * sigma2), np.square(sigma2))
    merge, separate = best <= 0, best >= gap**2
    weights = np.broadcast_to(WEIGHTS[:, None], best.shape)
    merged = np.minimum.reduce(weights, where=~merge, initial=1.0)
    released = np.maximum.reduce(weights, where=~merge, initial=0.0)
    low = np.minimum.reduce(weights, where=separate, initial=np.inf)
    high = np.maximum.reduce(weights, where=separate, initial=-np.inf)
    somewhere = low <= high
    return (
        np.where(merge[0], merged, 0.0),
        np.where(somewhere, low, np.nan),
        np.where(somewhere, high, np.nan),
        np.where(merge[-1], released, 1.0),
    )

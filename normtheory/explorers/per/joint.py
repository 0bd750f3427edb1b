"""Joint distributions that simple statistics cannot tell apart, and what PER sees of them."""

import functools

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Bars, Curve, HLine, Panel, Points
from normtheory.theory.joint_laws import JOINT_LAWS, correlated_normal_error, draw_joint
from normtheory.theory.projected_error import projected_error_loss

CORRELATIONS = np.linspace(-0.98, 0.98, 50)
SHOWN = 400
TEXTS = {
    case: "A sample of size {n:d} from the {law:s} distribution: variance of x {var:.3f}, "
    "covariance {cov:.3f}, kurtosis {kurt:.3f}, PER {per:.4f}. PER of normal units in dimension "
    f"{{d:d}}, correlated by {{rho:.3g}}, is {words}."
    for case, words in {"defined": "{value:.5g}", "undefined": "not defined"}.items()
}
STATISTICS = ("mean", "var", "cov", "skew", "kurt", "PER")


@functools.lru_cache(maxsize=128)
def _by_correlation(d):
    """PER at all correlations that d units can have; it takes longer than a frame."""
    allowed = -1 / (d - 1) if d > 1 else 2
    return np.array(
        [correlated_normal_error(r, d) if r >= allowed else np.nan for r in CORRELATIONS.tolist()]
    )


@functools.lru_cache(maxsize=64)
def _sample(law, n):
    """The first draws, and the statistics of all of them."""
    h = draw_joint(law, n, np.random.default_rng(4))
    x = h[:, 0] - h[:, 0].mean()
    variance, square = float(x @ x) / (n - 1), float(x @ x) / n
    found = [
        float(h[:, 0].mean()),
        variance,
        float(x @ (h[:, 1] - h[:, 1].mean())) / (n - 1),
        float((x**3).mean() / square**1.5),
        float((x**4).mean() / square**2),
        projected_error_loss(h),
    ]
    return h[:SHOWN], found


@explorer(
    "What do statistics see of a joint distribution?",
    "per.statistics-blind per.all-moments per.interaction",
    text=TEXTS,
    size=(920, 340),
    widths=(0.9, 1.1, 1),
    presets={
        **{f"({'abcd'[k]}) {name}": {"law": name} for k, name in enumerate(JOINT_LAWS)},
        "a small batch": {"n": 20},
        "wide layer": {"d": 1000, "rho": 0.9},
        "two units": {"d": 2},
    },
)
def joint_laws(law, n, rho, d):
    """A sample of one of Fig. 1's four distributions, the statistics that describe it, and PER of
    correlated normal units."""
    h, found = _sample(law, n)
    possible = d == 1 or rho >= -1 / (d - 1)
    here = correlated_normal_error(rho, d) if d > 1 and possible else np.nan
    numbers = dict(zip(("m", "var", "cov", "skew", "kurt", "per"), found, strict=True))
    case = "defined" if np.isfinite(here) else "undefined"
    cloud = Panel.of(
        "draws",
        ("unit $x$", -4, 4),
        ("unit $y$", -4, 4),
        Points(*h.T, color="blue", size=2.5, alpha=0.6),
        equal=True,
    )
    # skewness and kurtosis may leave the panel: their numbers are in the text
    statistics = Panel.of(
        "statistics of the sample",
        ("", -0.6, 5.6),
        ("value", -1, 5),
        HLine([0], dash="-", width=0.8),
        *(
            Bars([k - 0.3, k + 0.3], [value], color="green" if k == 5 else "sky")
            for k, value in enumerate(found)
        ),
        xticks=tuple(enumerate(STATISTICS)),
    )
    correlated = Panel.of(
        "PER of correlated normal units",
        (r"correlation $\rho$", -1, 1),
        ("PER", 1.07, 1.14),
        HLine([2 / np.sqrt(np.pi)], dash=":", label="independent", label_at=0.05),
        Curve(CORRELATIONS, _by_correlation(d), color="green"),
        Points([rho], [here], color="green", size=8, drag={"x": "rho"}),
    )
    return (cloud, statistics, correlated), numbers | {"value": here}, case

"""Theorem 3 and Eq. 20: probabilities that two sample variances, or one and the truth, agree."""

import numpy as np

from normtheory.claims.vcl.batchnorm import printed_batchnorm_bound
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, HLine, Panel, Points
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.laws import LAWS
from normtheory.theory.laws import law as make_law
from normtheory.theory.ratio_bounds import (
    cantelli_bound,
    chebyshev_bound,
    discrete_event_probability,
    far_event_bound,
    normal_event_probability,
    printed_bound,
)
from normtheory.theory.sample_variance import enumerate_two_point, variance_constancy

LEVELS = np.linspace(0.02, 0.98, 49)
KAPPAS = np.linspace(1, 20, 96)


def _exact(name, n, levels):
    """P of the printed event at each level, or an upper bound of it where there is no rule."""
    if name == "normal":
        return np.array([normal_event_probability(n, e)[0] for e in levels]), "exactly"
    if name == "two-point" and n <= 60:
        spread = enumerate_two_point(n, 0.5)
        return np.array(
            [float(discrete_event_probability(spread, e)[0]) for e in levels]
        ), "exactly"
    return far_event_bound(n, make_law(name).kurtosis, levels), "at most"


@explorer(
    "Do two batches' variances agree?",
    "vcl.ratio-bound vcl.ratio-bound-kurtosis vcl.batchnorm-bound vcl.favours-small-n",
    text="{law:s} distribution, n = {n:d}, ε = {epsilon:.3g}: Theorem 3 claims a probability of at "
    "least {bound:.3g}; it is {kind:s} {p:.3g}. At kurtosis {kappa:.3g} the right-hand side is "
    "{side:.3g}, with Var(s²)/σ⁴ = {v:.3g} against ε² = {square:.3g}.",
    formula=Formula(
        "variances", given={"kurtosis": {name: make_law(name).kurtosis for name in LAWS}}
    ),
    size=(920, 350),
    presets={
        "n = 2": {"n": 2},
        "large batch": {"n": 60, "epsilon": 0.4},
        "two points": {"law": "two-point", "n": 6},
    },
)
def ratio_bound(n, epsilon, law, kappa):
    """The printed lower bound of Theorem 3 beside the exact probability and what the proof shows,
    its dependence on the kurtosis, and batchnorm's bound."""
    own = make_law(law).kurtosis
    exact, kind = _exact(law, n, LEVELS)
    here = float(_exact(law, n, np.array([epsilon]))[0][0])
    said = float(printed_bound(n, own, epsilon))
    v = float(variance_constancy(n, kappa))
    side = float(printed_bound(n, kappa, epsilon))
    numbers = {"bound": said, "kind": kind, "p": here, "side": side, "v": v, "square": epsilon**2}
    theorem = Panel.of(
        "Theorem 3",
        (r"tolerance $\varepsilon$", 0, 1),
        ("probability", 0, 2.4),
        HLine([1], dash=":", width=1.2),
        Curve(LEVELS, printed_bound(n, own, LEVELS), **PRINTED, label="printed bound"),
        Curve(LEVELS, exact, **TRUE, label="the printed event"),
        Curve(
            LEVELS, chebyshev_bound(n, own, LEVELS), "purple", "-.", label="upper half: the proof"
        ),
        Curve(LEVELS, cantelli_bound(n, own, LEVELS), color="green", label="upper half: Cantelli"),
        Points([epsilon], [here], **TRUE_POINT, size=7, drag={"x": "epsilon"}),
        Points([epsilon], [said], **PRINTED_POINT, size=8),
        legend="upper right",
    )
    kurtosis = Panel.of(
        "printed bound by kurtosis",
        (r"kurtosis $\kappa$", 1, 20),
        ("right-hand side", 0, 4),
        HLine([1], dash=":", width=1.2),
        Curve(KAPPAS, printed_bound(n, KAPPAS, epsilon), **PRINTED),
        Points([kappa], [side], **PRINTED_POINT, size=8, drag={"x": "kappa"}),
    )
    batchnorm = Panel.of(
        "batchnorm's bound, Eq. 20",
        (r"tolerance $\varepsilon$", 0, 1),
        ("probability", 0, 1.6),
        HLine([1], dash=":", width=1.2),
        Curve(LEVELS, printed_batchnorm_bound(n, own, LEVELS), **PRINTED),
        Points(
            [epsilon],
            [printed_batchnorm_bound(n, own, epsilon)],
            **PRINTED_POINT,
            size=8,
            drag={"x": "epsilon"},
        ),
    )
    return (theorem, kurtosis, batchnorm), numbers

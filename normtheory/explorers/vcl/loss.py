"""The loss that is trained, Eq. 17: what beta does, and how noisy its estimate is."""

from dataclasses import replace

import numpy as np

from normtheory.claims.vcl.beta import BETA, gradient_bound
from normtheory.claims.vcl.moment_estimation import loss_error, moment_error
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.explorers.vcl import sample_variance
from normtheory.figures.scene import Bars, Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import TRUE, TRUE_POINT
from normtheory.theory.laws import LAWS
from normtheory.theory.laws import law as make_law
from normtheory.theory.two_batch_loss import expected_loss, loss_slope
from normtheory.theory.variance_rules import has_rule

RATIOS = np.geomspace(1e-2, 1e4, 121)
SCALES = np.geomspace(0.05, 100, 81)
SIZES = np.arange(4, 257, 4)
_SETTING = "{law:s} distribution, n = {n:d}, β = {beta:.3g}, σ = {sigma:.3g}, scale {scale:.3g}: "
LOSS_TEXTS = {
    "": _SETTING + "σ²/β = {ratio:.3g}, E[L] = {loss:.4g}, force on log σ² {force:+.3g}.",
    "without": _SETTING + "without β the loss does not depend on the scale.",
    "unknown": _SETTING + "the loss is not computed here; try n = 2.",
    "lost": _SETTING + "σ²/β is beyond floating point.",
}
_FOURTH = (
    "{law:s} distribution: the fourth moment of {N:d} draws has a relative error of {fourth:.3g}; "
    "the VCL term at n = {n:d}, β = {beta:.3g} "
)
_ROOM = " Two subsets need {both:d} draws of {N:d}."
ERROR_TEXTS = {
    "": _FOURTH + "one of {vcl:.3g}." + _ROOM,
    "unknown": _FOURTH + "is not computed." + _ROOM,
}
SIGMA = replace(sample_variance.SIGMA, typical=(0.1, 10))


@explorer(
    "The variance constancy loss as it is trained",
    "vcl.beta-grows-variance vcl.beta-stabilizes vcl.beta-zero-scale-free",
    parameters=(BETA,),
    text=LOSS_TEXTS,
    formula=Formula("losses"),
    presets={
        "n = 2": {"n": 2},
        "two points, n = 2": {"n": 2, "law": "two-point"},
        "no β": {"beta": 0.0},
        "too large a variance": {"sigma": 10.0},
    },
)
def trained_loss(beta, n, scale, law, sigma):
    """E[L] against sigma^2/beta with the variance it is drawn to, and the gradient's bound."""
    known = has_rule(law, n)
    values = expected_loss(law, n, RATIOS) if known else np.full(RATIOS.shape, np.nan)
    here = np.nan
    ratio = sigma**2 / beta if beta else np.inf
    numbers = {}
    case = "without" if not beta else "" if known else "unknown"
    if not case and np.isinf(ratio):
        case = "lost"
    if not case:
        here = float(expected_loss(law, n, ratio))
        # what draws the variance on is the slope's negative
        numbers = {"ratio": ratio, "loss": here, "force": -float(loss_slope(law, n, ratio))}
    # the ratio at beta = 0 is infinite: no point then
    place = min(ratio, 1e9) if beta else np.nan
    left = Panel.of(
        "expected loss",
        (r"$\sigma^2/\beta$", 1e-2, 1e4, "log"),
        (r"$\mathbb{E}[L]$", 0, 2),
        HLine([1], dash=":", width=1.2, label=r"$\sigma=0$", label_at=0.02),
        Curve(RATIOS, values, **TRUE),
        Points([place], [here], **TRUE_POINT, size=9, drag={"x": ("sigma", 2)}),
    )
    lines = [
        Curve(SCALES, _bounds(n, b), color=color, dash=dash, label=rf"$\beta={b:g}$")
        for b, color, dash in ((0.1, "purple", ":"), (1.0, "green", "--"), (10.0, "sky", "-."))
    ]
    right = Panel.of(
        "largest gradient",
        ("largest batch standard deviation $c$", 0.05, 100, "log"),
        ("norm of the gradient", 1e-3, 1e8, "log"),
        *lines,
        Curve(SCALES, _bounds(n, beta), **TRUE, label=r"this $\beta$"),
        VLine([scale], dash=":", width=1.2),
        Points([scale], [_bounds(n, beta, scale)], **TRUE_POINT, size=8, drag={"x": "scale"}),
        legend="upper left",
    )
    return (left, right), numbers, case


def _bounds(n, beta, scales=SCALES):
    if beta == 0:  # without beta nothing bounds it
        return np.full(np.shape(scales), np.nan)
    return gradient_bound(n, beta, np.square(scales))


@explorer(
    "Which is harder to estimate?",
    "vcl.moment-estimation vcl.batch-split",
    text=ERROR_TEXTS,
    formula=Formula(
        "losses", given={"spread": {name: moment_error(make_law(name), 1) ** 2 for name in LAWS}}
    ),
    widths=(1.3, 1),
    presets={
        "n = 2": {"n": 2},
        "two points": {"n": 2, "law": "two-point"},
        "too large a subset": {"n": 15},
    },
)
def moment_estimation(N, n, beta, law):
    """Relative errors of the fourth moment and of the VCL term, and the two subsets of a batch."""
    each = make_law(law)
    fourth = np.array([moment_error(each, int(size)) for size in SIZES])
    known = has_rule(law, n)
    vcl = loss_error(law, n, 1 / beta) if known else np.nan
    here = moment_error(each, N)
    numbers = {"fourth": here, "vcl": vcl, "both": 2 * n}
    left = Panel.of(
        "relative error of one estimate",
        ("size $N$ of the minibatch", 4, 256, "log"),
        ("relative error", 1e-2, 20, "log"),
        Curve(SIZES, fourth, color="blue", label="fourth moment", label_at=0.4),
        HLine([vcl], color="vermilion", label="VCL term", label_at=0.95),
        Points([N], [here], color="blue", size=8, drag={"x": "N"}),
    )
    right = Panel.of(
        "two subsets of the minibatch",
        ("draw", 0, 130),
        ("", 0, 1.3),
        Bars([0, n], [1.0], color="blue", label="first"),
        Bars([n, 2 * n], [1.0], color="purple", label="second"),
        VLine([N], color="black", label=f"N = {N}", dash="-", drag={"x": "N"}),
        yticks=((0.5, ""),),
    )
    return (left, right), numbers, "" if known else "unknown"

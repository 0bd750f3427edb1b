"""Alpha dropout: a unit's distribution, and the affine map that keeps its moments."""

import math
from functools import lru_cache

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, Fill, HLine, Panel, VLine
from normtheory.theory.selu_constants import alpha_dropout_affine, solve_constants

RATES = np.linspace(0.01, 0.95, 60)
TEXTS = {
    "some": "Target mean {mean:.3g}, variance {variance:.3g}: a = {a:.4g}, b = {b:.4g}; a share of "
    "{rate:.3g} of the units sits {floor:.3g} standard deviations from the mean.",
    "none": "Target mean {mean:.3g}, variance {variance:.3g}: no α, λ, hence no floor to drop to.",
}


@explorer(
    "Alpha dropout",
    "selu.alpha-dropout selu.dropout-brittle",
    text=TEXTS,
    presets={"half of the units": {"rate": 0.5}, "target 0 and 4": {"variance": 4.0}},
)
def selu_dropout(rate, mean, variance):
    """A unit's distribution before and after alpha dropout, and the affine map that keeps its
    moments."""
    alpha, lam = (float(x) for x in solve_constants(mean, variance))
    sigma = math.sqrt(variance)
    y = np.linspace(-5, 5, 401)
    if math.isnan(alpha):
        nothing = np.full(y.shape, np.nan)
        panels = (_unit(y, nothing, nothing, [np.nan], 0.0), _affine_panel(rate, None))
        return panels, {}, "none"
    a, b = alpha_dropout_affine(rate, mean, variance, alpha=alpha, lam=lam)
    plain = _density(mean + sigma * y, sigma, alpha, lam) * sigma
    dropped = (1 - rate) * _density((mean + sigma * y - b) / a, sigma, alpha, lam) * sigma / a
    floor = (a * -lam * alpha + b - mean) / sigma
    constants = (mean, variance, alpha, lam)
    panels = _unit(y, plain, dropped, [floor], rate), _affine_panel(rate, constants)
    return panels, {"a": a, "b": b, "floor": floor}, "some"


def _density(y, sigma, alpha, lam):
    """Density of the activation of z ~ N(0, sigma^2)."""
    floor = lam * alpha
    inside = np.clip(y, -floor * (1 - 1e-12), 0)
    z = np.where(y > 0, y / lam, np.log1p(inside / floor))
    slope = np.where(y > 0, lam, floor + inside)
    normal = np.exp(-((z / sigma) ** 2) / 2) / (math.sqrt(2 * math.pi) * sigma)
    return np.where(y > -floor, normal / slope, 0.0)


def _unit(y, plain, dropped, floor, rate):
    return Panel.of(
        "one unit, standardized",
        (r"$(x - \mu)/\sigma$", -4, 4),
        ("density (bar: weight of the dropped)", 0, 1),
        Fill(y, np.minimum(plain, 2), color="grey", alpha=0.2, label="before", label_at=0.75),
        Curve(y, np.minimum(dropped, 2), color="purple", label="after", label_at=0.6),
        Curve(np.repeat(floor, 2), [0, rate], color="purple", width=5),
    )


def _affine_panel(rate, constants):
    scale, shift, plain = _by_rate(*constants) if constants else np.full((3, len(RATES)), np.nan)
    return Panel.of(
        "affine map; variance of plain dropout",
        ("dropout rate $p$", 0, 1),
        ("value", 0, 4),
        Curve(RATES, scale, color="purple", label="a", label_at=0.3),
        Curve(RATES, shift, color="purple", dash="--", label="b", label_at=0.25),
        Curve(RATES, plain, color="black", dash="-.", label="variance, plain", label_at=0.6),
        HLine([1.0], color="grey", dash=":"),
        VLine([rate], color="grey", drag={"x": "rate"}),
    )


@lru_cache(maxsize=512)
def _by_rate(mean, variance, alpha, lam):
    found = [alpha_dropout_affine(r, mean, variance, alpha=alpha, lam=lam) for r in RATES]
    # dropout to 0 with the usual 1/(1 - rate)
    return *np.array(found).T, (variance + RATES * mean**2) / (1 - RATES) / variance

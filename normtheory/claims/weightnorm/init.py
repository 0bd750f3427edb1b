"""What the data-dependent initialisation standardises."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.weight_norm import data_dependent_scale, normalized_weight, unit_scatter

DATA = Parameter(
    name="data",
    symbol=r"\mathrm{data}",
    meaning="what enters the layer",
    default="rectified",
    choices=("white", "shifted", "correlated", "rectified"),
)
WIDTH = Parameter(
    name="width",
    symbol="n",
    meaning="inputs of the layer",
    default=64,
    domain=(2, 1e5),
    closed=True,
    typical=(4, 512),
    integer=True,
    log=True,
)


def data_moments(data, width):
    """Mean and covariance eigenvalues of a kind of data, each of shape (width,)."""
    ones = np.ones(width)
    if data == "shifted":
        return ones, ones
    if data == "correlated":
        return 0 * ones, 1 / np.arange(1, width + 1)
    if data == "rectified":
        return ones / np.sqrt(2 * np.pi), ones * (0.5 - 0.5 / np.pi)
    return 0 * ones, ones


def _layers(rng, *, per="unit", scale=None, at_once=False):
    """Worst departure from mean 0, variance 1 over the units of three rectifier layers."""
    x = rng.standard_normal((96, 20)) + 0.5
    directions = [0.05 * rng.standard_normal((20, 20)) for _ in range(3)]
    h, raw, worst = x, x, 0.0
    for v in directions:
        g, b = (scale or data_dependent_scale)(raw if at_once else h, v, per=per)
        t = h @ normalized_weight(v, g).T + b
        worst = max(worst, float(np.abs(t.mean(0)).max()), float(np.abs(t.var(0) - 1).max()))
        h = np.maximum(t, 0)
        raw = np.maximum(raw @ v.T, 0)
    return worst


def _leaves_scatter(per, rng):
    worst = _layers(rng, per=per)
    return Outcome(
        worst > 0.5,
        f"three rectifier layers of 20 units, statistics per {per}: worst departure of a unit's "
        f"mean or variance from (0, 1) is {worst:.2g}",
    )


def _standardises(setting, rng):
    worst = _layers(rng, **setting)
    return Outcome(
        worst < TOLERANCE["float64"],
        f"three rectifier layers, layer by layer and unit by unit: worst departure {worst:.0e}",
    )


def _without_length(inputs, v, *, per):
    # as the note puts it: statistics of v.x, not of v.x / |v|
    g, b = data_dependent_scale(inputs, v, per=per)
    return g / np.linalg.norm(v, axis=1), b


def _scatter_law(law, rng):
    # directions in three dimensions: this product rule is exact for polynomials of degree 4
    height, weight = np.polynomial.legendre.leggauss(4)
    turn = 2 * np.pi * np.arange(8) / 8
    z, t = (x.ravel() for x in np.meshgrid(height, turn, indexing="ij"))
    radius, weight = np.sqrt(1 - z**2), np.repeat(weight / 16, 8)
    directions = np.stack([radius * np.cos(t), radius * np.sin(t), z], axis=1)
    worst, text = 0.0, []
    for data in DATA.choices:
        mean, spectrum = data_moments(data, 3)
        between = weight @ (directions @ mean) ** 2
        variance = directions**2 @ spectrum
        average = weight @ variance
        share = between / (between + average)
        spread = weight @ (variance - average) ** 2 / average**2
        claimed = law(mean, spectrum)
        worst = max(worst, abs(share - claimed[0]), abs(spread - claimed[1] ** 2))
        text.append(f"{data} {share:.3f}, {np.sqrt(spread):.3f}")
    return Outcome(
        worst < TOLERANCE["float64"],
        "share of means, spread of variances over all directions of 3 inputs: " + "; ".join(text),
    )


def _init_at(data, width):
    share, spread = unit_scatter(*data_moments(data, width))
    if share < 1e-9 and spread < 1e-9:
        return Standing("holds", "white data: all units alike, one mean and deviation serve all")
    return Standing(
        "fails",
        f"per layer leaves {share:.0%} of the mean square in the units' means, variances spread "
        f"by ±{spread:.0%}; per unit is exact",
    )


INIT = Claim(
    id="weightnorm.init",
    source="My Notes - Weight Normalization",
    statement=r"Data-dependent initialization: compute mean activation and std per layer on a "
    r"batch, draw weights with std 0.05, set $g = 1/\mathrm{std}$ and $b = -\mathrm{mean}/"
    r"\mathrm{std}$",
    verdict="amended",
    parameters=(DATA, WIDTH),
    counterexample="Rectified inputs, 20 units: one mean and one std for the layer leave 32 % of "
    "the mean square in the means of the units, and single units off by more than half.",
    amendment=r"Per unit, on $t = v\cdot x/\|v\|$, one layer after the other: then every unit of "
    "every layer has mean 0 and variance 1 on that batch, exactly, whatever the data.",
    derivation=(
        r"With $w = gv/\|v\|$ and $g = 1/\sigma$, $b = -m/\sigma$, where m and $\sigma$ are those "
        r"of t: the unit is $(t - m)/\sigma$.",
        r"With one m and $\sigma$ per layer the means $u\cdot\mu$ of random directions u keep the "
        r"share $\|\mu\|^2/(\|\mu\|^2 + \mathrm{tr}\,\Sigma)$ of the mean square: $1/\pi$ after "
        "rectifiers.",
        r"If std is that of $v\cdot x$, the result is too small by $\|v\| \approx 0.05\sqrt n$.",
        "The statistics of layer 2 depend on the g and b of layer 1: not in one pass.",
    ),
    remark="On another batch of b the means are off by about 1/sqrt(b) and the variances by "
    "sqrt((kappa - 1)/b).",
    evidence=(
        Evidence(
            kind="simulation",
            shows="one mean and one deviation per layer leave units far from standardised",
            check=_leaves_scatter,
            subject="layer",
            mutant="unit",
            mutation="statistics per unit",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="per unit, on the normalised direction, layer by layer: exactly (0, 1)",
            check=_standardises,
            subject={},
            mutant={"scale": _without_length},
            mutation="statistics of v.x without dividing by the norm of v",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="the layers have to be initialised one after the other",
            check=_standardises,
            subject={"at_once": False},
            mutant={"at_once": True},
            mutation="all layers from one pass through the unscaled network",
        ),
        Evidence(
            kind="numeric",
            shows="how far units of a layer differ, by kind of data",
            check=_scatter_law,
            subject=unit_scatter,
            mutant=lambda *m: tuple(1.02 * x for x in unit_scatter(*m)),
            mutation="share and spread 2 % too large",
        ),
    ),
    at=_init_at,
)

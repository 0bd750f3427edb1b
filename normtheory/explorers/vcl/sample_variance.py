"""The variance of the sample variance, and which distribution has the least."""

import math

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Bars, Curve, Fill, Panel, Points
from normtheory.theory.laws import LAWS
from normtheory.theory.laws import law as make_law
from normtheory.theory.montecarlo import THRESHOLD, Estimate
from normtheory.theory.sample_variance import (
    simulate_variance_of_variance,
    variance_constancy,
    variance_of_sample_variance,
)

SIZES = np.unique(np.geomspace(2, 200, 80).round())
GRID = np.linspace(-8, 8, 401)
LOOKS = {
    "laplace": ("vermilion", "-."),
    "normal": ("black", "-"),
    "mixture": ("purple", "--"),
    "uniform": ("green", "--"),
    "two-point": ("sky", "-"),
}
SIGMA = Parameter.positive(
    "sigma", r"\sigma", "standard deviation of the activation", 1.0, (0.5, 4)
)
SCALE = Parameter.positive("scale", "c", "factor on all activations", 1.0, (0.25, 4))
TEXT = (
    "{law:s} distribution, n = {n:d}, σ = {sigma:.3g}: Var(s²) = {value:.4g}, {relative:.4g} in "
    "units of σ⁴ (kurtosis {kurtosis:.4g}); the least of all distributions is {least:.4g}. All "
    "activations times {scale:.3g}: {scaled:.4g}."
)
ESTIMATE = " Monte Carlo: {estimate:.4g} ± {error:.2g}."
REPLICATES = 20_000
ROUNDS = 16


def _refine(view, n, law, sigma, scale):
    rng, scaled = np.random.default_rng(1), make_law(law, sigma * scale)
    total = None
    for done in range(1, ROUNDS + 1):
        part = simulate_variance_of_variance(scaled, n, rng, replicates=REPLICATES)
        total = part if total is None else _pool(total, part)
        yield done / ROUNDS, view(n, law, sigma, scale, found=total)


@explorer(
    "The variance of the sample variance",
    "vcl.variance-of-variance vcl.two-point-minimizer vcl.variance-constraint vcl.near-two-modes",
    text={"": TEXT, "found": TEXT + ESTIMATE},
    parameters=(SIGMA, SCALE),
    refine=_refine,
    formula=Formula(
        "variances",
        looks=tuple({"law": name} for name in LAWS),
        given={"kurtosis": {name: make_law(name).kurtosis for name in LAWS}},
    ),
    presets={
        "two points": {"law": "two-point"},
        "smallest batch": {"n": 2},
        "heavy tails": {"law": "laplace"},
    },
)
def sample_variance(n, law, sigma, scale, found=None):
    """Var(s^2) by the formula for five distributions, with a Monte Carlo estimate at one."""
    chosen, scaled = make_law(law, sigma), make_law(law, sigma * scale)
    true, value = (
        variance_of_sample_variance(n, each.moment(4), each.variance) for each in (chosen, scaled)
    )
    numbers = {"value": true, "scaled": value, "kurtosis": chosen.kurtosis}
    numbers |= {"relative": true / sigma**4, "least": float(variance_constancy(n, 1.0))}
    if found is not None:
        numbers |= {"estimate": found.mean, "error": found.standard_error}
    panels = _density_panel(law, scaled), _sizes_panel(n, law, sigma * scale, found)
    return panels, numbers, "" if found is None else "found"


def _pool(one, two):
    count = one.replicates + two.replicates
    a, b = one.replicates / count, two.replicates / count
    error = math.hypot(a * one.standard_error, b * two.standard_error)
    return Estimate(a * one.mean + b * two.mean, error, count)


def _density_panel(name, chosen):
    sigma = math.sqrt(chosen.variance)
    density, atoms = np.full(GRID.shape, np.nan), (np.array([0.0, 0.0]), np.array([np.nan]))
    z = GRID / sigma
    if name == "normal":
        density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / sigma
    elif name == "laplace":
        density = np.exp(-math.sqrt(2) * np.abs(z)) / math.sqrt(2) / sigma
    elif name == "uniform":
        density = np.where(np.abs(z) <= math.sqrt(3), 1 / (2 * math.sqrt(3) * sigma), 0.0)
    elif name == "mixture":
        # p = 1/4, means three standard deviations of a component apart, as in theory.laws
        scale = sigma / math.sqrt(1 + 9 * 3 / 16)
        parts = ((0.25, 2.25 * scale), (0.75, -0.75 * scale))
        density = sum(
            w * np.exp(-(((GRID - m) / scale) ** 2) / 2) / math.sqrt(2 * math.pi) / scale
            for w, m in parts
        )
    else:
        wide = 0.12
        edges = np.array([-sigma - wide, -sigma + wide, sigma - wide, sigma + wide])
        atoms = edges, np.array([0.5, 0.0, 0.5])
    color = LOOKS[name][0]
    return Panel.of(
        "the distribution of one activation",
        (r"activation $\rho$", -8, 8),
        ("density, or weight of an atom", 0, 1.5),
        Fill(GRID, density, color=color, alpha=0.25),
        Bars(*atoms, color=color, alpha=0.6),
        xticks=tuple((v, f"{v:g}") for v in range(-8, 9, 4)),
    )


def _sizes_panel(n, name, sigma, found):
    layers = []
    for each in LAWS:
        color, dash = LOOKS[each]
        curve = variance_constancy(SIZES, make_law(each).kurtosis)
        width = 3.2 if each == name else 1.5
        layers.append(Curve(SIZES, curve, color=color, dash=dash, width=width, label=each))
    value = variance_constancy(n, make_law(name).kurtosis)
    layers.append(Points([n], [value], color=LOOKS[name][0], size=9, drag={"x": "n"}))
    if found is None:
        where, bar = [np.nan], [np.nan, np.nan]
    else:
        # no error bar reaches below a log axis
        reach = THRESHOLD * found.standard_error
        bar = np.maximum([found.mean - reach, found.mean + reach], 1e-6) / sigma**4
        where = [found.mean / sigma**4]
    layers += [
        Curve([n, n], bar, color="grey", width=4),
        Points([n], where, color="black", marker="+", size=11),
    ]
    return Panel.of(
        r"$\mathrm{Var}(s^2)/\sigma^4$ for five distributions",
        ("sample size $n$", 1.8, 200, "log"),
        (r"$\mathrm{Var}(s^2)/\sigma^4$", 3e-5, 8, "log"),
        *layers,
        legend="lower left",
    )

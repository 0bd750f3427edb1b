"""What layers do and cost: Lp normalization, Fisher blocks, operations."""

import numpy as np

from normtheory.claims.per.complexity import operations
from normtheory.claims.per.fisher import CLOSE
from normtheory.claims.per.normalization import BATCH, activations, lp_norm, lp_normed
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED, TRUE, TRUE_POINT

POWERS = np.linspace(0.25, 4, 61)
UNITS = np.geomspace(1, 4096, 25)
NORM_TEXTS = {
    "": "{batch:s} batch, p = {p:.3g}: ‖ξ‖ₚ = {xi:.4g}, ‖ψ‖ₚ = {value:.4g}, |γ| + |β| = "
    "{bound:.4g}.",
    "constant": "{batch:s} batch, p = {p:.3g}: ξ = 0/0 is not defined; |γ| + |β| = {bound:.4g}.",
}


@explorer(
    "Normalizing by the Lᵖ norm",
    "per.lp-normalization",
    text=NORM_TEXTS,
    formula=Formula(
        "costs", given={"batches": {name: activations(name).tolist() for name in BATCH.choices}}
    ),
    presets={
        "p below one": {"p": 0.5, "beta": 1.0},
        "an outlier": {"batch": "one outlier", "beta": 1.0},
        "constant batch": {"batch": "constant"},
    },
)
def lp_normalization(p, gamma, beta, batch):
    """The normalised batch of Eq. 9, and its norm against the bound for every p."""
    h = activations(batch)
    with np.errstate(divide="ignore", invalid="ignore"):
        xi = lp_normed(h, p)
        psi = gamma * xi + beta
        norms = [lp_norm(gamma * lp_normed(h, q) + beta, q) for q in POWERS]
    value, bound = lp_norm(psi, p), abs(gamma) + abs(beta)
    numbers = {"xi": lp_norm(xi, p), "value": value, "bound": bound}
    place = np.arange(len(h)) + 1
    left = Panel.of(
        "the batch, sorted",
        ("rank in the batch", 0, 65),
        ("activation", -6, 6),
        Points(place, np.sort(h), color="grey", size=3, label="$h$"),
        Points(place, np.sort(psi), color="purple", marker="x", size=4, label=r"$\psi$"),
        legend="upper left",
    )
    right = Panel.of(
        r"norm of $\psi$ for every $p$",
        ("$p$", 0.25, 4),
        (r"$\|\psi\|_p$", 0, 8),
        HLine([bound], **PRINTED, label=r"$|\gamma|+|\beta|$", label_at=0.9),
        Curve(POWERS, norms, **TRUE),
        Points([p], [value], **TRUE_POINT, size=8, drag={"x": "p"}),
    )
    return (left, right), numbers, "" if np.isfinite(value) else "constant"


@explorer(
    "Does E[hhᵀ] = I bring the Fisher matrix close to I?",
    "per.fisher-blocks per.natural-gradient",
    text="With E[hhᵀ] = I of size d = {d:d} each eigenvalue of the gradients' second moments "
    "occurs d times, and the condition number stays {spread:.4g}.",
    formula=Formula("costs", given={"close": CLOSE}),
    size=(600, 380),
    presets={"equal gradients": {"spread": 1.0}, "spread out": {"spread": 10_000.0}},
)
def fisher_blocks(d, spread):
    """Eigenvalues of the Fisher block when the activations have E[hh^T] = I."""
    share = np.linspace(0, 1, 101)
    gradients = spread ** (share - 0.5)
    panel = Panel.of(
        r"eigenvalues of $I\otimes\mathbb{E}[gg^\top]$",
        ("share of the eigenvalues below", 0, 1),
        ("eigenvalue, geometric mean 1", 5e-3, 200, "log"),
        HLine([1], **PRINTED, label="the identity", label_at=0.05),
        Curve(share, gradients, **TRUE, label=f"{d} of each", label_at=0.75),
    )
    return (panel,), {}


@explorer(
    "What the projections cost",
    "per.complexity",
    text="b = {b:d}, d = {d:d}, s = {s:d}: projections {projections:.3g} operations, BN {bn:.3g}, "
    "VCL {vcl:.3g}, closed form {closed:.3g}.",
    formula=Formula("costs"),
    size=(600, 380),
    presets={"one slice": {"s": 1}, "large": {"b": 512, "d": 4096, "s": 1000}},
)
def projection_cost(b, d, s):
    """Operations per layer of PER's projections, batchnorm, VCL and PER's closed form."""
    count, curves = operations(b, d, s), operations(b, UNITS, s)
    looks = (("green", "-"), ("blue", "--"), ("vermilion", ":"), ("green", "-."))
    names = ("projections", "bn", "vcl", "closed")
    numbers = dict(zip(names, map(float, count.values()), strict=True))
    panel = Panel.of(
        "operations of one layer, one step",
        ("units $d$", 1, 4096, "log"),
        ("operations", 1, 1e11, "log"),
        *(
            Curve(UNITS, values, color=color, dash=dash, label=name)
            for (name, values), (color, dash) in zip(curves.items(), looks, strict=True)
        ),
        VLine([d], dash=":", width=1.2),
        Points([d], [count["projections"]], color="green", size=8, drag={"x": "d"}),
        legend="upper left",
    )
    return (panel,), numbers

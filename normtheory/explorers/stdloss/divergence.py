"""The loss of one unit: two densities and what their distance costs."""

import math

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, Fill, Panel, Points, VLine
from normtheory.figures.style import TRUE, TRUE_POINT
from normtheory.theory.standardization import divergence

GRID = np.linspace(-8, 8, 321)
SIGMAS = np.geomspace(0.1, 10, 161)
FLOOR = 1e-3


def _normal(mean, sigma):
    return np.exp(-(((GRID - mean) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))


@explorer(
    "The standardization loss of one unit",
    "stdloss.kl stdloss.invariances",
    text="Mean {mu:.3g}, standard deviation {sigma:.3g}: the loss is {loss:.4g}, of which the mean "
    "costs {centre:.4g} and the variance {spread:.4g}.",
    formula=Formula("losses"),
    presets={"too narrow": {"sigma": 0.2}, "too wide": {"sigma": 3.0}, "off centre": {"mu": 2.0}},
)
def standardization_loss(mu, sigma):
    """The loss of one unit against its standard deviation, and the densities that it compares."""
    loss = float(divergence(mu, sigma**2))
    centre, spread = mu**2 / 2, float(divergence(0.0, sigma**2))
    left = Panel.of(
        "a unit's distribution and its target",
        ("activation", -8, 8),
        ("density", 0, 1),
        Fill(GRID, _normal(0.0, 1.0), color="grey", alpha=0.2, label="target", label_at=0.36),
        Curve(GRID, np.minimum(_normal(mu, sigma), 1.2), **TRUE),
        VLine([mu], color="grey", dash=":", drag={"x": "mu"}),
        xticks=tuple((v, f"{v:g}") for v in range(-8, 9, 4)),
    )
    right = Panel.of(
        "loss against the standard deviation",
        (r"standard deviation $\sigma$", 0.1, 10, "log"),
        ("loss", FLOOR, 100, "log"),
        Curve(
            SIGMAS,
            np.maximum(divergence(np.zeros(SIGMAS.shape), SIGMAS**2), FLOOR),
            color="grey",
            dash="--",
            label=r"$\mu=0$",
            label_at=0.85,
        ),
        Curve(
            SIGMAS,
            np.maximum(divergence(np.full(SIGMAS.shape, mu), SIGMAS**2), FLOOR),
            **TRUE,
            label="here",
            label_at=0.15,
        ),
        Points([sigma], [max(loss, FLOOR)], **TRUE_POINT, size=9, drag={"x": "sigma"}),
    )
    return (left, right), {"loss": loss, "centre": centre, "spread": spread}

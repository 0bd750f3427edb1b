"""The map of mean and variance that one layer of SELU is."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, Panel, Points
from normtheory.theory.selu import iterate_moments, moment_jacobian, moment_map, spectral_radius

VARIANCES = np.geomspace(0.01, 100, 161)
STARTS = np.array([-3.0, -3.0, 0.0, 0.0, 3.0, 3.0]), np.array([0.02, 30.0, 0.02, 30.0, 0.02, 30.0])
LAYERS = 30
# for standard deviations at which the closed forms cancel, in the browser as in theory.selu
NODES = dict(
    zip(("points", "weights"), map(list, np.polynomial.legendre.leggauss(64)), strict=True)
)


@explorer(
    "The map of mean and variance",
    "selu.constants selu.contraction",
    text="With ω = {omega:.3g}, τ = {tau:.3g} one layer takes mean {mean:.3g}, variance "
    "{variance:.3g} to {next_mean:.3g}, {next_variance:.3g}; {count:d} layers to {last_mean:.3g}, "
    "{last_variance:.3g}. At (0, 1) the spectral radius is {radius:.3g}.",
    formula=Formula(
        "selu",
        given={"nodes": NODES, "starts": np.transpose(STARTS).tolist(), "layers": LAYERS},
    ),
    presets={
        "another fixed point": {"tau": 1.1},
        "all variance lost": {"mean": -2.0, "variance": 0.1, "omega": 0.8},
        "growing without limit": {"mean": 1.0, "omega": 1.0},
    },
)
def selu_moments(mean, variance, omega, tau):
    """Where a layer takes (mean, variance), and where many layers end, for any weight sum and
    norm."""
    weights = {"omega": omega, "tau": tau}
    ours = iterate_moments(mean, variance, LAYERS, **weights)
    others = iterate_moments(*STARTS, LAYERS, **weights)
    new = moment_map(mean, variance, **weights)
    radius = float(spectral_radius(moment_jacobian(0.0, 1.0, **weights)))
    numbers = {"count": LAYERS, "radius": radius}
    numbers |= {"next_mean": _plain(new[0]), "next_variance": float(new[1])}
    numbers |= {"last_mean": _plain(ours[0][-1]), "last_variance": _plain(ours[1][-1], 1e-25)}
    return (_plane(ours, others), _variance_map(mean, variance, weights)), numbers


def _plain(value, rounding=1e-6):
    """Nothing of a rounding error around 0."""
    return 0.0 if abs(value) < rounding else float(value)


def _plane(ours, others):
    layers = [
        Curve(m, np.maximum(v, 1e-4), color="grey", width=1.2)
        for m, v in zip(others[0].T, others[1].T, strict=True)
    ]
    layers += [
        Curve(ours[0], np.maximum(ours[1], 1e-4), color="purple", width=2),
        Points(ours[0][:1], ours[1][:1], "purple", size=9, drag={"x": "mean", "y": "variance"}),
        Points(ours[0][1:], np.maximum(ours[1][1:], 1e-4), color="purple", size=4),
        Points([0], [1], color="vermilion", marker="+", size=13),
    ]
    return Panel.of(
        f"{LAYERS} layers, from the dot (grey: other starts)",
        (r"mean $\mu$", -4, 4),
        (r"variance $\nu$", 1e-3, 100, "log"),
        *layers,
    )


def _variance_map(mean, variance, weights):
    after = moment_map(mean, VARIANCES, **weights)[1]
    here = moment_map(mean, variance, **weights)[1]
    return Panel.of(
        "variance after one layer",
        (r"variance $\nu$", 0.01, 100, "log"),
        (r"new variance $\tilde\nu$", 0.01, 100, "log"),
        Curve(VARIANCES, VARIANCES, color="grey", dash=":", label="unchanged", label_at=0.9),
        Curve(VARIANCES, after, color="purple", label="SELU", label_at=0.1),
        Points([variance], [here], color="purple", size=9, drag={"x": "variance"}),
    )

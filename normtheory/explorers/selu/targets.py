"""Which mean and variance an activation of SELU's kind can keep."""

import math
from functools import lru_cache

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Band, Curve, HLine, Panel, Points
from normtheory.figures.style import PRINTED, TRUE
from normtheory.theory.selu import scaled_elu
from normtheory.theory.selu_constants import (
    plain_constants,
    plain_target_band,
    solve_constants,
    target_band,
)
from normtheory.theory.selu_networks import layer_spread, propagate_moments, random_layers

VARIANCES = np.geomspace(0.01, 100, 161)
Z = np.linspace(-4, 4, 201)
_TARGET = "Target mean {mean:.3g}, variance {variance:.3g}, for weight sums 0 and norms 1: "
# each serves all depths and widths
_constants = lru_cache(maxsize=1024)(solve_constants)
_plain_constants = lru_cache(maxsize=1024)(plain_constants)
TEXTS = {
    "some": _TARGET + "α = {alpha:.4g}, λ = {lam:.4g}.",
    "none": _TARGET + "no constants, the mean must lie in ({low:.3g}, {high:.3g}).",
}


def _simulated_targets(view, mean, variance, depth, width):
    low, high = plain_target_band(variance)
    rng, runs, rounds = np.random.default_rng(2), [], 6
    if not low < mean < high or width > 256:
        return  # nothing to simulate, or too slow for a hand: the band shows it
    alpha, lam = plain_constants(mean, variance)
    for done in range(1, rounds + 1):
        _, after = propagate_moments(
            mean,
            variance,
            depth=min(depth, 64),
            width=width,
            rng=rng,
            alpha=alpha,
            lam=lam,
            samples=8,
        )
        runs.append(after)
        yield done / rounds, view(mean, variance, depth, width, tuple(runs))


@explorer(
    "Any target?",
    "selu.any-target selu.initialisation selu.elu-alpha",
    text=TEXTS,
    size=(920, 340),
    refine=_simulated_targets,
    presets={
        "0 and 4": {"variance": 4.0},
        "a target mean of 0.5": {"mean": 0.5},
        "outside the band": {"mean": 1.0},
    },
)
def selu_targets(mean, variance, depth, width, runs=()):
    """Which (mean, variance) have constants, the activation that they give, and what random
    weights make of the target through the layers."""
    alpha, lam = (float(x) for x in _constants(mean, variance))
    low, high = (float(x) for x in target_band(variance))
    numbers = {"low": low, "high": high, "alpha": alpha, "lam": lam}
    panels = (
        _band(mean, variance),
        _activation(alpha, lam),
        _through_depth(mean, variance, depth, width, runs),
    )
    return panels, numbers, "none" if math.isnan(alpha) else "some"


_plain_band = lru_cache(maxsize=256)(plain_target_band)
_all_bands = lru_cache(maxsize=1)(lambda: target_band(VARIANCES))


def _band(mean, variance):
    low, high = _all_bands()
    sigma = np.sqrt(VARIANCES)
    return Panel.of(
        "targets with constants",
        (r"variance $\nu$", 0.05, 20, "log"),
        (r"mean over std, $\mu/\sigma$", -2, 2),
        Band(VARIANCES, low / sigma, high / sigma, color="green", alpha=0.2, label="exist"),
        Curve(VARIANCES, low / sigma, color="green"),
        Curve(VARIANCES, high / sigma, color="green"),
        Points(
            [variance],
            [np.clip(mean / math.sqrt(variance), -2, 2)],
            size=9,
            drag={"x": "variance", "y": ("mean", 1 / math.sqrt(variance))},
        ),
    )


def _activation(alpha, lam):
    found = not math.isnan(alpha)
    ours = scaled_elu(Z, alpha, lam) if found else np.full(Z.shape, np.nan)
    return Panel.of(
        "the activation",
        ("$z$", -4, 4),
        ("$f(z)$", -4, 6),
        Curve(Z, scaled_elu(Z), color="purple", dash="--", label="SELU", label_at=0.97),
        Curve(Z, ours, color="blue", label="this target", label_at=0.05),
    )


def _through_depth(mean, variance, depth, width, runs):
    layers = np.arange(65.0)
    zero_sum, plain = np.where(layers <= depth, _by_layer(mean, variance), np.nan)
    spread = np.zeros(65)
    if found := _plain(mean, variance):
        spread[1:] = layer_spread(
            mean**2 + variance,
            np.arange(1, 65),
            width,
            alpha=found.alpha,
            lam=found.lam,
            centred=True,
        )
    lines = []
    for k in range(6):
        run = np.full(65, np.nan)
        if k < len(runs):
            run[1 : len(runs[k]) + 1] = runs[k]
        lines.append(Curve(layers, run / variance, color="grey", width=1))
    return Panel.of(
        "variance over its target",
        ("layer", 0, 64),
        (r"$\nu_l/\nu$", 0.1, 100, "log"),
        Band(
            layers,
            np.maximum(plain / variance * (1 - spread), 0.01),
            plain / variance * (1 + spread),
            color="sky",
            alpha=0.3,
        ),
        HLine([1.0], **PRINTED, label="target"),
        Curve(layers, zero_sum / variance, color="purple", dash="-.", label="for weight sum 0"),
        Curve(layers, plain / variance, **TRUE, label="for N(0, 1/n)", label_at=0.3),
        *lines,
    )


def _plain(mean, variance):
    """The constants for weights N(0, 1/n), None where there are none."""
    low, high = _plain_band(variance)
    return _plain_constants(mean, variance) if low < mean < high else None


@lru_cache(maxsize=1024)
def _by_layer(mean, variance):
    """The variance by layer in wide networks with weights N(0, 1/n), whose constants are those for
    weight sum 0, and those for such weights; NaN without constants."""
    both = np.array([_constants(mean, variance), _plain(mean, variance) or (np.nan, np.nan)], float)
    some = np.isfinite(both[:, 0])
    found = np.full((65, 2), np.nan)
    if some.any():
        variances, (alpha, lam) = np.full(some.sum(), variance), both[some].T
        found[:, some] = random_layers(mean, variances, 64, alpha=alpha, lam=lam)
    return found.T

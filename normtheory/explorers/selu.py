"""Self-normalizing networks: the map of the moments, the targets it can have, alpha dropout."""

import math

import numpy as np

from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Band, Curve, Fill, HLine, Panel, Points, Scene, VLine
from normtheory.theory.selu import (
    iterate_moments,
    moment_jacobian,
    moment_map,
    scaled_elu,
    spectral_radius,
)
from normtheory.theory.selu_constants import alpha_dropout_affine, solve_constants, target_band
from normtheory.theory.selu_networks import layer_spread, propagate_moments, random_layer_map

VARIANCES = np.geomspace(0.01, 100, 161)
STARTS = np.array([-3.0, -3.0, 0.0, 0.0, 3.0, 3.0]), np.array([0.02, 30.0, 0.02, 30.0, 0.02, 30.0])
LAYERS = 30
Z = np.linspace(-4, 4, 201)


def selu_moments(**values):
    """Where a layer takes (mean, variance), and where many layers end, for any weight sum and
    norm."""
    return Explorer(
        name="selu_moments",
        title="The map of mean and variance",
        claims=("selu.constants", "selu.contraction"),
        view=_moments,
        presets={
            "another fixed point": {"tau": 1.1},
            "all variance lost": {"mean": -2.0, "variance": 0.1, "omega": 0.8},
            "growing without limit": {"mean": 1.0, "omega": 1.0},
        },
        values=values,
    )


def _moments(mean, variance, omega, tau):
    weights = {"omega": omega, "tau": tau}
    ours = iterate_moments(mean, variance, LAYERS, **weights)
    others = iterate_moments(*STARTS, LAYERS, **weights)
    new = moment_map(mean, variance, **weights)
    radius = float(spectral_radius(moment_jacobian(0.0, 1.0, **weights)))
    text = (
        f"One layer takes mean {mean:.3g}, variance {variance:.3g} to {_plain(new[0])}, "
        f"{_plain(new[1])}; {LAYERS} layers to {_plain(ours[0][-1])}, {_plain(ours[1][-1])}. "
        f"At (0, 1) the spectral radius is {radius:.3g}."
    )
    return Scene((_plane(ours, others), _variance_map(mean, variance, weights)), text)


def _plain(value):
    """Three digits, and nothing of a rounding error around 0."""
    return f"{0.0 if abs(value) < 1e-6 else float(value):.3g}"


def _plane(ours, others):
    layers = [
        Curve(m, np.maximum(v, 1e-4), color="grey", width=1.2)
        for m, v in zip(others[0].T, others[1].T, strict=True)
    ]
    layers += [
        Curve(ours[0], np.maximum(ours[1], 1e-4), color="blue", width=2),
        Points(ours[0][:1], ours[1][:1], color="blue", size=9),
        Points(ours[0][1:], np.maximum(ours[1][1:], 1e-4), color="blue", size=4),
        Points([0], [1], color="vermilion", marker="+", size=13),
    ]
    return Panel(
        title=f"{LAYERS} layers, from the dot (grey: other starts)",
        xlabel=r"mean $\mu$",
        ylabel=r"variance $\nu$",
        xlim=(-4, 4),
        ylim=(1e-3, 100),
        yscale="log",
        layers=layers,
    )


def _variance_map(mean, variance, weights):
    after = moment_map(mean, VARIANCES, **weights)[1]
    here = moment_map(mean, variance, **weights)[1]
    return Panel(
        title="variance after one layer",
        xlabel=r"variance $\nu$",
        ylabel=r"new variance $\tilde\nu$",
        xlim=(0.01, 100),
        ylim=(0.01, 100),
        xscale="log",
        yscale="log",
        layers=(
            Curve(VARIANCES, VARIANCES, color="grey", dash=":", label="unchanged", label_at=0.9),
            Curve(VARIANCES, after, color="blue", label="SELU", label_at=0.1),
            Points([variance], [here], color="blue", size=9),
        ),
    )


def selu_targets(**values):
    """Which (mean, variance) have constants, the activation that they give, and what random
    weights make of the target through the layers."""
    return Explorer(
        name="selu_targets",
        title="Any target?",
        claims=("selu.any-target", "selu.initialisation"),
        view=_targets,
        refine=_simulated_targets,
        presets={
            "0 and 4": {"variance": 4.0},
            "a target mean of 0.5": {"mean": 0.5},
            "outside the band": {"mean": 1.0},
        },
        values=values,
    )


def _targets(mean, variance, depth, width, runs=()):
    alpha, lam = (float(x) for x in solve_constants(mean, variance))
    low, high = (float(x) for x in target_band(variance))
    if math.isnan(alpha):
        said = f"no constants: at this variance the mean must lie in ({low:.3g}, {high:.3g})"
    else:
        said = f"α = {alpha:.4g}, λ = {lam:.4g}"
    text = f"Target mean {mean:.3g}, variance {variance:.3g}: {said}."
    panels = (
        _band(mean, variance),
        _activation(alpha, lam),
        _through_depth(mean, variance, alpha, lam, depth, width, runs),
    )
    return Scene(panels, text, size=(920, 340))


def _simulated_targets(mean, variance, depth, width):
    alpha, lam = (float(x) for x in solve_constants(mean, variance))
    rng, runs, rounds = np.random.default_rng(2), [], 6
    if math.isnan(alpha) or width > 256:
        return  # nothing to simulate, or too slow for a hand: the band shows it
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
        yield done / rounds, _targets(mean, variance, depth, width, tuple(runs))


def _band(mean, variance):
    low, high = target_band(VARIANCES)
    sigma = np.sqrt(VARIANCES)
    return Panel(
        title="targets with constants",
        xlabel=r"variance $\nu$",
        ylabel=r"mean over deviation, $\mu/\sigma$",
        xlim=(0.05, 20),
        ylim=(-2, 2),
        xscale="log",
        layers=(
            Band(VARIANCES, low / sigma, high / sigma, color="green", alpha=0.2, label="exist"),
            Curve(VARIANCES, low / sigma, color="green"),
            Curve(VARIANCES, high / sigma, color="green"),
            Points([variance], [np.clip(mean / math.sqrt(variance), -2, 2)], size=9),
        ),
    )


def _activation(alpha, lam):
    found = not math.isnan(alpha)
    ours = scaled_elu(Z, alpha, lam) if found else np.full(Z.shape, np.nan)
    return Panel(
        title="the activation",
        xlabel="$z$",
        ylabel="$f(z)$",
        xlim=(-4, 4),
        ylim=(-4, 6),
        layers=(
            Curve(Z, scaled_elu(Z), color="grey", dash="--", label="SELU", label_at=0.97),
            Curve(Z, ours, color="blue", label="this target", label_at=0.05),
        ),
    )


def _through_depth(mean, variance, alpha, lam, depth, width, runs):
    layers = np.arange(65.0)
    law, spread = np.full(65, np.nan), np.full(65, 0.0)
    if not math.isnan(alpha):
        law[0], m, v = variance, mean, variance
        for k in range(1, depth + 1):
            if k > 64 or v > 1e8 * variance:
                break
            m, v = (float(x) for x in random_layer_map(m, v, alpha=alpha, lam=lam))
            law[k] = v
        steady = float(layer_spread(variance, 64, width, alpha=alpha, lam=lam))
        slope = float(moment_jacobian(0.0, variance, alpha=alpha, lam=lam)[1, 1])
        spread = steady * np.sqrt(1 - np.minimum(slope, 1) ** (2 * layers))
    lines = []
    for k in range(6):
        run = np.full(65, np.nan)
        if k < len(runs):
            run[1 : len(runs[k]) + 1] = runs[k]
        lines.append(Curve(layers, run / variance, color="orange", width=1))
    return Panel(
        title="variance over its target",
        xlabel="layer",
        ylabel=r"$\nu_l/\nu$",
        xlim=(0, 64),
        ylim=(0.1, 100),
        yscale="log",
        layers=(
            Band(
                layers,
                np.maximum(law / variance * (1 - spread), 0.01),
                law / variance * (1 + spread),
                color="sky",
                alpha=0.3,
            ),
            HLine([1.0], color="green", dash=":", label="target"),
            Curve(layers, law / variance, color="blue", label="weights N(0, 1/n)", label_at=0.3),
            *lines,
        ),
    )


def selu_dropout(**values):
    """A unit's law before and after alpha dropout, and the affine map that keeps its moments."""
    return Explorer(
        name="selu_dropout",
        title="Alpha dropout",
        claims=("selu.alpha-dropout",),
        view=_dropout,
        presets={"half of the units": {"rate": 0.5}, "target 0 and 4": {"variance": 4.0}},
        values=values,
    )


def _dropout(rate, mean, variance):
    alpha, lam = (float(x) for x in solve_constants(mean, variance))
    sigma = math.sqrt(variance)
    y = np.linspace(-5, 5, 401)
    if math.isnan(alpha):
        nothing = np.full(y.shape, np.nan)
        panels = (_laws(y, nothing, nothing, [np.nan], 0.0), _affine_panel(rate, None))
        return Scene(panels, "No α, λ for this target, hence no floor to drop to.")
    a, b = alpha_dropout_affine(rate, mean, variance, alpha=alpha, lam=lam)
    plain = _density(mean + sigma * y, sigma, alpha, lam) * sigma
    dropped = (1 - rate) * _density((mean + sigma * y - b) / a, sigma, alpha, lam) * sigma / a
    floor = (a * -lam * alpha + b - mean) / sigma
    text = (
        f"Rate {rate:.3g}, target mean {mean:.3g}, variance {variance:.3g}: a = {a:.4f}, "
        f"b = {b:.4f}; {rate:.0%} of the units sit at {floor:.3g} deviations from the mean."
    )
    constants = (mean, variance, alpha, lam)
    return Scene((_laws(y, plain, dropped, [floor], rate), _affine_panel(rate, constants)), text)


def _density(y, sigma, alpha, lam):
    """Density of the activation of z ~ N(0, sigma^2)."""
    floor = lam * alpha
    inside = np.clip(y, -floor * (1 - 1e-12), 0)
    z = np.where(y > 0, y / lam, np.log1p(inside / floor))
    slope = np.where(y > 0, lam, floor + inside)
    normal = np.exp(-((z / sigma) ** 2) / 2) / (math.sqrt(2 * math.pi) * sigma)
    return np.where(y > -floor, normal / slope, 0.0)


def _laws(y, plain, dropped, floor, rate):
    return Panel(
        title="law of one unit, standardized",
        xlabel=r"$(x - \mu)/\sigma$",
        ylabel="density (bar: weight of the dropped)",
        xlim=(-4, 4),
        ylim=(0, 1),
        layers=(
            Fill(y, np.minimum(plain, 2), color="grey", alpha=0.2, label="before", label_at=0.75),
            Curve(y, np.minimum(dropped, 2), color="blue", label="after", label_at=0.6),
            Curve(np.repeat(floor, 2), [0, rate], color="vermilion", width=5),
        ),
    )


def _affine_panel(rate, constants):
    rates = np.linspace(0.01, 0.95, 60)
    scale, shift, plain = (np.full(60, np.nan) for _ in range(3))
    if constants:
        mean, variance, alpha, lam = constants
        found = [alpha_dropout_affine(r, mean, variance, alpha=alpha, lam=lam) for r in rates]
        scale, shift = np.array(found).T
        # dropout to 0 with the usual 1/(1 - rate)
        plain = (variance + rates * mean**2) / (1 - rates) / variance
    return Panel(
        title="affine map; variance of plain dropout",
        xlabel="dropout rate $p$",
        ylabel="value",
        xlim=(0, 1),
        ylim=(0, 4),
        layers=(
            Curve(rates, scale, color="blue", label="a", label_at=0.3),
            Curve(rates, shift, color="green", dash="--", label="b", label_at=0.25),
            Curve(
                rates, plain, color="vermilion", dash="-.", label="variance, plain", label_at=0.6
            ),
            HLine([1.0], color="grey", dash=":"),
            VLine([rate], color="grey"),
        ),
    )

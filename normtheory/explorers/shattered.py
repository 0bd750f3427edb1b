"""Shattered gradients: how alike gradients at two inputs are, and what they sound like."""

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.claims.shattered.decay import INITS, gradient_products
from normtheory.explorers.explorer import explorer
from normtheory.explorers.formula import Formula
from normtheory.figures.scene import Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED, TRUE
from normtheory.theory.gradient_correlation import (
    circle_kernel,
    coactivation,
    correlation_by_depth,
    spectral_exponent,
    spectrum,
)

DEPTHS = np.arange(61)
POINTS = 256
DECAY_TEXT = (
    "Depth {depth:d} {bn:s} BN, inputs of correlation {rho:.3g}: gradients correlate "
    "{without:.3g} in a plain network ({init:s}), {skipped:.3g} with skips, {scaled:.3g} with "
    "β = {beta:.3g} (both He 2/n); 2^-{depth:d} is {half:.3g}. Co-activation {coactive:.3g}. One "
    "network of width {width:d} strays from this."
)
FOUND = " Networks of width {narrow:d}: {found:.2g} after 6 layers."
RHO = Parameter(
    name="rho",
    symbol=r"\rho_0",
    meaning="correlation of the two inputs",
    default=0.0,
    domain=(-1, 1),
    closed=True,
    typical=(-0.9, 0.99),
)


def _simulated_decay(view, depth, width, init, bn, beta, rho):
    if bn == "with" or init == "He with biases" or rho != 0 or width < 10:
        return  # the simulated networks are plain, their inputs orthogonal
    rng = np.random.default_rng(3)
    found = [[] for _ in range(6)]
    rounds = 8
    for done in range(1, rounds + 1):
        for k in range(6):
            found[k].extend(gradient_products(min(width, 128), 10, k + 1, rng))
        yield done / rounds, view(depth, width, init, bn, beta, rho, tuple(found))


@explorer(
    "Gradients at two inputs",
    "shattered.decay shattered.coactivation-depth shattered.batchnorm-quarter "
    "shattered.similar-inputs shattered.skip shattered.resilience shattered.shallow-paths",
    text={"": DECAY_TEXT, "found": DECAY_TEXT + FOUND},
    parameters=(RHO,),
    refine=_simulated_decay,
    formula=Formula("depth", given={"biases": INITS}),
    presets={
        "with BN": {"bn": "with"},
        "nearby inputs": {"rho": 0.95},
        "narrow": {"width": 20},
        "β above 1": {"beta": 1.8},
        "the first layer with BN": {"bn": "with", "depth": 1},
    },
)
def gradient_decay(depth, width, init, bn, beta, rho, found=()):
    """The correlation of gradients and the co-activation by depth, exact for wide networks, with
    networks of the chosen width beside them."""
    base = "+BN" if bn == "with" else ""
    bias = INITS[init] if bn == "without" else 0.0
    far = max(depth, 60)
    forward, plain = correlation_by_depth(rho, far, network="plain" + base, bias_variance=bias)
    skips = correlation_by_depth(rho, far, network="residual" + base)[1]
    scaled = correlation_by_depth(rho, far, network="residual" + base, beta=beta)[1]
    numbers = {"without": float(plain[depth]), "skipped": float(skips[depth])}
    numbers |= {"scaled": float(scaled[depth]), "half": 0.5**depth}
    numbers["coactive"] = float(coactivation(forward[depth - 1]))
    if found:
        numbers |= {"narrow": min(width, 128), "found": float(np.mean(found[-1]))}
    panels = (
        _decay_panel(plain[DEPTHS], skips[DEPTHS], scaled[DEPTHS], depth, found),
        _coactivation_panel(rho, bias, depth),
    )
    return panels, numbers, "found" if found else ""


def _decay_panel(plain, skips, scaled, at, found):
    seen = np.array([np.mean(f) for f in found]) if found else np.full(6, np.nan)
    seen = np.pad(seen, (0, 6 - len(seen)), constant_values=np.nan)
    return Panel.of(
        "correlation of the gradients",
        ("depth $L$", 0, 60),
        ("correlation", 1e-6, 1.5, "log"),
        Curve(DEPTHS, 0.5**DEPTHS, **PRINTED, label=r"$2^{-L}$", label_at=0.2),
        Curve(DEPTHS, plain, **TRUE, label="plain", label_at=0.75),
        Curve(DEPTHS, skips, color="purple", dash="-.", label="skips", label_at=0.6),
        Curve(DEPTHS, scaled, color="purple", label=r"skips, $\beta$", label_at=0.85),
        Points(np.arange(1, 7), seen, color="black", size=6),
        VLine([at], color="grey", dash=":", drag={"x": "depth"}),
    )


def _coactivation_panel(rho, bias, at):
    layers = np.arange(1, 61)
    without = coactivation(correlation_by_depth(rho, 60, bias_variance=bias)[0])
    with_bn = coactivation(correlation_by_depth(rho, 60, network="plain+BN")[0])
    return Panel.of(
        "share of units active for both",
        ("layer", 0, 60),
        ("co-activation", 0, 0.55),
        HLine([0.25], **PRINTED),
        Curve(layers, without, color="black", dash="-.", label="without BN", label_at=0.6),
        Curve(layers, with_bn, **TRUE, label="with BN", label_at=0.6),
        VLine([at], color="grey", dash=":", drag={"x": "depth"}),
    )


@explorer(
    "White or Brownian?",
    "shattered.noise-colour",
    text="Depth {depth:d}: neighbouring gradients correlate {plain:.2f} (plain) and {skipped:.2f} "
    "(skips, β = {beta:.3g}); spectral exponents {plain_exponent:.2f} and {skips_exponent:.2f} "
    "(white 0, Brownian -2).",
    size=(920, 340),
    parameters=(
        Parameter(
            name="beta",
            symbol=r"\beta",
            meaning="scale of the residual branch",
            default=1.0,
            # far below, the branch is lost in rounding
            domain=(0.001, 20.0),
            typical=(0.02, 2.0),
            log=True,
        ),
    ),
    presets={
        "one layer": {"depth": 1},
        "50 blocks": {"depth": 50},
        "50 blocks, β 0.2": {"depth": 50, "beta": 0.2},
    },
)
def gradient_noise(depth, beta):
    """Gradients along a circle of inputs drawn from the exact distribution, and their spectrum."""
    kernels = {
        "plain": circle_kernel(POINTS, depth),
        "skips": circle_kernel(POINTS, depth, network="residual", beta=beta),
    }
    exponents = {n: float(spectral_exponent(spectrum(k))) for n, k in kernels.items()}
    numbers = {"skipped": float(kernels["skips"][1]), "plain": float(kernels["plain"][1])}
    numbers |= {f"{name}_exponent": value for name, value in exponents.items()}
    return (_paths(kernels), _lags(kernels), _spectra(kernels)), numbers


def _paths(kernels):
    """One draw of each process, from the same random numbers."""
    rng = np.random.default_rng(7)
    noise = rng.standard_normal(POINTS // 2 + 1) + 1j * rng.standard_normal(POINTS // 2 + 1)
    angle = np.linspace(-180, 180, POINTS)
    brownian = np.r_[0, np.arange(1, POINTS // 2 + 1) ** -2.0]
    rows = (
        ("white", np.ones(POINTS // 2 + 1), "grey"),
        ("plain", np.maximum(np.fft.rfft(kernels["plain"]).real, 0), "blue"),
        ("skips", np.maximum(np.fft.rfft(kernels["skips"]).real, 0), "purple"),
        ("Brownian", brownian, "grey"),
    )
    layers = []
    for k, (name, power, color) in enumerate(rows):
        path = np.fft.irfft(noise * np.sqrt(power), POINTS)
        layers.append(
            Curve(angle, path / path.std() - 6 * k, color=color, width=1, label=name, label_at=0.02)
        )
    return Panel.of(
        "gradients, one draw each",
        ("input on a circle [degrees]", -180, 180),
        ("gradient, shifted", -23, 5),
        *layers,
        yticks=((-18, ""), (-12, ""), (-6, ""), (0, "")),
    )


def _lags(kernels):
    lags = np.arange(41)
    return Panel.of(
        "autocorrelation",
        ("lag [points of 256]", 0, 40),
        ("correlation", -0.3, 1),
        HLine([0.0], color="grey", dash=":"),
        Curve(lags, kernels["plain"][:41], **TRUE, label="plain", label_at=0.12),
        Curve(lags, kernels["skips"][:41], color="purple", dash="--", label="skips", label_at=0.4),
    )


def _spectra(kernels):
    frequency = np.arange(1, POINTS // 2)
    layers = []
    for name, color, dash in (("plain", *TRUE.values()), ("skips", "purple", "-.")):
        power = spectrum(kernels[name])
        power = np.where(power > 1e-12 * power.max(), power, np.nan)
        # a single layer has no odd frequencies: join what there is
        there = np.isfinite(power)
        power = np.exp(np.interp(frequency, frequency[there], np.log(power[there])))
        layers.append(
            Curve(frequency, power / power.max(), color=color, dash=dash, label=name, label_at=0.7)
        )
    layers.append(Curve(frequency, frequency**-2.0, **PRINTED, label="-2", label_at=0.45))
    return Panel.of(
        "power spectrum",
        ("frequency", 1, 128, "log"),
        ("power, largest 1", 1e-5, 2, "log"),
        *layers,
    )

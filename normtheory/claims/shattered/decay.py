"""How fast the correlation of gradients falls with depth, without and with skip connections."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.shattered.kernels import by_depth, kernels
from normtheory.theory.gradient_correlation import (
    arc_cosine,
    coactivation,
    correlation_by_depth,
    plain_scaling,
)
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.rectifier_networks import layers

DEPTH = Parameter.count("depth", "L", "rectifier layers", 24, (1, 60), (1, 1000))
WIDTH = Parameter.count("width", "n", "units a layer", 200, (10, 2000), (2, 1e6), log=True)
INITS = {"He 2/n": 0.0, "LeCun 1/n": 0.0, "He with biases": 0.1}
INIT = Parameter(
    "init",
    r"\mathrm{init}",
    "weight variance (biases of variance 0.1)",
    "He 2/n",
    choices=tuple(INITS),
)
BN = Parameter("bn", r"\mathrm{BN}", "batch normalization", "without", choices=("without", "with"))

decay = Claim(
    id="shattered.decay",
    source="The Shattered Gradients Problem",
    says="For normal networks the correlation of network updates decreases with the order "
    '$1/2^L$ (printed "(/2^L"), where L is the number of layers',
    verdict="refuted",
    breaks={"depth": 50},
    parameters=(DEPTH, WIDTH, INIT, BN),
)


def plain_law(depth, rho=0.0, network="plain"):
    """The exact law at every depth from 0 to `depth`, orthogonal inputs unless told."""
    return correlation_by_depth(rho, depth, network=network)[1]


def gradient_products(width, networks, depth, rng, network="plain"):
    """Product of the gradients at two orthogonal inputs, the mean over pairs, one per network."""
    batch = 8
    inputs = np.broadcast_to(np.eye(batch, width), (networks, batch, width))
    # a direction orthogonal to the inputs, so that the first layer has no finite-width error
    direction = np.eye(1, width, batch)
    *_, (_, tangent) = layers(inputs, direction, depth=depth, width=width, rng=rng, network=network)
    total = np.square(tangent.sum(axis=1)).sum(axis=-1)
    return (total - np.square(tangent).sum(axis=(1, 2))) / (batch * (batch - 1))


def extrapolated_correlation(depth, rng, network="plain", norm=1.0):
    """Correlation at infinite width: 2 c(2n) - c(n) has no error of order 1/n."""
    networks = 800 if depth > 2 else 300
    rounds = range(networks // 50)
    narrow, wide = (
        np.concatenate([gradient_products(width, 50, depth, rng, network) for _ in rounds])
        for width in (48, 96)
    )
    draws = (2 * wide - narrow) / norm
    return Estimate(float(draws.mean()), float(draws.std(ddof=1) / np.sqrt(networks)), networks)


@decay.counterexample("numeric")
def orthogonal_inputs(
    two=float(plain_law(2)[-1]),
    fifty=float(plain_law(50)[-1]),
    times=float(plain_law(50)[-1] * 2.0**50),
):
    r"""Plain rectifier network, He weights, orthogonal inputs: the correlation is {two:.4f} at
    $L = 2$, not 1/4, and {fifty:.2g} at $L = 50$, {times:.2g} times $2^{-50}$."""
    found = by_depth(0.0, 2), by_depth(0.0, 50), by_depth(0.0, 50) * 2.0**50
    return np.allclose((two, fifty, times), found, rtol=1e-9), "kernels by integrals over angles"


@decay.amendment("proof")
def a_quarter_halves(quarter=1 / 4, factor=1 / 2):
    r"""$1/2^L$ holds where every layer keeps the co-activation of two inputs at 1/4, which two
    uncorrelated ones have."""
    rho, s = sp.symbols("rho s")
    # Price: dP/drho is the pair's density at the origin, and at -1 nothing is shared
    share = sp.integrate(1 / (2 * sp.pi * sp.sqrt(1 - s**2)), (s, -1, rho))
    at_zero = sp.simplify(share.subs(rho, 0))
    # one input passes a half of the units
    found = float(at_zero), float(at_zero / sp.Rational(1, 2))
    return found == (quarter, factor), f"P(0) = {at_zero}"


def _batch_normalised(rng, network="plain+BN", depth=4, batch=32, width=96, networks=64):
    inputs = rng.standard_normal((networks, batch, width))
    direction = rng.standard_normal((networks, 1, width))
    *_, (_, tangent) = layers(inputs, direction, depth=depth, width=width, rng=rng, network=network)
    square = np.einsum("rbn,rbn->r", tangent, tangent) / batch
    total = np.square(tangent.sum(axis=1)).sum(axis=-1)
    pairs = (total - batch * square) / (batch * (batch - 1)) / square
    return Estimate(float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(networks)), networks)


@decay.amendment("simulation", rejects={"without it": "plain"})
def batch_normalization(network="plain+BN", *, rng):
    r"""Batch normalization over a large batch does so for uncorrelated inputs: the correlation
    stays within a factor of two of $1/2^L$."""
    found = _batch_normalised(rng, network)
    low, high = found.interval()
    return high < 2 / 16 and low > 0.5 / 16, f"L = 4, batch 32, width 96: {found}, 2^-4 = 0.0625"


@decay.amendment("simulation", rejects={"the note's": lambda depth: 0.5**depth})
def product_of_kernels(
    law=lambda depth: float(plain_law(depth)[-1]),
    *,
    two=Later(extrapolated_correlation, 2),
    four=Later(extrapolated_correlation, 4),
):
    r"""In a plain network at initialisation the correlation is
    $\prod_l (1 - \arccos(\rho_l)/\pi)$."""
    right = two.agrees(law(2)) and four.agrees(law(4))
    right &= np.allclose([law(k) for k in (3, 20)], [by_depth(0, k) for k in (3, 20)], rtol=1e-9)
    return right, f"random networks, extrapolated in width: {two} at L = 2, {four} at L = 4"


def _slopes():
    """Slope of the logarithm against that of the depth, at two inputs, extrapolated."""
    found = {depth: by_depth([0.0, 0.9], depth) for depth in (500, 1000, 2000)}
    first, second = (np.log2(found[2 * k] / found[k]) for k in (500, 1000))
    return 2 * second - first  # its error falls as 1/L


@decay.amendment("numeric")
def inverse_cube(
    exponent=-3.0,
    scaling=plain_scaling,
    *,
    slopes=Later(_slopes),
    small=Later(by_depth, 1.0 - 2e-6, 1000),
):
    r"""It falls as $L^{-3}$; for inputs at a small angle $\theta$ it is
    $(1 + \theta L/3\pi)^{-3}$."""
    angle = float(np.arccos(1 - 2e-6))
    right = np.abs(slopes - exponent).max() < 0.02 and abs(small / scaling(angle, 1000) - 1) < 3e-3
    return right, f"slopes {slopes[0]:.4f} and {slopes[1]:.4f} at correlations 0 and 0.9"


decay.by_hand(
    "Back through a layer of symmetric weights the product of two gradients keeps the units that "
    "are active for both inputs, their squares those that are active for one."
)


@decay.derivation("numeric")
def factor_and_map(
    share=lambda rho: float(coactivation(rho)), forward=lambda rho: float(arc_cosine(rho, 1))
):
    r"""With the co-activation $P = (\pi - \arccos\rho)/2\pi$ the factor is $2P$. Forward,
    $\rho \to \kappa_1(\rho) = (\sqrt{1-\rho^2} + (\pi-\arccos\rho)\rho)/\pi$, so that the inputs
    become alike and the factor tends to 1."""
    points = (-0.7, 0.0, 0.3, 0.95)
    found = [np.divide((2 * share(r), forward(r)), kernels(r)) for r in points]
    alike = 2 * share(1.0), forward(1.0)
    return np.allclose([*found, alike], 1, rtol=1e-9), "integrals over angles at 4 correlations"


@decay.derivation("numeric")
def small_angles(loss=1 / (3 * np.pi), factor=1 / np.pi, limit=3 * np.pi, power=3.0):
    r"""A small angle goes to $\theta - \theta^2/3\pi$, so $\theta_l \approx 3\pi/l$; the factor
    $1-\theta/\pi$ is $1 - 3/l$, and the product falls as $L^{-3}$."""
    angle = 1e-3
    active, after = kernels(np.cos(angle))
    found = (angle - np.arccos(after)) / angle**2, (1 - active) / angle
    theta, steps = 1.0, 20_000
    for _ in range(steps):
        theta -= theta**2 / (3 * np.pi)
    right = np.allclose((loss, factor), found, rtol=3e-3) and abs(steps * theta / limit - 1) < 5e-3
    return right and abs(limit * factor - power) < 1e-12, f"{steps * theta:.3f} after 20,000 layers"


@decay.range("simulation", rejects={"a factor, which keeps the sign": False})
def finite_width(changes_sign=True, *, rng):
    r"""The law is that of wide networks. One network strays from it by a term, not by a factor: in
    deep narrow ones the product of two gradients has either sign."""
    products = gradient_products(64, 60, 24, rng)
    negative = float((products < 0).mean())
    return (negative > 0.1) == changes_sign, f"24 layers of 64 units: negative in {negative:.0%}"


decay.by_hand(
    "LeCun's weights change the variance of the gradients from layer to layer, and leave their "
    "correlation as it is.",
    role="range",
)
decay.rests_on(
    "shattered.batchnorm-quarter",
    "With batch normalization nearby inputs, too, come to the co-activation of uncorrelated ones.",
    role="range",
)


@decay.badge(
    ignores=("width",),
    holds="the correlation of gradients falls as 1/2^L: for orthogonal inputs {value:.3g} in wide "
    "networks, {ratio:.3g} times 2^-{depth:d}",
    holds_bn="the correlation of gradients falls as 1/2^L: for orthogonal inputs 2^-{depth:d} = "
    "{value:.2e} in wide networks, as batch normalization keeps the co-activation at 1/4",
    fails="the correlation of gradients falls as 1/2^L: not here, for orthogonal inputs "
    "{value:.3g} in wide networks, {ratio:.3g} times 2^-{depth:d}",
    fails_lecun="the correlation of gradients falls as 1/2^L: not here, for orthogonal inputs "
    "{value:.3g} in wide networks, {ratio:.3g} times 2^-{depth:d}; it is the gradients' variance "
    "that halves a layer",
)
def decay_at(depth, width, init, bn):
    if bn == "with":
        return "holds_bn", {"value": 0.5**depth}
    value = float(correlation_by_depth(0.0, depth, bias_variance=INITS[init])[1][-1])
    found = {"value": value, "ratio": value / 0.5**depth}
    if abs(found["ratio"] - 1) < 0.05:
        return True, found
    return ("fails_lecun" if init == "LeCun 1/n" else False), found

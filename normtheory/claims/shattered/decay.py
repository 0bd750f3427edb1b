"""How fast the correlation of gradients falls with depth, without and with skip connections."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.gradient_correlation import (
    correlation_by_depth,
    plain_scaling,
)
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.rectifier_networks import layers

DEPTH = Parameter(
    name="depth",
    symbol="L",
    meaning="rectifier layers",
    default=24,
    domain=(1, 1000),
    closed=True,
    typical=(1, 60),
    integer=True,
)
WIDTH = Parameter(
    name="width",
    symbol="n",
    meaning="units a layer",
    default=200,
    domain=(2, 1e6),
    closed=True,
    typical=(10, 2000),
    integer=True,
    log=True,
)
INITS = {"He 2/n": 0.0, "LeCun 1/n": 0.0, "He with biases": 0.1}
INIT = Parameter(
    name="init",
    symbol=r"\mathrm{init}",
    meaning="weight variance (biases of variance 0.1)",
    default="He 2/n",
    choices=tuple(INITS),
)
BN = Parameter(
    name="bn",
    symbol=r"\mathrm{BN}",
    meaning="batch normalization",
    default="without",
    choices=("without", "with"),
)


def halving(depth):
    """The note's law: 2^-L at every depth from 0 to `depth`."""
    return 0.5 ** np.arange(depth + 1)


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
    narrow, wide = (
        np.concatenate(
            [gradient_products(width, 50, depth, rng, network) for _ in range(networks // 50)]
        )
        for width in (48, 96)
    )
    draws = (2 * wide - narrow) / norm
    return Estimate(float(draws.mean()), float(draws.std(ddof=1) / np.sqrt(networks)), networks)


def _simulated(law, rng):
    text, fine = [], True
    for depth in (2, 4):
        found = extrapolated_correlation(depth, rng)
        value = law(depth)[-1]
        fine &= found.agrees(value)
        text.append(f"L = {depth}: {found} against {value:.4f}")
    return Outcome(fine, "; ".join(text))


def _far_from_halving(law, rng):
    ratio = law(50) / halving(50)
    return Outcome(
        ratio[2] > 1.05 and ratio[50] > 1e6,
        f"orthogonal inputs, law over 2^-L: {ratio[1]:.3f} at L = 1, {ratio[2]:.3f} at 2, "
        f"{ratio[10]:.3g} at 10, {ratio[50]:.2e} at 50",
    )


def _halves_when_quarter(share, rng):
    import sympy as sp

    rho = sp.Symbol("rho")
    # two gradients pass a symmetric weight together in a share P of the units, one in 1/2
    factor = sp.Rational(share) / sp.Rational(1, 2)
    kernel = (sp.pi - sp.acos(rho)) / (2 * sp.pi)
    density = 1 / (2 * sp.pi * sp.sqrt(1 - rho**2))  # of the pair at the origin (Price)
    price = sp.simplify(sp.diff(kernel, rho) - density)
    at_zero = kernel.subs(rho, 0)
    return Outcome(
        factor == sp.Rational(1, 2) and price == 0 and at_zero == sp.Rational(1, 4),
        f"factor a layer {factor}; dP/drho minus the pair's density at the origin = {price}; "
        f"P(0) = {at_zero}",
    )


def _cubic(exponent, rng):
    depth = 4000
    gradient = plain_law(depth, np.array([0.0, 0.9]))
    halved = gradient[[depth // 4, depth // 2, depth]]
    slopes = np.diff(np.log(halved), axis=0) / np.log(2)
    slope = 2 * slopes[1] - slopes[0]  # their error falls as 1/L
    angle = 0.02
    scaled = plain_law(1000, np.cos(angle))
    gap = np.abs(scaled / plain_scaling(angle, np.arange(1001)) - 1).max()
    return Outcome(
        np.abs(slope - exponent).max() < 0.02 and gap < 0.02,
        f"log slope extrapolated from L = 1000, 2000, 4000: {slope[0]:.4f} (orthogonal), "
        f"{slope[1]:.4f} (correlation 0.9); (1 + theta L/3pi)^-3 within {gap:.1%} at theta = 0.02 "
        "to L = 1000",
    )


def _bn_halves(network, rng):
    depth, batch, width, networks = 4, 32, 96, 64
    inputs = rng.standard_normal((networks, batch, width))
    direction = rng.standard_normal((networks, 1, width)) / np.sqrt(width)
    *_, (_, tangent) = layers(inputs, direction, depth=depth, width=width, rng=rng, network=network)
    square = np.einsum("rbn,rbn->r", tangent, tangent) / batch
    total = np.square(tangent.sum(axis=1)).sum(axis=-1)
    pairs = (total - batch * square) / (batch * (batch - 1)) / square
    found = Estimate(float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(networks)), networks)
    low, high = found.interval()
    return Outcome(
        high < 2 * 0.5**depth and low > 0.5 * 0.5**depth,
        f"L = {depth}, batch {batch}, width {width}: {found}, 2^-L = {0.5**depth:.4f}",
    )


def _decay_at(depth, width, init, bn):
    if bn == "with":
        return Standing("holds", f"2^-{depth} = {0.5**depth:.2e}: co-activation stays at 1/4")
    value = correlation_by_depth(0.0, depth, bias_variance=INITS[init])[1][-1]
    ratio = value / 0.5**depth
    text = f"correlation {value:.3g}, {ratio:.3g} times 2^-{depth}"
    if init == "LeCun 1/n":
        text += "; it is the gradients' variance that halves a layer"
    if abs(ratio - 1) < 0.05:
        return Standing("holds", text)
    if ratio < 2 and 5 * depth > width:
        return Standing("undecided", text + "; a network this narrow strays further")
    return Standing("fails", text)


DECAY = Claim(
    id="shattered.decay",
    source="The Shattered Gradients Problem",
    statement=r"In plain networks the correlation of the gradients falls as $1/2^L$, L the number "
    "of layers",
    verdict="refuted",
    parameters=(DEPTH, WIDTH, INIT, BN),
    counterexample="Plain rectifier network, He weights, orthogonal inputs: the correlation is "
    "0.3016 at L = 2 (not 0.25) and 9.1e-4 at L = 50, a million million times 2^-50.",
    amendment=r"$1/2^L$ holds where every layer keeps the co-activation of two inputs at 1/4, "
    r"as batch normalization over a large batch does for uncorrelated inputs. In a plain network "
    r"at initialisation the correlation is $\prod_l (1 - \arccos(\rho_l)/\pi)$, which falls as "
    r"$L^{-3}$; for inputs at a small angle $\theta$ it is $(1 + \theta L/3\pi)^{-3}$.",
    derivation=(
        r"Back through a layer of symmetric weights the product of two gradients is multiplied "
        r"by $2P$, with $P = (\pi - \arccos\rho)/2\pi$ the co-activation. $P = 1/4$ gives $1/2$.",
        r"Forward, $\rho \to \kappa_1(\rho) = (\sqrt{1-\rho^2} + (\pi-\arccos\rho)\rho)/\pi$, "
        r"which exceeds $\rho$: the inputs become alike, $P \to 1/2$, and the factor tends to 1.",
        r"For a small angle $\theta \to \theta - \theta^2/3\pi$, so $\theta_l \approx 3\pi/l$, the "
        r"factor is $1 - 3/l$, and the product falls as $L^{-3}$.",
    ),
    remark="The law is that of wide networks; at width n one network strays from it by a factor of "
    "about exp(±sqrt(5 L/n)). With weights of variance 1/n the correlation is the same, while the "
    "variance of the gradients halves a layer: that is a 2^-L, but not of the correlation. With BN "
    "nearby inputs start above 1/4 and reach it geometrically.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="the exact law of a plain network leaves 1/2^L from the second layer on",
            check=_far_from_halving,
            subject=plain_law,
            mutant=lambda depth: plain_law(depth, network="plain+BN"),
            mutation="a batch-normalised network, where 1/2^L is right",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="random networks, extrapolated to infinite width, follow the product of kernels",
            check=_simulated,
            subject=plain_law,
            mutant=halving,
            mutation="the note's 1/2^L",
        ),
        Evidence(
            kind="proof",
            about="amendment",
            shows="co-activation 1/4 halves the correlation, and uncorrelated inputs have it",
            check=_halves_when_quarter,
            subject="1/4",
            mutant="1/2",
            mutation="co-activation 1/2",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="the law of a plain network falls as the inverse cube of the depth",
            check=_cubic,
            subject=-3.0,
            mutant=-2.94,
            mutation="exponent 2 % smaller",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="random batch-normalised networks stay within a factor of two of 1/2^L",
            check=_bn_halves,
            subject="plain+BN",
            mutant="plain",
            mutation="the networks without batch normalization",
        ),
    ),
    at=_decay_at,
)

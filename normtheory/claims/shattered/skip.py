"""How skip connections, and their scale, slow the decay of the gradients' correlation."""

from itertools import pairwise

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.shattered.decay import DEPTH, extrapolated_correlation, plain_law
from normtheory.theory.gradient_correlation import arc_cosine, correlation_by_depth

BETA = Parameter(
    name="beta",
    symbol=r"\beta",
    meaning="scale of the residual branch",
    default=0.2,
    domain=(0, np.inf),
    typical=(0.02, 2.0),
    log=True,
)


def _slower(direction, rng):
    """Whether skips slow the decay everywhere, and more so the further beta moves along
    `direction`."""
    start = np.concatenate([rng.uniform(-1, 1, 8), [-1.0, 0.0, 0.9]])
    scales = [direction**k for k in range(6)]
    fine, least = True, np.inf
    for base in ("", "+BN"):
        plain = correlation_by_depth(start, 60, network="plain" + base)[1][1:]
        by_scale = [
            correlation_by_depth(start, 60, network="residual" + base, beta=b)[1][1:]
            for b in scales
        ]
        fine &= bool((by_scale[0] > plain).all())
        fine &= all(bool((b > a).all()) for a, b in pairwise(by_scale))
        least = min(least, float((by_scale[0] / np.maximum(plain, 1e-300)).min()))
    return Outcome(
        fine,
        f"{len(start)} correlations of inputs, 60 layers, with and without BN, beta = 1 to "
        f"{scales[-1]:.2g}: every step slows it; skips alone by at least {least:.3f}",
    )


def _residual_exponent(exponent, rng):
    depth = 6000
    gradient = plain_law(depth, network="residual+BN")
    slope = np.log(gradient[depth] / gradient[depth // 2]) / np.log(2)
    without = plain_law(2000, network="residual")
    cubic = np.log(without[2000] / without[1000]) / np.log(2)
    return Outcome(
        abs(slope / exponent - 1) < 5e-3,
        f"log slope with BN {slope:.4f} between L = 3000 and 6000; without BN {cubic:.3f} "
        "between 1000 and 2000 (tends to -3)",
    )


def _residual_simulated(law, rng):
    found = extrapolated_correlation(4, rng, "residual", norm=2.0**4)
    value = law(4)
    return Outcome(found.agrees(value), f"4 blocks, beta = 1: {found} against {value:.4f}")


def _factor_monotone(factor, rng):
    import sympy as sp

    square, gap = sp.symbols("b g", positive=True)  # beta^2, 1 - kappa_0
    block = factor(1 - gap, square)
    slope = sp.simplify(sp.diff(block, square) + gap / (1 + square) ** 2)
    above = sp.simplify(block - (1 - gap) - gap / (1 + square))
    check = float(arc_cosine(0.0, 0))
    return Outcome(
        slope == 0 and above == 0 and check == 0.5,
        f"d/dbeta^2 = -(1 - kappa_0)/(1 + beta^2)^2 (residue {slope}); above the plain factor by "
        f"(1 - kappa_0)/(1 + beta^2) (residue {above})",
    )


def _skip_at(depth, beta):
    plain, ours, one = (
        correlation_by_depth(0.0, depth, network=n, beta=b)[1][-1]
        for n, b in (("plain", 1.0), ("residual", beta), ("residual", 1.0))
    )
    text = f"plain {plain:.3g}, skips {one:.3g}, with beta {ours:.3g}"
    if plain < one <= ours:
        return Standing("holds", text)
    return Standing("fails", text + ": beta above 1 speeds it up")


SKIP = Claim(
    id="shattered.skip",
    source="The Shattered Gradients Problem",
    statement=r"Skip connections slow the decay of the gradients' correlation; scaling the "
    r"residual branch by $\beta$ (Inception-v4) slows it further",
    verdict="holds",
    parameters=(DEPTH, BETA),
    derivation=(
        r"$h + \beta W\,\mathrm{relu}(h)$ multiplies the correlation of gradients by "
        r"$(1 + \beta^2\kappa_0)/(1 + \beta^2)$, between $\kappa_0$ and 1: 3/4 for $\beta = 1$ "
        r"and co-activation 1/4, against 1/2.",
        r"The derivative in $\beta^2$ is $-(1-\kappa_0)/(1+\beta^2)^2 < 0$: the smaller, the "
        r"slower.",
        r"Without BN a residual network of depth L is a plain one of depth "
        r"$L\beta^2/(1+\beta^2)$: the same $L^{-3}$ with a smaller constant.",
        r"With BN the stream grows, the l-th block weighs $1/((1-1/\pi)l)$, and the correlation "
        r"falls as $L^{-\pi/(2\pi-2)} = L^{-0.734}$.",
    ),
    remark="For beta < 1, which Inception-v4 uses (0.1 to 0.3); beta > 1 speeds the decay up "
    "again. Without BN skips change the constant of the power law, not the power.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="over inputs, depths and beta, skips slow the decay and smaller beta slows more",
            check=_slower,
            subject=0.6,
            mutant=1.6,
            mutation="beta growing beyond 1",
        ),
        Evidence(
            kind="simulation",
            shows="random residual networks, extrapolated to infinite width, follow the law",
            check=_residual_simulated,
            subject=lambda depth: plain_law(depth, network="residual")[-1],
            mutant=lambda depth: plain_law(depth)[-1],
            mutation="the law without skips",
        ),
        Evidence(
            kind="numeric",
            shows="with BN the power is pi/(2 pi - 2) = 0.734, without it stays 3",
            check=_residual_exponent,
            subject=-np.pi / (2 * np.pi - 2),
            mutant=-0.98 * np.pi / (2 * np.pi - 2),
            mutation="exponent 2 % smaller",
        ),
        Evidence(
            kind="proof",
            shows="the factor of a block lies between that of a plain layer and 1 and falls with "
            "beta",
            check=_factor_monotone,
            subject=lambda k, b: (1 + b * k) / (1 + b),
            mutant=lambda k, b: (b + k) / (1 + b),
            mutation="the skip scaled instead of the branch",
        ),
    ),
    at=_skip_at,
)

"""How skip connections, and their scale, slow the decay of the gradients' correlation."""

from itertools import pairwise

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.shattered.decay import DEPTH, extrapolated_correlation, plain_law
from normtheory.claims.shattered.kernels import by_depth, kernels
from normtheory.theory.gradient_correlation import correlation_by_depth

BETA = Parameter.positive("beta", r"\beta", "scale of the residual branch", 0.2, (0.02, 2.0))

skip = Claim(
    id="shattered.skip",
    source="The Shattered Gradients Problem",
    says=r"Skip connections slow the decay of the gradients' correlation; their effectiveness "
    r"increases with the $\beta$ scaling introduced by Inception-v4",
    verdict="holds",
    parameters=(DEPTH, BETA),
)


def _gradients(scales):
    """Correlations by depth for many pairs of inputs: plain, and with skips at each scale."""
    start, found = np.array([*np.linspace(-1, 0.99, 10), 0.0]), {}
    for base in ("", "+BN"):
        plain = correlation_by_depth(start, 60, network="plain" + base)[1][1:]
        runs = [correlation_by_depth(start, 60, network="residual" + base, beta=b) for b in scales]
        found[base] = plain, [gradient[1:] for _, gradient in runs]
    return found


@skip.shown("numeric", rejects={"larger is slower": {"smaller_slower": False}, "faster": False})
def slower(
    skips_slower=True,
    smaller_slower=True,
    *,
    scales=(1.0, 0.6, 0.3, 0.1, 0.03),
    found=Later(_gradients, (1.0, 0.6, 0.3, 0.1, 0.03)),
):
    r"""In wide networks skips slow the decay at every depth, with batch normalization and without,
    and for $\beta\leq1$ a smaller $\beta$ slows it further."""
    less = [(skips[0] > plain).all() for plain, skips in found.values()]
    further = [(b > a).all() for _, skips in found.values() for a, b in pairwise(skips)]
    right = all(less) == skips_slower and all(further) == smaller_slower
    return right, f"11 correlations of inputs, 60 layers, β = {scales}"


@skip.shown(
    "simulation", rejects={"the law without skips": lambda depth: float(plain_law(depth)[-1])}
)
def random_networks(
    law=lambda depth: float(plain_law(depth, network="residual")[-1]),
    *,
    four=Later(extrapolated_correlation, 4, network="residual", norm=2.0**4),
):
    r"""Random residual networks, extrapolated to infinite width, follow the law of these."""
    right = four.agrees(law(4)) and abs(law(20) / by_depth(0.0, 20, beta=1.0) - 1) < 1e-9
    return right, f"4 blocks, β = 1: {four}"


@skip.derivation(
    "proof", rejects={"the skip scaled instead": {"factor": lambda k, b: (b + k) / (1 + b)}}
)
def factor_of_a_block(
    factor=lambda k, b: (1 + b * k) / (1 + b), slope=lambda k, b: -(1 - k) / (1 + b) ** 2
):
    r"""$h + \beta W\,\mathrm{relu}(h)$ multiplies the correlation of gradients by
    $(1 + \beta^2\kappa_0)/(1 + \beta^2)$, between $\kappa_0$ and 1; its derivative in $\beta^2$ is
    $-(1-\kappa_0)/(1+\beta^2)^2$: the smaller, the slower."""
    k, b, c = sp.symbols("k b c", positive=True)
    # skip and branch add up in the products of two gradients as in their squares
    block = (c + b * k * c) / (1 + b) / c
    gaps = block - factor(k, b), sp.diff(block, b) - slope(k, b)
    between = sp.factor(block - k), sp.factor(1 - block)
    right = [sp.cancel(gap) for gap in gaps] == [0, 0]
    right &= between[0].equals((1 - k) / (1 + b)) and between[1].equals(b * (1 - k) / (1 + b))
    return right, "above κ₀ by (1 - κ₀)/(1 + β²), below 1 by β²(1 - κ₀)/(1 + β²)"


@skip.derivation(
    "numeric",
    rejects={
        "a plain network of another depth": lambda t, L, w: (1 + w * t * L / (3 * np.pi)) ** -2
    },
)
def without_batch_normalization(
    law=lambda t, L, w: (1 + w * t * L / (3 * np.pi)) ** -3, constant=lambda w: w**-3
):
    r"""Without batch normalization and with $w=\beta^2/(1+\beta^2)$ it is
    $(1 + w\theta L/3\pi)^{-3}$ for inputs at a small angle $\theta$: $L^{-3}$ as without skips,
    with a constant that is $w^{-3}$ times as large."""
    angle, right = float(np.arccos(1 - 2e-6)), True
    for beta in (1.0, 0.5):
        w = beta**2 / (1 + beta**2)
        right &= abs(by_depth(1 - 2e-6, 800, beta) / law(angle, 800, w) - 1) < 3e-3
        far = 1e9
        right &= abs(law(angle, far, w) / law(angle, far, 1.0) / constant(w) - 1) < 1e-3
    return right, "θ = 0.002, 800 blocks, β = 1 and 1/2"


def _normalized_blocks():
    """Log slope of the correlation between 3000 and 6000 blocks, and the last one's weight, as a
    multiple of 1/l."""
    rho, size, log, logs, grown = 0.0, 1.0, 0.0, {}, 1.0
    removed = kernels(0.0)[1]
    for block in range(1, 6001):
        active, after = kernels(rho)
        branch = 1 / size
        log += np.log((1 + branch * active) / (1 + branch))
        rho = (rho + branch * (after - removed)) / (1 + branch * (1 - removed))
        size += 1 - removed
        logs[block], grown = log, branch * block
    return (logs[6000] - logs[3000]) / np.log(2), grown


@skip.derivation("numeric")
def with_batch_normalization(
    power=-np.pi / (2 * np.pi - 2), weight=1 / (1 - 1 / np.pi), *, found=Later(_normalized_blocks)
):
    r"""With batch normalization the stream grows, the $l$-th block weighs $1/((1-1/\pi)l)$, and the
    correlation falls as $L^{-\pi/(2\pi-2)} = L^{{power:.3f}}$."""
    slope, grown = found
    right = abs(slope / power - 1) < 5e-3 and abs(grown / weight - 1) < 5e-3
    return right, f"log slope {slope:.4f} between 3000 and 6000 blocks, uncorrelated inputs"


@skip.range("numeric", rejects={"slower": False})
def beyond_one(faster=True):
    r"""$\beta>1$ leaves a faster decay than $\beta=1$ does."""
    found = [float(by_depth(0.0, 30, beta)) for beta in (1.0, 1.3, 2.0)]
    return (found[0] > found[1] > found[2]) == faster, "30 blocks, β = 1, 1.3, 2"


@skip.badge(
    holds="skips slow the decay of the correlation, and a smaller β slows it further: for "
    "orthogonal inputs plain {plain:.3g}, skips {one:.3g}, with β {ours:.3g}",
    fails="skips slow the decay of the correlation, and a smaller β slows it further: not here, "
    "for orthogonal inputs plain {plain:.3g}, skips {one:.3g}, with β {ours:.3g}",
    outside="β above 1 scales the branch up, which the note does not mean: for orthogonal inputs "
    "plain {plain:.3g}, skips {one:.3g}, with β {ours:.3g}",
)
def skip_at(depth, beta):
    plain, ours, one = (
        float(correlation_by_depth(0.0, depth, network=n, beta=b)[1][-1])
        for n, b in (("plain", 1.0), ("residual", beta), ("residual", 1.0))
    )
    found = {"plain": plain, "one": one, "ours": ours}
    return ("outside" if beta > 1 else plain < one <= ours), found

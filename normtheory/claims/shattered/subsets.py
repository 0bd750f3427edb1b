"""Which subsets of units similar and different inputs activate, by network."""

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.shattered.decay import DEPTH
from normtheory.claims.shattered.kernels import kernels, shares_of_units
from normtheory.claims.shattered.skip import BETA
from normtheory.theory.gradient_correlation import coactivation, correlation_by_depth
from normtheory.theory.rectifier_networks import layers

similar_inputs = Claim(
    id="shattered.similar-inputs",
    source="The Shattered Gradients Problem",
    says="Similar instances need to activate similar subsets of units, and activation should be "
    "distributed to other subsets as we change the data structure. Skip connections improve "
    "networks in that respect",
    verdict="amended",
    breaks={"beta": 1.0},
    parameters=(DEPTH, BETA),
)
NEAR = 0.95


def shares(network, depth=50, beta=1.0):
    """Co-activation of two inputs of correlation 0 and of correlation .95 in the last layer."""
    rho = correlation_by_depth(np.array([0.0, NEAR]), depth, network=network, beta=beta)[0][-1]
    return tuple(float(share) for share in coactivation(rho))


def _shares(network, depth=50, beta=1.0):
    """The same from integrals over angles."""
    rho, size = np.array([0.0, NEAR]), 1.0
    removed = kernels(0.0)[1] if network.endswith("BN") else 0.0
    for _ in range(depth - 1):
        after = (kernels(rho)[1] - removed) / (1 - removed)
        branch = beta**2 * (1 - removed) / (size if removed else 1.0)
        weight = branch / (1 + branch) if network.startswith("residual") else 1.0
        rho = rho + weight * (after - rho)
        size += beta**2 * (1 - removed)
    return tuple(kernels(rho)[0] / 2)


@similar_inputs.counterexample("numeric")
def skips_alone(
    plain=shares("plain"), skips=shares("residual"), start=shares("plain", 1), *, near=NEAR
):
    r"""Of the units, orthogonal inputs share {start[0]:.3f} and inputs of correlation {near:g}
    {start[1]:.3f} in the first layer, and in layer 50 of a plain network {plain[0]:.3f} and
    {plain[1]:.3f}: the two can hardly be told apart. Skips alone do little: {skips[0]:.3f} and
    {skips[1]:.3f}."""
    found = _shares("plain"), _shares("residual"), _shares("plain", 1)
    return np.allclose((plain, skips, start), found, rtol=1e-6), "kernels by integrals over angles"


@similar_inputs.counterexample("numeric")
def batch_normalization_alone(both=shares("plain+BN")):
    r"""Batch normalization alone takes similar inputs apart as well: {both[0]:.3f} and
    {both[1]:.3f}."""
    return np.allclose(both, _shares("plain+BN"), rtol=1e-6), "kernels by integrals over angles"


@similar_inputs.amendment("numeric")
def skips_with_either(
    bn=shares("residual+BN"), small=shares("residual", beta=0.1),
    both=shares("residual+BN", beta=0.1), *, beta=0.1,
):  # fmt: skip
    r"""Skips with batch normalization in the branch keep different inputs different and similar
    ones similar after 50 blocks, {bn[0]:.3f} and {bn[1]:.3f}; so does a small scale of the branch,
    $\beta={beta:g}$: {small[0]:.3f} and {small[1]:.3f}, with both {both[0]:.3f} and
    {both[1]:.3f}."""
    scaled = (_shares(network, beta=beta) for network in ("residual", "residual+BN"))
    found = _shares("residual+BN"), *scaled
    return np.allclose((bn, small, both), found, rtol=1e-6), "kernels by integrals over angles"


def _random(rng, depth=12, width=128, networks=24, batch=16):
    """Co-activation of nearby and of independent inputs in the last block of random networks."""
    first = rng.standard_normal((networks, batch, width))
    other = NEAR * first + np.sqrt(1 - NEAR**2) * rng.standard_normal(first.shape)
    inputs = np.concatenate([first, other], axis=1)
    *_, (active, _) = layers(
        inputs, inputs, depth=depth, width=width, rng=rng, network="residual+BN"
    )
    pairs = (active[:, :batch] & active[:, batch:]).mean()
    return float(pairs), float(shares_of_units(active[:, :batch])[0].mean())


@similar_inputs.amendment("simulation", rejects={"batch normalization alone": "plain+BN"})
def random_networks(network="residual+BN", *, found=Later(_random)):
    r"""Random networks with skips and batch normalization show it."""
    far, near = shares(network, 12)
    right = abs(found[0] - near) < 0.03 and abs(found[1] - far) < 0.03
    return right, f"12 blocks of width 128: {found[1]:.2f} and {found[0]:.2f}"


@similar_inputs.badge(
    holds="skips keep similar inputs apart from different ones: in layer {depth:d} inputs of "
    "correlation 0 and 0.95 share {far:.3f} and {near:.3f} of the units, {plain_far:.3f} and "
    "{plain_near:.3f} without",
    fails="skips keep similar inputs apart from different ones: hardly here, in layer {depth:d} "
    "inputs of correlation 0 and 0.95 share {far:.3f} and {near:.3f} of the units, {plain_far:.3f} "
    "and {plain_near:.3f} without",
)
def similar_inputs_at(depth, beta):
    (far, near), (plain_far, plain_near) = shares("residual", depth, beta), shares("plain", depth)
    found = {"far": far, "near": near, "plain_far": plain_far, "plain_near": plain_near}
    # a quarter of the 0.2 at the start is this ledger's mark; there skips have changed nothing yet
    return near - far > max(0.05, plain_near - plain_far + 1e-9), found

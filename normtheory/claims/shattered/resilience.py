"""Whether batch normalization and skips resist white gradients, and what co-activation has to do
with them."""

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.shattered.decay import DEPTH, extrapolated_correlation, plain_law
from normtheory.claims.shattered.kernels import by_depth, kernels
from normtheory.theory.gradient_correlation import coactivation, correlation_by_depth

resilience = Claim(
    id="shattered.resilience",
    source="The Shattered Gradients Problem",
    says="Deep neural networks are more prone to white noise gradients. However, latest advances "
    "like BN and Resnet are described to be more resilient to random gradients even in deep "
    "networks",
    verdict="amended",
    breaks={"depth": 24},
    parameters=(DEPTH,),
)


def _removed(depth, skips):
    """Correlation of the gradients at two orthogonal inputs, with batch normalization over a large
    batch, by integrals: it takes away what rectifiers add to the inputs' correlation."""
    size, gradient, (active, removed) = 1.0, 1.0, kernels(0.0)
    for _ in range(depth):
        gradient *= 1 - (1 - active) / (1 + size if skips else 1)
        size += 1 - removed
    return gradient


@resilience.counterexample("numeric")
def batch_normalization(bn=0.5**50, plain=float(plain_law(50)[-1])):
    r"""Batch normalization is the opposite of resilient: for orthogonal inputs the gradients of a
    plain network of 50 layers correlate {plain:.1e} at initialisation, with batch normalization
    {bn:.1e}: $2^{-L}$ instead of $L^{-3}$."""
    found = _removed(50, skips=False), float(by_depth(0.0, 50))
    return np.allclose((bn, plain), found, rtol=1e-6, atol=0), "kernels by integrals over angles"


def _by_network(depth):
    networks = ("plain", "plain+BN", "residual", "residual+BN")
    return [float(correlation_by_depth(0.0, depth, network=n)[1][-1]) for n in networks]


@resilience.amendment("numeric")
def skips(plain=_by_network(50)[0], alone=_by_network(50)[2], both=_by_network(50)[3]):
    r"""Skips are more resilient: {alone:.1e} in 50 blocks without batch normalization, and
    {both:.3f} with it in the branch, against {plain:.1e}. It is the skip that makes the difference,
    and in the branch batch normalization helps it, by making later blocks small."""
    found = by_depth(0.0, 50), by_depth(0.0, 50, beta=1.0), _removed(50, skips=True)
    right = np.allclose((plain, alone, both), found, rtol=1e-6, atol=0)
    return right, "kernels by integrals over angles"


resilience.rests_on(
    "shattered.skip", "The powers of the depth, and what the scale of the branch does.", "range"
)


@resilience.badge(
    holds="BN and skips are more resilient: for orthogonal inputs, at depth {depth:d}, {plain:.2e} "
    "without them, with BN {normed:.2e}, with skips {one:.2e}, with both {both:.2e}",
    fails="BN and skips are more resilient: not BN: for orthogonal inputs, at depth {depth:d}, "
    "{plain:.2e} without them, with BN {normed:.2e}, with skips {one:.2e}, with both {both:.2e}",
)
def resilience_at(depth):
    plain, bn, alone, both = _by_network(depth)
    found = {"plain": plain, "normed": bn, "one": alone, "both": both}
    return min(bn, alone, both) > plain * (1 + 1e-9), found


coactivation_cause = Claim(
    id="shattered.coactivation-cause",
    source="The Shattered Gradients Problem",
    says="One important reason of white noise feedbacks is to be co-activations of network units",
    verdict="refuted",
)


@coactivation_cause.counterexample("simulation", rejects={"one minus it": lambda share: 1 - share})
def it_keeps_gradients_alike(
    factor=lambda share: 2 * share, *, two=Later(extrapolated_correlation, 2)
):
    r"""It is the other way round. Back through a layer the correlation of two gradients is
    multiplied by twice the share of units that are active for both: the more co-activation, the
    less white."""
    shares = [float(coactivation(rho)) for rho in (0.0, 1 / np.pi)]
    # orthogonal inputs correlate 1/π behind the first layer
    right = two.agrees(factor(shares[0]) * factor(shares[1]))
    own = [kernels(rho)[0] for rho in (0.0, 1 / np.pi)]
    right &= np.allclose([factor(s) for s in shares], own, rtol=1e-9)
    return right, f"random networks of two layers: {two}"


@coactivation_cause.counterexample("numeric")
def the_least_is_the_whitest(
    quarter=0.25,
    white=0.5**24,
    rising=float(coactivation(correlation_by_depth(0.0, 24)[0][-1])),
    plain=float(plain_law(24)[-1]),
):
    r"""With batch normalization the co-activation stays at {quarter:g} and 24 layers leave a
    correlation of {white:.1e}; without, it rises to {rising:.2f} and they leave {plain:.1e}."""
    rho = 0.0
    for _ in range(23):
        rho = kernels(rho)[1]
    found = kernels(0.0)[0] / 2, _removed(24, False), kernels(rho)[0] / 2, by_depth(0.0, 24)
    right = np.allclose((quarter, white, rising, plain), found, rtol=1e-6, atol=0)
    return right, "kernels by integrals over angles, orthogonal inputs"

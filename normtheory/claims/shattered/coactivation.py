"""How many units two inputs share, by depth, with and without batch normalization."""

from dataclasses import replace
from math import comb

import numpy as np

from normtheory.claims import Claim, Later, sp
from normtheory.claims.shattered.decay import BN, DEPTH
from normtheory.claims.shattered.kernels import kernels, shares_of_units
from normtheory.theory.certified import certify
from normtheory.theory.gradient_correlation import coactivation, correlation_by_depth
from normtheory.theory.montecarlo import Estimate, estimate
from normtheory.theory.rectifier_networks import layers

STARTS = np.concatenate([np.linspace(-1, 0.999, 60), [1 - 1e-6]])

coactivation_depth = Claim(
    id="shattered.coactivation-depth",
    source="The Shattered Gradients Problem",
    says="As activation goes through the layers, the co-activation rate goes higher",
    verdict="holds",
    parameters=(DEPTH,),
)


def _integrated():
    """kappa_1 as a function of the angle between the inputs, integrated over directions."""
    turn, angle = sp.symbols("theta phi", positive=True)
    # cos(a) cos(b) as a sum, which integrates at once
    both = (sp.cos(angle) + sp.cos(2 * turn - angle)) / 2
    return sp.integrate(both, (turn, angle - sp.pi / 2, sp.pi / 2)) / sp.pi * 2, angle


@coactivation_depth.shown("proof")
def a_layer_raises_correlations(
    forward=lambda cosine, sine, angle, pi: (sine + (pi - angle) * cosine) / pi,
    slope=lambda angle, pi: (pi - angle) / pi,
    *,
    integrated=Later(_integrated),
):
    r"""A layer takes the correlation $\rho$ to $\kappa_1(\rho)$, with $\kappa_1(1) = 1$ and
    $\kappa_1' = 1-\arccos(\rho)/\pi < 1$, so that $\kappa_1(\rho) > \rho$ for every $\rho < 1$, and
    the co-activation $(\pi-\arccos\rho)/2\pi$ rises in every layer."""
    kernel, angle = integrated
    gap = kernel - forward(sp.cos(angle), sp.sin(angle), angle, sp.pi)
    by_rho = sp.diff(kernel, angle) / -sp.sin(angle) - slope(angle, sp.pi)
    right = sp.simplify(gap) == 0 and sp.simplify(by_rho) == 0
    return right and kernel.subs(angle, 0) == 1, "integrated over directions, for every angle"


def _shares_by_layer(network, rng, *, depth=10, batch=32, width=96, networks=32):
    inputs = rng.standard_normal((networks, batch, width))
    run = layers(inputs, inputs, depth=depth, width=width, rng=rng, network=network)
    found = np.array([shares_of_units(active) for active, _ in run])  # (depth, 2, networks)
    mean, error = found.mean(axis=-1), found.std(axis=-1, ddof=1) / np.sqrt(networks)
    return [[Estimate(float(m), float(e), networks) for m, e in zip(*row, strict=True)]
            for row in zip(mean, error, strict=True)]  # fmt: skip


@coactivation_depth.shown("simulation", rejects={"batch normalization added": "plain+BN"})
def random_networks(network="plain", *, rng):
    r"""Random networks show the rise over ten layers."""
    shares = _shares_by_layer(network, rng)
    first, last = shares[0][0], shares[-1][0]
    return last.interval()[0] > first.interval()[1], f"width 96: {first}, in layer 10 {last}"


def _both_active(rng):
    """Share of normal pairs that are both positive, at three correlations."""

    def both(rho):
        def draw(rng, size):
            u, v = rng.standard_normal((2, size))
            return (u > 0) & (rho * u + np.sqrt(1 - rho**2) * v > 0)

        return estimate(draw, rng, replicates=1_600_000)

    return {rho: both(rho) for rho in (-0.3, 0.0, 0.8)}


@coactivation_depth.derivation("simulation")
def share_of_a_layer(
    share=lambda rho: float(coactivation(rho)), limit=0.5, *, found=Later(_both_active)
):
    r"""The share of a layer's units that are active for both inputs is $(\pi-\arccos\rho)/2\pi$; in
    deep networks it tends to $1/2$, for inputs of every correlation below 1."""
    after = correlation_by_depth(STARTS, 4000)[0][-1]
    steps = np.diff(coactivation(correlation_by_depth(STARTS, 200)[0]), axis=0)
    right = all(each.agrees(share(rho)) for rho, each in found.items()) and (steps > 0).all()
    right &= np.allclose([kernels(r)[0] / 2 for r in after], limit, rtol=2e-3)
    return right, ", ".join(f"{each.mean:.4f} at {rho:g}" for rho, each in found.items())


coactivation_depth.by_hand("Meant are wide plain networks at initialisation.", role="range")
coactivation_depth.rests_on(
    "shattered.decay",
    "The note makes this a cause of white noise. It is the other way round: the units that two "
    "inputs share are what keeps their gradients alike.",
    role="range",
)


@coactivation_depth.badge(
    holds="the co-activation goes higher with depth: orthogonal inputs share {here:.4f} of the "
    "units in layer {depth:d}, {after:.4f} in the next"
)
def coactivation_depth_at(depth):
    here, after = coactivation(correlation_by_depth(0.0, depth + 1)[0])[-2:]
    return bool(after > here) if depth < 500 else True, {"here": float(here), "after": float(after)}


batchnorm_quarter = Claim(
    id="shattered.batchnorm-quarter",
    source="The Shattered Gradients Problem",
    says="BN layers prevent this by keeping the co-activation rate 1/4 (1/4 units are active per "
    "layer)",
    verdict="amended",
    breaks={"depth": 1, "bn": "with"},
    parameters=(DEPTH, replace(BN, default="with")),
)


def batch_coactivation(batch):
    """Co-activation after BN of inputs that correlate alike: all by -1/(b-1)."""
    return float(coactivation(-1 / (batch - 1)))


def _active(rng):
    return [row[1] for row in _shares_by_layer("plain+BN", rng, depth=6)]


@batchnorm_quarter.counterexample("simulation", rejects={"a quarter": 0.25})
def half_are_active(share=0.5, sixth=batch_coactivation(3), *, found=Later(_active)):
    r"""In random networks with BN half of the units are active in every layer, not a quarter. In a
    batch of 2 no unit is active for both, in one of 3 a sixth."""
    # three values that sum to 0 are the heights of a triangle's corners, at every angle
    turn = 2 * np.pi * (np.arange(6000) + 0.5) / 6000
    count = sum((np.cos(turn + 2 * np.pi * k / 3) > 0).astype(int) for k in range(3))
    pairs = float((count * (count - 1) / 6).mean())
    # eight standard errors of the mean over six layers
    right = abs(np.mean([each.mean for each in found]) - share) < 0.005
    right &= abs(pairs / sixth - 1) < 1e-9
    return right, "layers 1 to 6: " + ", ".join(f"{each.mean:.3f}" for each in found)


def _pairs(rng):
    """Co-activation in layer 1 of orthogonal inputs, and in layer 6, by batch size."""
    found = {}
    for batch, networks in ((3, 64), (8, 64), (32, 24)):

        def draw(rng, size, batch=batch):  # orthogonal inputs: independent pre-activations
            z = rng.standard_normal((batch, size))
            count = (z > z.mean(axis=0)).sum(axis=0)
            return count * (count - 1) / (batch * (batch - 1))

        deep = _shares_by_layer("plain+BN", rng, depth=6, batch=batch, networks=networks)
        found[batch] = estimate(draw, rng, replicates=500_000), deep[-1][0]
    return found


@batchnorm_quarter.amendment("simulation")
def share_by_batch_size(
    share=batch_coactivation, four=batch_coactivation(4), twins=1 / 6, *, found=Later(_pairs)
):
    r"""1/2 of the units are active for one input, 1/4 for both of two typical inputs of a large
    batch: exactly $\frac14 - \arcsin(1/(b-1))/2\pi$ in a wide layer, where all pairs of a batch
    of $b$ correlate alike. Where they do not, pairs share less or more on average: in a batch of
    four {four:.3f}, but {twins:.3f} of two and two equal inputs."""
    right = all(each.agrees(share(batch)) for batch, both in found.items() for each in both)
    # the four are a, a, -a and -a: two are active, one pair of six
    right &= abs(twins - 1 / comb(4, 2)) < 1e-9 and abs(four / share(4) - 1) < 1e-9
    told = "; ".join(
        f"batch {b}: {one.mean:.4f}, {six.mean:.3f}" for b, (one, six) in found.items()
    )
    return right, f"layers 1 and 6, {told}"


@batchnorm_quarter.amendment("certified", rejects={"no batch normalization": 0.0})
def nearby_inputs(removed=1 / np.pi, *, low=1e-3, high=0.999):
    r"""In a large batch nearby inputs start above 1/4 and approach it layer by layer: where their
    correlation is from {low:g} to {high:g}, the next layer's is less, and still positive."""

    def after(rho):
        kernel = ((1 - rho * rho).sqrt() + (rho.pi() - rho.acos()) * rho) / rho.pi()
        return (kernel - removed) / (1 - removed)

    network = correlation_by_depth(np.linspace(low, high, 9), 2, network="plain+BN")[0]
    own = [(kernels(rho)[1] - removed) / (1 - removed) for rho in network[0]]
    less = certify(lambda rho: rho - after(rho), [(low, high)])
    positive = certify(after, [(low, high)])
    right = less.covered and positive.covered and np.allclose(network[1], own, rtol=1e-9)
    return right, f"less: {less}; positive: {positive}"


batchnorm_quarter.by_hand(
    "After batch normalization a unit's pre-activations have mean zero over the batch and are "
    "symmetric: half are positive."
)


@batchnorm_quarter.derivation("proof")
def exchangeable_pairs(rho=lambda b: -1 / (b - 1)):
    r"""$b$ of them sum to 0 and have $b$ as sum of squares, so pairs that correlate alike do
    so by $-1/(b-1)$, and all others on average."""
    b, r = sp.symbols("b r", positive=True)
    # the square of the sum: b squares of 1 and b (b - 1) products
    (found,) = sp.solve(b + b * (b - 1) * r, r, check=False) or [sp.nan]
    return sp.cancel(found - rho(b)) == 0, f"b + b(b - 1)ρ = 0: ρ = {found}"


@batchnorm_quarter.derivation("numeric")
def pairs_are_driven_apart(inner=1 / (2 - 2 / np.pi), outer=np.pi / (np.pi - 1), removed=1 / np.pi):
    r"""Large batch: $\rho \to (\kappa_1(\rho) - 1/\pi)/(1 - 1/\pi)$ has the fixed points 0, with
    slope {inner:.3f}, and 1, with slope {outer:.3f}: pairs are driven apart, to $\rho = 0$."""
    step = 1e-6

    def after(rho):
        return (kernels(rho)[1] - removed) / (1 - removed)

    slopes = (after(step) - after(-step)) / (2 * step), (after(1.0) - after(1 - step)) / step
    fixed = abs(after(0.0)) < 1e-12 and abs(after(1.0) - 1) < 1e-12
    return fixed and np.allclose((inner, outer), slopes, rtol=2e-3), "differences of the kernel"


@batchnorm_quarter.range("numeric")
def gradients_grow(growth=np.pi / (np.pi - 1)):
    r"""Meant is a typical pair of one batch at initialisation. Gradients grow by
    $\pi/(\pi-1)={growth:.3f}$ in mean square a layer at the same time."""
    # weights of variance 2/n, half of the units, and the variance that is divided out
    z = np.linspace(0, 12, 40_001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    first, second = (np.trapezoid(z**k * density, z) for k in (1, 2))
    variance = 2 * (second - first**2)
    return abs(growth * variance - 1) < 1e-6, f"variance {variance:.4f}"


@batchnorm_quarter.badge(
    holds="batch normalization keeps the co-activation at 1/4: so it does for two typical inputs, "
    "and for those of correlation 0.9 it is {share:.3f} in layer {depth:d}; active are 1/2",
    fails="batch normalization keeps the co-activation at 1/4: not for inputs of correlation 0.9, "
    "which share {share:.3f} in layer {depth:d}; two typical inputs do, and active are 1/2",
    outside="without batch normalization orthogonal inputs share {here:.3f} in layer {depth:d}",
)
def batchnorm_quarter_at(depth, bn):
    if bn == "without":
        return "outside", {"here": float(coactivation(correlation_by_depth(0.0, depth)[0])[-1])}
    share = float(coactivation(correlation_by_depth(0.9, depth, network="plain+BN")[0])[-1])
    return share <= 0.26, {"share": share}

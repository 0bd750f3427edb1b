"""How many units two inputs share, by depth, with and without batch normalization."""

from dataclasses import replace

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.shattered.decay import BN, DEPTH
from normtheory.theory.gradient_correlation import coactivation, correlation_by_depth
from normtheory.theory.montecarlo import Estimate, estimate
from normtheory.theory.rectifier_networks import coactive_shares, layers

STARTS = np.concatenate([np.linspace(-1, 0.999, 60), [1 - 1e-6]])


def _grows(network, rng):
    shares = coactivation(correlation_by_depth(STARTS, 200, network=network)[0])
    steps = np.diff(shares, axis=0)
    return Outcome(
        bool((steps > 0).all() and (shares[-1] > 0.48).all()),
        f"{len(STARTS)} pairs, 200 layers: smallest step {steps.min():.1e}, orthogonal inputs "
        f"{shares[0, 30]:.3f}, {shares[9, 30]:.3f}, {shares[-1, 30]:.3f} in layers 1, 10, 200",
    )


def _proof_grows(kernel, rng):
    import sympy as sp

    rho = sp.Symbol("rho")
    expression = kernel(rho)
    slope = sp.simplify(sp.diff(expression, rho) - (sp.pi - sp.acos(rho)) / sp.pi)
    end = sp.simplify(expression.subs(rho, 1) - 1)
    return Outcome(
        slope == 0 and end == 0,
        f"kappa_1' - kappa_0 = {slope} and kappa_1(1) - 1 = {end}; as kappa_0 < 1 below 1, "
        "kappa_1(rho) > rho",
    )


def _kernel(rho):
    import sympy as sp

    return (sp.sqrt(1 - rho**2) + (sp.pi - sp.acos(rho)) * rho) / sp.pi


def _first_layer(share, rng):
    fine, text = True, []
    for rho in (-0.5, 0.0, 0.8):

        def both(rng, size, rho=rho):
            u, v = rng.standard_normal((2, size))
            return (u > 0) & (rho * u + np.sqrt(1 - rho**2) * v > 0)

        found = estimate(both, rng, replicates=1_600_000)
        fine &= found.agrees(float(share(rho)))
        text.append(f"{rho:g}: {found.mean:.4f}")
    return Outcome(fine, "co-activation at correlation " + ", ".join(text))


def _shares_by_layer(network, rng, *, depth=10, batch=32, width=96, networks=32):
    inputs = rng.standard_normal((networks, batch, width))
    run = layers(inputs, inputs, depth=depth, width=width, rng=rng, network=network)
    found = np.array([coactive_shares(active) for active, _ in run])  # (depth, 2, networks)
    mean, error = found.mean(axis=-1), found.std(axis=-1, ddof=1) / np.sqrt(networks)
    return [[Estimate(float(m), float(e), networks) for m, e in zip(*row, strict=True)]
            for row in zip(mean, error, strict=True)]  # fmt: skip


def _simulated_growth(network, rng):
    shares = _shares_by_layer(network, rng)
    first, last = shares[0][0], shares[-1][0]
    return Outcome(
        last.interval()[0] > first.interval()[1],
        f"32 networks of width 96: {first} in layer 1, {last} in layer 10",
    )


def _growth_at(depth):
    share = coactivation(correlation_by_depth(0.0, depth + 1)[0])
    return Standing(
        "holds", f"orthogonal inputs: {share[-2]:.4f} in layer {depth}, {share[-1]:.4f} in the next"
    )


COACTIVATION_DEPTH = Claim(
    id="shattered.coactivation-depth",
    source="The Shattered Gradients Problem",
    statement="As activations go through the layers, the co-activation rate goes higher",
    verdict="holds",
    parameters=(DEPTH,),
    derivation=(
        r"The co-activation $P = (\pi-\arccos\rho)/2\pi$ grows with the correlation $\rho$ of the "
        r"pre-activations, and a layer takes $\rho$ to $\kappa_1(\rho)$.",
        r"$\kappa_1' = \kappa_0 < 1$ and $\kappa_1(1) = 1$, so $\kappa_1(\rho) > \rho$ for every "
        r"$\rho < 1$: P rises in every layer, towards 1/2.",
    ),
    remark="In wide plain networks at initialisation. The note makes this a cause of white noise; "
    "it is the other way round: the correlation of gradients is multiplied by 2P in each layer, so "
    "higher co-activation keeps gradients alike. What it costs is capacity: all inputs come to use "
    "the same units.",
    evidence=(
        Evidence(
            kind="proof",
            shows="a layer raises every correlation below 1",
            check=_proof_grows,
            subject=_kernel,
            mutant=lambda rho: _kernel(rho) * 51 / 50,
            mutation="kernel 2 % too large",
        ),
        Evidence(
            kind="numeric",
            shows="co-activation rises in every layer for inputs of every correlation",
            check=_grows,
            subject="plain",
            mutant="plain+BN",
            mutation="batch normalization added",
        ),
        Evidence(
            kind="simulation",
            shows="the share of a layer's units active for both inputs is P",
            check=_first_layer,
            subject=coactivation,
            mutant=lambda rho: 1.02 * coactivation(rho),
            mutation="share 2 % too large",
        ),
        Evidence(
            kind="simulation",
            shows="random networks of width 96 show the rise over ten layers",
            check=_simulated_growth,
            subject="plain",
            mutant="plain+BN",
            mutation="batch normalization added",
        ),
    ),
    at=_growth_at,
)


def batch_coactivation(batch):
    """Co-activation of a batch of exchangeable inputs after BN: their correlation is -1/(b-1)."""
    return coactivation(-1 / (batch - 1))


def _active_share_is_not(value, rng):
    layers_ = _shares_by_layer("plain+BN", rng, depth=6)
    found = [row[1] for row in layers_]
    return Outcome(
        not any(f.agrees(value) for f in found),
        "share of units active, layers 1 to 6: " + ", ".join(f"{f.mean:.3f}" for f in found),
    )


def _pair_share(share, rng):
    text, fine = [], True
    for batch, networks in ((3, 64), (8, 64), (32, 24)):

        def pairs(rng, size, batch=batch):  # orthogonal inputs: independent pre-activations
            z = rng.standard_normal((batch, size))
            count = (z > z.mean(axis=0)).sum(axis=0)
            return count * (count - 1) / (batch * (batch - 1))

        value = float(share(batch))
        first = estimate(pairs, rng, replicates=500_000)
        sixth = _shares_by_layer("plain+BN", rng, depth=6, batch=batch, networks=networks)[-1][0]
        fine &= first.agrees(value) and sixth.agrees(value)
        text.append(f"batch {batch}: {first.mean:.4f}, {sixth.mean:.3f} against {value:.4f}")
    return Outcome(fine, "layers 1 and 6, " + "; ".join(text))


def _kept_at_quarter(network, rng):
    shares = coactivation(correlation_by_depth(STARTS[1:-1], 60, network=network)[0])
    gap = np.abs(shares - 0.25)
    settled = gap[-1].max()
    return Outcome(
        settled < 1e-3 and bool((np.diff(gap, axis=0) <= 1e-12).all()),
        f"{len(STARTS) - 2} pairs: distance from 1/4 at most {gap[0].max():.3f} in layer 1, "
        f"{gap[9].max():.3f} in layer 10, {settled:.1e} in layer 60, never growing",
    )


def _quarter_at(depth, bn):
    if bn == "without":
        share = coactivation(correlation_by_depth(0.0, depth)[0])[-1]
        return Standing("fails" if depth > 1 else "holds", f"layer {depth}: {share:.3f} of pairs")
    near = coactivation(correlation_by_depth(0.9, depth, network="plain+BN")[0])[-1]
    return Standing(
        "undecided" if near > 0.26 else "holds",
        f"two inputs share 1/4 (those of correlation 0.9: {near:.3f} in layer {depth}); "
        "active are 1/2",
    )


BATCHNORM_QUARTER = Claim(
    id="shattered.batchnorm-quarter",
    source="The Shattered Gradients Problem",
    statement='BN layers keep the co-activation rate at 1/4 ("1/4 units are active per layer")',
    verdict="amended",
    parameters=(DEPTH, replace(BN, default="with")),
    counterexample="In random networks with BN half of the units are active in every layer, not a "
    "quarter. In a batch of 2 no unit is active for both inputs, in one of 3 a sixth.",
    amendment=r"1/2 of the units are active for one input, 1/4 for both of two typical inputs of a "
    r"large batch: exactly $\frac14 - \arcsin(1/(b-1))/2\pi$ for exchangeable inputs in a batch of "
    r"b. Nearby inputs start above 1/4 and approach it layer by layer.",
    derivation=(
        r"After BN a unit's pre-activations have mean 0 over the batch and are symmetric: half are "
        r"positive.",
        r"b of them sum to 0 and have b as sum of squares, so exchangeable pairs have correlation "
        r"$-1/(b-1)$; co-activation $(\pi-\arccos\rho)/2\pi$.",
        r"Large batch: $\rho \to (\kappa_1(\rho) - 1/\pi)/(1 - 1/\pi)$ has the fixed points 0, "
        r"with slope 0.733, and 1, with slope 1.467: pairs are driven apart, to $\rho = 0$.",
    ),
    remark="What BN keeps is a statement about typical pairs of one batch at initialisation; "
    "gradients grow by pi/(pi - 1) = 1.467 in mean square a layer at the same time.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="the share of active units is not 1/4",
            check=_active_share_is_not,
            subject=0.25,
            mutant=0.5,
            mutation="one half, the true share",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="the co-activation of a batch of b is 1/4 - arcsin(1/(b-1))/2pi",
            check=_pair_share,
            subject=batch_coactivation,
            mutant=lambda batch: 1.02 * batch_coactivation(batch),
            mutation="2 % larger",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="in a large batch every pair approaches 1/4, layer by layer",
            check=_kept_at_quarter,
            subject="plain+BN",
            mutant="plain",
            mutation="no batch normalization",
        ),
    ),
    at=_quarter_at,
)

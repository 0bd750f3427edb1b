"""Weights at the start that keep the moments from layer to layer."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.claims.selu.quadrature import halves, layer
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.selu import moment_jacobian
from normtheory.theory.selu_constants import (
    fixed_point_constants,
    plain_constants,
    plain_target_band,
)
from normtheory.theory.selu_networks import layer_spread, propagate_moments, random_layer_map

initialisation = Claim(
    id="selu.initialisation",
    source="Self-Normalizing Neural Networks",
    says=r"Start with the right values: sample the weights with mean 0 and variance $1/n$, "
    "where n is the number of weights",
    verdict="amended",
    breaks={"mean": 1.0, "variance": 1.0},
    parameters=(
        MEAN,
        VARIANCE,
        Parameter.count("depth", "L", "layers", 16, (1, 64), (1, 1000)),
        Parameter.count("width", "n", "units a layer", 256, (8, 1024), (2, 1e6), log=True),
    ),
)


def _after(mean, variance, alpha, lam, layers):
    """Moments over the units of wide layers with weights N(0, 1/n)."""
    for _ in range(layers):
        mean, variance = random_layer_map(mean, variance, alpha=alpha, lam=lam)
    return float(mean), float(variance)


def _network(constants, target, depth, rng, width=128, networks=40, **options):
    """Mean and geometric mean of the moments of random networks, as two estimates."""
    alpha, lam = constants
    options = {"depth": depth, "width": width, "rng": rng, "samples": 16, **options}
    runs = [propagate_moments(*target, alpha=alpha, lam=lam, **options) for _ in range(networks)]
    last = np.array([(mean[-1], np.log(variance[-1])) for mean, variance in runs])
    errors = last.std(axis=0, ddof=1) / np.sqrt(networks)
    return [
        Estimate(float(m), float(e), networks)
        for m, e in zip(last.mean(axis=0), errors, strict=True)
    ]


@initialisation.counterexample("simulation")
def constants_for_weight_sum_0(
    after=_after(0.5, 1.0, *fixed_point_constants(0.5, 1.0), 10),
    *,
    mean=0.5,
    run=Later(_network, fixed_point_constants(0.5, 1.0), (0.5, 1.0), 10),
):
    r"""Target mean {mean:g}, variance 1, with the constants that belong to weight sum 0: weights
    $N(0,1/n)$ take it to mean {after[0]:.2f}, variance {after[1]:.2f} within 10 wide layers."""
    at = mean, 1.0
    for _ in range(10):
        at = layer(0.0, at[0] ** 2 + at[1], *fixed_point_constants(mean, 1.0))
    low, high = np.exp(run[1].interval())
    right = np.allclose(after, at, rtol=1e-6) and low > 2
    return right, f"40 networks of 128 units: variance between {low:.1f} and {high:.1f}"


def _squared_norms(count, rng, inputs=64, units=1 << 16):
    norms = (rng.standard_normal((units, inputs)) ** 2).sum(axis=1) / count
    return Estimate(float(norms.mean()), float(norms.std() / units**0.5), units)


@initialisation.counterexample("simulation")
def all_weights_of_the_layer(units=32, *, inputs=64, found=Later(_squared_norms, 64 * 32)):
    r"""With n the number of weights of the layer ({inputs:d} inputs, 32 units) the squared norm of
    a unit's weights is 1/{units:d}."""
    return found.agrees(1 / units), f"squared norm {found}"


@initialisation.amendment("simulation")
def weights_of_one_unit(norm=1.0, *, found=Later(_squared_norms, 64)):
    r"""n is the number of weights of one unit, its inputs: then their squared norm is {norm:g} on
    average."""
    return found.agrees(norm), f"squared norm {found} at 64 inputs"


@initialisation.amendment("simulation")
def mean_0_is_kept(
    wide=lambda *moments, **constants: tuple(map(float, random_layer_map(*moments, **constants))),
    *,
    run=Later(_network, fixed_point_constants(0.0, 4.0), (0.0, 4.0), 10),
    first=Later(_network, fixed_point_constants(0.0, 4.0), (0.0, 4.0), 1, networks=800),
):
    r"""For a target of mean 0 this keeps every variance $\nu$ in wide layers."""
    right = run[0].agrees(0.0) and run[1].agrees(np.log(4.0))
    right &= abs(first[1].mean - np.log(4.0)) < 0.009
    for variance in (1e-3, 0.01, 1.0, 4.0, 50.0):
        alpha, lam = fixed_point_constants(0.0, variance)
        found = wide(0.0, variance, alpha=alpha, lam=lam)
        right &= np.allclose(found, layer(0.0, variance, alpha, lam), rtol=1e-9, atol=1e-9)
        right &= np.allclose(found, (0.0, variance), rtol=1e-9, atol=1e-9)
    low, high = np.exp(run[1].interval())
    return right, f"(0, 4) after 10 layers of 128 units: variance {low:.1f} to {high:.1f}"


@initialisation.amendment("numeric")
def any_mean_in_a_band(
    low=plain_target_band(1.0)[0],
    high=plain_target_band(1.0)[1],
    constants=plain_constants(-0.4, 1.0),
    *,
    mean=-0.4,
):
    r"""A target of another mean is kept, too, with the constants of $z\sim N(0,q)$, $q=\mu^2+\nu$.
    They exist exactly for $-\sqrt{q/r(q)}<\mu<\sqrt{q/\pi}$ ($r$ as in selu.any-target): at $\nu=1$
    for ${low:.3f}<\mu<{high:.3f}$. For ({mean:g}, 1): $\alpha={constants.alpha:.4f}$,
    $\lambda={constants.lam:.4f}$."""
    kept = np.allclose(layer(0.0, mean**2 + 1, *constants), (mean, 1.0), rtol=1e-9)
    sizes = []
    for end in (low, high):
        p1, p2, n1, n2 = halves(end**2 + 1)
        # with one half alone the squared mean has its largest part of the second moment
        sizes.append((n1**2 / n2 if end < 0 else p1**2 / p2) * (end**2 + 1) / end**2)
    return kept and np.allclose(sizes, 1, rtol=1e-9), "both ends and the layer by quadrature"


def _slope(mean, variance):
    """Slope of the second moment's map at a target with plain weights."""
    alpha, lam = plain_constants(mean, variance)
    jacobian = moment_jacobian(0.0, mean**2 + variance, alpha=alpha, lam=lam)
    return float(jacobian[1, 1] + 2 * mean * jacobian[0, 1])


@initialisation.amendment("numeric", rejects={"it does not attract": {"below": 0.5}})
def the_second_moment_attracts(
    slopes=tuple(_slope(mean, 1.0) for mean in (-0.8, -0.4, 0.0, 0.4, 0.6)),
    below=1,
    *,
    means=(-0.8, -0.4, 0.0, 0.4, 0.6),
    run=Later(_network, plain_constants(-0.4, 1.0), (-0.4, 1.0), 30, width=400, networks=12),
):
    r"""There the second moment attracts: the slope of its map stays below {below:d}; at $\nu=1$ and
    $\mu={means[0]:g}, {means[1]:g}, {means[2]:g}, {means[3]:g}, {means[4]:g}$ it is
    {slopes[0]:.3f}, {slopes[1]:.3f}, {slopes[2]:.3f}, {slopes[3]:.3f}, {slopes[4]:.3f}."""
    found = []
    for mean in means:
        constants, q = plain_constants(mean, 1.0), mean**2 + 1
        up, down = (layer(0.0, q * (1 + s), *constants) for s in (1e-4, -1e-4))
        found.append((up[1] + up[0] ** 2 - down[1] - down[0] ** 2) / (2e-4 * q))
    right = np.allclose(found, slopes, rtol=1e-5) and 0 < below - max(found) < 0.1
    right &= run[0].agrees(-0.4) and run[1].agrees(0.0)
    told = f"mean {run[0].mean:.3f}, variance {np.exp(run[1].mean):.3f}"
    return right, f"30 layers of 400 units: {told}"


initialisation.rests_on(
    "selu.elu-alpha",
    "Over its argument the map of the second moment falls, as without the second constant: where "
    "the two are equal, its slope is therefore below one.",
)


@initialisation.amendment("simulation", rejects={"not centred": False})
def with_weight_sums_0(centred=True, *, mean=0.5, rng):
    r"""The constants of selu.any-target are kept, too, if the weights of each unit are centred."""
    options = {"centred": centred, "width": 192}
    found = _network(fixed_point_constants(mean, 1.0), (mean, 1.0), 4, rng, **options)
    right = found[0].agrees(mean) and found[1].agrees(0.0)
    return right, f"target ({mean:g}, 1), 4 layers of 192 units: mean {found[0]}"


def _weight_moments():
    """n, E w² and E w⁴ of a weight w ~ N(0, 1/n), integrated symbolically."""
    n = sp.Symbol("n", positive=True)
    w = sp.Symbol("w", real=True)
    density = sp.exp(-n * w**2 / 2) * sp.sqrt(n / (2 * sp.pi))
    return n, *(sp.simplify(sp.integrate(w**k * density, (w, -sp.oo, sp.oo))) for k in (2, 4))


@initialisation.derivation("proof", rejects={"of order 1/n": {"omega": lambda n: 1 / n}})
def norm_and_sum(tau=lambda n: 2 / n, omega=lambda n: 1.0, *, weights=Later(_weight_moments)):
    r"""$\tau = \sum w_i^2$ has mean 1 and standard deviation $\sqrt{2/n}$; $\omega = \sum w_i\sim
    N(0, 1)$ is of order one at every width."""
    n, second, fourth = weights
    gaps = n * (fourth - second**2) - tau(n), n * second - omega(n)
    right = all(gap.equals(0) for gap in gaps) and n * second == 1
    return right, f"E w² = {second}, E w⁴ = {fourth}"


@initialisation.derivation("proof")
def over_the_units(variance=lambda mu, nu: mu**2 + nu, *, weights=Later(_weight_moments)):
    r"""A unit's pre-activation has mean $\mu\omega$ and variance $\nu\tau$: over the units,
    $z \sim N(0, \mu^2 + \nu)$. Only $\mu = 0$ gives back the $N(0, \nu)$ of weight sum 0."""
    mu, nu = sp.symbols("mu nu", positive=True)
    n, second, _ = weights
    # the variance of z at given weights is ν τ, its mean µ ω, and the squares' means add up
    total = nu * n * second + mu**2 * n * second
    return sp.expand(total - variance(mu, nu)) == 0, f"E z² = {total}"


@initialisation.derivation("numeric")
def growth_with_the_wrong_constants(
    lam=fixed_point_constants(0.5, 1.0).lam,
    factor=fixed_point_constants(0.5, 1.0).lam ** 2 / 2,
    *,
    mean=0.5,
):
    r"""With the constants of ({mean:g}, 1) for weight sum 0, $\lambda = {lam:.3f}$, the second
    moment grows by $\lambda^2/2 = {factor:.2f}$ a layer once it is large."""
    p1, p2, n1, n2 = halves(1.0)
    # the root of λ P₁ - a N₁ = µ and λ² P₂ + a² N₂ = µ² + 1
    constant = n2 * mean**2 - n1**2 * (mean**2 + 1)
    roots = np.roots([p2 * n1**2 + n2 * p1**2, -2 * n2 * p1 * mean, constant])
    moments = layer(0.0, 1e9, fixed_point_constants(mean, 1.0).alpha, max(roots))
    grown = (moments[1] + moments[0] ** 2) / 1e9
    return np.allclose((lam, factor), (max(roots), grown), rtol=1e-4), f"by {grown:.4f} at 1e9"


@initialisation.badge(
    holds="weights N(0, 1/n) keep mean and variance, with α = {plain_alpha:.4g}, λ = "
    "{plain_lam:.4g}; one network of this width and depth strays by ±{spread:.0%} in its second "
    "moment",
    fails="weights N(0, 1/n) keep mean and variance: not these, at variance {variance:.3g} the "
    "mean must lie between {plain_low:.3g} and {plain_high:.3g}",
    undecided="weights N(0, 1/n) keep mean and variance on average, with α = {plain_alpha:.4g}, "
    "λ = {plain_lam:.4g}; one network of this width and depth strays by ±{spread:.0%}",
)
def initialisation_at(mean, variance, depth, width):
    low, high = plain_target_band(variance)
    if not low < mean < high:
        return False, {"plain_low": low, "plain_high": high}
    alpha, lam = plain_constants(mean, variance)
    spread = float(layer_spread(mean**2 + variance, depth, width, alpha=alpha, lam=lam))
    return (None if spread > 0.5 else True), {
        "plain_alpha": alpha,
        "plain_lam": lam,
        "spread": spread,
    }

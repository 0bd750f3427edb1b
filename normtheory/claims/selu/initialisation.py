"""Weights at the start that keep the moments from layer to layer."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.theory.montecarlo import Estimate, estimate
from normtheory.theory.selu_constants import fixed_point_constants, solve_constants
from normtheory.theory.selu_networks import layer_spread, propagate_moments, random_layer_map

DEPTH = Parameter(
    name="depth",
    symbol="L",
    meaning="layers",
    default=16,
    domain=(1, 1000),
    closed=True,
    typical=(1, 64),
    integer=True,
)
WIDTH = Parameter(
    name="width",
    symbol="n",
    meaning="units a layer",
    default=256,
    domain=(2, 1e6),
    closed=True,
    typical=(8, 1024),
    integer=True,
    log=True,
)
SHIFTED = (0.5, 1.0)


def _last_moments(target, rng, *, of=np.asarray, centred=False, depth=10, width=128, networks=64):
    mean, variance = target
    alpha, lam = fixed_point_constants(mean, variance)
    found = np.array(
        [
            [
                x[-1]
                for x in propagate_moments(
                    mean, variance, depth=depth, width=width, rng=rng, samples=32,
                    alpha=alpha, lam=lam, centred=centred,
                )
            ]
            for _ in range(networks)
        ]
    )  # fmt: skip
    return [
        Estimate(float(x.mean()), float(x.std(ddof=1) / np.sqrt(networks)), networks)
        for x in (found[:, 0], of(found[:, 1]))
    ]


def _mean_zero_keeps(target, rng):
    mean, variance = _last_moments(target, rng)
    return Outcome(
        mean.agrees(target[0]) and variance.agrees(target[1]),
        f"target {target}: after 10 layers of 128 units mean {mean.mean:.2f} ± "
        f"{mean.standard_error:.2f}, variance {variance.mean:.2f} ± {variance.standard_error:.2f}",
    )


def _shifted_target_drifts(centred, rng):
    _, variance = _last_moments(SHIFTED, rng, centred=centred, of=np.log)
    moments = SHIFTED
    alpha, lam = fixed_point_constants(*SHIFTED)
    for _ in range(10):
        moments = tuple(float(x) for x in random_layer_map(*moments, alpha=alpha, lam=lam))
    low, high = np.exp(variance.interval())
    return Outcome(
        low > 3 * SHIFTED[1],
        f"target {SHIFTED}, 10 layers of 128 units: variance {np.exp(variance.mean):.2f} "
        f"(geometric mean; {low:.1f} to {high:.1f}), mean-field law {moments[1]:.2f}",
    )


def _centred_keeps(centred, rng):
    # shallow and wide: at width n the mean is off by a few thousandths a layer, of order 1/n
    mean, variance = _last_moments(SHIFTED, rng, centred=centred, depth=4, width=192)
    return Outcome(
        mean.agrees(SHIFTED[0]) and variance.agrees(SHIFTED[1]),
        f"target {SHIFTED}, 4 layers of 192 units, weight sums 0: mean {mean.mean:.3f} ± "
        f"{mean.standard_error:.3f}, variance {variance.mean:.3f} ± {variance.standard_error:.3f}",
    )


def _norm_is_one(count, rng):
    # tau = sum of the squared weights of one unit, in a layer of 64 inputs and 32 units
    inputs, units = 64, 32

    def norms(rng, size):
        weights = rng.standard_normal((size, inputs)) / np.sqrt(count(inputs, units))
        return np.square(weights).sum(axis=1)

    tau = estimate(norms, rng, replicates=1 << 16, chunk=1 << 12)
    return Outcome(
        tau.agrees(1),
        f"squared norm of a unit's weights {tau} (64 inputs, 32 units); it varies by "
        f"{np.sqrt(2 / inputs):.2f} from unit to unit",
    )


def _initialisation_at(mean, variance, depth, width):
    alpha, lam = solve_constants(mean, variance)
    if np.isnan(alpha):
        return Standing("fails", "no alpha, lambda > 0 for this mean and variance")
    m, v = mean, variance
    for _ in range(depth):
        old = v
        m, v = (float(x) for x in random_layer_map(m, v, alpha=alpha, lam=lam))
        if abs(v - old) < 1e-9 * v or v > 1e9 * variance:
            break
    sigma = np.sqrt(variance)
    if abs(m - mean) > 0.05 * sigma or abs(v / variance - 1) > 0.05:
        return Standing(
            "fails",
            f"weight sums vary by 1 from unit to unit: after {depth} layers mean {m:.3g}, "
            f"variance {v:.3g}",
        )
    if mean != 0:
        return Standing("undecided", f"within 5 % after {depth} layers, but drifting with depth")
    spread = float(layer_spread(variance, depth, width, alpha=alpha, lam=lam))
    if spread > 0.5:
        return Standing("undecided", f"on average kept; one network strays by ±{spread:.0%}")
    return Standing("holds", f"kept; one network of this width strays by ±{spread:.0%}")


INITIALISATION = Claim(
    id="selu.initialisation",
    source="Self-Normalizing Neural Networks",
    statement=r"Start with the right values: sample the weights with mean 0 and variance $1/n$, "
    "where n is the number of weights",
    verdict="amended",
    parameters=(MEAN, VARIANCE, DEPTH, WIDTH),
    counterexample="Target mean 0.5, variance 1 with its own constants and weights N(0, 1/n): the "
    "variance grows more than threefold within 10 layers. With n the number of weights of the "
    "layer (64 x 32) the squared norm of a unit is 1/32.",
    amendment=r"n is the number of weights of one unit (its inputs). For a target of mean 0 this "
    r"keeps every variance $\nu$; for $\mu \neq 0$ each unit's weights must also sum to 0 "
    r"(otherwise the pre-activations have mean square $\mu^2 + \nu$).",
    derivation=(
        r"$\tau = \sum w_i^2$ has mean 1 and standard deviation $\sqrt{2/n}$; "
        r"$\omega = \sum w_i \sim N(0, 1)$, of order one at every width.",
        r"A unit's pre-activation has mean $\mu\omega$ and variance $\nu\tau$: over the units, "
        r"$z \sim N(0, \mu^2 + \nu)$. Only $\mu = 0$ gives back the $N(0, \nu)$ that the constants "
        r"assume.",
        r"For (0.5, 1): $\lambda = 1.557$, and the second moment grows by at least "
        r"$\lambda^2/2 = 1.21$ a layer once it is large.",
    ),
    evidence=(
        Evidence(
            kind="simulation",
            shows="variance 1/n with n the inputs of a unit gives squared norm 1",
            about="amendment",
            check=_norm_is_one,
            subject=lambda inputs, units: inputs,
            mutant=lambda inputs, units: inputs * units,
            mutation="n the number of weights of the whole layer",
        ),
        Evidence(
            kind="simulation",
            shows="a target mean other than 0 is lost",
            check=_shifted_target_drifts,
            subject=False,
            mutant=True,
            mutation="weights centred per unit, with which the target is kept",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="a target of mean 0 is kept through the layers, here (0, 4)",
            check=_mean_zero_keeps,
            subject=(0.0, 4.0),
            mutant=(1.0, 4.0),
            mutation="a target mean of 1",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="with weight sums 0 a target of mean 0.5 is kept, too",
            check=_centred_keeps,
            subject=True,
            mutant=False,
            mutation="weights not centred",
        ),
    ),
    at=_initialisation_at,
)

"""Which means and variances can be the fixed point of a layer of scaled ELUs."""

import numpy as np
from scipy import optimize

from normtheory.claims.claim import Claim, Evidence, Outcome, Standing
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.selu import moment_jacobian, nodes, spectral_radius
from normtheory.theory.selu_constants import (
    fixed_point_constants,
    solve_constants,
    target_band,
)
from normtheory.theory.selu_networks import propagate_moments

# (mean, variance) and whether it lies inside the band of means that have constants
TARGETS = tuple(
    (share * edge, variance)
    for variance in (0.1, 1.0, 4.0, 50.0)
    for edge in target_band(variance)
    for share in (0.5, 0.99, 1.01, 2.0)
)


def _misfit(target):
    """Smallest relative misfit of mean and second moment over alpha, lam >= 0, many starts."""
    mean, variance = target
    s = np.sqrt(variance)
    z, weight = nodes(np.zeros(()), s)
    right, left = np.maximum(z, 0), np.expm1(np.minimum(z, 0))
    first = np.array([(weight * right).sum(), (weight * left).sum()])
    second = np.array([(weight * right**2).sum(), (weight * left**2).sum()])

    def residual(q):  # q = (lam, lam alpha), both non-negative
        return np.array(
            [(first @ q - mean) / s, (second @ q**2 - mean**2 - variance) / (mean**2 + variance)]
        )

    starts = [(1.0, 1.0), (0.1, 3.0 + s), (2.0, 0.1)]
    return min(
        np.abs(optimize.least_squares(residual, q, bounds=(0, np.inf), xtol=1e-14).fun).max()
        for q in starts
    )


def _band_is_exact(band, rng):
    wrong, outside = [], np.inf
    for mean, variance in TARGETS:
        low, high = band(variance)
        misfit = _misfit((mean, variance))
        if (low < mean < high) != (misfit < 1e-7):
            wrong.append((mean, variance))
        if misfit >= 1e-7:
            outside = min(outside, misfit)
    return Outcome(
        not wrong,
        f"{len(TARGETS)} targets up to 1 % either side of the edges, 3 starts each: constants "
        f"found inside, least misfit outside {outside:.1e}",
    )


def _no_constants(target, rng):
    mean, variance = target
    solved = solve_constants(mean, variance)
    misfit = _misfit(target)
    return Outcome(
        bool(np.isnan(solved.alpha)) and misfit > 1e-3,
        f"target mean {mean:g}, variance {variance:g}: least misfit {misfit:.3g}",
    )


def _targets_contract(slope_limit, rng):
    variances = np.geomspace(1e-3, 1e6, 46)
    alpha, lam = solve_constants(0.0, variances)
    slope = moment_jacobian(0.0, variances, alpha=alpha, lam=lam)[:, 1, 1]
    worst = 0.0
    for variance in (0.01, 1.0, 4.0, 100.0):
        low, high = target_band(variance)
        means = np.linspace(low, high, 101)[1:-1]
        a, l = solve_constants(means, variance)
        worst = max(worst, spectral_radius(moment_jacobian(means, variance, alpha=a, lam=l)).max())
    falls = bool((np.diff(slope) < 0).all())
    return Outcome(
        falls and slope[0] < 1 and worst < 1 and abs(slope[-1] / slope_limit - 1) < 5e-3,
        f"mean 0: slope falls from {slope[0]:.3f} at variance 1e-3 to {slope[-1]:.4f} at 1e6 "
        f"(limit {slope_limit:.4f}); over the band at most {worst:.4f}",
    )


def _depth_keeps_target(constants, rng):
    runs = [
        propagate_moments(
            0.0, 1.0, depth=20, width=128, rng=rng, samples=32,
            alpha=constants.alpha, lam=constants.lam,
        )
        for _ in range(40)
    ]  # fmt: skip
    last = np.array([(m[-1], v[-1]) for m, v in runs])
    mean, variance = (
        Estimate(float(x.mean()), float(x.std(ddof=1) / np.sqrt(len(x))), len(x)) for x in last.T
    )
    return Outcome(
        mean.agrees(0) and variance.agrees(4),
        f"after 20 layers of 128 units from (0, 1): mean {mean.mean:.2f} ± "
        f"{mean.standard_error:.2f}, variance {variance.mean:.2f} ± {variance.standard_error:.2f}",
    )


def _any_target_at(mean, variance):
    low, high = (float(x) for x in target_band(variance))
    if not low < mean < high:
        return Standing(
            "fails",
            f"no alpha, lambda > 0: at variance {variance:.3g} the mean must lie between "
            f"{low:.3g} and {high:.3g}",
        )
    alpha, lam = solve_constants(mean, variance)
    radius = spectral_radius(moment_jacobian(mean, variance, alpha=alpha, lam=lam))
    return Standing(
        "holds",
        f"alpha = {float(alpha):.4g}, lambda = {float(lam):.4g}; spectral radius {radius:.3f}",
    )


ANY_TARGET = Claim(
    id="selu.any-target",
    source="Self-Normalizing Neural Networks",
    statement="The mean and the variance of the basin can be any values of your choice (so why 0 "
    "and 1, and not 0 and 4?)",
    verdict="amended",
    parameters=(MEAN, VARIANCE),
    counterexample="Mean 1 and variance 1: no positive alpha and lambda give them back; the best "
    "pair misses by 18 %.",
    amendment=r"With weight sum 0 and norm 1, constants exist exactly for "
    r"$-\sigma/\sqrt{r(\nu)-1} < \mu < \sigma/\sqrt{\pi-1}$, where "
    r"$r = E[(e^z-1)^2; z<0]/E[e^z-1; z<0]^2$: at $\nu = 1$ for $-0.803 < \mu < 0.683$. Then they "
    r"are unique and contract. Mean 0 allows every variance: for (0, 4), $\alpha = 2.4040$, "
    r"$\lambda = 1.0702$.",
    derivation=(
        r"With $a = \lambda\alpha$ the mean is $\lambda P_1 - aN_1$, linear, and the second moment "
        r"$\lambda^2P_2 + a^2N_2$; along the line of the first the second grows, so there is one "
        r"solution or none.",
        r"At the upper end of the band $a = 0$: a ReLU, whose squared mean is $1/\pi$ of its "
        r"second moment. At the lower end $\lambda = 0$.",
        r"Mean 0: $\alpha = P_1/N_1$ whatever $\nu$. The exponential saturates at scale 1, so the "
        r"activation is not homogeneous and $\alpha, \lambda$ change with $\nu$: $\alpha \to 1$ as "
        r"$\nu \to 0$, $\alpha \sim \sqrt{2\nu/\pi}$ and $\lambda^2 \to 2\pi/(\pi+2)$ as "
        r"$\nu \to \infty$.",
        r"The slope of the variance map falls from 1 ($\nu \to 0$, no contraction left) to "
        r"$\pi/(\pi+2) = 0.611$: (0, 4) contracts faster, 0.710, than (0, 1), 0.783.",
        r"Why 0 and 1, then? $2f(z/2)$ has the fixed point (0, 4) whenever $f$ has (0, 1): the "
        r"scale is a choice of units. The mean 0 is not: it makes the weight sum irrelevant.",
    ),
    remark="At either edge the spectral radius tends to 1. With a mean other than 0 the constants "
    "need weights whose sum is 0 in every unit, see selu.initialisation.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="mean 1 with variance 1 has no constants",
            check=_no_constants,
            subject=(1.0, 1.0),
            mutant=(0.0, 4.0),
            mutation="a target inside the band, where the same search finds constants",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="optimisation from many starts finds constants inside the band and none outside",
            check=_band_is_exact,
            subject=target_band,
            mutant=lambda variance: tuple(1.02 * e for e in target_band(variance)),
            mutation="a band 2 % wider",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="every target in the band contracts; at mean 0 the slope falls to pi/(pi + 2)",
            check=_targets_contract,
            subject=np.pi / (np.pi + 2),
            mutant=0.98 * np.pi / (np.pi + 2),
            mutation="the limiting slope 2 % smaller",
        ),
        Evidence(
            kind="simulation",
            about="amendment",
            shows="random networks with the constants of (0, 4) go to mean 0 and variance 4",
            check=_depth_keeps_target,
            subject=fixed_point_constants(0.0, 4.0),
            mutant=fixed_point_constants(0.0, 1.0),
            mutation="the constants of (0, 1)",
        ),
    ),
    at=_any_target_at,
)

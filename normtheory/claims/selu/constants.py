"""The note's constants, and which targets have constants at all."""

import numpy as np
from scipy import optimize

from normtheory.claims.claim import Claim, Evidence, Outcome, Parameter, Standing
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.selu import (
    ALPHA,
    LAMBDA,
    moment_jacobian,
    moment_map,
    nodes,
    scaled_elu,
    spectral_radius,
)
from normtheory.theory.selu_constants import (
    constants_expression,
    fixed_point_constants,
    solve_constants,
    target_band,
)
from normtheory.theory.selu_networks import propagate_moments

MEAN = Parameter(
    name="mean",
    symbol=r"\mu",
    meaning="mean of the activations",
    default=0.0,
    typical=(-2.0, 2.0),
)
VARIANCE = Parameter(
    name="variance",
    symbol=r"\nu",
    meaning="variance of the activations",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.05, 8.0),
    log=True,
)
PRINTED = ("1.6732632423543772848170429916717", "1.0507009873554804934193349852946")


def _constants_solve(expressions, rng):
    import sympy as sp

    z, alpha = sp.symbols("z alpha", positive=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    # z < 0 enters by its modulus
    left = sp.exp(-z) - 1
    first, second = (
        sp.integrate(sp.expand(right * density), (z, 0, sp.oo))
        + alpha**k * sp.integrate(sp.expand(left**k * density), (z, 0, sp.oo))
        for k, right in ((1, z), (2, z**2))
    )
    # erf and erfc at one point become one letter, so that only rational algebra is left
    e1, e2 = sp.symbols("e1 e2", positive=True)
    letters = {
        sp.erfc(sp.sqrt(2) / 2): e1,
        sp.erf(sp.sqrt(2) / 2): 1 - e1,
        sp.erfc(sp.sqrt(2)): e2,
        sp.erf(sp.sqrt(2)): 1 - e2,
    }
    found, lam = expressions
    mean, square = (
        sp.simplify(e.subs(alpha, found).subs(letters)) for e in (first, lam**2 * second)
    )
    return Outcome(
        mean == 0 and square == 1,
        f"E f = {sp.N(mean, 3)}, E f^2 = {sp.N(square, 6)}, integrated symbolically",
    )


def _digits_agree(printed, rng):
    import sympy as sp

    exact = [sp.N(e, 60) for e in constants_expression(1)]
    wrong = [
        p
        for p, e in zip(printed, exact, strict=True)
        if abs(sp.Rational(p) - sp.Rational(str(e)))
        > sp.Rational(1, 2 * 10 ** len(p.split(".")[1]))
    ]
    digits = [len(p.replace(".", "")) for p in printed]
    return Outcome(
        not wrong,
        f"{digits[0]} and {digits[1]} printed digits against 60 exact ones: "
        f"alpha = {str(exact[0])[:36]}..., lambda = {str(exact[1])[:36]}...",
    )


def _moments_simulated(constants, rng):
    replicates = 4_000_000
    sums = np.zeros(4)
    for _ in range(40):
        f = scaled_elu(rng.standard_normal(replicates // 40), *constants)
        square = f * f
        sums += f.sum(), square.sum(), (f * square).sum(), (square * square).sum()
    m = sums / replicates
    mean = Estimate(m[0], float(np.sqrt((m[1] - m[0] ** 2) / replicates)), replicates)
    square = Estimate(m[1], float(np.sqrt((m[3] - m[1] ** 2) / replicates)), replicates)
    return Outcome(
        mean.agrees(0) and square.agrees(1),
        f"E f within {mean.deviation(0):.1f} and E f^2 within {square.deviation(1):.1f} "
        f"standard errors of 0 and 1, {replicates:.0e} draws",
    )


def _constants_at(mean, variance):
    new_mean, new_variance = moment_map(mean, variance)
    moved = max(abs(float(new_mean) - mean), abs(float(new_variance) - variance))
    if moved < TOLERANCE["float64"]:
        return Standing("holds", "one layer leaves mean 0 and variance 1 where they are")
    return Standing(
        "fails",
        f"these constants are for (0, 1): one layer takes ({mean:.3g}, {variance:.3g}) to "
        f"({float(new_mean):.3g}, {float(new_variance):.3g})",
    )


CONSTANTS = Claim(
    id="selu.constants",
    source="Self-Normalizing Neural Networks",
    statement=r"$\alpha = 1.6732632423543772848170429916717$ and "
    r"$\lambda = 1.0507009873554804934193349852946$ make mean 0 and variance 1 a fixed point",
    verdict="holds",
    parameters=(MEAN, VARIANCE),
    derivation=(
        r"For $z \sim N(0, 1)$: $E[z; z>0] = 1/\sqrt{2\pi}$ and "
        r"$E[e^{kz}; z<0] = \frac12 e^{k^2/2}\mathrm{erfc}(k/\sqrt2)$.",
        r"Mean 0: $\alpha = \frac{1}{\sqrt{2\pi}} / (\frac12 - \frac12 e^{1/2}"
        r"\mathrm{erfc}(1/\sqrt2))$; $\lambda$ drops out.",
        r"Variance 1: $\lambda^{-2} = \frac12 + \alpha^2(\frac12 - e^{1/2}\mathrm{erfc}(1/\sqrt2)"
        r" + \frac12 e^2\mathrm{erfc}(\sqrt2))$.",
    ),
    remark="All 32 printed digits of both are right. They belong to inputs that are normal, to "
    "weight sum 0 (or mean 0) and to squared weight norm 1.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the closed forms of both constants give mean 0 and variance 1 exactly",
            check=_constants_solve,
            subject=constants_expression(1),
            mutant=constants_expression("51/50"),
            mutation="the constants of variance 1.02",
        ),
        Evidence(
            kind="numeric",
            shows="every printed digit is that of the closed form, correctly rounded",
            check=_digits_agree,
            subject=PRINTED,
            mutant=(PRINTED[0], PRINTED[1][:-1] + "7"),
            mutation="the last digit of lambda raised by one",
        ),
        Evidence(
            kind="simulation",
            shows="normal draws through the activation have mean 0 and variance 1",
            check=_moments_simulated,
            subject=(ALPHA, LAMBDA),
            mutant=(0.98 * ALPHA, LAMBDA),
            mutation="alpha 2 % too small",
        ),
    ),
    at=_constants_at,
)

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

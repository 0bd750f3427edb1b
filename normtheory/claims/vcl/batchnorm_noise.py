"""Littwin & Wolf, Sec. 2.3: is batchnorm's noise that of the mean or of the variance?"""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.batchnorm_noise import inverse_deviation_variance


def _noise_standing(n, kappa):
    if kappa == 3 and n <= 3:
        return Standing("holds", f"n = {n}: the variance's part is infinite (normal law, exact)")
    if kappa == 3:
        spread, order = inverse_deviation_variance(n), "normal law, exact"
    elif n >= 20:
        spread, order = (kappa - 1) / (4 * n), "leading order in 1/n"
    else:
        return Standing("undecided", f"n = {n} is too small for the leading order in 1/n")
    share = spread / (spread + 1 / n)
    state = "holds" if share > 0.5 else "fails"
    return Standing(state, f"{share:.0%} of the noise is the variance's ({order})")


def _mean_dominates(sizes, rng):
    """Passes when for the normal law the mean alone makes more noise than the variance alone."""
    pairs = [(1 / n, inverse_deviation_variance(n)) for n in sizes]
    told = ", ".join(
        f"n = {n}: {mean:.4f} against {spread:.4f}"
        for n, (mean, spread) in zip(sizes, pairs, strict=True)
    )
    return Outcome(all(mean > spread for mean, spread in pairs), f"mean against variance: {told}")


def _turning_size(size, rng):
    """The largest n at which the variance makes more noise than the mean, for the normal law."""
    larger = [n for n in range(4, 500) if inverse_deviation_variance(n) > 1 / n]
    return Outcome(
        larger == list(range(4, size + 1)),
        f"the variance's part is larger for n = {larger[0]} to {larger[-1]} only (infinite below)",
    )


def _two_point_noise(n, weight):
    """Exact Var(sigma/sigma_s) for the two-point law, batches without spread left out."""
    from scipy.special import gammaln, xlogy

    ones = np.arange(1, n)
    logs = gammaln(n + 1) - gammaln(ones + 1) - gammaln(n - ones + 1)
    probability = np.exp(logs + xlogy(ones, weight) + xlogy(n - ones, 1 - weight))
    probability /= probability.sum()
    inverse = np.sqrt(n * (n - 1) * weight * (1 - weight) / (ones * (n - ones)))
    mean = probability @ inverse
    return probability @ (inverse - mean) ** 2


def _leading_order(coefficient, rng):
    """n Var(sigma/sigma_s) tends to coefficient(kappa): two-point laws and the normal law."""
    worst, kappas = 0.0, []
    for weight in (0.4, 0.3, 0.1, 0.03):
        alpha = weight * (1 - weight)
        kappa = (1 - 3 * alpha) / alpha
        coarse, fine = (n * _two_point_noise(n, weight) for n in (20_000, 40_000))
        worst = max(worst, abs((2 * fine - coarse) / coefficient(kappa) - 1))
        kappas.append(kappa)
    coarse, fine = (n * inverse_deviation_variance(n) for n in (2000, 4000))
    worst = max(worst, abs((2 * fine - coarse) / coefficient(3.0) - 1))
    told = ", ".join(f"{k:.2f}" for k in [*kappas, 3.0])
    return Outcome(worst < 1e-3, f"largest relative error {worst:.1e} at kappa = {told}")


BATCHNORM_NOISE = Claim(
    id="vcl.batchnorm-noise",
    source="Sec. 2.3",
    statement="Since the sample mean is a much more reliable statistic than the sample variance, "
    "most of batchnorm's randomness is caused by the variance of the sample variance",
    verdict="refuted",
    counterexample="normal law, n = 20: the mean alone gives the output the variance "
    f"{1 / 20:.4f} over batches, the sample variance alone {inverse_deviation_variance(20):.4f}",
    amendment=r"To leading order in $1/n$ the mean contributes $1/n$ and the variance "
    r"$(\kappa-1)/(4n)$ to the output's variance over batches, averaged over inputs: most is the "
    r"variance's only for $\kappa>5$. For the normal law the mean's part is twice as large, and "
    r"larger for every $n\geq9$; only for $4\leq n\leq8$ (and without bound for $n\leq3$) does "
    r"the variance dominate. At $\kappa=1$, the law that VCL aims at, nearly all is the mean's.",
    parameters=(
        SIZE,
        Parameter(
            name="kappa",
            symbol=r"\kappa",
            meaning="kurtosis",
            default=3.0,
            domain=(1, np.inf),
            closed=True,
            typical=(1, 12),
        ),
    ),
    at=_noise_standing,
    derivation=(
        r"The output is $(z-m)q$ with $m=(\mu_s-\mu)/\sigma$ and $q=\sigma/\sigma_s$. Mean alone: "
        r"$\mathrm{Var}(m)=1/n$. Variance alone: $\mathbb E[z^2]\,\mathrm{Var}(q)$.",
        r"$q\approx1-\frac12(\sigma_s^2/\sigma^2-1)$, so $\mathrm{Var}(q)\approx\frac14\cdot"
        r"\frac{\kappa-1}n$.",
        r"Normal law, exactly: $\mathrm{Var}(q)=\frac{n-1}{n-3}-\frac{n-1}2\big(\Gamma(\frac{n-2}"
        r"2)/\Gamma(\frac{n-1}2)\big)^2$.",
    ),
    remark="In relative terms the sample variance is less reliable than the mean for kappa > 2, "
    "by sqrt(kappa - 1): 1.41 for the normal law. But batchnorm divides by its root, which halves "
    "the error.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="for the normal law at n = 20, 50, 250 the mean makes more noise",
            check=_mean_dominates,
            subject=(20, 50, 250),
            mutant=(5, 6, 8),
            mutation="batches of 5 to 8, where the variance does",
        ),
        Evidence(
            kind="numeric",
            shows="the variance's part is (kappa - 1)/(4n) to leading order, by exact sums",
            check=_leading_order,
            subject=lambda kappa: (kappa - 1) / 4,
            mutant=lambda kappa: 1.02 * (kappa - 1) / 4,
            mutation="2 % more",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="for the normal law the variance dominates for 4 <= n <= 8 only",
            check=_turning_size,
            subject=8,
            mutant=9,
            mutation="up to 9",
            about="amendment",
        ),
    ),
)

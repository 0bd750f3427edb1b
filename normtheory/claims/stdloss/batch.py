"""Standardization loss, Sec. 4.5: its expectation and minimiser in batches of b."""

import numpy as np
import sympy as sp
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.stdloss.divergence import SIGMA
from normtheory.theory.montecarlo import estimate
from normtheory.theory.standardization import (
    ESTIMATORS,
    batch_loss,
    expected_batch_loss,
    gradient_second_moment,
    minimising_variance,
    one_value_probability,
)

BATCH = Parameter(
    name="b",
    symbol="b",
    meaning="independent values in a batch (examples x positions)",
    default=32,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 128),
    integer=True,
    log=True,
)
ESTIMATOR = Parameter(
    name="estimator",
    symbol=r"\hat\sigma^2",
    meaning="variance over b (the paper's) or b - 1",
    default="biased",
    choices=ESTIMATORS,
)


def _mean_square(estimator, rng):
    gaps = []
    for b in (2, 3, 5):
        h = sp.symbols(f"h:{b}", real=True)
        mean = sum(h) / sp.Integer(b)
        variance = sum((x - mean) ** 2 for x in h) / sp.Integer(b - (estimator == "unbiased"))
        gaps.append(sp.expand(mean**2 + variance - sum(x**2 for x in h) / sp.Integer(b)))
    return Outcome(
        all(gap == 0 for gap in gaps),
        "mu^2 + s^2 - mean of h^2 = "
        + ("0 for b = 2, 3, 5, whatever the law" if not any(gaps) else str(gaps[0])[:40]),
    )


def _expectation_simulated(formula, rng):
    worst = 0.0
    for estimator in ESTIMATORS:
        for b, mean, sigma in [(2, 0.0, 1.0), (3, 0.4, 0.6), (16, 0.0, 2.0)]:
            claimed = float(formula(b, mean, sigma, estimator))

            def draw(rng, size, b=b, mean=mean, sigma=sigma, estimator=estimator):
                h = mean + sigma * rng.standard_normal((size, b))
                s2 = h.var(axis=1, ddof=ESTIMATORS.index(estimator))
                return (h.mean(axis=1) ** 2 + s2 - 1 - np.log(s2)) / 2

            found = estimate(draw, rng, replicates=1_000_000 // b + 150_000, chunk=1 << 13)
            worst = max(worst, found.deviation(claimed))
            if not found.agrees(claimed):
                return Outcome(
                    False, f"b = {b}, {estimator}: {found} simulated, {claimed:.5g} claimed"
                )
    return Outcome(True, f"b = 2, 3, 16, two estimators: agree, worst {worst:.1f} standard errors")


def _expected_by_quadrature(b, variance, ddof):
    """E of the loss over the chi-square law of the sample variance, by quadrature in its log."""
    k = b - 1
    constant = -(k / 2) * np.log(2) - gammaln(k / 2)

    def integrand(t):
        s2 = variance * np.exp(t) / (b - ddof)
        weight = np.exp(constant + k / 2 * t - np.exp(t) / 2)
        return weight * (variance / b + s2 - 1 - np.log(s2)) / 2

    return quad(integrand, -80 / k - 20, 8, limit=400, epsabs=1e-12)[0]


def _minimiser(estimator, rng):
    found = {}
    for b in (2, 3, 8, 32):
        ddof = ESTIMATORS.index(estimator)
        best = [
            minimize_scalar(
                lambda t, b=b, ddof=ddof: _expected_by_quadrature(b, np.exp(t), ddof),
                bounds=bounds,
                options={"xatol": 1e-7},
            )
            for bounds in [(-3, 3), (-1, 5)]
        ]
        found[b] = float(np.exp(min(best, key=lambda result: result.fun).x))
    off_one = max(abs(value - 1) for value in found.values())
    agrees = all(abs(v - minimising_variance(b, estimator)) < 1e-4 for b, v in found.items())
    return Outcome(
        off_one < 1e-4 and agrees,
        "minimising sigma^2 at b = 2, 3, 8, 32: " + ", ".join(f"{v:.4f}" for v in found.values()),
    )


def _unbiased_minimiser(formula, rng):
    found = {}
    for b in (2, 3, 8, 32):
        best = minimize_scalar(
            lambda t, b=b: _expected_by_quadrature(b, np.exp(t), 1),
            bounds=(-3, 3),
            options={"xatol": 1e-7},
        )
        found[b] = float(np.exp(best.x))
    return Outcome(
        all(abs(value / formula(b) - 1) < 1e-4 for b, value in found.items()),
        "variance over b - 1: minimising sigma^2 at b = 2, 3, 8, 32: "
        + ", ".join(f"{v:.4f}" for v in found.values()),
    )


def _inverse_variance_diverges(b, rng):
    """E[1 / s^2; s^2 > eps] for smaller and smaller eps: it grows for ever, or settles."""
    k = b - 1
    constant = -(k / 2) * np.log(2) - gammaln(k / 2)
    grown = [
        b
        * quad(
            lambda t: np.exp(constant + (k / 2 - 1) * t - np.exp(t) / 2),
            np.log(eps),
            6,
            limit=400,
        )[0]
        for eps in (1e-4, 1e-8, 1e-12)
    ]
    return Outcome(
        grown[2] - grown[1] > 0.9 * (grown[1] - grown[0]) > 0.1,
        f"b = {b}: E[1/s^2] cut off at 1e-4, 1e-8, 1e-12: "
        + ", ".join(f"{value:.3g}" for value in grown),
    )


def _infinite(batch, rng):
    cost = batch_loss(np.array(batch, float)[:, None])
    chances = [one_value_probability(b) for b in (2, 8, 32)]
    return Outcome(
        cost == np.inf and min(chances) > 0,
        f"a batch of {len(batch)} with one value costs inf; a two-point law gives one with "
        "probability " + ", ".join(f"{c:.2g}" for c in chances) + " at b = 2, 8, 32",
    )


def _gradient_simulated(formula, rng):
    b, details = 32, []
    for sigma in (0.5, 2.0):

        def draw(rng, size, sigma=sigma):
            h = sigma * rng.standard_normal((size, b))
            mean, s2 = h.mean(axis=1, keepdims=True), h.var(axis=1, keepdims=True)
            return (((mean + (h - mean) * (1 - 1 / s2)) / b) ** 2).mean(axis=1)

        found = estimate(draw, rng, replicates=80_000, chunk=1 << 12)
        claimed = formula(b, sigma)
        details.append(f"sigma = {sigma:g}: {found.mean:.3g} and {claimed:.3g}")
        if not found.agrees(claimed):
            return Outcome(False, f"b = {b}, {details[-1]}")
    return Outcome(True, f"b = {b}, simulated and claimed at " + "; ".join(details))


def _batch_standing(b, sigma, estimator):
    if b == 1:
        return Standing("fails", "one value has no variance: the loss is inf")
    loss = float(expected_batch_loss(b, 0.0, sigma, estimator))
    best = minimising_variance(b, estimator)
    if estimator == "unbiased":
        return Standing(
            "fails", f"expected loss {loss:.3g}; it is smallest at σ² = b/(b+1) = {best:.3g}"
        )
    if b <= 3:
        return Standing(
            "fails", f"expected loss {loss:.3g}, smallest at σ² = 1, but E[gradient²] is inf"
        )
    return Standing("holds", f"expected loss {loss:.3g}, smallest at σ² = 1")


BATCH_SIZE = Claim(
    id="stdloss.batch-size",
    source="Sec. 1, 4.5",
    statement="the standardization loss is robust to the batch size",
    verdict="amended",
    parameters=(BATCH, SIGMA, ESTIMATOR),
    at=_batch_standing,
    amendment=r"with the variance over $b$ (the paper's maximum likelihood estimate), $b\geq2$ "
    r"independent values and a law without atoms: the expected loss is "
    r"$\mathrm{KL}(\mu,\sigma^2)+c_b$ with $c_b=\frac12(\log\frac b2-\psi(\frac{b-1}2))$ for "
    r"Gaussian activations (0.98 at $b=2$, about $1/b$), so that $(0,1)$ minimises it at every "
    r"$b$. With the unbiased variance the minimiser moves to $\sigma^2=b/(b+1)$. At $b=1$, and "
    r"for laws with atoms at every $b$, the expectation is infinite; at $b=2$ and $3$ that of the "
    r"squared gradient is.",
    derivation=(
        r"$\hat\mu^2+s^2=\frac1b\sum h_i^2$ exactly, with mean $\mu^2+\sigma^2$ at every $b$.",
        r"$\log s^2=\log\sigma^2+\log(s^2/\sigma^2)$, whose second part depends on $b$ and the "
        r"shape only: no trade with $\mu$ or $\sigma$.",
        r"For Gaussian activations $bs^2/\sigma^2$ is $\chi^2_{b-1}$ with "
        r"$\mathbb E\log\chi^2_k=\psi(k/2)+\log2$.",
        r"$\partial L/\partial h_i=\frac1b(\hat\mu+(h_i-\hat\mu)(1-1/s^2))$; "
        r"$\mathbb E[1/s^2]=\frac{b}{(b-3)\sigma^2}$ needs $b>3$.",
    ),
    remark="In a convolution the b values are examples times positions (less, as positions are "
    "correlated), so that 2 examples of 7x7 positions are far from the bad end; in a fully "
    "connected layer they are not. In training a finite learning rate and a loss weight of 1e-4 "
    "soften the rest.",
    evidence=(
        Evidence(
            kind="proof",
            shows="mean squared plus biased variance is the mean square, so its mean needs no b",
            check=_mean_square,
            subject="biased",
            mutant="unbiased",
            mutation="the variance over b - 1",
        ),
        Evidence(
            kind="numeric",
            shows="with the paper's variance the expected loss is smallest at 1 for every b",
            check=_minimiser,
            subject="biased",
            mutant="unbiased",
            mutation="the variance over b - 1",
        ),
        Evidence(
            kind="simulation",
            shows="one value in a batch, certain at b = 1 and possible for atoms, costs inf",
            check=_infinite,
            subject=[0.7],
            mutant=[0.7, 0.8],
            mutation="two different values",
        ),
        Evidence(
            kind="numeric",
            shows="the squared gradient's mean is infinite for b = 3",
            check=_inverse_variance_diverges,
            subject=3,
            mutant=4,
            mutation="b = 4",
        ),
        Evidence(
            kind="simulation",
            shows="the closed form of the expected loss",
            check=_expectation_simulated,
            subject=expected_batch_loss,
            mutant=lambda *setting: 1.02 * expected_batch_loss(*setting),
            mutation="2 % larger",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="with the variance over b - 1 the minimiser is b/(b + 1)",
            check=_unbiased_minimiser,
            subject=lambda b: b / (b + 1),
            mutant=lambda b: (b - 1) / b,
            mutation="(b - 1)/b",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="the closed form of the squared gradient",
            check=_gradient_simulated,
            subject=gradient_second_moment,
            mutant=lambda *setting: 1.02 * gradient_second_moment(*setting),
            mutation="2 % larger",
            about="amendment",
        ),
    ),
)

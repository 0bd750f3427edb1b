"""Standardization loss, Sec. 3: positions as independent samples, and batch norm's invariances."""

import numpy as np

from normtheory.claims import Claim, sp
from normtheory.claims.stdloss.divergence import MU, SIGMA
from normtheory.theory.standardization import divergence

independent_positions = Claim(
    id="stdloss.independent-positions",
    source="Sec. 3",
    says="We assume ergodicity such that samples across spatial dimensions also represent "
    "independent samples; hence the maximum likelihood estimate of the mean and variance are the "
    "averages across space and batch dimensions",
    verdict="amended",
)


def effective_size(correlations):
    """How many independent values have a mean of the same variance, of b values on a line whose
    correlation at distance 0, 1, 2, ... is given."""
    b = len(correlations)
    return b / (1 + 2 * sum((1 - k / b) * correlations[k] for k in range(1, b)))


def _autoregressive(rho, b):
    return rho ** np.arange(b)


def _covariance(correlations):
    b = len(correlations)
    return correlations[np.abs(np.subtract.outer(np.arange(b), np.arange(b)))]


@independent_positions.counterexample("numeric")
def as_many_as(effective=effective_size(_autoregressive(0.9, 100)), *, rho=0.9, b=100):
    r"""An autoregressive process is ergodic: neighbours that correlate {rho:g} give {b:d} positions
    a mean as uncertain as that of {effective:.1f} independent values."""
    own = b**2 / _covariance(_autoregressive(rho, b)).sum()
    return abs(effective / own - 1) < 1e-9, "variance of the mean from the covariance matrix"


@independent_positions.counterexample("numeric")
def not_maximum_likelihood(inner=0.1, *, rho=0.9, b=100):
    r"""There the average is not the maximum likelihood estimate of the mean, which gives every
    position but the first and the last {inner:g} times the weight of those two."""
    weights = np.linalg.solve(_covariance(_autoregressive(rho, b)), np.ones(b))
    share = weights[1:-1] / weights[0]
    return np.allclose(share, inner, rtol=1e-6), "generalized least squares"


def _moments(correlations):
    """E mean², E s² of b values of mean 0 and variance 1, by traces."""
    c = _covariance(correlations)
    centring = np.eye(len(c)) - 1 / len(c)
    return c.sum() / c.size, np.trace(centring @ c) / len(c)


@independent_positions.amendment("numeric", rejects={"b values count": {"size": len}})
def what_holds(variance=lambda size: 1 - 1 / size, size=effective_size):
    r"""The mean is unbiased with the variance
    $\sigma^2/b_{\mathrm{eff}}$, $b_{\mathrm{eff}}=b/(1+2\sum_k(1-\frac kb)\rho_k)$, and the
    variance falls short by this: $\mathbb Es^2=\sigma^2(1-1/b_{\mathrm{eff}})$."""
    cases = [_autoregressive(r, b) for r in (0.9, 0.3, -0.5) for b in (2, 5, 40)]
    moments = [(*_moments(c), size(c)) for c in cases]
    found = [(own * each, rest / variance(each)) for own, rest, each in moments]
    return np.allclose(found, 1, rtol=1e-9), f"{len(cases)} processes, by traces"


independent_positions.rests_on(
    "stdloss.batch-size",
    "The best mean and variance of the loss do not depend on how many values a batch has.",
    "range",
)

invariances = Claim(
    id="stdloss.invariances",
    source="Sec. 3",
    says="We replace the explicit normalization with a regularization loss that mimics the "
    "invariances offered by BN",
    verdict="refuted",
    breaks={"sigma": 1.0},
    parameters=(MU, SIGMA),
)


def _change(mu, sigma, a):
    """By what the loss of a unit changes when its weights and bias are multiplied by a."""
    return ((a**2 - 1) * (mu**2 + sigma**2)) / 2 - np.log(a)


def _standardized(h):
    return (h - h.mean(axis=0)) / h.std(axis=0)


@invariances.counterexample("numeric")
def doubled_weights(change=_change(0.0, 1.0, 2.0), kept=1.0, *, rng):
    r"""Weights and biases twice as large leave the outputs of batch normalization {kept:g} times
    what they were; the loss of a standardized unit rises from 0 by {change:.3f}, and its output
    doubles."""
    h = rng.standard_normal((60, 4)) + 1
    same = np.allclose(_standardized(2 * h + 3), kept * _standardized(h), rtol=1e-9)
    own = (4 - 1 - np.log(4)) / 2
    return same and abs(change / own - 1) < 1e-9, "60 examples of 4 units"


@invariances.amendment("proof", rejects={"a change of a² - 1": lambda a, m: (a**2 - 1) * m / 2})
def by_scale(change=lambda a, m: (a**2 - 1) * m / 2 - sp.log(a), best=lambda m: 1 / m):
    r"""What batch normalization does not see, the loss has a preference for: a unit of mean square
    $m=\mu^2+\sigma^2$ and scale $a$ costs $\frac{a^2-1}2m-\log a$ more than at $a=1$, least at
    $a^2=1/m$."""
    a, mu, sigma, m = sp.symbols("a mu sigma m", positive=True)

    def loss(mu, sigma):
        return (mu**2 + sigma**2 - 1) / 2 - sp.log(sigma)

    gap = loss(a * mu, a * sigma) - loss(mu, sigma) - change(a, mu**2 + sigma**2)
    rest = sp.expand(sp.expand_log(gap))
    # the slope in a is a m - 1/a
    flat = sp.diff((a**2 - 1) * m / 2 - sp.log(a), a).subs(a, sp.sqrt(best(m)))
    return rest == 0 and sp.simplify(flat) == 0, f"change minus this: {rest}"


@invariances.badge(
    holds="invariant as batch normalization: doubling this unit's weights and bias changes its "
    "loss of {loss:.3g} by less than a thousandth",
    fails="invariant as batch normalization: not here, doubling this unit's weights and bias takes "
    "its loss from {loss:.3g} to {other:.3g}",
)
def invariances_at(mu, sigma):
    loss, other = (float(divergence(a * mu, (a * sigma) ** 2)) for a in (1, 2))
    return abs(other - loss) < 1e-3, {"loss": loss, "other": other}

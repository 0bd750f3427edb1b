"""Standardization loss, Sec. 4.5: its expectation and minimiser in batches of b."""

from itertools import product

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.stdloss.divergence import SIGMA
from normtheory.theory.standardization import (
    ESTIMATORS,
    batch_loss,
    batch_offset,
    expected_batch_loss,
    gradient_second_moment,
    minimising_variance,
)

batch_size = Claim(
    id="stdloss.batch-size",
    source="Sec. 1, 4.5",
    says="The standardization loss is robust to the batch size",
    verdict="amended",
    breaks={"b": 1},
    parameters=(
        Parameter.count(
            "b", "b", "independent values in a batch (examples x positions)", 32, (1, 128), log=True
        ),
        SIGMA,
        Parameter(
            name="estimator",
            symbol=r"\hat\sigma^2",
            meaning="variance over b (the paper's) or b - 1",
            default="biased",
            choices=ESTIMATORS,
        ),
    ),
)
SIZES = (2, 3, 8, 32)


def _chi_square_mean(function, b):
    """E f(X) for X chi-squared with b - 1 degrees of freedom, by quadrature in log X."""
    k = b - 1
    constant = -(k / 2) * np.log(2) - gammaln(k / 2)

    def integrand(u):
        return np.exp(constant + k / 2 * u - np.exp(u) / 2) * function(np.exp(u))

    with np.errstate(under="ignore"):
        return quad(integrand, -80 / k - 20, 8, limit=400, epsabs=1e-12)[0]


def _expected(b, mean, variance, ddof):
    """The expected loss of b normal values, by quadrature."""

    def loss(x):
        s2 = variance * x / (b - ddof)
        return (mean**2 + variance / b + s2 - 1 - np.log(s2)) / 2

    return _chi_square_mean(loss, b)


def _best_variance(b, ddof):
    """The variance of least expected loss, by search."""
    # the mean logarithm does not depend on the variance: one quadrature serves all
    log = _chi_square_mean(np.log, b)
    size = _chi_square_mean(lambda x: x, b) / (b - ddof)

    def loss(t):
        return np.exp(t) / b + size * np.exp(t) - t - log

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), options={"xatol": 1e-9}).x))


@batch_size.amendment("numeric", rejects={"1/b": {"offset": lambda b: 1 / b}})
def expected_loss(
    expected=expected_batch_loss,
    offset=batch_offset,
    two=batch_offset(2),
    *,
    found=Later(
        lambda: {
            (b, mean, sigma, estimator): _expected(b, mean, sigma**2, ESTIMATORS.index(estimator))
            for estimator in ESTIMATORS
            for b, mean, sigma in (
                (2, 0.0, 1.0),
                (3, 0.4, 0.6),
                (16, 0.0, 2.0),
                (128, 0.0, 1.0),
                (400, 0.0, 1.05),
            )
        }
    ),
):
    r"""With the variance over $b$ (the paper's maximum likelihood estimate) and $b\geq2$
    independent Gaussian values the expected loss is $\mathrm{KL}(\mu,\sigma^2)+c_b$ with
    $c_b=\frac12(\log\frac b2-\psi(\frac{b-1}2))$: {two:.2f} at $b=2$, about $\frac1b$ for large
    $b$."""
    right = all(abs(expected(*setting) / value - 1) < 1e-6 for setting, value in found.items())
    for (b, mean, sigma, estimator), value in found.items():
        if estimator == "biased":
            moments = (mean**2 + sigma**2 - 1 - np.log(sigma**2)) / 2
            right &= abs((value - moments) / offset(b) - 1) < 1e-6
    right &= abs(found[2, 0.0, 1.0, "biased"] / two - 1) < 1e-6
    right &= abs(128 * found[128, 0.0, 1.0, "biased"] - 1) < 0.02
    return right, f"{len(found)} settings by quadrature over the chi-squared distribution"


@batch_size.amendment("numeric")
def the_minimum(best=minimising_variance, least=1.0):
    r"""So $(0,1)$ minimises it at every $b\geq2$: the best $\sigma^2$ is {least:g}."""
    found = [_best_variance(b, 0) for b in SIZES]
    right = np.allclose(found, least, rtol=1e-4)
    right &= all(abs(best(b) - x) < 1e-4 for b, x in zip(SIZES, found, strict=True))
    return right, "by search at b = 2, 3, 8, 32"


batch_size.by_hand(
    "This needs no Gaussian: only that the mean logarithm of the sample variance is finite, for "
    "which a bounded density suffices.",
    "amendment",
)


@batch_size.amendment("numeric", rejects={"(b - 1)/b": lambda b: (b - 1) / b})
def the_unbiased_variance(best=lambda b: b / (b + 1)):
    r"""With the variance over $b-1$ the minimum moves to $\sigma^2=b/(b+1)$."""
    found = [_best_variance(b, 1) for b in SIZES]
    theory = [minimising_variance(b, "unbiased") for b in SIZES]
    right = all(abs(best(b) / x - 1) < 1e-4 for b, x in zip(SIZES, found, strict=True))
    told = ", ".join(f"{value:.4f}" for value in found)
    return right and np.allclose(theory, found, rtol=1e-4), f"b = 2, 3, 8, 32: {told}"


@batch_size.counterexample("numeric", rejects={"a hundred nats": {"cost": 100.0}})
def one_value(cost=np.inf, chance=lambda b: 2.0 ** (1 - b)):
    r"""A batch that shows one value only costs {cost:g}, which is certain at $b=1$; from two
    equally likely values it happens with probability $2^{1-b}$, so that the expectation is infinite
    at every $b$ for a distribution with atoms."""
    counted = [sum(len(set(x)) == 1 for x in product((0, 1), repeat=b)) / 2**b for b in (2, 3, 8)]
    right = all(abs(chance(b) / x - 1) < 1e-12 for b, x in zip((2, 3, 8), counted, strict=True))
    right &= all(batch_loss(np.full((b, 1), 0.7)) == cost for b in (1, 4))
    return right, "batches of 1 and 4 equal values; draws of 2, 3 and 8 counted"


def _inverse_below(b, eps):
    """E[1/s^2; chi-squared variable above eps] at variance 1."""
    k = b - 1
    constant = -(k / 2) * np.log(2) - gammaln(k / 2)
    # in log X, with X^(k/2 - 1) left of the density
    return b * quad(lambda u: np.exp(constant + (k / 2 - 1) * u - np.exp(u) / 2), np.log(eps), 6)[0]


@batch_size.counterexample("numeric")
def squared_gradient_of_few_values(most=3):
    r"""Up to $b={most:d}$ the expected squared gradient of Gaussian values is infinite, as $\mathbb
    E[1/s^2]$ is; from there on it is finite."""
    grows = {}
    for b in (2, 3, 4, 5, 8):
        near, far, farther = (_inverse_below(b, eps) for eps in (1e-4, 1e-8, 1e-12))
        # every further cut adds no less than the one before, or next to nothing
        grows[b] = farther - far > 0.9 * (far - near)
    infinite = [b for b, endless in grows.items() if endless]
    right = infinite == [b for b in grows if b <= most]
    right &= np.isinf([gradient_second_moment(b) for b in infinite]).all()
    return right, "E[1/s²] cut off at 1e-4, 1e-8 and 1e-12 grows without end at b = 2 and 3"


@batch_size.derivation("proof")
def mean_square(total=lambda square: square):
    r"""$\hat\mu^2+s^2=\frac1b\sum h_i^2$ exactly, with mean $\mu^2+\sigma^2$ at every $b$."""
    # s^2 = (sum of squares - 2 mean * sum + b mean^2) / b, for any b
    b, first, square = sp.symbols("b S Q", positive=True)
    mean = first / b
    variance = (square - 2 * mean * first + b * mean**2) / b
    gap = sp.expand(mean**2 + variance - total(square) / b)
    return gap == 0, f"squared mean plus variance minus the mean square = {gap}"


batch_size.by_hand(
    r"$\log s^2=\log\sigma^2+\log(s^2/\sigma^2)$, whose second part depends on the number and the "
    r"shape of the values only: no trade with $\mu$ or $\sigma$."
)


@batch_size.derivation("numeric")
def mean_logarithm(log=lambda psi, k: psi(k / 2) + np.log(2)):
    r"""For Gaussian values $bs^2/\sigma^2$ is $\chi^2_{b-1}$, with
    $\mathbb E\log\chi^2_k=\psi(k/2)+\log2$."""
    from scipy.special import digamma

    found = [_chi_square_mean(np.log, b) / log(digamma, b - 1) for b in (2, 3, 8, 32)]
    return np.allclose(found, 1, rtol=1e-8), "k = 1, 2, 7, 31 by quadrature"


@batch_size.derivation("numeric")
def inverse_variance(inverse=lambda b: b / (b - 3)):
    r"""$\mathbb E[1/s^2]=\frac{b}{(b-3)\sigma^2}$ for $b>3$."""
    found = [b * _chi_square_mean(lambda x: 1 / x, b) / inverse(b) for b in (4, 5, 9, 32)]
    return np.allclose(found, 1, rtol=1e-4), "b = 4, 5, 9, 32 by quadrature"


def _squared_gradients(b, sigmas, rng):
    """Mean squared gradient over random batches, and its standard error."""
    found = {}
    for sigma in sigmas:
        h = sigma * rng.standard_normal((60_000, b))
        mean, s2 = h.mean(axis=1, keepdims=True), h.var(axis=1, keepdims=True)
        square = (((mean + (h - mean) * (1 - 1 / s2)) / b) ** 2).mean(axis=1)
        found[sigma] = square.mean(), square.std() / np.sqrt(len(square))
    return found


@batch_size.derivation("simulation")
def squared_gradient(
    second=gradient_second_moment,
    slope=lambda h, mean, s2: (mean + (h - mean) * (1 - 1 / s2)) / len(h),
    *,
    b=32,
    found=Later(_squared_gradients, 32, (0.5, 2.0)),
):
    r"""$\partial L/\partial h_i=\frac1b(\hat\mu+(h_i-\hat\mu)(1-1/s^2))$, whose mean square follows
    from these moments."""
    right = all(abs(m - second(b, sigma)) < 4 * error for sigma, (m, error) in found.items())
    h, step = np.array([0.3, -1.2, 0.7, 2.0]), 1e-6
    for i, own in enumerate(slope(h, h.mean(), h.var())):
        moved = [batch_loss((h + sign * step * np.eye(4)[i])[:, None]) for sign in (1, -1)]
        right &= abs((moved[0] - moved[1]) / (2 * step) - own) < 1e-7
    return right, f"by differences; b = {b}, σ = 0.5 and 2: 60000 batches"


batch_size.by_hand(
    "In a convolution the values are examples times positions, which are correlated and do not "
    "count in full.",
    "range",
)


@batch_size.badge(
    holds="the loss is robust to the batch size: expected {loss:.3g}, smallest at σ² = 1 as for "
    "any b",
    fails_one="the loss is robust to the batch size: not at b = 1, one value has no variance, and "
    "its loss is infinite",
    outside="the paper takes the variance over b: over b - 1 the expected loss {loss:.3g} is "
    "smallest at σ² = b/(b + 1) = {best:.3g}",
    fails_few="the loss is robust to the batch size: expected {loss:.3g}, smallest at σ² = 1, but "
    "for b below 4 the expected squared gradient is infinite",
)
def batch_size_at(b, sigma, estimator):
    if b == 1:
        return "fails_one", {}
    loss = float(expected_batch_loss(b, 0.0, sigma, estimator))
    if estimator == "unbiased":
        return "outside", {"loss": loss, "best": minimising_variance(b, estimator)}
    return "fails_few" if b <= 3 else True, {"loss": loss}

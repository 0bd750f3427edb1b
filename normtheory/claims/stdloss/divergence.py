"""Standardization loss, Sec. 3: the divergence in closed form, and why a Gaussian is assumed."""

import numpy as np
import sympy as sp
from scipy.integrate import quad

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.gaussian_divergence import (
    ENTROPIES,
    NORMAL_ENTROPY,
)
from normtheory.theory.montecarlo import THRESHOLD, estimate
from normtheory.theory.precision import relative_error
from normtheory.theory.standardization import (
    divergence,
    divergence_expression,
)

MU = Parameter(
    name="mu",
    symbol=r"\mu",
    meaning="mean of a unit",
    default=0.0,
    domain=(-np.inf, np.inf),
    typical=(-3, 3),
)
SIGMA = Parameter(
    name="sigma",
    symbol=r"\sigma",
    meaning="standard deviation of a unit",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.1, 10),
    log=True,
)
COPIES = "correlated copies"
LAW = Parameter(
    name="law",
    symbol="P",
    meaning="law of the activations, each unit of mean 0 and variance 1",
    default="normal",
    choices=(*ENTROPIES, COPIES),
)


def _integrated(claimed, rng):
    expression, (mu, sigma) = claimed
    x, z = sp.symbols("x z", real=True)
    log_p = -sp.log(sigma) - sp.log(2 * sp.pi) / 2 - (x - mu) ** 2 / (2 * sigma**2)
    log_q = -sp.log(2 * sp.pi) / 2 - x**2 / 2
    integrand = sp.expand((log_p - log_q).subs(x, mu + sigma * z))
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    derived = sp.integrate(sp.expand(integrand * density), (z, -sp.oo, sp.oo))
    gap = sp.simplify(sp.expand(derived - expression))
    return Outcome(gap == 0, f"E_P[log p - log q] minus Eq. 2: {str(gap)[:60]}")


def _reversed():
    _, (mu, sigma) = divergence_expression()
    return sp.log(sigma) + (1 + mu**2) / (2 * sigma**2) - sp.Rational(1, 2), (mu, sigma)


def _by_quadrature(formula, rng):
    worst = 0.0
    for mean, sigma in [(0.0, 1.0), (1.5, 0.3), (-2.0, 3.0), (0.1, 0.05)]:

        def integrand(x, mean=mean, sigma=sigma):
            z = (x - mean) / sigma
            return np.exp(-z * z / 2) * (x * x / 2 - z * z / 2 - np.log(sigma))

        low, high = mean - 12 * sigma, mean + 12 * sigma
        value = quad(integrand, low, high, epsabs=1e-12, limit=200)[0]
        value /= sigma * np.sqrt(2 * np.pi)
        worst = max(worst, relative_error(formula(mean, sigma**2), value))
    return Outcome(
        worst < 1e-9,
        "four (mu, sigma) by quadrature "
        + ("agree to 9 digits" if worst < 1e-9 else f"differ by {worst:.2g}"),
    )


def _layer_simulated(formula, rng):
    mean, sigma = np.array([0.5, 0.0, -1.0]), np.array([2.0, 0.5, 1.0])
    claimed = float(np.sum(formula(mean, sigma**2)))

    def draw(rng, size):
        z = rng.standard_normal((size, 3))
        return (((mean + sigma * z) ** 2 - z * z) / 2 - np.log(sigma)).sum(axis=1)

    found = estimate(draw, rng, replicates=1_000_000)
    return Outcome(
        found.deviation(claimed) <= THRESHOLD,
        f"three independent units: {found.mean:.3f} against {claimed:.4g} in closed form",
    )


KL = Claim(
    id="stdloss.kl",
    source="Eq. 1-2",
    statement="the standardization loss, the KL divergence of the Gaussian with the batch's "
    r"moments to $\mathcal N(0,I)$, is $\frac12\sum_j(\mu_j^2+\sigma_j^2-1-\log\sigma_j^2)$",
    verdict="holds",
    parameters=(MU, SIGMA),
    at=lambda mu, sigma: Standing(
        "holds", f"loss {float(divergence(mu, sigma**2)):.4g} for one unit"
    ),
    derivation=(
        r"$\log\frac{p(x)}{q(x)}=-\log\sigma-\frac{(x-\mu)^2}{2\sigma^2}+\frac{x^2}2$.",
        r"Under $p$: $\mathbb E(x-\mu)^2=\sigma^2$, $\mathbb E x^2=\mu^2+\sigma^2$.",
        r"Independent units add up.",
    ),
    remark="The formula was stripped from our copy of the paper; this is its reconstruction. It "
    "is convex in mu and in sigma, 0 only at (0, 1), and inf at sigma = 0.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the integral of p log(p/q) is the stated expression",
            check=_integrated,
            subject=divergence_expression(),
            mutant=_reversed(),
            mutation="the divergence the other way round, KL(N(0, 1) || P)",
        ),
        Evidence(
            kind="numeric",
            shows="quadrature of the integral gives the same numbers",
            check=_by_quadrature,
            subject=divergence,
            mutant=lambda mean, variance: 1.02 * divergence(mean, variance),
            mutation="2 % larger",
        ),
        Evidence(
            kind="simulation",
            shows="the mean log-likelihood ratio of a layer of three units is the sum",
            check=_layer_simulated,
            subject=divergence,
            mutant=lambda mean, variance: 1.02 * divergence(mean, variance),
            mutation="2 % larger",
        ),
    ),
)


def _log_density_is_quadratic(log_density, rng):
    x, mu = sp.symbols("x mu", real=True)
    sigma = sp.Symbol("sigma", positive=True)
    expression = sp.expand(log_density(x, mu, sigma))
    cubic = sp.simplify(sp.diff(expression, x, 3))
    if cubic != 0:
        return Outcome(False, "log density is no quadratic: its mean needs more than two moments")
    a, b, c = (sp.diff(expression, x, k).subs(x, 0) for k in range(3))
    # any law of these two moments, through E x = mu and E x^2 = mu^2 + sigma^2 alone
    cross = -(a + b * mu + c * (mu**2 + sigma**2) / 2)
    gap = sp.simplify(sp.expand_log(cross - sp.log(2 * sp.pi * sp.E * sigma**2) / 2))
    return Outcome(
        gap == 0,
        f"-E_P log N(mu, sigma^2) - log(2 pi e sigma^2)/2 = {gap} for every P of these moments",
    )


def _largest_entropy(powers, rng):
    """Newton's method for the density of largest entropy on a grid, from random starts."""
    x = np.linspace(-7, 7, 141)
    step = x[1] - x[0]
    targets = {0: 1.0, 1: 0.0, 2: 1.0, 4: 6.0}
    a = np.stack([x**k for k in powers])
    b = np.array([targets[k] for k in powers])
    normal = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    distance = residual = 0.0
    for _ in range(3):
        p = rng.uniform(0.2, 1, x.size)
        p /= p.sum() * step
        for _ in range(80):
            # minimise sum p log p with a @ p = b: the Hessian is diag(1 / p)
            gradient = np.log(p) + 1
            dual = np.linalg.solve((a * p) @ a.T, a @ (p - p * gradient) - b / step)
            move = -p * (gradient + dual @ a)
            shrink = min(1.0, 0.9 / max(1e-300, (-move / p).max()))
            p = p + shrink * move
        distance = max(distance, np.abs(p - normal).max())
        fit = np.linalg.lstsq(a.T, np.log(p), rcond=None)[0]
        residual = max(residual, np.abs(fit @ a - np.log(p))[np.abs(x) < 5].max())
    return Outcome(
        distance < 1e-6 and residual < 1e-6,
        f"three random starts on 141 points: largest distance from the normal density "
        f"{'below 1e-6' if distance < 1e-6 else f'{distance:.2g}'}; its logarithm is a quadratic "
        "(first-order condition)"
        if residual < 1e-6
        else f"distance {distance:.2g}, logarithm off a quadratic by {residual:.2g}",
    )


_DENSITIES = {
    "logistic": (lambda x: 1 / (4 * _S * np.cosh(x / (2 * _S)) ** 2), (-20, 20)),
    "Laplace": (lambda x: np.exp(-np.sqrt(2) * abs(x)) / np.sqrt(2), (-25, 25)),
    "semicircle": (lambda x: np.sqrt(4 - x * x) / (2 * np.pi), (-2, 2)),
    "uniform": (lambda x: 1 / (2 * np.sqrt(3)), (-np.sqrt(3), np.sqrt(3))),
    "exponential": (lambda x: np.exp(-(x + 1)), (-1, 40)),
}
_S = np.sqrt(3) / np.pi


def _entropies_below(entropies, rng):
    margins = {}
    for law, (density, (low, high)) in _DENSITIES.items():
        value = quad(
            lambda x, f=density: -f(x) * np.log(max(f(x), 1e-300)),
            low,
            high,
            points=[0] if law != "uniform" else None,
            limit=200,
        )[0]
        if abs(value - entropies[law]) > 1e-6:
            return Outcome(
                False, f"{law}: entropy {value:.5g} by quadrature, {entropies[law]:.5g} claimed"
            )
        margins[law] = NORMAL_ENTROPY - value
    return Outcome(
        min(margins.values()) > 0,
        "normal minus " + ", ".join(f"{law} {gap:.3g}" for law, gap in margins.items()),
    )


def _max_entropy_standing(law):
    if law == COPIES:
        return Standing("holds", "each unit 1.419 nats, the pair -inf: far below a normal pair")
    value = ENTROPIES[law]
    return Standing("holds", f"entropy {value:.4g} of at most {NORMAL_ENTROPY:.4g} nats")


MAX_ENTROPY = Claim(
    id="stdloss.max-entropy",
    source="Sec. 3",
    statement="the Gaussian is the maximum entropy distribution constrained by the first two "
    "moments",
    verdict="holds",
    parameters=(LAW,),
    at=_max_entropy_standing,
    derivation=(
        r"For $P$ with the moments of $N=\mathcal N(\mu,\sigma^2)$: $-\mathbb E_P\log N$ is "
        r"$\frac12\log(2\pi e\sigma^2)$, because $\log N$ is quadratic.",
        r"$H(P)=-\mathbb E_P\log N-\mathrm{KL}(P\|N)\leq\frac12\log(2\pi e\sigma^2)$, "
        r"with equality for $P=N$ only.",
    ),
    remark="Among laws with a density on the whole line. What the assumption costs: a largest "
    "entropy means a smallest divergence, so that the loss is a lower bound of "
    "KL(P || N(0, I)), by the negentropy and the correlations (see stdloss.gaussian-target).",
    evidence=(
        Evidence(
            kind="proof",
            shows="the cross entropy to the normal depends on two moments and is its own entropy",
            check=_log_density_is_quadratic,
            subject=lambda x, mu, sigma: (
                -sp.log(2 * sp.pi * sigma**2) / 2 - (x - mu) ** 2 / (2 * sigma**2)
            ),
            mutant=lambda x, mu, sigma: (
                -2 * sp.log(sp.cosh((x - mu) / (2 * sigma))) - sp.log(4 * sigma)
            ),
            mutation="the logistic law",
        ),
        Evidence(
            kind="numeric",
            shows="maximising the entropy on a grid from random starts ends at the normal density",
            check=_largest_entropy,
            subject=(0, 1, 2),
            mutant=(0, 1, 2, 4),
            mutation="a fourth moment of 6 prescribed as well",
        ),
        Evidence(
            kind="numeric",
            shows="five other laws of variance 1 have less entropy, by quadrature",
            check=_entropies_below,
            subject=ENTROPIES,
            mutant=ENTROPIES | {"logistic": 1.02 * ENTROPIES["logistic"]},
            mutation="the logistic law's entropy 2 % larger",
        ),
    ),
)

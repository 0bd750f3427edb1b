"""Standardization loss, Sec. 3: the divergence in closed form, and why a Gaussian is assumed."""

import numpy as np
from scipy.integrate import quad

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.theory.gaussian_divergence import ENTROPIES, NORMAL_ENTROPY
from normtheory.theory.standardization import divergence, divergence_expression

MU = Parameter("mu", r"\mu", "mean of a unit", 0.0, (-np.inf, np.inf), typical=(-3, 3))
SIGMA = Parameter.positive("sigma", r"\sigma", "standard deviation of a unit", 1.0, (0.1, 10))
COPIES = "correlated copies"
LAW = Parameter(
    name="law",
    symbol="P",
    meaning="distribution of the activations, each unit of mean 0 and variance 1",
    default="normal",
    choices=(*ENTROPIES, COPIES),
)


kl = Claim(
    id="stdloss.kl",
    source="Eq. 1-2",
    says="The standardization loss, the KL divergence of the Gaussian with the batch's moments to "
    r"$\mathcal N(0,I)$, is $\frac12\sum_j(\mu_j^2+\sigma_j^2-1-\log\sigma_j^2)$",
    verdict="holds",
    parameters=(MU, SIGMA),
)


def _reversed():
    """KL(N(0, 1) || P)."""
    _, (mu, sigma) = divergence_expression()
    return sp.log(sigma) + (1 + mu**2) / (2 * sigma**2) - sp.Rational(1, 2)


@kl.shown("proof", rejects={"the other way round": _reversed})
def the_integral(expression=lambda: divergence_expression()[0]):
    r"""For one unit
    $\log\frac{p(x)}{q(x)}=-\log\sigma-\frac{(x-\mu)^2}{2\sigma^2}+\frac{x^2}2$, and its mean
    under $p$ is $\frac12(\mu^2+\sigma^2-1-\log\sigma^2)$."""
    _, (mu, sigma) = divergence_expression()
    z = sp.Symbol("z", real=True)
    log_ratio = -sp.log(sigma) - z**2 / 2 + (mu + sigma * z) ** 2 / 2
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    mean = sp.integrate(sp.expand(log_ratio * density), (z, -sp.oo, sp.oo))
    gap = sp.simplify(sp.expand(mean - expression()))
    return gap == 0, f"mean of log p - log q minus Eq. 2 = {gap}"


@kl.shown("numeric")
def by_quadrature(formula=divergence):
    """The integral itself gives the same numbers, from a narrow unit to a wide one."""
    found = []
    for mean, sigma in ((1.5, 0.3), (-2.0, 3.0), (0.1, 0.05), (0.0, 1.1)):

        def integrand(x, mean=mean, sigma=sigma):
            z = (x - mean) / sigma
            return np.exp(-z * z / 2) * (x * x / 2 - z * z / 2 - np.log(sigma))

        low, high = mean - 12 * sigma, mean + 12 * sigma
        value = quad(integrand, low, high, epsabs=1e-13, limit=200)[0]
        found.append(formula(mean, sigma**2) * sigma * np.sqrt(2 * np.pi) / value)
    return np.allclose(found, 1, rtol=1e-8), "four means and scales"


@kl.range("proof")
def convex(bend=lambda sigma: 1 + 1 / sigma**2, least=1):
    r"""It is convex in $\mu$ and in $\sigma$, with second derivatives 1 and $1+1/\sigma^2$, 0 only
    at $\mu=0$, $\sigma={least:d}$, and inf at $\sigma=0$."""
    expression, (mu, sigma) = divergence_expression()
    bends = [sp.cancel(sp.diff(expression, x, 2) - b) for x, b in ((mu, 1), (sigma, bend(sigma)))]
    flat = sp.solve([sp.diff(expression, x) for x in (mu, sigma)], [mu, sigma])
    right = bends == [0, 0] and flat == [(0, least)]
    right = right and expression.subs({mu: 0, sigma: 1}) == 0 and divergence(0.0, 0.0) == np.inf
    return right, f"second derivatives minus the formulas: {bends}"


kl.by_hand(
    "The formula was stripped from our copy of the paper; this is its reconstruction.", "range"
)


@kl.badge(holds="Eq. 2: the divergence of one unit from a standard Gaussian is {loss:.4g}")
def kl_at(mu, sigma):
    return True, {"loss": float(divergence(mu, sigma**2))}


max_entropy = Claim(
    id="stdloss.max-entropy",
    source="Sec. 3",
    says="The Gaussian is the maximum entropy distribution constrained by the first two moments",
    verdict="holds",
    parameters=(LAW,),
)


@max_entropy.shown("proof")
def cross_entropy(most=lambda sigma, log, pi: log(2 * pi * sigma**2) / 2, rest=0.5):
    r"""For every $P$ with the first two moments of $N=\mathcal N(\mu,\sigma^2)$,
    $-\mathbb E_P\log N=\frac12\log(2\pi\sigma^2)+{rest:g}$, the entropy of $N$ itself, because
    $\log N$ is quadratic."""
    x, mu = sp.symbols("x mu", real=True)
    sigma = sp.Symbol("sigma", positive=True)
    log_density = -sp.log(2 * sp.pi * sigma**2) / 2 - (x - mu) ** 2 / (2 * sigma**2)
    log_density = sp.Poly(sp.expand(log_density), x)
    # E x = mu and E x^2 = mu^2 + sigma^2 are all that enters
    moments = {0: 1, 1: mu, 2: mu**2 + sigma**2}
    cross = -sum(c * moments[power] for (power,), c in log_density.terms())
    gap = sp.nsimplify(sp.simplify(cross - most(sigma, sp.log, sp.pi) - rest))
    return gap == 0, f"cross entropy minus the entropy = {gap}"


max_entropy.by_hand(
    r"The entropy of $P$ is this cross entropy less $\mathrm{KL}(P\|N)$, which is never negative, "
    r"and zero for $P=N$ only. The same goes for a given covariance matrix in several dimensions."
)


def _largest_entropy(rng):
    """A grid, and densities of largest entropy on it by Newton's method from random starts."""
    x = np.linspace(-7, 7, 141)
    step = x[1] - x[0]
    a = np.stack([x**k for k in (0, 1, 2)])
    b = np.array([1.0, 0.0, 1.0])
    found = []
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
        found.append(p)
    return x, found


@max_entropy.shown("numeric")
def on_a_grid(
    density=lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi), *, found=Later(_largest_entropy)
):
    r"""Maximising the entropy at mean 0 and variance 1 numerically, from random starts, ends at the
    normal density."""
    x, ends = found
    right = all(np.abs(p - density(x)).max() < 1e-6 for p in ends)
    return right, f"{len(ends)} starts on {x.size} points"


_DENSITIES = {
    "normal": (lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi), (-12, 12)),
    "logistic": (lambda x: 1 / (4 * _S * np.cosh(x / (2 * _S)) ** 2), (-20, 20)),
    "Laplace": (lambda x: np.exp(-np.sqrt(2) * abs(x)) / np.sqrt(2), (-25, 25)),
    "semicircle": (lambda x: np.sqrt(4 - x * x) / (2 * np.pi), (-2, 2)),
    "uniform": (lambda x: 1 / (2 * np.sqrt(3)), (-np.sqrt(3), np.sqrt(3))),
    "exponential": (lambda x: np.exp(-(x + 1)), (-1, 40)),
}
_S = np.sqrt(3) / np.pi


@max_entropy.shown("numeric")
def other_distributions(entropies=ENTROPIES):
    """Logistic, Laplace, semicircle, uniform and exponential distributions of variance 1 have less
    entropy than the normal one; values with atoms have an entropy of minus infinity."""
    right, below = entropies["two-point"] == -np.inf, []
    for law, (density, (low, high)) in _DENSITIES.items():
        value = quad(
            lambda x, f=density: -f(x) * np.log(max(f(x), 1e-300)),
            low,
            high,
            points=[0] if law != "uniform" else None,
            limit=200,
        )[0]
        right &= abs(value - entropies[law]) < 1e-6
        below.append(NORMAL_ENTROPY - value)
    least = min(gap for gap in below if gap > 1e-6)
    return right and min(below) > -1e-6, f"by quadrature, the nearest {least:.4f} nats below"


max_entropy.by_hand("Among distributions with a density on the whole line.", "range")


@max_entropy.badge(
    holds="the Gaussian has the largest entropy: {nats:.3f} nats here, of at most {most:.3f}",
    fails="the Gaussian has the largest entropy: not here, {nats:.3f} nats against {most:.3f}",
    holds_atoms="the Gaussian has the largest entropy: here it is minus infinity, of at most "
    "{most:.3f} nats",
    holds_copies="the Gaussian has the largest entropy: here each unit has it, {most:.3f} nats, "
    "and the pair minus infinity",
)
def max_entropy_at(law):
    if law == COPIES:
        return "holds_copies", {"most": NORMAL_ENTROPY}
    if ENTROPIES[law] == -np.inf:
        return "holds_atoms", {"most": NORMAL_ENTROPY}
    return ENTROPIES[law] <= NORMAL_ENTROPY, {"nats": ENTROPIES[law], "most": NORMAL_ENTROPY}

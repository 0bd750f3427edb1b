"""Standardization loss, Sec. 5: other target distributions, and decorrelated activations."""

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from normtheory.claims import Claim

other_targets = Claim(
    id="stdloss.other-targets",
    source="Sec. 5",
    says="Sparsity is well known to improve generalization, and replacing the target distribution "
    "with a Laplace or Bernoulli distribution may yield benefits in representational ability",
    verdict="refuted",
)


def _divergence(sigma, scale):
    """KL of N(0, sigma²) from a Laplace distribution of that scale, by quadrature."""

    def integrand(z):
        log_p = -z * z / 2 - np.log(sigma) - np.log(2 * np.pi) / 2
        log_q = -abs(sigma * z) / scale - np.log(2 * scale)
        return np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (log_p - log_q)

    return 2 * quad(integrand, 0, 12, epsabs=1e-12)[0]


@other_targets.counterexample("numeric")
def laplace(
    loss=lambda sigma, b: np.log(2 * b) + np.sqrt(2 / np.pi) * sigma / b
    - np.log(2 * np.pi * np.e * sigma**2) / 2,
    best=np.sqrt(np.pi / 2),
):  # fmt: skip
    r"""The paper takes the activations as Gaussian with the batch's mean and variance, so that with
    every target the loss is a function of these two alone. For the Laplace distribution of scale
    $\lambda$ and mean 0 it is $\log2\lambda+\sqrt{2/\pi}\,\sigma/\lambda-\frac12\log2\pi
    e\sigma^2$, least at $\sigma={best:.3f}\lambda$, for activations of every shape: it makes
    nothing sparse."""
    points = ((0.3, 1.0), (1.0, 0.5), (2.0, 3.0))
    found = [loss(s, b) - _divergence(s, b) for s, b in points]
    least = minimize_scalar(lambda s: _divergence(s, 1.0), bounds=(0.5, 3), method="bounded",
                            options={"xatol": 1e-8}).x  # fmt: skip
    return np.allclose(found, 0, atol=1e-8) and abs(best / least - 1) < 1e-5, "by quadrature"


@other_targets.counterexample("numeric", rejects={"a hundred nats": 100.0})
def bernoulli(cost=np.inf):
    r"""From a Bernoulli distribution, two atoms, a Gaussian has the divergence {cost:g} whatever
    its moments: the loss says nothing."""
    # the smaller the atoms' width, the larger, without end
    widths = (1e-2, 1e-4, 1e-8, 1e-16)
    outside = [1 - 2 * w / np.sqrt(2 * np.pi) for w in widths]
    found = [-share * np.log(w) for share, w in zip(outside, widths, strict=True)]
    right = np.diff(found).min() > 4 and found[-1] < cost and np.isinf(cost)
    return right, "atoms widened to 1e-2 ... 1e-16: the mean of -log q grows without end"


@other_targets.amendment("numeric")
def what_would_be_needed(gap=float(np.log(np.sqrt(2 * np.pi * np.e)) - 1 - np.log(np.sqrt(2)))):
    r"""Sparse targets need an estimate of more than two moments: a Gaussian and a Laplace
    distribution of the same mean and variance, {gap:.3f} nats apart in entropy, cost the same."""
    b = np.sqrt(1 / 2)
    own = -quad(lambda x: np.exp(-x / b) / b * (-x / b - np.log(2 * b)), 0, 40)[0]
    normal = -quad(lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * (
        -x * x / 2 - np.log(2 * np.pi) / 2), -12, 12)[0]  # fmt: skip
    return abs((normal - own) / gap - 1) < 1e-6, "entropies by quadrature"


decorrelated = Claim(
    id="stdloss.decorrelated",
    source="Sec. 5",
    says="A simple extension is to require that the activations at a given layer are not just "
    "standardized but decorrelated as well",
    verdict="amended",
)


def full_loss(h):
    """The divergence of the Gaussian with a batch's mean and covariance matrix from N(0, I)."""
    mean, c = h.mean(axis=0), np.cov(h.T, ddof=0)
    sign, log = np.linalg.slogdet(c)
    return (mean @ mean + np.trace(c) - len(c) - log) / 2 if sign > 0 else np.inf


def _rank(b, d, rng):
    h = rng.standard_normal((b, d))
    return int(np.linalg.matrix_rank(h - h.mean(axis=0)))


@decorrelated.amendment("numeric", rejects={"as many as units": {"least": lambda d: d}})
def enough_values(least=lambda d: d + 1, *, rng):
    r"""With the whole covariance matrix the same divergence is
    $\frac12(\|\mu\|^2+\mathrm{tr}\,\Sigma-d-\log\det\Sigma)$, finite only from $b=d+1$ independent
    values on: below, $\Sigma$ has no inverse and every batch costs infinitely much."""
    sizes = [(b, d) for d in (2, 5, 12) for b in range(2, 2 * d)]
    right = all((_rank(b, d, rng) == d) == (b >= least(d)) for b, d in sizes)
    return right, "rank of the centred batch for d = 2, 5, 12"


@decorrelated.amendment("numeric")
def adds_the_correlations(extra=lambda logdet: -logdet / 2, *, rng):
    r"""It is the standardization loss plus $-\frac12\log\det R$, $R$ the correlation matrix."""
    found = []
    for _ in range(10):
        h = rng.standard_normal((40, 4)) @ rng.standard_normal((4, 4)) + rng.standard_normal(4)
        single = (h.mean(axis=0) ** 2 + h.var(axis=0) - 1 - np.log(h.var(axis=0))).sum() / 2
        found.append((full_loss(h) - single) / extra(np.linalg.slogdet(np.corrcoef(h.T))[1]))
    return np.allclose(found, 1, rtol=1e-9), "10 batches of 40 values, 4 units"


@decorrelated.range("numeric")
def layers_of_the_paper(least=101, *, batch=128, rng):
    r"""The MLP of A.2 has enough, {batch:d} values for the {least:d} that 100 units need; the last
    hidden layers of PointNet, 512 and 256 units in batches of 32 objects, have not."""
    ranks = [_rank(b, 100, rng) for b in (least - 1, least)]
    return ranks == [99, 100] and least <= batch and 32 < 256, f"ranks {ranks} of 100"

"""What the data-dependent initialisation does for batches that it has not seen."""

import numpy as np
from scipy.integrate import quad
from scipy.special import gammaln

from normtheory.claims import Claim, Later
from normtheory.claims.weightnorm.batch import BATCH

forthcoming = Claim(
    id="weightnorm.forthcoming-batches",
    source="My Notes - Weight Normalization",
    says="One downside is that since this scheme is batch depended, it might suffer for the "
    "forthcoming batches with possible different data statistics. However, they say that this "
    "scheme works well in practice",
    verdict="amended",
    breaks={"batch": 20},
    parameters=(BATCH,),
)


def mean_square(b):
    """Expected mean square of a normal unit on fresh data after standardizing it on b examples."""
    return (b + 1) / (b - 3) if b > 3 else np.inf


def _inverse_variance(b):
    """E 1/s² of b standard normal values, s² over b, by quadrature in log(b s²)."""
    k = b - 1
    constant = -(k / 2) * np.log(2) - gammaln(k / 2)

    def integrand(u):
        return np.exp(constant + (k / 2 - 1) * u - np.exp(u) / 2)

    return b * quad(integrand, -30, 8, limit=300, epsabs=1e-13)[0]


SIZES = (5, 8, 32, 100)


@forthcoming.amendment("numeric")
def on_fresh_data(
    variance=lambda b: b / (b - 3),
    square=lambda b: 1 / (b - 3),
    hundred=mean_square(100),
    *,
    found=Later(lambda: {b: _inverse_variance(b) for b in SIZES}),
):
    r"""For batches of the same distribution it suffers little. A normal unit, standardized on a
    first batch of $b$, has on average the variance $b/(b-3)$ on fresh data and the squared mean
    $1/(b-3)$: together $(b+1)/(b-3)$, {hundred:.3f} at $b=100$ where the first batch has 1."""
    # mean and variance of normal values are independent, and the squared mean is 1/b on average
    right = all(abs(variance(b) / inverse - 1) < 1e-6 for b, inverse in found.items())
    right &= all(abs(square(b) * b / inverse - 1) < 1e-6 for b, inverse in found.items())
    right &= abs(hundred / (found[100] * (1 + 1 / 100)) - 1) < 1e-6
    return right, f"by quadrature over the sample variance, b = {', '.join(map(str, SIZES))}"


@forthcoming.range("numeric")
def tiny_batches(most=3):
    r"""Up to $b={most:d}$ this expectation is infinite."""
    # near 0 the density of b s² times 1/s² behaves as its power (b - 5)/2
    endless = [b for b in range(2, 9) if (b - 5) / 2 <= -1]
    grows = [_inverse_below(b) > 2 for b in (2, 3, 4, 5)]
    return max(endless) == most and grows == [True, True, False, False], "cut off nearer to 0"


def _inverse_below(b):
    """How much E 1/s² grows when its cut-off goes from 1e-4 to 1e-8 and 1e-8 to 1e-12, in ratio."""
    parts = [
        quad(lambda u: np.exp((b - 3) / 2 * u), np.log(low), np.log(high))[0]
        for low, high in ((1e-8, 1e-4), (1e-12, 1e-8))
    ]
    return 3 * parts[1] / parts[0]


@forthcoming.amendment("numeric")
def other_statistics(square=lambda shift, scale: scale**2 + shift**2, *, rng):
    r"""For batches of other statistics it does suffer: a unit that was standardized has the mean
    square $c^2+m^2$ when its input's scale changes by $c$ and its mean by $m$ standard deviations,
    now and in every later batch. Batch normalization has 1."""
    x = rng.standard_normal(400)
    x = (x - x.mean()) / x.std()
    found = [np.mean((c * x + m) ** 2) / square(m, c) for m, c in ((0.0, 2.0), (1.0, 0.5))]
    return np.allclose(found, 1, rtol=1e-9), "scale 2; mean 1 and scale 1/2"


@forthcoming.badge(
    holds="it works for forthcoming batches of the same distribution: mean square {value:.3g} on "
    "fresh data after a first batch of {batch:d}, within a tenth of 1",
    fails="it works for forthcoming batches of the same distribution: not after a first batch of "
    "{batch:d}, mean square {value:.3g} on fresh data",
    fails_endless="it works for forthcoming batches of the same distribution: not after a first "
    "batch of {batch:d}, the expected mean square on fresh data is infinite",
)
def forthcoming_at(batch):
    value = mean_square(batch)
    # a tenth is this ledger's mark for "works"
    return ("fails_endless", {}) if batch <= 3 else (value <= 1.1, {"value": value})

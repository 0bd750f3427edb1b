"""Littwin & Wolf, Eq. 17: what beta = 0 makes of the distance between the peaks."""

import math

import numpy as np
from scipy.optimize import fminbound
from scipy.special import binom, hyp1f1

from normtheory.claims import Claim, Later, sp
from normtheory.claims.vcl.beta import SCALE
from normtheory.claims.vcl.beta_force import loss
from normtheory.theory.two_batch_loss import normal_loss_at_zero

beta_zero = Claim(
    id="vcl.beta-zero-scale-free",
    source="Eq. 17",
    says=r"(By multiplying the activations by a constant scale larger than one, $\beta$ becomes "
    r"more insignificant.) In other words, for $\beta=0$ the distance between the peaks of the "
    "distribution is non-consequential",
    verdict="holds",
    parameters=(SCALE,),
)


@beta_zero.shown("proof", rejects={"with β": lambda s1, s2: (1 - s1 / (s2 + 1)) ** 2})
def batch_by_batch(loss=lambda s1, s2: (1 - s1 / s2) ** 2):
    r"""At $\beta=0$ the loss of any two batches, $(1-\sigma_{s_1}^2/\sigma_{s_2}^2)^2$ with
    $\sigma_{s_2}^2>0$, is unchanged when all activations, and with them the distance of the peaks,
    are multiplied by a constant."""
    s1, s2, c = sp.symbols("s_1 s_2 c", positive=True)
    plain = (1 - s1 / s2) ** 2
    gap = sp.simplify(loss(c**2 * s1, c**2 * s2) - plain), sp.simplify(loss(s1, s2) - plain)
    return gap == (0, 0), f"loss at c minus loss at 1: {gap[0]}"


def _at_distance(distance, rng):
    """E[L] at β = 0, n = 20 of two balanced normal peaks of width 1, with its standard error."""
    x = rng.standard_normal((2, 20, 120_000), np.float32)
    x += distance * rng.integers(0, 2, x.shape, np.int8)
    s1, s2 = x.var(axis=1, ddof=1)
    values = (1 - s1 / s2) ** 2
    return float(values.mean()), float(values.std() / math.sqrt(values.size))


def _of_peaks(n, distance):
    """The same in closed form: (n - 1) s² is noncentral χ², with k of n draws in one peak."""
    k, half = np.arange(n + 1), (n - 1) / 2
    share, off = binom(n, k) / 2**n, distance**2 * k * (n - k) / (2 * n)
    inverse = hyp1f1(1, half, -off) / (2 * (half - 1))
    square = hyp1f1(2, half, -off) / (4 * (half - 1) * (half - 2))
    mean, second = 2 * (half + off), 4 * ((half + off) ** 2 + half + 2 * off)
    return 1 - 2 * share @ mean * (share @ inverse) + share @ second * (share @ square)


@beta_zero.range("simulation")
def at_fixed_width(
    ends=Later(lambda: tuple(_of_peaks(20, d) for d in (0, 10, 40))),
    best=Later(lambda: fminbound(lambda d: _of_peaks(20, d), 5, 25)),
    *,
    found=Later(lambda rng: [_at_distance(d, rng) for d in (1.0, 6.0)]),
):
    r"""To move the peaks apart at fixed width is another change, of the shape. For two balanced
    normal peaks and $n=20$ it lowers the expected loss up to a distance of {best:.1f} widths, from
    {ends[0]:.3f} to {ends[1]:.3f} at 10, and raises it beyond, to {ends[2]:.3f} at 40 and without
    bound: a second batch may come from one peak alone."""
    pairs = zip((1, 6), found, strict=True)
    right = all(abs(_of_peaks(20, d) - loss) < 4 * e for d, (loss, e) in pairs)
    # the exact formula at other distances; far apart the loss grows like the fourth power
    exact = [_of_peaks(20, d) for d in (0, 10, 40)]
    right &= np.allclose(ends, exact, rtol=1e-9)
    near = [_of_peaks(20, d) for d in (0.99 * best, best, 1.01 * best)]
    right &= near[0] > near[1] < near[2]
    right &= abs(_of_peaks(20, 1e4) / _of_peaks(20, 1e3) / 1e4 - 1) < 1e-3
    return right, f"drawn at distance 6: {found[1][0]:.4f} ± {found[1][1]:.4f}"


@beta_zero.range("numeric")
def infinite_below_six(
    power=lambda n: (5 - n) / 2, limit=lambda n: 4 * (n + 1) / ((n - 3) * (n - 5)), first=6
):
    r"""But there is no such number for small $n$: as $\beta\to0$ the expected loss of the normal
    distribution grows like $(\sigma^2/\beta)^{(5-n)/2}$ for $n<5$, like a logarithm at 5, and is
    finite, $\frac{4(n+1)}{(n-3)(n-5)}$, only from $n={first:d}$ on."""
    right = True
    for n in (2, 3, 4):
        values = [loss("normal", n, t) for t in (1e8, 1e10)]
        right &= abs(math.log(values[1] / values[0]) / math.log(100) - power(n)) < 0.005
    five = np.diff([loss("normal", 5, t) for t in (1e6, 1e8, 1e10)])
    right &= abs(five[1] / five[0] - 1) < 1e-2
    finite = [n for n in range(2, 9) if loss("normal", n, 1e12) < 1.15 * loss("normal", n, 1e9)]
    right &= finite == list(range(first, 9))
    for n in (8, 10, 30):
        right &= abs(limit(n) / loss("normal", n, 1e8) - 1) < 1e-3
        right &= abs(normal_loss_at_zero(n) / limit(n) - 1) < 1e-9
    return right, "densities integrated at σ²/β up to 1e12"


@beta_zero.range("numeric")
def atoms(power=2.0):
    r"""Nor for any distribution with an atom, that of Theorem 1 included, at any $n$: a batch may
    not vary at all, and the expected loss grows like $(\sigma^2/\beta)^2$."""
    found = []
    for n in (2, 6, 10):
        values = [loss("two-point", n, t) for t in (1e9, 1e11)]
        found.append(math.log(values[1] / values[0]) / math.log(100))
    return np.allclose(found, power, atol=0.01), "two balanced points, n = 2, 6, 10"


@beta_zero.derivation("proof")
def close_draws(power=lambda n: n - 6, last=5):
    r"""At $n\leq{last:d}$ it is infinite for every distribution: $n$ draws lie within $h$ of each
    other with probability at least $Ch^{n-1}$ (pigeonhole principle), so
    $\mathbb E\,\sigma_{s_2}^{-4}\geq\int Ch^{n-1}\,4h^{-5}dh=\infty$, the power of $h$ being
    $n-6$."""
    n, h = sp.symbols("n h", positive=True)
    same = sp.simplify(h ** (n - 1) * h**-5 / h ** power(n)) == 1
    # the integral of h^k from 0 is infinite for k <= -1
    infinite = [k for k in range(2, 12) if k - 6 <= -1]
    return same and infinite == list(range(2, last + 1)), f"infinite for n = {infinite}"


@beta_zero.badge(
    holds="without β the distance of the peaks is of no consequence: all activations times "
    "{scale:.3g}, the same loss for any two batches"
)
def scale_free_at(scale):
    return True, {}

"""Littwin & Wolf, Eq. 17: what beta > 0 does to the gradient, and beta = 0 to the peaks."""

import itertools
import math

import numpy as np
from scipy.optimize import fminbound
from scipy.special import binom, hyp1f1

from normtheory.claims.claim import Claim, Parameter, half_line
from normtheory.claims.sentence import Later, sp
from normtheory.claims.vcl.beta_force import loss
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.two_batch_loss import loss_gradient, normal_loss_at_zero

BETA = Parameter("beta", r"\beta", "the constant in the denominator", 1.0, half_line, True, (0, 5))
SCALE = Parameter(
    "scale",
    "c",
    "bound on the batches' standard deviations",
    1.0,
    half_line,
    typical=(0.05, 100),
    log=True,
)


def _norm(first, second, beta):
    _, one, two = loss_gradient(first, second, beta)
    return np.sqrt((one**2).sum(-1) + (two**2).sum(-1))


def gradient_bound(n, beta, variance):
    """Largest gradient norm over batches whose sample variances are at most `variance`."""
    growth = np.maximum(1.0, variance / beta)
    first = np.sqrt(variance) / beta
    # sqrt(s) / (s + beta)^2 is largest at s = beta / 3
    second = 3 * np.sqrt(3) / 16 * variance / beta**1.5
    return 4 * growth * np.hypot(first, second) / np.sqrt(n - 1)


def _loss(first, second, beta):
    s1, s2 = (np.var(x, axis=-1, ddof=1) for x in (first, second))
    return (1 - s1 / (s2 + beta)) ** 2


def _differences(first, second, beta):
    """The gradient's norm by central differences."""
    both, n = np.array([first, second], float), len(first)
    total = 0.0
    for k, j in itertools.product(range(2), range(n)):
        step = np.zeros_like(both)
        step[k, j] = 1e-5 * max(1.0, abs(both).max())
        change = _loss(*(both + step), beta) - _loss(*(both - step), beta)
        total += (change / (2 * step[k, j])) ** 2
    return math.sqrt(total)


beta_stabilizes = Claim(
    id="vcl.beta-stabilizes",
    source="Eq. 17",
    says=r"$\beta>0$ in $(1-\sigma_{s_1}^2/(\sigma_{s_2}^2+\beta))^2$ stabilizes the loss by "
    "preventing exploding gradients",
    verdict="amended",
    breaks={"beta": 0.0},
    parameters=(BETA, SIZE, SCALE),
)


@beta_stabilizes.counterexample("numeric")
def cubic(
    norm=float(_norm([-100.0, 100.0], [0.0, 0.0], 1.0)),
    factor=float(_norm([-1e3, 1e3], [0.0, 0.0], 1.0) / _norm([-100.0, 100.0], [0.0, 0.0], 1.0)),
):
    r"""$n=2$, $\beta=1$, batches $(-100, 100)$ and $(0, 0)$: the gradient's norm is {norm:.3g}; ten
    times the activations multiply it by {factor:.0f}."""
    small, large = (_differences([-c, c], [0, 0], 1.0) for c in (100, 1000))
    right = abs(norm / small - 1) < 1e-4 and abs(factor * small / large - 1) < 1e-4
    return right, f"by differences {small:.4g} and {large:.4g}"


def _random_norms(rng):
    """(n, β, V, norm) of random batches with sample variances up to V."""
    found = []
    for n, beta, variance in itertools.product((2, 3, 10), (0.01, 1.0, 20.0), (0.1, 1.0, 100.0)):
        first, second = rng.normal(size=(2, 3000, n))
        # second batches from constant to full spread: small ones are the dangerous ones
        spread = np.sqrt(variance) * rng.random((2, 3000)) ** np.array([[0.1], [8.0]])
        first, second = (
            x / x.std(-1, ddof=1, keepdims=True) * s[:, None]
            for x, s in zip((first, second), spread, strict=True)
        )
        # |grad s| = 2 sqrt(s / (n - 1)) for both batches
        s1, s2 = first.var(-1, ddof=1), second.var(-1, ddof=1)
        ratio = s1 / (s2 + beta)
        parts = np.hypot(np.sqrt(s1), ratio * np.sqrt(s2)) / (s2 + beta)
        norms = 4 * abs(1 - ratio) * parts / np.sqrt(n - 1)
        found.append((n, beta, variance, norms.max()))
    return found


@beta_stabilizes.amendment("numeric")
def bounded_activations(
    bound=gradient_bound,
    said=lambda n, b, v: (
        4 / math.sqrt(n - 1) * max(1, v / b) * math.sqrt(v / b**2 + 27 * v**2 / (256 * b**3))
    ),
    *,
    found=Later(_random_norms),
):
    r"""On activations with $\sigma_s^2\leq V$ the gradient's norm is at most
    $\frac4{\sqrt{n-1}}\max(1,\frac V\beta)\sqrt{\frac V{\beta^2}+\frac{27V^2}{256\beta^3}}$."""
    right, closest = True, 0.0
    for n, beta, variance, norm in found:
        values = bound(n, beta, variance), said(n, beta, variance)
        right &= all(norm <= value * (1 + 1e-12) for value in values)
        right &= abs(values[0] / values[1] - 1) < 1e-9
        closest = max(closest, norm / values[0])
    # a constant second batch and V far below β come as close as one likes
    edge = math.sqrt(1e-6) * np.array([-1, 1]) / math.sqrt(2)
    tight = _differences(edge, [0, 0], 1.0) / said(2, 1.0, 1e-6)
    right &= 0.995 < tight < 1.001
    return bool(right), f"81,000 pairs of batches reach {closest:.3f} of it; V = β/10⁶: {tight:.4f}"


def _exponent(norms, sizes):
    return float(np.polyfit(np.log(sizes), np.log(norms), 1)[0])


@beta_stabilizes.amendment("numeric")
def growth(power=3.0, constant=lambda n, beta: 4 / (beta**2 * math.sqrt(n - 1))):
    r"""Without a bound on the activations it grows like their cube, whatever $\beta>0$: at $s_2=0$
    and $s_1=c^2$ it tends to $\frac{4c^3}{\beta^2\sqrt{n-1}}$."""
    right = True
    for n, beta in ((2, 1.0), (5, 0.1), (3, 20.0)):
        x = np.random.default_rng(0).normal(size=n)
        x /= x.std(ddof=1)
        sizes = np.array([1e3, 1e4, 1e5])
        norms = np.array([_differences(c * x, np.zeros(n), beta) for c in sizes])
        right &= abs(_exponent(norms, sizes) - power) < 0.01
        right &= abs(norms[-1] / (constant(n, beta) * sizes[-1] ** 3) - 1) < 1e-3
    return bool(right), "three sizes and β, by differences"


@beta_stabilizes.amendment("numeric")
def without_beta(power=-5.0):
    r"""Without $\beta$ it explodes on bounded activations, too: like $h^{-5}$ when the second batch
    is $h$ wide."""
    widths = np.array([1e-2, 1e-3, 1e-4])
    s1 = 2.0
    # |grad_2 L| = 2 |1 - R| R 2 sqrt(s2) / s2 with R = s1 / s2, and s2 = 2 h²
    norms = [4 * abs(1 - s1 / s) * s1 / s**1.5 for s in 2 * widths**2]
    norm = _norm([-1.0, 1.0], [-0.1, 0.1], 0.0) / _differences([-1, 1], [-0.1, 0.1], 0.0)
    right = abs(_exponent(norms, widths) - power) < 0.01 and abs(norm - 1) < 1e-4
    return bool(right), f"exponent {_exponent(norms, widths):.3f}"


@beta_stabilizes.range("proof")
def trained(last=lambda rate: sp.sqrt(rate / 2)):
    r"""$\beta$ is itself trained in the document, and nothing keeps it positive: at $s_2=0$ and
    $s_1=\beta/2$ a step of rate $\eta$ takes it below 0 once $\beta^2<\eta/2$."""
    s1, beta, rate = sp.symbols("s_1 beta eta", positive=True)
    slope = sp.diff((1 - s1 / beta) ** 2, beta).subs(s1, beta / 2)
    return sp.simplify((beta - rate * slope).subs(beta, last(rate))) == 0, f"slope {slope}"


beta_stabilizes.rests_on(
    "vcl.beta-grows-variance",
    r"That is a single step. On average the loss raises a $\beta$ that is small beside the "
    "variance: both forces vanish at one ratio, and have opposite signs.",
    "range",
)


@beta_stabilizes.derivation("proof")
def both_gradients(
    one=lambda r, s, b: -2 * (1 - r) / (s + b), two=lambda r, s, b: 2 * (1 - r) * r / (s + b)
):
    r"""$\nabla_1L=-\frac{2(1-R)}{s_2+\beta}\nabla s_1$ and $\nabla_2L=\frac{2(1-R)R}{s_2+\beta}
    \nabla s_2$ with $R=s_1/(s_2+\beta)$, and $\|\nabla s\|=2\sqrt{s/(n-1)}$."""
    s1, s2, b = sp.symbols("s_1 s_2 b", positive=True)
    r = s1 / (s2 + b)
    slopes = sp.diff((1 - r) ** 2, s1) - one(r, s2, b), sp.diff((1 - r) ** 2, s2) - two(r, s2, b)
    # ds/dx_j = 2 (x_j - mean) / (n - 1), at three draws
    x = sp.symbols("x1:4")
    s = sum((each - sum(x) / 3) ** 2 for each in x) / 2
    norm = sp.expand(sum(sp.diff(s, each) ** 2 for each in x) - 4 * s / 2)
    return all(sp.simplify(g) == 0 for g in slopes) and norm == 0, "derivatives minus these: 0, 0"


@beta_stabilizes.derivation("proof")
def largest_second_part(place=lambda b: b / 3, value=lambda b: 27 / (256 * b**3)):
    r"""$|1-R|\leq\max(1,V/\beta)$, $\sqrt{s_1}/(s_2+\beta)\leq\sqrt V/\beta$, $R\leq
    V/(s_2+\beta)$, and $\sqrt{s_2}/(s_2+\beta)^2$ is largest at $s_2=\beta/3$, with the square
    $\frac{27}{256\beta^3}$."""
    s, b = sp.symbols("s b", positive=True)
    square = s / (s + b) ** 4
    roots = sp.solve(sp.diff(square, s), s)
    gap = sp.simplify(square.subs(s, roots[0]) - value(b))
    return len(roots) == 1 and sp.simplify(roots[0] - place(b)) == 0 and gap == 0, f"at s = {roots}"


@beta_stabilizes.badge(
    holds="β prevents exploding gradients: norm at most {bound:.3g} while the batches' standard "
    "deviations are at most {scale:.3g}",
    fails="β prevents exploding gradients: there is none, and no bound as the second batch's "
    "variance goes to 0",
)
def stable_at(beta, n, scale):
    if beta == 0:
        return False, {}
    return True, {"bound": float(gradient_bound(n, beta, scale**2))}


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
    right = all(
        abs(_of_peaks(20, d) - loss) < 4 * e for d, (loss, e) in zip((1, 6), found, strict=True)
    )
    # the exact formula at other distances; far apart the loss grows like the fourth power
    exact = [_of_peaks(20, d) for d in (0, 10, 40)]
    right &= np.allclose(ends, exact, rtol=1e-9)
    near = [_of_peaks(20, d) for d in (0.99 * best, best, 1.01 * best)]
    right &= near[0] > near[1] < near[2]
    right &= abs(_of_peaks(20, 1e4) / _of_peaks(20, 1e3) / 1e4 - 1) < 1e-3
    return bool(right), f"drawn at distance 6: {found[1][0]:.4f} ± {found[1][1]:.4f}"


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
    return bool(right), "densities integrated at σ²/β up to 1e12"


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

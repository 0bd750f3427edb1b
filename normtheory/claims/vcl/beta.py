"""Littwin & Wolf, Eq. 17: what beta > 0 does to the gradient."""

import itertools
import math

import numpy as np

from normtheory.claims import Claim, Later, Parameter, half_line, sp
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.two_batch_loss import loss_gradient

BETA = Parameter("beta", r"\beta", "the constant in the denominator", 1.0, half_line, True, (0, 5))
SCALE = Parameter.positive(
    "scale", "c", "bound on the batches' standard deviations", 1.0, (0.05, 100)
)


def _norm(first, second, beta):
    _, one, two = loss_gradient(first, second, beta)
    return np.sqrt((one**2).sum(-1) + (two**2).sum(-1))


@np.errstate(over="ignore", divide="ignore")
def gradient_bound(n, beta, variance):
    """Largest gradient norm over batches whose sample variances are at most `variance`; ∞ where it
    is beyond the largest number."""
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
    return right, f"81,000 pairs of batches reach {closest:.3f} of it; V = β/10⁶: {tight:.4f}"


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
    return right, "three sizes and β, by differences"


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
    return right, f"exponent {_exponent(norms, widths):.3f}"


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

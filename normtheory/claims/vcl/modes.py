"""Littwin & Wolf, Sec. 2: sample patterns of distributions with few modes."""

from itertools import combinations_with_replacement, product
from math import comb

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.theory.laws import discrete, two_point
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.sample_variance import variance_constancy


def printed_count(n, k):
    """What Sec. 2 says: n patterns for two modes, C(n + k - 1, k) for k."""
    return n if k == 2 else comb(n + k - 1, k)


def true_count(n, k):
    """Unordered samples of n values from k modes: C(n + k - 1, n)."""
    return comb(n + k - 1, n)


def _counted(n, k):
    """Patterns counted one by one, as the unordered samples themselves."""
    return len(set(combinations_with_replacement(range(k), n)))


sample_patterns = Claim(
    id="vcl.sample-patterns",
    source="Sec. 2",
    says=r"For two modes there are only $n$ possible patterns (n = 3: aaa, aab, abb, bbb); "
    r"for $k$ modes $\binom{n+k-1}{k}$",
    verdict="amended",
    breaks={"n": 3, "k": 2},
    parameters=(
        Parameter.count("n", "n", "sample size", 3, (1, 20)),
        Parameter.count("k", "k", "number of modes", 2, (1, 12)),
    ),
)


@sample_patterns.counterexample("simulation")
def three_draws_from_two_modes(listed=true_count(3, 2), said=3, general=comb(4, 2), *, n=3, k=2):
    r"""$n={n:d}$, $k={k:d}$: the document's own list has {listed:d} patterns, not {said:d}; its
    general formula gives {general:d}."""
    right = listed == _counted(n, k) and said == n != listed
    return right and general == comb(n + k - 1, k) != listed, "aaa, aab, abb, bbb"


@sample_patterns.amendment(
    "simulation",
    rejects={
        "k instead of k - 1": lambda n, k: comb(n + k - 1, k),
        "n for two modes": {"two": lambda n: n},
    },
)
def stars_and_bars(count=true_count, two=lambda n: n + 1):
    r"""There are $\binom{n+k-1}{n}=\binom{n+k-1}{k-1}$ patterns; $n+1$ for two modes."""
    pairs = [(n, k) for n in range(1, 9) for k in range(1, 7)]
    right = [count(n, k) == _counted(n, k) == comb(n + k - 1, k - 1) for n, k in pairs]
    right += [two(n) == _counted(n, 2) for n in range(1, 9)]
    return all(right), f"{len(pairs)} counts by listing, n ≤ 8, k ≤ 6"


sample_patterns.by_hand(
    "A pattern is a multiset of modes: stars for the draws, and bars that part the modes."
)


@sample_patterns.derivation(
    "simulation", rejects={"n = k + 1": lambda n, k: n == k + 1, "never": lambda n, k: False}
)
def printed_count_is_right_only_for_equal_numbers(right_for=lambda n, k: n == k):
    r"""The printed $\binom{n+k-1}{k}$ equals it exactly when $n=k$: two entries of one row of
    Pascal's triangle agree where $n=k$, or where $n+k$ is the row, which is one less."""
    pairs = list(product(range(1, 31), repeat=2))
    agree = [comb(n + k - 1, k) == comb(n + k - 1, n) for n, k in pairs]
    return agree == [right_for(n, k) for n, k in pairs], f"{len(pairs)} pairs of n, k ≤ 30"


@sample_patterns.badge(
    holds="Sec. 2 counts the patterns: {true:d}, as the document says",
    fails="Sec. 2 counts the patterns: not here, {true:d} against the printed {said:d}",
)
def patterns_at(n, k):
    said, true = printed_count(n, k), true_count(n, k)
    return said == true, {"said": said, "true": true}


def kurtosis_of_modes(upper, middle, position):
    """Kurtosis of modes at -1, `position` and 1 with weight `middle` on the second and the share
    `upper` of the rest on the third."""
    weights = ((1 - middle) * (1 - upper), middle, (1 - middle) * upper)
    return discrete((-1.0, position, 1.0), weights).kurtosis


def _exact_kurtosis(atoms, weights):
    """Kurtosis of a discrete distribution from its moments, in the arithmetic of its atoms."""
    total = sum(weights)
    pairs = list(zip(atoms, weights, strict=True))
    mean = sum(w * x for x, w in pairs) / total
    m2, m4 = (sum(w * (x - mean) ** k for x, w in pairs) / total for k in (2, 4))
    return m4 / m2**2


def _spread_of_sample_variance(rare, n):
    """Var(s²)/σ⁴ of two modes, summed over the number of draws from the rare one."""
    total = 0.0
    for j in range(n + 1):
        share = comb(n, j) * rare**j * (1 - rare) ** (n - j)
        total += share * (j * (n - j) / (n * (n - 1)) / (rare * (1 - rare)) - 1) ** 2
    return total


few_modes = Claim(
    id="vcl.few-modes",
    source="Sec. 2",
    says="A distribution with a few distinct modes would have a low variance of sample variance, "
    "since there is a relatively small number of possibilities to sample from",
    verdict="amended",
    breaks={"upper": 0.01},
    parameters=(
        Parameter("upper", "q", "share of the mode at 1 in the two outer modes", 0.5, (0, 1)),
        Parameter("middle", "w_0", "weight of the third mode", 0.0, (0, 0.99), closed=True),
        Parameter("position", "x", "place of the third mode (others at -1 and 1)", 0.0, (-9, 9)),
    ),
)


@few_modes.counterexample("simulation")
def a_rare_mode(
    kappa=two_point(weight=0.01).kurtosis,
    two=variance_constancy(10, two_point(weight=0.01).kurtosis),
    normal=variance_constancy(10, 3.0),
    *,
    rare=0.01,
    n=10,
):
    r"""Two modes, one of them of weight {rare:g}: $\kappa={kappa:.2f}$, and at $n={n:d}$
    $\mathrm{Var}(s^2)/\sigma^4={two:.2f}$, against {normal:.3f} for the normal distribution."""
    counted = _spread_of_sample_variance(rare, n)
    # the sample variance of normal draws is chi-squared: its variance is 2/(n - 1)
    found = [kappa / _exact_kurtosis((0, 1), (1 - rare, rare)), two / counted, normal * (n - 1) / 2]
    return np.allclose(found, 1, rtol=1e-9), f"summed over {n + 1} patterns: {counted:.6f}"


def _random_modes(rng):
    """(least weight, kurtosis) of distributions with 2 to 6 modes."""
    found = []
    for k, spread in product((2, 3, 4, 6), (0.3, 1.0, 5.0)):
        weights = rng.dirichlet(np.full(k, spread), 130)
        # rounding of the moments dominates when a mode weighs next to nothing
        weights = weights[weights.min(axis=1) > 1e-6]
        # Cauchy places: one far mode comes closest to the bound
        places = rng.standard_cauchy(weights.shape)
        found += zip(weights.min(axis=1), _exact_kurtosis(places.T, weights.T), strict=True)
    return found


@few_modes.amendment("numeric")
def no_mode_is_rare(bound=lambda w: 1 / (w * (1 - w)) - 3, *, found=Later(_random_modes)):
    r"""If every mode weighs at least $w$, then $\kappa\leq\frac1{w(1-w)}-3$, with equality for two
    modes of weights $w$ and $1-w$."""
    most = max(kappa / bound(least) for least, kappa in found)
    tight = [kurtosis_of_modes(w, 0.0, 0.0) / bound(w) for w in (0.01, 0.2, 0.5)]
    right = most < 1 + 1e-9 and np.allclose(tight, 1, rtol=1e-9)
    return right, f"{len(found)} distributions of 2 to 6 modes: at most {most:.6f} of the bound"


@few_modes.amendment("numeric")
def the_boundary_of_theorem_2(least=EQUAL_VARIANCE_BOUNDARY[0]):
    r"""So $\kappa<3$ whenever every mode weighs more than $(1-\sqrt{1/3})/2={least:.4f}$, the
    boundary of Theorem 2; two modes vary less than the normal distribution exactly when the rarer
    weighs more."""
    weights = (0.1, least - 1e-4, least + 1e-4, 0.5)
    less = [_exact_kurtosis((0, 1), (w, 1 - w)) < 3 for w in weights]
    return less == [False, False, True, True], f"κ < 3 only above {least:.4f} ± 0.0001"


@few_modes.amendment("numeric")
def a_rare_mode_must_lie_far_out(kappa=1 / 0.99, *, rare=0.01):
    r"""What counts is a rare mode far out, not the number of patterns: halfway between two equal
    modes one of weight {rare:g} leaves $\kappa$ at {kappa:.2f}."""
    found = _exact_kurtosis((-1, 0, 1), ((1 - rare) / 2, rare, (1 - rare) / 2))
    return abs(kappa / found - 1) < 1e-9, f"from their moments {found:.4f}"


few_modes.rests_on(
    "vcl.variance-of-variance",
    r"At fixed $n$, $\mathrm{Var}(s^2)/\sigma^4$ depends on the distribution through $\kappa$ "
    "alone (Eq. 1).",
)


@few_modes.derivation("proof")
def kurtosis_of_two_modes(kappa=lambda alpha: 1 / alpha - 3):
    r"""Two modes of weights $q$ and $1-q$ have $\kappa=1/\alpha-3$ with $\alpha=q(1-q)$."""
    q = sp.symbols("q", positive=True)
    exact = _exact_kurtosis((sp.Integer(0), sp.Integer(1)), (1 - q, q))
    gap = sp.cancel(exact - kappa(q * (1 - q)))
    return gap == 0, f"moments of the two modes minus the formula = {gap}"


few_modes.by_hand(
    r"At given weights, mean and variance, $m_4$ is stationary where every mode satisfies the same "
    r"cubic equation $x^3=Ax+B$ (Lagrange): two or three places are left."
)


@few_modes.derivation("proof")
def three_places(kappa=lambda a: a, squares=lambda a: 2 * a):
    r"""With three, of mean 0 and variance 1, $\kappa=A$, and the squares of the places add up to
    $2A$."""
    a, b, x, y = sp.symbols("a b x y")
    # E x⁴ = E x (A x + B), with E x² = 1 and E x = 0
    fourth = sp.expand(x * (a * x + b)).subs(x**2, 1).subs(x, 0)
    # the cubic has no square term, so its roots are x, y and -x - y, and A its linear factor
    linear = -sp.Poly(sp.expand((b - x) * (b - y) * (b + x + y)), b).coeff_monomial(b)
    gap = sp.expand(x**2 + y**2 + (x + y) ** 2 - squares(linear))
    return fourth - kappa(a) == 0 and gap == 0, f"E x⁴ = {fourth}, squares - 2A = {gap}"


@few_modes.derivation("proof")
def three_places_have_less(gap=lambda w: (1 - 2 * w) * (1 - 3 * w) / (2 * w * (1 - w))):
    r"""Every $wx_i^2$ is part of the variance 1, so $\kappa\leq\frac1{2w}$. This is
    $\frac{(1-2w)(1-3w)}{2w(1-w)}\geq0$ below the bound for $w\leq\frac13$, and three modes cannot
    weigh more each."""
    w = sp.symbols("w", positive=True)
    rest = sp.cancel(1 / (w * (1 - w)) - 3 - 1 / (2 * w) - gap(w))
    # both factors fall in w, and neither is negative at a third
    good = all(factor.subs(w, sp.Rational(1, 3)) >= 0 for factor in (1 - 2 * w, 1 - 3 * w))
    return rest == 0 and good, f"bound - 1/(2w) - gap = {rest}"


def _equally_spaced():
    """Kurtosis of k equal, equally spaced modes as a formula in k, summed."""
    k, j = sp.symbols("k j", positive=True)
    m2, m4 = (sp.summation((j - (k - 1) / 2) ** p, (j, 0, k - 1)) / k for p in (2, 4))
    return sp.cancel(m4 / m2**2), k


@few_modes.derivation("proof")
def equal_modes(
    kappa=lambda k: 3 * (3 * k**2 - 7) / (5 * (k**2 - 1)),
    least=1.0,
    limit=9 / 5,
    *,
    summed=Later(_equally_spaced),
):
    r"""$k$ equal, equally spaced modes have $\kappa=\frac35\frac{3k^2-7}{k^2-1}$, which grows from
    {least:g} for two towards {limit:g}: more modes vary a little more, all less than the normal
    distribution."""
    exact, k = summed
    gap, slope = sp.cancel(exact - kappa(k)), sp.factor(sp.diff(exact, k))
    ends = float(exact.subs(k, 2)), float(sp.limit(exact, k, sp.oo))
    grows = sp.cancel(slope * (k**2 - 1) ** 2).is_positive
    right = gap == 0 and bool(grows) and np.allclose(ends, (least, limit), rtol=1e-12)
    return right, f"summed for all k; slope {slope}"


@few_modes.badge(
    holds="few modes vary less than the normal distribution: κ = {kappa:.4g}, below 3",
    fails="few modes vary less than the normal distribution: not here, κ = {kappa:.4g}, not below "
    "3",
)
def few_modes_at(upper, middle, position):
    kappa = kurtosis_of_modes(upper, middle, position)
    return kappa < 3, {"kappa": kappa}

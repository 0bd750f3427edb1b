"""Littwin & Wolf, Theorem 3: the ratio of two sample variances."""

import itertools
from fractions import Fraction

import numpy as np

from normtheory.claims import Claim, Parameter, sp
from normtheory.claims.vcl.patterns import (
    FEW_POINTS,
    cantelli,
    discrete_event,
    normal_below,
    normal_event,
    patterns,
    spread,
    upper_half,
)
from normtheory.claims.vcl.sample_variance import LAW, SIZE
from normtheory.theory.certified import certify
from normtheory.theory.laws import law as make_law
from normtheory.theory.ratio_bounds import (
    cantelli_bound,
    chebyshev_bound,
    discrete_event_probability,
    far_event_bound,
    normal_event_probability,
    printed_bound,
)
from normtheory.theory.sample_variance import enumerate_two_point

EPSILON = Parameter(
    "epsilon", r"\varepsilon", "tolerance on the ratio", 0.5, (0, 1), typical=(0.05, 0.95)
)

ratio_bound = Claim(
    id="vcl.ratio-bound",
    source="Theorem 3, Eq. 12-16",
    says=r"For $1>\varepsilon>0$: $P\big[\tfrac{4\varepsilon^2}{(1+\varepsilon)^2}\leq"
    r"(1-\sigma^2_{s_1}/\sigma^2_{s_2})^2\leq\tfrac{4\varepsilon^2}{(1-\varepsilon)^2}\big]\geq"
    r"\big(1-\tfrac1{\varepsilon^2}(\tfrac\kappa n-\tfrac{n-3}{n(n-1)})\big)^2$",
    verdict="refuted",
    breaks={"n": 100, "epsilon": 0.5, "law": "normal"},
    parameters=(SIZE, EPSILON, LAW),
)


@ratio_bound.counterexample("numeric")
def a_normal_distribution(
    probability=float(normal_event_probability(100, 0.5)[0]),
    bound=float(printed_bound(100, 3.0, 0.5)),
    *,
    n=100,
):
    r"""Normal distribution, $n={n:d}$, $\varepsilon=\frac12$: the event has probability
    {probability:.4f}, and the bound says at least {bound:.3f}."""
    exact, said = normal_event(n, 0.5)[0], (1 - spread(n, 3) / 0.25) ** 2
    right = abs(probability / exact - 1) < 1e-6 and abs(bound / said - 1) < 1e-12
    return right and exact < said, f"by quadrature of the beta distribution {exact:.6f}"


@ratio_bound.counterexample("simulation")
def two_points(
    probability=float(discrete_event_probability(enumerate_two_point(8, 0.5), 0.7)[0]),
    bound=float(printed_bound(8, 1.0, 0.7)),
):
    r"""Two balanced points, $n=8$, $\varepsilon=\frac7{10}$: {probability:.4f}, and the bound says
    at least {bound:.3f}."""
    exact = discrete_event(patterns((-1, 1), (0.5, 0.5), 8), 0.7)[0]
    said = (1 - spread(8, 1) / 0.49) ** 2
    right = abs(probability / exact - 1) < 1e-9 and abs(bound / said - 1) < 1e-9
    return right and exact < said, f"all pairs of 256 batches: {exact:.6f}"


@ratio_bound.counterexample("proof")
def more_than_one(bound=lambda kappa, e: (1 - (kappa + 1) / (2 * e**2)) ** 2, normal=49):
    r"""At $n=2$ the right-hand side is $\big(1-\frac{\kappa+1}{2\varepsilon^2}\big)^2$, for the
    normal distribution and $\varepsilon=\frac12$ {normal:d}: no probability."""
    k, e, n = sp.symbols("kappa e n", positive=True)
    printed = (1 - (k / n - (n - 3) / (n * (n - 1))) / e**2) ** 2
    gap = sp.simplify(printed.subs(n, 2) - bound(k, e))
    here = printed.subs({n: 2, k: 3, e: sp.Rational(1, 2)})
    return gap == 0 and here == normal, f"printed at n = 2 minus this: {gap}"


@ratio_bound.amendment("numeric", rejects={"no positive part": printed_bound})
def what_the_proof_shows(bound=chebyshev_bound):
    r"""$P[(1-R)^2\leq4\varepsilon^2/(1-\varepsilon)^2]\geq\max(0,1-v/\varepsilon^2)^2$ with
    $R=\sigma_{s_1}^2/\sigma_{s_2}^2$, $v=\kappa/n-(n-3)/(n(n-1))$, where batches without spread
    count as agreeing."""
    n, kappa, e, probability = upper_half()
    values = bound(n.astype(int), kappa, e)
    same = np.allclose(values, np.maximum(0, 1 - spread(n, kappa) / e**2) ** 2, atol=1e-12)
    right = same and bool((values <= probability + 1e-9).all())
    return right, f"{n.size} exact probabilities, five discrete distributions and the normal one"


@ratio_bound.amendment("numeric", rejects={"without b": lambda v, e: (cantelli(v, e)[0], 0 * e)})
def cantellis_inequality(parts=cantelli, bound=cantelli_bound):
    r"""With $a=\frac{1+\varepsilon}{1-\varepsilon}$, $b=\frac{1-3\varepsilon}{1-\varepsilon}$ also
    $P\geq1-\frac{v(1+a^2)}{v(1+a^2)+(a-1)^2}-[b>0]\frac{v(1+b^2)}{v(1+b^2)+(1-b)^2}$."""
    n, kappa, e, probability = upper_half()
    # 1 - b = 2 ε / (1 - ε) = a - 1
    square, low = (2 * e / (1 - e)) ** 2, np.maximum(1 - 3 * e, 0) / (1 - e)
    v = spread(n, kappa)
    plain = 1 / (1 + square / (v * (1 + ((1 + e) / (1 - e)) ** 2)))
    plain += (low > 0) / (1 + square / (v * (1 + low**2)))
    same = np.allclose(sum(parts(v, e)), plain, rtol=1e-9, atol=1e-12)
    same &= np.allclose(bound(n.astype(int), kappa, e), np.maximum(0, 1 - plain), atol=1e-12)
    good = bool((1 - plain <= probability + 1e-9).all())
    return good and same, f"{n.size} exact probabilities, none below"


@ratio_bound.amendment("certified")
def cantelli_is_better(
    above=lambda x, e: x * (1 + e * e) / (x * (1 + e * e) + 2),
    below=lambda x, e: x * (1 - 4 * e + 5 * e * e) / (x * (1 - 4 * e + 5 * e * e) + 2),
):
    r"""It is nowhere below the bound of the proof: in $x=v/\varepsilon^2$ what it subtracts is
    $\frac{x(1+\varepsilon^2)}{x(1+\varepsilon^2)+2}$ and, for $\varepsilon<\frac13$,
    $\frac{x(1-4\varepsilon+5\varepsilon^2)}{x(1-4\varepsilon+5\varepsilon^2)+2}$, together less
    than $1-(1-x)^2$ for all $0<x\leq1$, $0<\varepsilon<1$."""
    x, e = sp.symbols("x e", positive=True)
    a, b = (1 + e) / (1 - e), (1 - 3 * e) / (1 - e)
    exact = [x * e**2 * (1 + t**2) / (x * e**2 * (1 + t**2) + (1 - t) ** 2) for t in (a, b)]
    parts = above(x, e), below(x, e)
    same = all(sp.cancel(one - two) == 0 for one, two in zip(exact, parts, strict=True))

    # divided by x
    def both(x, e):
        return 2 - x - 1 / (x + 2 / (1 + e * e)) - 1 / (x + 2 / (1 - 4 * e + 5 * e * e))

    few = certify(both, [(0, 1), (0, 0.34)])
    one = certify(lambda x, e: 2 - x - 1 / (x + 2 / (1 + e * e)), [(0, 1), (0.33, 1)])
    right = same and few.covered and one.covered
    return right, f"ε < 1/3 {few}, the rest {one}; beyond x = 1 the bound of the proof is 0"


@ratio_bound.range("numeric")
def the_trivial_bound(trivial=0.5):
    r"""Exchange of the batches gives $P[R\leq1]\geq\frac12$ for every distribution, equal to it for
    the normal one: for $\varepsilon\geq\frac13$ a bound below that says nothing."""
    chances = [normal_below(1.0, n) for n in (2, 5, 30)]
    for (atoms, weights), n in itertools.product(FEW_POINTS, (2, 3, 5)):
        values, chance = patterns(atoms, weights, n)
        chances.append((chance[:, None] * chance)[values[:, None] <= values].sum())
    least = min(chances)
    return abs(least - trivial) < 1e-9, f"{len(chances)} distributions, the least {least:.6f}"


@ratio_bound.range("proof")
def where_the_proof_speaks(least=lambda e: 1 + 2 / e**2, two=lambda kappa: (kappa + 1) / 2):
    r"""The bound of the proof is 0 unless $v<\varepsilon^2$: for the normal distribution unless
    $n>1+2/\varepsilon^2$, and always at $n=2$, where $v=(\kappa+1)/2\geq1$."""
    n, k, e = sp.symbols("n kappa e", positive=True)
    v = k / n - (n - 3) / (n * (n - 1))
    normal = sp.solve(sp.Eq(sp.simplify(v.subs(k, 3)), e**2), n)
    gap, rest = sp.simplify(normal[0] - least(e)), sp.simplify(v.subs(n, 2) - two(k))
    return len(normal) == 1 and gap == rest == 0, f"v = ε² at n = {normal[0]}"


@ratio_bound.range(
    "certified", rejects={"better than the trivial bound": {"from_third": lambda e: 0.5 + e / 9}}
)
def cantelli_at_two(from_third=lambda e: 2 * e**2 / (1 + 3 * e**2), below_third=-1 / 3):
    r"""Nor does Cantelli's bound say anything at $n=2$: there it is at most
    $\frac{2\varepsilon^2}{1+3\varepsilon^2}<\frac12$ for $\varepsilon\geq\frac13$, and for
    $\varepsilon<\frac13$ below $-\frac13$."""

    def above(e, v=1.0):
        # what each half takes away; more, the larger v is, and v >= 1
        return v * (1 + e * e) / (v * (1 + e * e) + 2 * e * e)

    def below(e, v=1.0):
        return v * (1 - 4 * e + 5 * e * e) / (v * (1 - 4 * e + 5 * e * e) + 2 * e * e)

    late, third = np.linspace(1 / 3, 1, 50), 1 / 3 - 1e-6
    right = np.allclose(1 - above(late), from_third(late), rtol=1e-9)
    for e, v in itertools.product((0.1, 0.3), (1, 4)):
        right &= np.allclose((above(e, v), below(e, v)), cantelli(v, e))
    more = certify(lambda e: 1 / 2 - from_third(e), [(1 / 3, 1 - 1e-9)])
    less = certify(lambda e: below_third - 1 + above(e) + below(e), [(0.0, third)])
    found = 1 - above(third) - below(third)
    right &= abs(found / below_third - 1) < 1e-4
    return right and more.covered and less.covered, f"{more} and {less}; at 1/3 {found:.4f}"


def _speaks_from(epsilon):
    """Least n at which Cantelli's bound exceeds the trivial one, normal distribution."""
    trivial = 0.5 if epsilon >= 1 / 3 else 0.0
    sizes = np.arange(2, 400)
    return int(sizes[np.argmax(cantelli_bound(sizes, 3.0, epsilon) > trivial + 1e-9)])


@ratio_bound.range("numeric")
def where_cantelli_speaks(least=tuple(_speaks_from(e) for e in (0.1, 0.5, 0.9))):
    r"""For the normal distribution it exceeds the trivial bound from $n={least[0]:d}$ on at
    $\varepsilon=\frac1{10}$, from {least[1]:d} at $\frac12$ and from {least[2]:d} at
    $\frac9{10}$."""
    right, told = True, []
    for n, (e, trivial) in zip(least, ((0.1, 0), (0.5, 0.5), (0.9, 0.5)), strict=True):
        here, before = (1 - sum(cantelli(spread(size, 3), e)) for size in (n, n - 1))
        right &= here > trivial + 1e-9 > before
        told.append(f"{before:.4f}, {here:.4f}")
    return right, f"one before and there: {'; '.join(told)}"


ratio_bound.rests_on(
    "vcl.batchnorm-bound",
    r"Chebyshev's inequality bounds the distance of each batch's sample variance from $\sigma^2$; "
    "the batches are independent, so that both are close with the square of that probability.",
)


@ratio_bound.derivation("proof", rejects={"the printed lower end at 1/2": Fraction(4, 9)})
def the_interval_contains_one(least=0, largest=lambda e: (2 * e / (1 - e)) ** 2):
    r"""So $\frac{1-\varepsilon}{1+\varepsilon}\leq R\leq\frac{1+\varepsilon}{1-\varepsilon}$. This
    interval contains $R=1$, so squaring $1-R$ gives an upper bound only, its value at the farther
    end; the printed lower one asks the two variances *not* to be close."""
    x = sp.symbols("x", positive=True)
    e = x / (1 + x)  # x > 0 runs through ε in (0, 1), and signs can be read off
    below, above = (sp.factor(g) for g in (1 - (1 - e) / (1 + e), (1 + e) / (1 - e) - 1))
    inside = below.is_positive and above.is_positive and sp.factor(above - below).is_positive
    gap = sp.simplify(above**2 - largest(e))
    return bool(inside) and least == gap == 0, f"R = 1 lies {below} above the lower end"


@ratio_bound.derivation("numeric")
def its_probability_vanishes(
    chances=tuple(float(normal_event_probability(n, 0.5)[0]) for n in (50, 100, 200)),
):
    r"""Its probability goes to 0 as $n$ grows: at $\varepsilon=\frac12$ {chances[0]:.2g},
    {chances[1]:.2g} and {chances[2]:.2g} for 50, 100 and 200 normal draws."""
    exact = [normal_event(n, 0.5)[0] for n in (50, 100, 200)]
    return np.allclose(chances, exact, rtol=1e-5), "by quadrature of the beta distribution"


@ratio_bound.derivation("numeric")
def also_for_other_distributions(
    most=lambda v, e: sum(
        v * (1 + t * t) / (v * (1 + t * t) + (1 - t) ** 2)
        for t in (1 + 2 * e / (1 + e), 1 - 2 * e / (1 + e))
    ),
    bound=far_event_bound,
):
    r"""For every distribution: with $d=\frac{2\varepsilon}{1+\varepsilon}$ it is at most the sum of
    $\frac{v(1+t^2)}{v(1+t^2)+d^2}$ over $t=1\pm d$ (Cantelli)."""
    n, e = np.array([10, 100, 1000, 10**5]), np.array([0.3, 0.5, 0.5, 0.9])
    v, d = spread(n, 3.0), 2 * e / (1 + e)
    plain = sum(1 / (1 + d**2 / (v * (1 + t**2))) for t in (1 + d, 1 - d))
    same = np.allclose(most(v, e), plain, rtol=1e-9)
    same &= np.allclose(bound(n, 3.0, e), np.minimum(1, plain), rtol=1e-9)
    held = [normal_event(k, 0.5)[0] <= far_event_bound(k, 3.0, 0.5) for k in (10, 50, 100)]
    return same and all(held), f"at n = 100 000, ε = 9/10 {plain[-1]:.2g}"


@ratio_bound.derivation("proof")
def why_cantelli(mean=lambda a, s: (1 - a) * s, variance=lambda a, v, s: v * (1 + a**2) * s**2):
    r"""$R>a$ is $\sigma_{s_1}^2-a\sigma_{s_2}^2>0$, a variable of mean $(1-a)\sigma^2$ and variance
    $v(1+a^2)\sigma^4$: Cantelli's inequality. Likewise $R<b$."""
    a, v, s, x, y = sp.symbols("a v s x y", positive=True)
    # first and second moments of two independent sample variances
    moments = {x: s, y: s, x**2: s**2 * (1 + v), y**2: s**2 * (1 + v), x * y: s**2}

    def expect(polynomial):
        terms = sp.Poly(sp.expand(polynomial), x, y).terms()
        return sum(c * moments.get(x**i * y**j, 1) for (i, j), c in terms)

    first, second = expect(x - a * y), expect((x - a * y) ** 2)
    gaps = sp.simplify(first - mean(a, s)), sp.simplify(second - first**2 - variance(a, v, s))
    return gaps == (0, 0), f"mean and variance minus these: {gaps}"


@ratio_bound.badge(
    holds="Theorem 3: the event has at least probability {bound:.3g}: it has {p:.3g}",
    fails="Theorem 3: the event has at least probability {bound:.3g}: not here, it has {p:.3g}",
    fails_most="Theorem 3: the event has at least probability {bound:.3g}: not here, it has at "
    "most {p:.3g}",
    fails_beyond="Theorem 3: the event has at least probability {bound:.3g}: above 1, that is no "
    "probability",
    undecided="Theorem 3: the event has at least probability {bound:.3g}: it has at most {p:.3g}",
)
def ratio_at(n, epsilon, law):
    kappa = make_law(law).kurtosis
    bound = float(printed_bound(n, kappa, epsilon))
    if bound > 1:
        return "fails_beyond", {"bound": bound}
    if law == "normal":
        p = float(normal_event_probability(n, epsilon)[0])
    elif law == "two-point":
        p = float(discrete_event_probability(enumerate_two_point(n, 0.5), epsilon)[0])
    else:
        p = float(far_event_bound(n, kappa, epsilon))
        return "fails_most" if p < bound else None, {"bound": bound, "p": p}
    return p >= bound, {"bound": bound, "p": p}

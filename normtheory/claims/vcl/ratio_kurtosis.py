"""Littwin & Wolf, after Theorem 3: how its right-hand side depends on the kurtosis."""

import numpy as np

from normtheory.claims import Claim, Parameter, sp
from normtheory.claims.vcl.patterns import LEVELS, spread
from normtheory.claims.vcl.ratio import EPSILON
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.ratio_bounds import cantelli_bound, chebyshev_bound, printed_bound
from normtheory.theory.sample_variance import variance_constancy

ratio_bound_kurtosis = Claim(
    id="vcl.ratio-bound-kurtosis",
    source="after Theorem 3",
    says="The right-hand side of Eq. 12 is largest when the kurtosis is smallest",
    verdict="amended",
    breaks={"n": 2, "epsilon": 0.5, "kappa": 3.0},
    parameters=(
        SIZE,
        EPSILON,
        Parameter("kappa", r"\kappa", "kurtosis", 3.0, (1, np.inf), True, (1, 20)),
    ),
)


@ratio_bound_kurtosis.counterexample("numeric")
def at_two(one=9, three=49):
    r"""$n=2$, $\varepsilon=\frac12$: the printed right-hand side is {one:d} at $\kappa=1$ and
    {three:d} at $\kappa=3$."""
    exact = [(1 - spread(2, kappa) / 0.25) ** 2 for kappa in (1, 3)]
    return (one, three) == tuple(exact) and one < three, "from n, κ and ε"


def _slopes(n, kappa, epsilon, step=1e-5):
    """d/dκ of the printed side by a central difference."""
    up, down = ((1 - spread(n, kappa + s) / epsilon**2) ** 2 for s in (step, -step))
    return (up - down) / (2 * step)


@ratio_bound_kurtosis.amendment("numeric")
def while_it_says_something(limit=lambda e: e**2):
    r"""It falls with $\kappa$ so long as the bound of the proof says something,
    $v=\kappa/n-(n-3)/(n(n-1))<\varepsilon^2$, and as printed it grows with $\kappa$ beyond that."""
    right, cases = True, 0
    for n in (5, 10, 40):
        for e in (0.5, 0.7, 0.9):
            # the kurtosis at which v = limit, and a thousandth on either side
            turn = n * limit(e) + (n - 3) / (n - 1)
            signs = [_slopes(n, turn * f, e) > 0 for f in (0.5, 0.999, 1.001, 2)]
            right &= signs == [False, False, True, True]
            cases += 1
    return right, f"{cases} pairs of n and ε, 0.1 % on either side"


@ratio_bound_kurtosis.amendment("numeric", rejects={"the printed square": {"proof": printed_bound}})
def with_the_positive_part(proof=chebyshev_bound, cantelli=cantelli_bound):
    r"""With the positive part taken before squaring, and for Cantelli's bound, it never grows with
    $\kappa$."""
    n, e, kappa = np.meshgrid(np.arange(2, 30), LEVELS[::3], np.linspace(1, 30, 60), indexing="ij")
    values = proof(n, kappa, e), cantelli(n, kappa, e)
    falls = all(np.diff(each, axis=2).max() <= 1e-12 for each in values)
    v, gap = spread(n, kappa), (2 * e / (1 - e)) ** 2
    a, b = (1 + e) / (1 - e), np.maximum(1 - 3 * e, 0) / (1 - e)
    plain = 1 - 1 / (1 + gap / (v * (1 + a * a))) - (b > 0) / (1 + gap / (v * (1 + b * b)))
    same = np.allclose(values[0], np.maximum(0, 1 - v / e**2) ** 2, atol=1e-12)
    same &= np.allclose(values[1], np.maximum(0, plain), atol=1e-12)
    return falls and same, f"{n.size} settings, n < 30, κ ≤ 30"


@ratio_bound_kurtosis.derivation("proof")
def each_part(rise=lambda c, g, v: c * g / (c * v + g) ** 2):
    r"""Of Cantelli's bound both parts that are taken away, $\frac{cv}{cv+g}$ with $c=1+a^2$ or
    $1+b^2$ and $g=(1-a)^2$ or $(1-b)^2$, rise with $v$, at the rate
    $\frac{cg}{(cv+g)^2}$, and $v$ with $\kappa$."""
    c, g, v = sp.symbols("c g v", positive=True)
    gap = sp.simplify(sp.diff(c * v / (c * v + g), v) - rise(c, g, v))
    return gap == 0, f"derivative minus this: {gap}"


@ratio_bound_kurtosis.derivation("proof")
def slope(value=lambda n, v, e: -2 / (n * e**2) * (1 - v / e**2)):
    r"""$\frac{d}{d\kappa}(1-v/\varepsilon^2)^2=-\frac{2}{n\varepsilon^2}(1-v/\varepsilon^2)$:
    negative only for $v<\varepsilon^2$."""
    n, k, e = sp.symbols("n kappa e", positive=True)
    v = k / n - (n - 3) / (n * (n - 1))
    gap = sp.simplify(sp.diff((1 - v / e**2) ** 2, k) - value(n, v, e))
    return gap == 0, f"derivative minus this: {gap}"


@ratio_bound_kurtosis.derivation("numeric")
def never_at_two(v=lambda kappa: (kappa + 1) / 2):
    r"""At $n=2$ it grows for every distribution: $v=(\kappa+1)/2\geq1>\varepsilon^2$."""
    kappas = np.array([1, 1.8, 3, 20])
    same = np.allclose(v(kappas), spread(2, kappas), rtol=1e-12)
    return same and bool((_slopes(2, kappas[:, None], LEVELS) > 0).all()), "κ from 1 to 20"


@ratio_bound_kurtosis.badge(
    holds="Eq. 12's right-hand side falls with κ: here {side:.3g}, v = {v:.3g} below ε² = "
    "{square:.3g}",
    fails="Eq. 12's right-hand side falls with κ: not here, it grows, {side:.3g}, v = {v:.3g} not "
    "below ε² = {square:.3g}",
)
def kurtosis_at(n, epsilon, kappa):
    v, square = float(variance_constancy(n, kappa)), epsilon**2
    side = float(printed_bound(n, kappa, epsilon))
    return v < square, {"v": v, "square": square, "side": side}

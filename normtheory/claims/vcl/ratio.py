"""Littwin & Wolf, Theorem 3: the ratio of two sample variances."""

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.vcl.sample_variance import LAW, SIZE
from normtheory.theory.laws import discrete, law
from normtheory.theory.ratio_bounds import (
    cantelli_bound,
    chebyshev_bound,
    discrete_event_probability,
    far_event_bound,
    normal_event_probability,
    printed_bound,
)
from normtheory.theory.sample_variance import (
    enumerate_sample_variance,
    enumerate_two_point,
)

EPSILON = Parameter(
    name="epsilon",
    symbol=r"\varepsilon",
    meaning="tolerance on the ratio",
    default=0.5,
    domain=(0, 1),
    typical=(0.05, 0.95),
)
LEVELS = np.linspace(0.02, 0.98, 49)


def _ratio_standing(n, epsilon, law):
    kappa = _kurtosis(law)
    bound = float(printed_bound(n, kappa, epsilon))
    if bound > 1:
        return Standing("fails", f"the bound is {bound:.3g}, no probability")
    if law == "normal":
        probability, exact = float(normal_event_probability(n, epsilon)[0]), "P"
    elif law == "two-point":
        spread = enumerate_two_point(n, 0.5)
        probability, exact = float(discrete_event_probability(spread, epsilon)[0]), "P"
    else:
        probability, exact = float(far_event_bound(n, kappa, epsilon)), "P at most"
        if probability >= bound:
            return Standing("undecided", f"{exact} {probability:.3g}, bound {bound:.3g}")
    state = "holds" if probability >= bound else "fails"
    return Standing(state, f"{exact} {probability:.3g}, bound {bound:.3g}")


def _kurtosis(name):
    return law(name).kurtosis


def _printed_event_fails(event, rng):
    """Passes when for large n the event is far less probable than the bound says."""
    lines = []
    for n in (50, 100, 200):
        probability = float(normal_event_probability(n, 0.5)[event])
        bound = float(printed_bound(n, 3.0, 0.5))
        lines.append(f"n = {n}: P = {probability:.3g}, bound {bound:.3f}")
        if probability > bound / 2:
            return Outcome(False, lines[-1])
    return Outcome(True, "normal, epsilon = 0.5; " + "; ".join(lines))


def _not_a_probability(bound, rng):
    """Passes when the right-hand side exceeds 1 at n = 2 for every law and epsilon <= 0.7."""
    values = [float(bound(2, kappa, eps)) for kappa in (1.0, 1.8, 3.0) for eps in (0.1, 0.4, 0.7)]
    return Outcome(
        min(values) > 1,
        f"at n = 2 the right-hand side is at least {min(values):.3g} for epsilon <= 0.7",
    )


def _proof_of_event(claimed, rng):
    """From (1-e)/(1+e) <= R <= (1+e)/(1-e), the least and the largest value of (1 - R)^2, for
    every e in (0, 1)."""
    e, x = sp.symbols("e x", positive=True)
    at = {e: x / (1 + x)}  # x > 0 runs through e in (0, 1), and signs can be read off
    low, high = (1 - e) / (1 + e), (1 + e) / (1 - e)
    below, above = (sp.factor((gap).subs(at)) for gap in (1 - low, high - 1))
    # (1 - R)^2 is convex with its only stationary point at R = 1, so its largest value is at the
    # farther end, its least at R = 1 if that lies between the ends
    inside = below.is_positive and above.is_positive
    farther = sp.factor(above - below)
    least, largest = (0 if inside else None), (above**2 if farther.is_positive else None)
    gaps = [
        None if found is None else sp.simplify(found - sp.sympify(bound).subs(at))
        for found, bound in zip((least, largest), claimed(e), strict=True)
    ]
    return Outcome(
        gaps == [0, 0],
        f"with e = x/(1+x), x > 0: R = 1 lies {below} above the lower end and {above} below the "
        f"upper, the farther by {farther}; found less claimed: {gaps[0]} at the least value of "
        f"(1 - R)^2, {gaps[1]} at the largest",
    )


def _laws(rng, count):
    """Discrete laws with 2 or 3 atoms and sizes n, enumerated exactly."""
    for _ in range(count):
        k, n = int(rng.integers(2, 4)), int(rng.integers(2, 8))
        weights = rng.dirichlet(np.full(k, rng.choice([0.3, 1.0, 10.0])))
        weights = (weights + 1e-4) / (weights + 1e-4).sum()
        atoms = np.append(rng.normal(size=k - 1), rng.standard_cauchy())
        yield n, discrete(atoms, weights), enumerate_sample_variance(atoms, weights, n)
    for n in range(2, 10):
        yield n, law("two-point"), enumerate_two_point(n, 0.5)


def _no_violation(bound, rng):
    """Exact P[(1 - R)^2 <= 4 e^2/(1-e)^2] against the bound: discrete laws and the normal law."""
    slack, cases = [], 0
    for n, each, spread in _laws(rng, 250):
        probability = discrete_event_probability(spread, LEVELS)[1]
        values = bound(n, each.kurtosis, LEVELS)
        slack.append((probability - values)[values > 0])
        cases += LEVELS.size
    for n in range(2, 60):
        values = bound(n, 3.0, LEVELS)
        slack.append((normal_event_probability(n, LEVELS)[1] - values)[values > 0])
        cases += LEVELS.size
    slack = np.concatenate(slack)
    return Outcome(
        bool(slack.min() > -1e-9),
        f"{cases} cases: empty in {1 - slack.size / cases:.0%}, else least slack "
        f"{slack.min():.4f}, median {np.median(slack):.3f}",
    )


def _reach(bound, rng):
    """Least n at which the bound exceeds zero, for the normal law and epsilon 0.1, 0.5, 0.9; and
    how many (n, kappa, epsilon) it says something about."""
    sizes = np.arange(2, 2000)
    least = [int(sizes[np.argmax(bound(sizes, 3.0, e) > 0)]) for e in (0.1, 0.5, 0.9)]
    n, kappa, eps = np.meshgrid(np.arange(2, 21), np.linspace(1, 9, 33), LEVELS)
    better = bound(n, kappa, eps) - chebyshev_bound(n, kappa, eps)
    at_two = float((bound(2, kappa[0], eps[0]) > 0).mean())
    return Outcome(
        bool(better.min() >= -1e-12 and at_two > 0.6),
        f"normal law: says something from n = {least} at epsilon 0.1, 0.5, 0.9; at n = 2 for "
        f"{at_two:.0%} of (kappa, epsilon); never below the theorem's corrected bound: "
        f"{better.min() >= -1e-12}",
    )


def _domain_proof(limit, rng):
    """At which epsilon the corrected bound starts to speak for the normal law: v = epsilon^2."""
    n = sp.symbols("n", positive=True)
    kappa, eps = sp.Integer(3), sp.Symbol("e", positive=True)
    v = sp.simplify(kappa / n - (n - 3) / (n * (n - 1)))
    solution = sp.solve(sp.Eq(v, eps**2), n)
    at_two = sp.simplify((sp.Symbol("k") / n - (n - 3) / (n * (n - 1))).subs(n, 2))
    return Outcome(
        len(solution) == 1 and sp.simplify(solution[0] - limit(eps)) == 0,
        f"normal law: n > {solution[0]}; at n = 2 v = {at_two} >= 1 > e^2 for every law",
    )


RATIO_BOUND = Claim(
    id="vcl.ratio-bound",
    source="Theorem 3, Eq. 12-16",
    statement=r"For $1>\varepsilon>0$: $P\big[\tfrac{4\varepsilon^2}{(1+\varepsilon)^2}\leq"
    r"(1-\sigma^2_{s_1}/\sigma^2_{s_2})^2\leq\tfrac{4\varepsilon^2}{(1-\varepsilon)^2}\big]\geq"
    r"\big(1-\tfrac1{\varepsilon^2}(\tfrac\kappa n-\tfrac{n-3}{n(n-1)})\big)^2$",
    verdict="refuted",
    counterexample="normal law, n = 100, epsilon = 0.5: P = "
    f"{float(normal_event_probability(100, 0.5)[0]):.4f}, the bound says at least "
    f"{float(printed_bound(100, 3.0, 0.5)):.3f}; at n = 2 the bound is "
    f"{float(printed_bound(2, 3.0, 0.5)):.0f}",
    amendment=r"$P[(1-R)^2\leq4\varepsilon^2/(1-\varepsilon)^2]\geq\max(0,1-v/\varepsilon^2)^2$ "
    r"with $v=\kappa/n-(n-3)/(n(n-1))$, silent unless $v<\varepsilon^2$ (never at $n=2$; normal "
    r"law: $n>1+2/\varepsilon^2$). Better, and not silent at $n=2$: with "
    r"$a=\frac{1+\varepsilon}{1-\varepsilon}$, $b=\frac{1-3\varepsilon}{1-\varepsilon}$, "
    r"$P\geq1-\frac{v(1+a^2)}{v(1+a^2)+(a-1)^2}-[b>0]\frac{v(1+b^2)}{v(1+b^2)+(1-b)^2}$, where "
    r"batches with $s_1=s_2=0$ count as agreeing.",
    parameters=(SIZE, EPSILON, LAW),
    at=_ratio_standing,
    derivation=(
        r"Chebyshev for each batch: $1-\varepsilon\leq\sigma_s^2/\sigma^2\leq1+\varepsilon$ with "
        r"probability at least $1-v/\varepsilon^2$ (nothing if that is negative); both with its "
        r"square, so $\frac{1-\varepsilon}{1+\varepsilon}\leq R\leq"
        r"\frac{1+\varepsilon}{1-\varepsilon}$.",
        r"This interval contains $R=1$. Squaring $1-R$ gives an upper bound only; the printed "
        r"lower one asks the two variances *not* to be close, and its probability goes to 0 as "
        r"$n$ grows.",
        r"Squaring $1-v/\varepsilon^2$ also hides its sign: for $v>2\varepsilon^2$ the right-hand "
        r"side exceeds 1.",
        r"Better: $R>a$ is $s_1-as_2>0$, a variable with mean $(1-a)\sigma^2$ and variance "
        r"$v(1+a^2)\sigma^4$: Cantelli's inequality. Likewise $R<b$.",
    ),
    remark="The one-sided Cantelli bound is positive for every n and kappa once epsilon >= 1/3. "
    "By exchange of the batches P[R <= 1] >= 1/2 for any law, so values below that carry nothing "
    "for epsilon >= 1/3.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="for the normal law (Fisher's law of R) the printed event is improbable",
            check=_printed_event_fails,
            subject=0,
            mutant=1,
            mutation="the event with its upper bound only, which is probable",
        ),
        Evidence(
            kind="numeric",
            shows="at n = 2 the printed right-hand side is no probability",
            check=_not_a_probability,
            subject=printed_bound,
            mutant=chebyshev_bound,
            mutation="the positive part taken before squaring",
        ),
        Evidence(
            kind="proof",
            shows="on the proof's interval (1 - R)^2 runs from 0, at R = 1, to 4e^2/(1-e)^2",
            check=_proof_of_event,
            subject=lambda e: (0, 4 * e**2 / (1 - e) ** 2),
            mutant=lambda e: (4 * e**2 / (1 + e) ** 2, 4 * e**2 / (1 - e) ** 2),
            mutation="the printed lower end, its value at the nearer end of the interval",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the corrected bound: no violation over enumerated laws and the normal law",
            check=_no_violation,
            subject=chebyshev_bound,
            mutant=printed_bound,
            mutation="the positive part not taken",
            about="amendment",
        ),
        Evidence(
            kind="proof",
            shows="where the corrected bound says something: normal law n > 1 + 2/e^2, never n = 2",
            check=_domain_proof,
            subject=lambda e: 1 + 2 / e**2,
            mutant=lambda e: 2 / e**2,
            mutation="n > 2/e^2",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the Cantelli bound: no violation over enumerated laws and the normal law",
            check=_no_violation,
            subject=cantelli_bound,
            mutant=lambda n, kappa, eps: cantelli_bound(n, (kappa - 1) / 2 + 1, eps),
            mutation="half the excess over kappa = 1",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the Cantelli bound is never below the corrected one and speaks at n = 2",
            check=_reach,
            subject=cantelli_bound,
            mutant=chebyshev_bound,
            mutation="the corrected bound itself, silent at n = 2",
            about="amendment",
        ),
    ),
)

"""Littwin & Wolf, Sec. 2: sample patterns of laws with few modes."""

from itertools import combinations_with_replacement
from math import comb

import numpy as np

from normtheory.claims.claim import Claim, Evidence, Outcome, Parameter, Standing
from normtheory.theory.laws import discrete, normal, two_point
from normtheory.theory.mixtures import EQUAL_VARIANCE_BOUNDARY
from normtheory.theory.sample_variance import enumerate_sample_variance, variance_constancy

MODES = Parameter(
    name="k",
    symbol="k",
    meaning="number of modes",
    default=2,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 12),
    integer=True,
)
DRAWS = Parameter(
    name="n",
    symbol="n",
    meaning="sample size",
    default=3,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 20),
    integer=True,
)


def printed_count(n, k):
    """What Sec. 2 says: n patterns for two modes, C(n + k - 1, k) for k."""
    return n if k == 2 else comb(n + k - 1, k)


def true_count(n, k):
    """Unordered samples of n values from k modes: C(n + k - 1, n)."""
    return comb(n + k - 1, n)


def _counted(n, k):
    """Patterns counted one by one, as the unordered samples themselves."""
    return len(set(combinations_with_replacement(range(k), n)))


def _miscounts(formula, rng):
    """Passes when counting contradicts the formula for most (n, k)."""
    pairs = [(n, k) for n in range(1, 9) for k in range(2, 6)]
    wrong = [(n, k) for n, k in pairs if formula(n, k) != _counted(n, k)]
    first = "; ".join(
        f"n = {n}, k = {k}: {_counted(n, k)} patterns, said {formula(n, k)}"
        for n, k in wrong
        if (n, k) in ((3, 2), (3, 4))
    )
    return Outcome(len(wrong) > len(pairs) / 2, f"{len(wrong)} of {len(pairs)} wrong; {first}")


def _counts_right(formula, rng):
    pairs = [(n, k) for n in range(1, 9) for k in range(1, 7)]
    wrong = [(n, k) for n, k in pairs if formula(n, k) != _counted(n, k)]
    return Outcome(not wrong, f"{len(pairs) - len(wrong)} of {len(pairs)} counts right, n <= 8")


def _patterns_standing(n, k):
    said, true = printed_count(n, k), true_count(n, k)
    state = "holds" if said == true else "fails"
    return Standing(state, f"{true} patterns, the document says {said}")


SAMPLE_PATTERNS = Claim(
    id="vcl.sample-patterns",
    source="Sec. 2",
    statement=r"For two modes there are only $n$ possible patterns (n = 3: aaa, aab, abb, bbb); "
    r"for $k$ modes $\binom{n+k-1}{k}$",
    verdict="amended",
    amendment=r"$\binom{n+k-1}{n}=\binom{n+k-1}{k-1}$ patterns; $n+1$ for two modes.",
    counterexample="n = 3, k = 2: the document's own list has 4 patterns, not 3; its general "
    "formula gives 6",
    parameters=(DRAWS, MODES),
    at=_patterns_standing,
    derivation=(
        r"A pattern is a multiset of size $n$ of $k$ modes: $n$ stars and $k-1$ bars, "
        r"$\binom{n+k-1}{k-1}$.",
        r"$\binom{n+k-1}{k}$ equals it only when $n=k$.",
    ),
    evidence=(
        Evidence(
            kind="simulation",
            shows="listing all unordered samples contradicts the printed counts",
            check=_miscounts,
            subject=printed_count,
            mutant=true_count,
            mutation="the corrected count, which the list must not contradict",
        ),
        Evidence(
            kind="simulation",
            shows="listing all unordered samples confirms the corrected count",
            check=_counts_right,
            subject=true_count,
            mutant=lambda n, k: comb(n + k - 1, k),
            mutation="k instead of k - 1 in the binomial",
            about="amendment",
        ),
    ),
)


def _relative(atoms, weights, n):
    """E(1 - s^2/sigma^2)^2 of a discrete law by enumeration of its patterns."""
    exact = enumerate_sample_variance(list(atoms), list(weights), n)
    variance = exact.mean()
    return exact.mean(lambda v: (v / variance - 1) ** 2)


def _rare_mode_is_worse(weight, rng):
    """Passes when two modes vary far more than the normal law, which has none but one."""
    ratios = [
        _relative((0.0, 1.0), (1 - weight, weight), n) / variance_constancy(n, normal().kurtosis)
        for n in (2, 5, 10)
    ]
    return Outcome(
        min(ratios) > 2,
        f"two modes of weight {weight}: Var(s²)/σ⁴ is "
        + ", ".join(f"{r:.1f}" for r in ratios)
        + " times that of the normal law at n = 2, 5, 10",
    )


def _bound_on_random_laws(bound, rng):
    """kappa <= bound(w) for laws whose modes all weigh at least w."""
    tightest, n_laws = np.inf, 0
    for k in (2, 3, 4, 6):
        for _ in range(400):
            weights = rng.dirichlet(np.full(k, rng.choice([0.3, 1.0, 5.0])))
            # rounding of the moments dominates when a mode weighs next to nothing
            if weights.min() < 1e-6:
                continue
            # Cauchy positions: laws with one far mode come closest to the bound
            law = discrete(rng.standard_cauchy(k), weights)
            slack = bound(weights.min()) / law.kurtosis - 1
            tightest, n_laws = min(tightest, slack), n_laws + 1
            if slack < -1e-9:
                return Outcome(False, f"{k} modes, least {weights.min():.4f}: {law.kurtosis:.4f}")
    return Outcome(True, f"{n_laws} laws of 2 to 6 modes, least relative slack {tightest:.1e}")


def _two_modes_against_normal(boundary, rng):
    """Two modes vary less than the normal law exactly when the rarer weighs more than the root."""
    least = boundary[0]
    for weight, better in ((least - 1e-4, False), (least + 1e-4, True), (0.5, True), (0.1, False)):
        if (two_point(weight=weight).kurtosis < 3) != better:
            return Outcome(False, f"weight {weight:.4f}: kappa {two_point(weight=weight).kurtosis}")
    return Outcome(True, f"kappa < 3 exactly for weights in ({least:.4f}, {1 - least:.4f})")


def _more_modes(order, rng):
    """kappa of k equal, equally spaced modes: 1 for two, growing to that of the uniform law."""
    values = [discrete(np.arange(k), np.ones(k)).kurtosis for k in order]
    exact = [0.6 * (3 * k * k - 7) / (k * k - 1) for k in (2, 3, 4, 8, 64)]
    good = np.allclose(values, exact, rtol=1e-9) and all(np.diff(values) > 0)
    return Outcome(
        bool(good), "kappa " + ", ".join(f"{v:.3f}" for v in values) + f" for k = {order}"
    )


def _few_modes_standing(upper, middle, position):
    weights = ((1 - middle) * (1 - upper), middle, (1 - middle) * upper)
    kappa = discrete((-1.0, position, 1.0), weights).kurtosis
    state = "holds" if kappa < 3 else "fails"
    return Standing(state, f"kappa = {kappa:.4g} against 3 for the normal law")


def _knob(name, symbol, meaning, default, domain, closed=False):
    return Parameter(
        name=name, symbol=symbol, meaning=meaning, default=default, domain=domain, closed=closed
    )


FEW_MODES = Claim(
    id="vcl.few-modes",
    source="Sec. 2",
    statement="A distribution with a few distinct modes would have a low variance of sample "
    "variance, since there is a relatively small number of possibilities to sample from",
    verdict="amended",
    amendment=r"Few modes, none of them rare: if every mode weighs at least $w$, then "
    r"$\kappa\leq(1-w)/w$, so $\kappa<3$ whenever $w>1/4$. Two modes vary less than the normal "
    r"law exactly when the rarer one weighs more than $(1-\sqrt{1/3})/2\approx0.2113$, the "
    r"boundary of Theorem 2. The number of patterns does not matter.",
    counterexample="two modes of weights 0.01 and 0.99: kappa = "
    f"{two_point(weight=0.01).kurtosis:.4g}, normal 3; "
    f"at n = 10 Var(s²)/σ⁴ = {variance_constancy(10, two_point(weight=0.01).kurtosis):.3g} "
    f"against {variance_constancy(10, 3.0):.3g}",
    parameters=(
        _knob("upper", "q", "share of the mode at 1 in the two outer modes", 0.5, (0, 1)),
        _knob("middle", "w_0", "weight of the third mode", 0.0, (0, 0.99), closed=True),
        _knob("position", "x", "place of the third mode (the others at -1 and 1)", 0.0, (-9, 9)),
    ),
    at=_few_modes_standing,
    derivation=(
        r"At fixed $n$, $\mathrm{Var}(s^2)/\sigma^4$ depends on $\kappa$ alone (Eq. 1).",
        r"Two modes of weights $q,1-q$: $\kappa=(1-3\alpha)/\alpha$, $\alpha=q(1-q)$, unbounded "
        r"as $q\to0$ and below 3 exactly for $\alpha>1/6$.",
        r"A mode of weight $w$ at $x$ (mean 0) forces $\sigma^2\geq wx^2+(wx)^2/(1-w)$, so "
        r"$x^2\leq\sigma^2(1-w)/w$ for all modes and $m_4\leq\sigma^4(1-w)/w$.",
        r"$k$ equal, equally spaced modes have $\kappa=\frac35\frac{3k^2-7}{k^2-1}$, from 1 to "
        r"9/5: more modes vary a little more, all less than the normal law.",
    ),
    evidence=(
        Evidence(
            kind="simulation",
            shows="by enumeration two modes, one of them rare, vary many times more than normal",
            check=_rare_mode_is_worse,
            subject=0.01,
            mutant=0.5,
            mutation="balanced modes, for which the sentence is true",
        ),
        Evidence(
            kind="numeric",
            shows="no law whose modes weigh at least w has kappa above (1 - w)/w",
            check=_bound_on_random_laws,
            subject=lambda w: (1 - w) / w,
            mutant=lambda w: 0.98 * (1 - w) / w,
            mutation="the bound 2 % smaller",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="two modes beat the normal law exactly inside the phase boundary",
            check=_two_modes_against_normal,
            subject=EQUAL_VARIANCE_BOUNDARY,
            mutant=(EQUAL_VARIANCE_BOUNDARY[0] * 1.02, 1.0),
            mutation="boundary 2 % too high",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="k equal modes: kappa grows with k from 1 towards 9/5",
            check=_more_modes,
            subject=(2, 3, 4, 8, 64),
            mutant=(64, 8, 4, 3, 2),
            mutation="the opposite order",
            about="amendment",
        ),
    ),
)

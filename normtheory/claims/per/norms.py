"""Joo et al., Sec. 3.1: how PER and Lᵖ norms react to small and to large activations."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.per.pseudo_huber import X
from normtheory.theory.error_function_loss import shifted_error

POWER = Parameter(
    name="p",
    symbol="p",
    meaning="order of the norm",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.25, 4.0),
)


def _power_slope(x, p):
    """Derivative of |x|^p for x > 0."""
    return p * x ** (p - 1)


def _near_zero(sentence, rng):
    """Whether PER reacts more to a small activation than |x|^p does, for each p <= 1."""
    small = np.geomspace(1e-6, 0.1, 60)
    per = shifted_error(small, gradient=True)[1]
    against = {p: (sentence(small, p) > per).all() for p in (0.25, 0.5, 0.75, 1.0)}
    at = float(per[-1]), float(sentence(small, 1.0)[-1]), float(sentence(small, 0.5)[-1])
    return Outcome(
        all(against.values()),
        f"slopes at x = 0.1: PER {at[0]:.4f}, p = 1 {at[1]:.3f}, p = 1/2 {at[2]:.3f}; PER is the "
        "least at every x tried from 1e-6 on, for p = 1/4, 1/2, 3/4, 1",
    )


def _far_away(slope, rng):
    """PER's slope never passes 1; that of |x|^p, p > 1, grows without bound."""
    x = np.geomspace(1, 1e8, 200)
    per = np.max(np.abs(slope(x)))
    growth = {p: _power_slope(1e8, p) for p in (1.2, 2.0, 3.0)}
    slowest = min(growth.values())
    return Outcome(
        per <= 1 and slowest > 10,
        f"PER's slope at most {per:.6f}; |x|^p has {slowest:.3g} at x = 1e8 for p = 1.2",
    )


def _norm_slope(order, rng):
    """The p-norm with its root, not the p-th power, has bounded partial derivatives for p >= 1."""
    p = order
    worst = 0.0
    for b in (2, 10, 100):
        x = np.abs(rng.standard_cauchy((400, b))) + 1e-9
        norm = np.mean(x**p, axis=1) ** (1 / p)
        # ∂‖x‖_p/∂x_i times b: the mean over the batch divides each activation's share by b
        slopes = (x / norm[:, None]) ** (p - 1)
        worst = max(worst, float((slopes / b).max()))
    return Outcome(
        worst <= 1 + 1e-9, f"partial derivatives of ‖x‖_{p:g} at most {worst:.4f} over 1200 batches"
    )


def _below(reach, rng):
    """Whether PER's slope is below that of |x|^p at every x up to the given reach, for p <= 1."""
    orders, told = (0.25, 0.5, 0.8, 1.0), []
    for p in orders:
        x = np.geomspace(1e-8, reach(p), 200)
        told.append(bool((shifted_error(x, gradient=True)[1] < _power_slope(x, p)).all()))
    return Outcome(
        all(told),
        "200 points from 1e-8 on: "
        + ", ".join(
            f"p = {p:g} {'below' if good else 'not below'} up to {reach(p):.3g}"
            for p, good in zip(orders, told, strict=True)
        ),
    )


def _sensitivity_standing(p, x):
    if x == 0:
        return Standing("undecided", "at 0 PER is flat and |x|^p for p <= 1 has a kink")
    per = float(abs(shifted_error(x, gradient=True)[1]))
    other = float(_power_slope(abs(x), p))
    if p > 1:
        # the sentence says something of these powers at large values only
        state = "holds" if abs(x) >= 1 else "undecided"
        return Standing(state, f"|slopes|: PER {per:.3g} (at most 1), |x|^{p:.3g} {other:.3g}")
    small = abs(x) <= 1
    state = "fails" if small and per < other else "undecided"
    return Standing(state, f"|slopes|: PER {per:.3g}, |x|^{p:.2g} {other:.3g}")


SENSITIVITY = Claim(
    id="per.sensitivity",
    source="Sec. 3.1",
    statement=r"PER is sensitive to small values and insensitive to outliers, whereas an $L^p$ "
    r"norm changes insensitively near zero when $p\leq1$ and explodes for large values when $p>1$",
    verdict="refuted",
    parameters=(POWER, X),
    at=_sensitivity_standing,
    counterexample=r"At $x=0.1$ PER's slope is $\mathrm{erf}(0.1/\sqrt2)=0.0797$; that of $|x|$ "
    r"is 1 and that of $|x|^{1/2}$ is 1.58. As $x\to0$ PER's slope goes to 0 like "
    r"$\sqrt{2/\pi}\,x$, that of $|x|^p$ stays at 1 ($p=1$) or goes to infinity ($p<1$).",
    amendment=r"PER is the less sensitive one near zero: for every $p\leq1$ its slope is below "
    r"that of $|x|^p$ up to $x=\min(1,p\sqrt{\pi/2})$ at least. It is insensitive to outliers "
    r"in that its slope never exceeds 1, while that of $|x|^p$ is unbounded for $p>1$; its "
    r"value still grows like $|x|$.",
    derivation=(
        r"PER's slope is $\mathrm{erf}(x/\sqrt2)\leq\sqrt{2/\pi}\,x$, which vanishes at 0.",
        r"The slope $px^{p-1}$ of $|x|^p$ is at least $p$ on $(0,1]$ for $p\leq1$, and "
        r"$\sqrt{2/\pi}\,x<p$ for $x<p\sqrt{\pi/2}$: near 0 the two are the other way round. How "
        r"near depends on $p$: at $x=1$ the slopes are 0.5 for $p=1/2$ and 0.683 for PER.",
        r"For $x\to\infty$, $\mathrm{erf}\to1$ while $p|x|^{p-1}\to\infty$ for $p>1$.",
    ),
    remark="Even x²/2 is steeper near zero (x against 0.798x); only powers p > 2 are flatter. The "
    "half about large values holds for the p-th power that is used as a loss. The norm "
    "with its p-th root has partial derivatives of at most 1 for p >= 1: it does not explode.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="near zero PER reacts less than |x|^p for p <= 1, not more",
            check=_near_zero,
            subject=_power_slope,
            mutant=lambda x, p: _power_slope(x, p + 2),
            mutation="p + 2, powers flatter near zero than PER",
        ),
        Evidence(
            kind="numeric",
            shows="PER's slope is bounded by 1, that of |x|^p for p > 1 by nothing",
            check=_far_away,
            subject=lambda x: shifted_error(x, gradient=True)[1],
            mutant=lambda x: np.minimum(x, 1.02),
            mutation="a slope that ends 2 % above 1",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="for p <= 1 PER's slope is below that of |x|^p up to p √(π/2), at most 1",
            check=_below,
            subject=lambda p: min(1.0, p * np.sqrt(np.pi / 2)),
            mutant=lambda p: 1.0,
            mutation="up to x = 1 for every p",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="the norm itself, with its root, has bounded derivatives for p >= 1",
            check=_norm_slope,
            subject=3.0,
            mutant=0.5,
            mutation="p = 1/2",
            about="amendment",
        ),
    ),
)

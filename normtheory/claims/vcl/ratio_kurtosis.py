"""Littwin & Wolf, after Theorem 3: how its right-hand side depends on the kurtosis."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.vcl.ratio import EPSILON, LEVELS
from normtheory.claims.vcl.sample_variance import SIZE
from normtheory.theory.ratio_bounds import cantelli_bound, chebyshev_bound, printed_bound
from normtheory.theory.sample_variance import variance_constancy

KAPPA = Parameter(
    name="kappa",
    symbol=r"\kappa",
    meaning="kurtosis",
    default=3.0,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 20),
)


def _kurtosis_standing(n, epsilon, kappa):
    v = float(variance_constancy(n, kappa))
    bound = float(printed_bound(n, kappa, epsilon))
    if v < epsilon**2:
        return Standing("holds", f"v = {v:.3g} < ε² = {epsilon**2:.3g}: falls with κ ({bound:.3g})")
    return Standing("fails", f"v = {v:.3g} >= ε² = {epsilon**2:.3g}: grows with κ ({bound:.3g})")


def _grows(n, rng):
    """Passes when the printed right-hand side is *smallest* at the smallest kurtosis."""
    kappa = np.linspace(1, 20, 200)
    steps = np.diff(printed_bound(n, kappa, 0.5))
    return Outcome(
        bool((steps > 0).all()),
        f"n = {n}, epsilon = 0.5: {printed_bound(n, 1.0, 0.5):.3g} at kappa = 1, "
        f"{printed_bound(n, 20.0, 0.5):.3g} at kappa = 20",
    )


def _falls_while_positive(threshold, rng):
    """d/dkappa of the printed side is negative exactly while v < threshold(epsilon)."""
    wrong = 0
    for n in (2, 3, 5, 10, 40):
        for eps in (0.2, 0.5, 0.9):
            kappa = np.linspace(1, 30, 400)
            slope = printed_bound(n, kappa + 1e-6, eps) - printed_bound(n, kappa, eps)
            v = variance_constancy(n, kappa)
            near = np.abs(v - eps**2) < 1e-5
            wrong += int((((slope < 0) != (v < threshold(eps))) & ~near).sum())
    return Outcome(wrong == 0, f"{wrong} of 6000 settings on the wrong side")


def _monotone(bound, rng):
    """A bound that takes the positive part never grows with kappa, at any n and epsilon."""
    n, eps, kappa = np.meshgrid(np.arange(2, 30), LEVELS, np.linspace(1, 30, 60), indexing="ij")
    steps = np.diff(bound(n, kappa, eps), axis=2)
    return Outcome(bool(steps.max() <= 1e-12), f"largest growth {max(steps.max(), 0):.2g}")


RATIO_BOUND_KURTOSIS = Claim(
    id="vcl.ratio-bound-kurtosis",
    source="after Theorem 3",
    statement="The right-hand side of Eq. 12 is largest when the kurtosis is smallest",
    verdict="amended",
    amendment=r"So long as the bound says something, $v<\varepsilon^2$; as printed it grows with "
    r"$\kappa$ beyond that, for every law at $n=2$. With the positive part taken before squaring "
    r"(and for the Cantelli bound) it never grows with $\kappa$.",
    counterexample="n = 2, epsilon = 0.5: the printed right-hand side is "
    f"{float(printed_bound(2, 1.0, 0.5)):.0f} at kappa = 1 and "
    f"{float(printed_bound(2, 3.0, 0.5)):.0f} at kappa = 3",
    parameters=(SIZE, EPSILON, KAPPA),
    at=_kurtosis_standing,
    derivation=(
        r"$\frac{d}{d\kappa}(1-v/\varepsilon^2)^2=-\frac{2}{n\varepsilon^2}(1-v/\varepsilon^2)$: "
        r"negative only for $v<\varepsilon^2$.",
        r"At $n=2$, $v=(\kappa+1)/2\geq1>\varepsilon^2$.",
    ),
    evidence=(
        Evidence(
            kind="numeric",
            shows="at n = 2 the printed right-hand side grows with kappa",
            check=_grows,
            subject=2,
            mutant=400,
            mutation="n = 400, where the sentence is true",
        ),
        Evidence(
            kind="numeric",
            shows="it falls with kappa exactly while v < epsilon^2",
            check=_falls_while_positive,
            subject=lambda eps: eps**2,
            mutant=lambda eps: 1.02 * eps**2,
            mutation="threshold 2 % higher",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="with the positive part taken the bound never grows with kappa",
            check=_monotone,
            subject=chebyshev_bound,
            mutant=printed_bound,
            mutation="the printed square",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="nor does the Cantelli bound",
            check=_monotone,
            subject=cantelli_bound,
            mutant=printed_bound,
            mutation="the printed square",
            about="amendment",
        ),
    ),
)

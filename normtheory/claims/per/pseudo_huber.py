"""Joo et al., Sec. 3.1 and Fig. 3: PER in one dimension, beside the Pseudo-Huber loss."""

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.error_function_loss import (
    DELTA_OFFSET,
    best_matching_delta,
    huber,
    inner_integral,
    inner_integral_expression,
    pseudo_huber,
    pseudo_huber_gap,
    shifted_error,
)
from normtheory.theory.montecarlo import estimate

# "very similar", read as: the slopes, which run from -1 to 1, never differ by a tenth
SIMILAR = 0.1

X = Parameter(
    name="x", symbol="x", meaning="projected activation", default=1.0, typical=(-6.0, 6.0)
)
DELTA = Parameter(
    name="delta",
    symbol=r"\delta",
    meaning="scale of the Pseudo-Huber loss",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.2, 4.0),
    log=True,
)


def _ends(claimed, rng):
    """Curvature and fourth derivative at 0, slope and offset at infinity, by sympy."""
    x = sp.Symbol("x", real=True)
    loss = inner_integral_expression()
    at_zero = [sp.diff(loss, x, k).subs(x, 0) for k in (2, 4)]
    # beyond 0 erf is 1 - erfc, and both erfc and the exponential vanish at infinity
    slope = sp.limit(sp.diff(loss, x), x, sp.oo)
    offset = sp.limit(loss - x, x, sp.oo) - loss.subs(x, 0)
    found = (*at_zero, slope, offset)
    gaps = [sp.nsimplify(sp.simplify(a - b)) for a, b in zip(found, claimed, strict=True)]
    numbers = ", ".join(f"{float(v):.4f}" for v in found)
    return Outcome(all(g == 0 for g in gaps), f"f''(0), f''''(0), f'(∞), offset: {numbers}")


def _shape(loss, rng):
    """Quadratic near 0, linear far away, and close to Pseudo-Huber's slope in between."""
    near, far = 1e-3, 1e4
    exponents = []
    for x in (near, far):
        value, slope = loss(np.array(x), gradient=True)
        exponents.append(float(x * slope / value))
    grid = np.linspace(-30, 30, 60_001)
    slopes = loss(grid, gradient=True)[1]
    gap = np.abs(slopes - pseudo_huber(grid, gradient=True)[1])
    worst = gap.argmax()
    to_huber = np.abs(slopes - huber(grid, gradient=True)[1]).max()
    passed = abs(exponents[0] - 2) < 1e-3 and abs(exponents[1] - 1) < 1e-3 and gap[worst] < SIMILAR
    return Outcome(
        passed,
        f"x·f'/f = {exponents[0]:.4f} at {near:g}, {exponents[1]:.4f} at {far:g}; slopes differ by "
        f"at most {gap[worst]:.4f} at |x| = {abs(grid[worst]):.2f} (Huber: {to_huber:.3f})",
    )


def _stretched(x, gradient):
    value, slope = shifted_error(1.25 * x, gradient=True)
    return (value / 1.25, slope) if gradient else value / 1.25


def _ratio(claimed, rng):
    """The range of shifted PER over Pseudo-Huber, and their largest difference."""
    grid = np.concatenate([np.geomspace(1e-3, 20, 20_001), np.geomspace(21, 1e6, 200)])
    per, other = shifted_error(grid), pseudo_huber(grid)
    lowest, highest, apart = claimed
    found = (per / other).min(), (per / other).max(), (per - other).max()
    passed = all(
        abs(f - c) < 2e-3 * c for f, c in zip(found, (lowest, highest, apart), strict=True)
    )
    return Outcome(
        passed,
        f"ratio from {found[0]:.4f} (at 0) to {found[1]:.4f}, difference up to {found[2]:.4f} "
        "(at infinity)",
    )


def _best_delta(claimed, rng):
    """No δ on a fine grid leaves a smaller gap, and the two largest gaps balance there."""
    details, passed = [], True
    grid = np.linspace(0.7, 1.4, 281)
    for gradient, what in ((False, "values"), (True, "slopes")):
        delta = claimed(gradient)
        gap = pseudo_huber_gap(delta, gradient=gradient)
        gaps = [pseudo_huber_gap(other, gradient=gradient) for other in grid]
        passed &= gap <= min(gaps) + 1e-12
        details.append(f"{what}: δ = {delta:.4f} leaves {gap:.4f}")
    return Outcome(passed, "; ".join(details) + "; 281 other δ leave more")


def _gaussian_projection(formula, rng):
    worst, cases = 0.0, 0
    for d in (1, 4, 50):
        for r in (0.5, 2.0, 12.0):

            def draw(rng, size, d=d, r=r):
                # only the component along h matters: ⟨v, h⟩ is N(0, r²/d)
                return inner_integral(r / np.sqrt(d) * rng.standard_normal(size))

            found = estimate(draw, rng, replicates=200_000)
            if not found.agrees(formula(r, d)):
                return Outcome(False, f"d = {d}, r = {r}: {found}, claimed {formula(r, d):.5f}")
            worst, cases = max(worst, found.deviation(formula(r, d))), cases + 1
    return Outcome(True, f"{cases} settings agree, worst {worst:.2f} SE")


def _similar_standing(x, delta):
    per = float(shifted_error(x, gradient=True)[1])
    other = float(pseudo_huber(x, delta, gradient=True)[1])
    gap = abs(per - other)
    state = "holds" if gap < SIMILAR else "fails"
    return Standing(state, f"slopes {per:.3f} and {other:.3f} differ by {gap:.3f}")


_ROOT = sp.sqrt(2 / sp.pi)

PSEUDO_HUBER = Claim(
    id="per.pseudo-huber",
    source="Sec. 3.1, Fig. 3",
    statement=r"In one dimension PER, shifted so that it is 0 at 0, $"
    + sp.latex(inner_integral_expression() - _ROOT)
    + r"$, is very similar to the Pseudo-Huber loss $\sqrt{1+x^2}-1$: $L^2$ near zero, $L^1$ far "
    "away",
    verdict="holds",
    parameters=(X, DELTA),
    at=_similar_standing,
    derivation=(
        r"The slope is $\mathrm{erf}(x/\sqrt2)$, so near 0 the loss is "
        r"$\sqrt{2/\pi}\,(x^2/2-x^4/24+\cdots)$ and far away $|x|-\sqrt{2/\pi}$.",
        r"Pseudo-Huber is $x^2/2-x^4/8+\cdots$ and $|x|-1$: the same two regimes, other constants.",
        r"$\sqrt{\delta^2+x^2}-\delta$ has curvature $1/\delta$ and offset $-\delta$: matching "
        r"PER's curvature needs $\delta=\sqrt{\pi/2}$, its offset $\delta=\sqrt{2/\pi}$. No "
        r"$\delta$ does both.",
        r"With $\langle v,h\rangle$, $v\sim N(0,I/d)$, in place of $\langle\theta,h\rangle$ the "
        r"mean is $\sqrt{2/\pi}\sqrt{1+\|h\|^2/d}$: a Pseudo-Huber loss of $\|h\|$ exactly.",
    ),
    remark=f"'Very similar' is read as: slopes never a tenth apart; they are "
    f"{pseudo_huber_gap(1.0, gradient=True):.3f} apart at most at δ = 1, near the best δ. The "
    f"constants do differ: curvature {DELTA_OFFSET:.3f} instead of 1 at 0, and "
    f"{1 - DELTA_OFFSET:.3f} above Pseudo-Huber at infinity. It is a loss of one projection; "
    "averaged over the sphere it depends on the norm alone.",
    evidence=(
        Evidence(
            kind="proof",
            shows="PER's derivatives at 0 and its slope and offset at infinity",
            check=_ends,
            subject=(_ROOT, -_ROOT, 1, -_ROOT),
            mutant=(1, -3, 1, -1),
            mutation="the constants of Pseudo-Huber itself",
        ),
        Evidence(
            kind="numeric",
            shows="it is quadratic, then linear, with slopes less than 0.1 from Pseudo-Huber's",
            check=_shape,
            subject=shifted_error,
            mutant=_stretched,
            mutation="PER of activations a quarter larger, divided by 5/4",
        ),
        Evidence(
            kind="numeric",
            shows="how far the two are apart: their ratio and their largest difference",
            check=_ratio,
            subject=(DELTA_OFFSET, 1.0256, 1 - DELTA_OFFSET),
            mutant=(1.0, 1.0256, 0.0),
            mutation="no difference at 0 and at infinity",
        ),
        Evidence(
            kind="numeric",
            shows="the δ that matches values, and the one that matches slopes, best of all",
            check=_best_delta,
            subject=lambda gradient: best_matching_delta(gradient=gradient)[0],
            mutant=lambda gradient: 1.02 * best_matching_delta(gradient=gradient)[0],
            mutation="δ off by 2 %",
        ),
        Evidence(
            kind="simulation",
            shows="with Gaussian projections PER is a Pseudo-Huber loss of the norm exactly",
            check=_gaussian_projection,
            subject=lambda r, d: np.sqrt(2 / np.pi) * np.sqrt(1 + r * r / d),
            mutant=lambda r, d: np.sqrt(2 / np.pi) * np.sqrt(1 + r * r / (d + 1)),
            mutation="d + 1 in place of d",
        ),
    ),
)

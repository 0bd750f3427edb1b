"""Littwin & Wolf, Sec. 1 and 2.2: does training beta let each neuron find its level of variance?"""

import math
from functools import cache

import numpy as np

from normtheory.claims import Claim, Later, sp
from normtheory.claims.vcl.beta_force import slope, target
from normtheory.claims.vcl.trained_phases import RATIO

learned_beta = Claim(
    id="vcl.learned-beta",
    source="Sec. 1 and 2.2",
    says=r"The amount of variance is controlled by $\beta$. To avoid searching we optimize for it "
    "during training and allow each neuron to adapt to a different level of variance",
    verdict="amended",
    breaks={"ratio": 4.0},
    parameters=(RATIO,),
)


def _loss(w, beta, first, second):
    s1, s2 = ((x @ w).var(ddof=1) for x in (first, second))
    return (1 - s1 / (s2 + beta)) ** 2


def _gradient(w, beta, first, second):
    """d L / d w and d L / d beta."""
    c1, c2 = (np.cov(x.T) for x in (first, second))
    s1, s2 = w @ c1 @ w, w @ c2 @ w
    ratio = s1 / (s2 + beta)
    outer = -2 * (1 - ratio) / (s2 + beta)
    return outer * (2 * c1 @ w - ratio * 2 * c2 @ w), -outer * ratio


def _batches(rng, n=5, d=4):
    return rng.normal(size=(2, n, d))


@learned_beta.amendment("numeric")
def scaling(power=2, *, rng):
    r"""Weights times $c$ and $\beta$ times $c^2$ give the same loss, for any two batches. So
    $w\cdot \nabla_wL+2\beta\,\partial L/\partial\beta=0$ (Euler)."""
    right = True
    for _ in range(20):
        first, second = _batches(rng)
        w, beta, c = rng.normal(size=4), rng.uniform(0.1, 3), rng.uniform(0.2, 5)
        here = _loss(w, beta, first, second)
        right &= abs(_loss(c * w, c**power * beta, first, second) - here) < 1e-9 * (1 + here)
        by_w, by_beta = _gradient(w, beta, first, second)
        step = 1e-6
        change = _loss(w, beta + step, first, second) - _loss(w, beta - step, first, second)
        right &= abs(change / (2 * step) - by_beta) < 1e-5 * (1 + abs(by_beta))
        total = w @ by_w + power * beta * by_beta
        right &= abs(total) < 1e-9 * (1 + abs(w @ by_w))
    return right, "20 pairs of random batches"


def _flow(rng, steps=4000, rate=2e-3):
    """|w|² and β² along a gradient flow, every step of Runge and Kutta on new batches."""
    w, beta, found = rng.normal(size=4), 1.0, []
    for _ in range(steps):
        found.append((w @ w, beta**2))
        first, second = _batches(rng, 10)

        def down(w, beta, first=first, second=second):
            by_w, by_beta = _gradient(w, beta, first, second)
            return -by_w, -by_beta

        a = down(w, beta)
        b = down(w + rate / 2 * a[0], beta + rate / 2 * a[1])
        c = down(w + rate / 2 * b[0], beta + rate / 2 * b[1])
        d = down(w + rate * c[0], beta + rate * c[1])
        w = w + rate / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
        beta = beta + rate / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
    return np.array(found)


@learned_beta.amendment("numeric")
def conserved(weight=2.0, *, path=Later(_flow)):
    r"""Gradient flow of this loss therefore conserves $|w|^2+2\beta^2$, whatever the sequence of
    batches."""
    kept = path[:, 0] + weight * path[:, 1]
    moved = np.ptp(path[:, 0])
    return np.ptp(kept) < 1e-5 * kept[0] and moved > 0.05, (
        f"4,000 new batches: |w|² moves by {moved:.2f}, the sum by less than 1e-5 of itself"
    )


@learned_beta.amendment("numeric")
def what_steps_add(weight=2.0, *, rng):
    r"""A step of gradient descent of rate $\eta$ adds $\eta^2(|\nabla_wL|^2+2(\partial
    L/\partial\beta)^2)$ to it, and nothing else."""
    right = True
    for rate in (0.01, 0.3):
        first, second = _batches(rng)
        w, beta = rng.normal(size=4), 1.0
        by_w, by_beta = _gradient(w, beta, first, second)
        moved, at = w - rate * by_w, beta - rate * by_beta
        before, after = w @ w + weight * beta**2, moved @ moved + weight * at**2
        added = rate**2 * (by_w @ by_w + weight * by_beta**2)
        right &= abs(after - before - added) < 1e-9
    return right, "two rates"


@learned_beta.amendment("proof")
def level_of_variance(most=lambda start: 2 * start**2):
    r"""So this loss does not learn the level, the start sets it: under its flow from $\beta_0$ the
    variance $|w|^2$ of white inputs can grow by $2\beta_0^2$ and no further, which is 2 from the
    document's start, $\beta_0=1$."""
    start, beta = sp.symbols("beta_0 beta", nonnegative=True)
    # |w|² + 2 β² is conserved, and β² cannot fall below 0
    left = sp.expand(most(start) - (2 * start**2 - 2 * beta**2))
    return bool(left.is_nonnegative) and left.subs(beta, 0) == 0, f"what is left of it: {left}"


learned_beta.rests_on(
    "vcl.beta-grows-variance",
    r"The force on the variance vanishes at a single ratio to $\beta$, and by Euler's identity "
    r"that on $\beta$ vanishes with it.",
)


learned_beta.by_hand(
    "The loss of the task moves the weights, too, and with them what is conserved here.", "range"
)


@learned_beta.counterexample("numeric")
def two_starts(reached=Later(lambda: tuple(_settled(sigma) for sigma in (0.5, 2.0)))):
    r"""The same neuron from two starts, $\sigma^2=\frac14$ and 4 at $\beta=1$: following the
    expected loss of normal inputs at $n=2$ it ends at $\sigma^2={reached[0]:.3f}$ and
    {reached[1]:.3f}."""
    right = True
    for start, end in zip((0.5, 2.0), reached, strict=True):
        beta = math.sqrt((start**2 + 2 - end) / 2)
        ratio = end / beta
        right &= slope("normal", 2, 0.995 * ratio) < 0 < slope("normal", 2, 1.005 * ratio)
    return right, "there σ²/β is at its target"


@cache
def _goal():
    return target("normal", 2)


def _settled(sigma):
    """σ² where |w|² + 2 β² is that of the start and σ²/β the target."""
    t, total = _goal(), sigma**2 + 2
    # σ² = t β and t β + 2 β² = total
    return t * (-t + math.sqrt(t * t + 8 * total)) / 4


@learned_beta.badge(
    fails="each neuron adapts its level of variance: not here, of σ² = {ratio:.3g} at β = 1 it "
    "makes σ² = {end:.3g} and β = {beta:.3g}, and of every other σ² at β = 1 another (normal "
    "inputs, n = 2)"
)
def learned_at(ratio):
    end = _settled(math.sqrt(ratio))
    return False, {"end": end, "beta": end / _goal()}

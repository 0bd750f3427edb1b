"""EquiNorm, Sec. 4: what differentiating through the transformation does to the weights."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.equinorm.denominator import SETTINGS, vanishing
from normtheory.theory.equinorm import normalized_weights

gradient = Claim(
    id="equinorm.gradient",
    source="Sec. 4",
    says="This transformation will be fully differentiated through during the backwards pass, so "
    "that the gradient of w is correct",
    verdict="holds",
    parameters=(vanishing.parameter("weights"), replace(vanishing.parameter("passes"), default=2)),
)


def _normalized(w, passes=2):
    """w'' of one channel, with r = v = 1."""
    return normalized_weights(w.reshape(1, 1, 1, -1), [1.0], 1.0, passes=passes).weights.ravel()


def _chain_rule(w, back):
    """The gradient with respect to w from that with respect to w''."""
    shifted = w - w.mean()
    total = np.maximum(shifted, 0).sum()
    slope = (back - back @ shifted / total * (shifted > 0)) / total
    return slope - slope.mean()


def _held(w, back):
    """As if s and b were constants."""
    return back / np.maximum(w - w.mean(), 0).sum()


def _cases(rng):
    found = []
    for _ in range(20):
        w = rng.choice(64, 8, replace=False) - 31.0
        w[0] += 0.3  # so that no weight equals the mean of the eight
        found.append((w, rng.standard_normal(8)))
    return found


@gradient.shown("numeric", rejects={"s and b held fixed": _held})
def chain_rule(slope=_chain_rule, *, cases=Later(_cases)):
    r"""One channel, $G=\partial L/\partial w''$, and $P$ for "less its mean": the gradient is
    $\partial L/\partial w=s\,P\big(G-\frac{G\cdot w'}{w'^+}\mathbf 1[w'>0]\big)$."""
    right = True
    for w, back in cases:
        steps = 1e-4 * np.eye(w.size)
        found = [(_normalized(w + d) - _normalized(w - d)) @ back / 2e-4 for d in steps]
        right &= np.allclose(slope(w, back), found, rtol=1e-6, atol=1e-10)
    return right, f"differences for {len(cases)} kernels of 8 weights"


@gradient.shown("numeric", rejects={"s and b held fixed": {"slope": _held}, "a tenth": 0.1})
def orthogonal(product=0.0, total=1.0, power=-1.0, slope=_chain_rule, *, cases=Later(_cases)):
    r"""$w''$ is the same for $w$ and for $aw+c$ with $a>0$. So the gradient is orthogonal to $w$
    and to the vector of ones (products {product:g}), and at $aw$ it is $a^{{power:g}}$ times as
    large."""
    right = True
    for w, back in cases:
        right &= np.allclose(_normalized(3 * w + 0.5), total * _normalized(w), rtol=1e-9)
        g = slope(w, back) / np.linalg.norm(_chain_rule(w, back))
        along = g @ w / np.linalg.norm(w), g.sum() / np.sqrt(w.size)
        right &= np.allclose(along, product, atol=1e-9)
        right &= np.allclose(slope(3 * w, back), 3**power * _chain_rule(w, back), rtol=1e-9)
    return right, f"{len(cases)} kernels and directions, a = 3"


def _descent(rng, rate=0.5, steps=200):
    """Weights and gradients of gradient descent on the distance of w'' from random ones."""
    w, found = rng.standard_normal(8) + 0.3, []
    for _ in range(steps):
        g = _chain_rule(w, _normalized(w) - rng.standard_normal(8))
        found.append((w, g))
        w = w - rate * g
    return found, rate


def _unequal(w, back):
    """The gradient by differences where the channel sums are 3 and 1, four weights each."""

    def normalized(w):
        return normalized_weights(w.reshape(1, 2, 1, 4), [3.0, 1.0], 1.0).weights.ravel()

    steps = 1e-5 * np.eye(8)
    return np.array([normalized(w + d) - normalized(w - d) for d in steps]) @ back / 2e-5


def _turned(w, step):
    """The direction of w' after a step."""
    after = w - step - (w - step).mean()
    return after / np.linalg.norm(after)


@gradient.shown("numeric", rejects={"by w": {"effective": lambda w: 1 / (w @ w)}})
def lengthens(
    growth=lambda rate: rate**2,
    mean=1.0,
    effective=lambda w: 1 / (w @ w - w.sum() ** 2 / w.size),
    *,
    path=Later(_descent),
):
    r"""Hence, with $w'$ for $w$ less the mean of its weights, whatever the channel sums, a step of
    gradient descent of rate $\eta$ keeps the mean of the weights and adds $\eta^2|\nabla_wL|^2$ to
    $|w'|^2$: their start is never forgotten, $|w'|$ only grows, and the direction of $w'$ turns at
    the effective rate $\eta/|w'|^2$. The scale of the start is a rate."""
    steps, rate = path
    right = True
    for w, g in [(w, _unequal(w, g)) for w, g in steps[:20]]:
        lengths = [float(((each - each.mean()) ** 2).sum()) for each in (w, w - rate * g)]
        right &= abs((lengths[1] - lengths[0]) / (growth(rate) * g @ g) - 1) < 1e-6
        # with the mean by channel sums in its place the first order does not vanish
        share = np.repeat([3 / 16, 1 / 16], 4)
        lengths = [float(((each - share @ each) ** 2).sum()) for each in (w, w - 1e-3 * g)]
        right &= abs(lengths[1] - lengths[0]) > 1e-5 * g @ g
    for (w, g), (after, _) in pairwise(steps):
        lengths = [float(((each - each.mean()) ** 2).sum()) for each in (w, after)]
        right &= abs((lengths[1] - lengths[0]) / (growth(rate) * g @ g) - 1) < 1e-6
        # by the effective rate times the gradient where |w'| is 1, which is |w'| g
        turned = np.linalg.norm(_turned(w, 1e-6 * g) - _turned(w, 0.0)) / 1e-6
        right &= abs(turned / (effective(w) * np.sqrt(lengths[0]) * np.linalg.norm(g)) - 1) < 1e-4
        right &= abs(after.mean() / steps[0][0].mean() - mean) < 1e-9
    first, last = (float(np.linalg.norm(w - w.mean())) for w, _ in (steps[0], steps[-1]))
    right &= last > 1.2 * first
    return right, f"{len(steps)} steps: |w'| grew {last / first:.1f}-fold"


@gradient.range("numeric")
def jumps_of_one_pass(jump=1.5, *, w=(3, 2, 0, -1)):
    r"""The single pass of the experiments sums over $w>0$ instead of $w'>0$. It keeps all this
    while no weight changes sign; where one does, $w''$ jumps unless the mean of the weights is 0,
    and no gradient sees it: from (3, 2, 0, -1) with 0 taken as positive to 0 taken as negative the
    scale falls by a factor of {jump:g}."""
    ends = [_normalized(np.add(w, (0, 0, e, 0)), passes=1)[0] for e in (1e-9, -1e-9)]
    within = [_normalized(np.array((3.0, 2.0, 1.0, -1.0)) + c, passes=1) for c in (0.0, 0.5, -0.5)]
    same = all(np.allclose(each, within[0], rtol=1e-9) for each in within)
    return same and abs(ends[0] / ends[1] / jump - 1) < 1e-6, "a weight of 1e-9 against -1e-9"


@gradient.badge(
    holds="the gradient of w is correct: w'' is the same for w and w + 2, the largest weight "
    "{largest:.3g}, so that the gradient keeps the weights' mean",
    outside="one pass, as in the experiments: w'' has {largest:.3g} as its largest weight, and "
    "{moved:.3g} for w + 2, which no gradient sees",
    silent="the denominator vanishes, for w or for w + 2: w'' has no value, and no gradient",
)
def gradient_at(weights, passes):
    w, v = SETTINGS[weights]
    array = np.array(w, float).reshape(1, 2, 1, 2)
    try:
        found = [normalized_weights(array + c, v, 1.0, passes=passes).weights for c in (0, 2)]
    except ValueError:
        return "silent", {}
    largest, moved = (float(np.abs(each).max()) for each in found)
    numbers = {"largest": largest, "moved": moved}
    return "outside" if abs(largest - moved) > 1e-9 else "holds", numbers

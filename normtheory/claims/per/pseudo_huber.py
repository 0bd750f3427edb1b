"""Joo et al., Sec. 3.1 and Fig. 3: PER in one dimension, beside the Pseudo-Huber loss."""

import numpy as np
from scipy.special import ndtr

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.per.quadrature import mean_distance
from normtheory.theory.certified import certify
from normtheory.theory.error_function_loss import (
    DELTA_CURVATURE,
    DELTA_OFFSET,
    best_matching_delta,
    huber,
    inner_integral_expression,
    pseudo_huber,
    pseudo_huber_gap,
    shifted_error,
)
from normtheory.theory.projected_error import projected_error_gaussian

# "very similar", read as: the slopes, which run from -1 to 1, never differ by a tenth
SIMILAR = 0.1
GRID = np.concatenate([np.linspace(0, 12, 24_001), np.geomspace(12.01, 1e5, 400)])

X = Parameter("x", "x", "projected activation", 1.0, typical=(-6.0, 6.0))

similar = Claim(
    id="per.pseudo-huber",
    source="Sec. 3.1, Fig. 3",
    says=r"In one dimension PER, shifted so that it is 0 at 0, "
    r"$x\,\mathrm{erf}(x/\sqrt2)+\sqrt{2/\pi}\,e^{-x^2/2}-\sqrt{2/\pi}$, is very similar to the "
    r"Pseudo-Huber loss $\sqrt{1+x^2}-1$: $L^2$ near zero, $L^1$ far away",
    verdict="holds",
    parameters=(
        X,
        Parameter.positive("delta", r"\delta", "scale of the Pseudo-Huber loss", 1.0, (0.2, 4.0)),
    ),
)


def _per(x):
    """(value, slope) of PER less its value at 0."""
    return mean_distance(x) - mean_distance(0.0), ndtr(x) - ndtr(-x)


def _other(x, delta=1.0):
    """(value, slope) of √(δ² + x²) - δ."""
    root = np.sqrt(delta * delta + x * x)
    return x * x / (root + delta), x / root


def _gaps(delta):
    """Largest distance of the values, and of the slopes; at infinity the values keep one."""
    (value, slope), (other, incline) = _per(GRID), _other(GRID, delta)
    offset = abs(delta - mean_distance(0.0))
    return max(np.abs(value - other).max(), offset), np.abs(slope - incline).max()


@similar.shown("numeric")
def two_regimes(
    per=lambda x: np.array(shifted_error(x, gradient=True)),
    other=lambda x: np.array(pseudo_huber(x, gradient=True)),
    near=2.0,
    far=1.0,
):
    r"""Near zero $xf'(x)/f(x)$ is {near:g} for both, as for $x^2$, and far away {far:g}, as for
    $|x|$."""
    right = True
    for function, own in ((per, _per), (other, _other)):
        right &= all(np.allclose(function(x), own(x), rtol=1e-6) for x in (0.05, 1.0, 4.0, 1e4))
        for x, wanted in ((0.01, near), (1e6, far)):
            value, slope = own(x)
            right &= abs(x * slope / value / wanted - 1) < 1e-3
    return right, "at x = 0.01 and 1e6"


@similar.shown("certified")
def slopes_stay_close(
    apart=Later(pseudo_huber_gap, 1.0, gradient=True),
    classical=lambda x: huber(x, gradient=True)[1],
    *,
    tenth=SIMILAR,
):
    r"""'Very similar' is read as: slopes never {tenth:g} apart. They are {apart:.3f} apart at most,
    up to $x=12$ and, where both are nearly 1, beyond; PER's and those of the Huber loss itself are
    more."""

    def gap(x):
        return (x / 2**0.5).erf() - x / (1 + x * x).sqrt()

    above = certify(lambda x: 1.002 * apart - gap(x), [(0, 12)])
    below = certify(lambda x: 1.002 * apart + gap(x), [(0, 12)])
    own, to_huber = _gaps(1.0)[1], np.abs(_per(GRID)[1] - np.minimum(GRID, 1)).max()
    sides = [float(classical(x)) for x in (0.3, 0.9, 1.1, 5.0)]
    right = own > 0.998 * apart and above.covered and below.covered and apart < tenth < to_huber
    right &= np.allclose(sides, (0.3, 0.9, 1, 1)) and 1 - 12 / np.sqrt(145) < apart
    return right, f"{above} and {below}; Huber {to_huber:.3f}"


@similar.range("numeric")
def constants_differ(
    curvature=DELTA_OFFSET,
    above=1 - DELTA_OFFSET,
    highest=1.0256,
    values=Later(pseudo_huber_gap, 1.0),
):
    r"""The constants do differ: curvature {curvature:.3f} instead of 1 at 0, and {above:.3f} above
    Pseudo-Huber at infinity, where the two are farthest apart ({values:.3f}). PER over
    Pseudo-Huber goes from {curvature:.3f} at 0 up to {highest:.4f}."""
    ratio = _per(GRID[20:])[0] / _other(GRID[20:])[0]
    first = _per(1e-3)[1] / 1e-3
    right = np.allclose((curvature, above), (first, _per(1e5)[0] - 1e5 + 1), atol=2e-5)
    right &= abs(ratio.max() - highest) < 1e-4 and abs(ratio.min() - first) < 1e-3
    return bool(right) and abs(values / _gaps(1.0)[0] - 1) < 1e-6, "values from 0.01 to 1e5"


@similar.range("numeric")
def huber_itself(slopes=1 - 1 / np.sqrt(2), values=0.5, *, place=1):
    r"""The Pseudo-Huber loss approximates the Huber loss smoothly: its slope is {slopes:.3f} off at
    most, at $x={place:d}$, and its values end {values:g} below."""
    slope, value = np.minimum(GRID, 1), np.where(GRID > 1, GRID - 0.5, GRID**2 / 2)
    other = _other(GRID)
    gaps = abs(other[1] - slope)
    right = abs(gaps.max() / slopes - 1) < 1e-6 and abs(GRID[gaps.argmax()] - place) < 1e-3
    return right and abs((value - other[0])[-1] / values - 1) < 1e-4, "to x = 1e5"


similar.rests_on(
    "per.all-moments",
    "It is a loss of one projection; averaged over the sphere it depends on the norm alone.",
    "range",
)


def _ends():
    """PER's second and fourth derivative at 0, and its slope and offset at infinity."""
    root = sp.sqrt(2 / sp.pi)
    return root, -root, sp.Integer(1), -root


@similar.derivation("proof", rejects={"those of Pseudo-Huber": {"ends": (1, -3, 1, -1)}})
def both_ends(ends=Later(_ends), *, loss=Later(inner_integral_expression)):
    r"""The slope is $\mathrm{erf}(x/\sqrt2)$, so near 0 the loss is
    $\sqrt{2/\pi}\,(x^2/2-x^4/24+\cdots)$ and far away $|x|-\sqrt{2/\pi}$; Pseudo-Huber is
    $x^2/2-x^4/8+\cdots$ and $|x|-1$: the same two regimes, other constants."""
    x = sp.Symbol("x", real=True)
    found = [sp.diff(loss, x, k).subs(x, 0) for k in (2, 4)]
    found += [sp.limit(sp.diff(loss, x), x, sp.oo), sp.limit(loss - x, x, sp.oo) - loss.subs(x, 0)]
    theirs = sp.series(sp.sqrt(1 + x**2) - 1, x, 0, 6).removeO() == x**2 / 2 - x**4 / 8
    gaps = [sp.simplify(a - b) for a, b in zip(found, ends, strict=True)]
    return theirs and all(g == 0 for g in gaps), "curvature, fourth derivative, slope, offset"


@similar.derivation("numeric")
def no_scale_does_both(at_zero=DELTA_CURVATURE, far=DELTA_OFFSET):
    r"""$\sqrt{\delta^2+x^2}-\delta$ has curvature $1/\delta$ and offset $-\delta$: matching PER's
    curvature needs $\delta=\sqrt{\pi/2}={at_zero:.3f}$, its offset
    $\delta=\sqrt{2/\pi}={far:.3f}$. No $\delta$ does both."""
    x = 1e-3
    right = abs(_per(x)[1] / _other(x, at_zero)[1] - 1) < 1e-6
    right &= abs(_per(1e6)[0] - _other(1e6, far)[0]) < 1e-5
    return right, "slopes at x = 0.001, values at x = 1e6"


@similar.derivation("numeric")
def best_scales(
    values=Later(lambda: best_matching_delta()[0]),
    slopes=Later(lambda: best_matching_delta(gradient=True)[0]),
    left=Later(lambda: best_matching_delta(gradient=True)[1]),
):
    r"""The best $\delta$ for the values is {values:.3f}, that for the slopes {slopes:.3f}, which
    leaves {left:.4f}: the document's 1 is near the best."""
    right = True
    for k, best in ((0, values), (1, slopes)):
        near = [_gaps(best * factor)[k] for factor in (0.99, 0.999, 1, 1.001, 1.01)]
        right &= min(near) == near[2]
    return bool(right) and abs(left / _gaps(slopes)[1] - 1) < 1e-4, "against scales 0.1 and 1 % off"


def _root_loss(r, d):
    return np.sqrt(2 / np.pi) * np.sqrt(1 + r * r / d)


@similar.derivation("numeric", rejects={"d + 1 in place of d": lambda r, d: _root_loss(r, d + 1)})
def gaussian_projections(
    loss=_root_loss, suite=lambda r, d: projected_error_gaussian(np.eye(1, d) * r)
):
    r"""With $v\sim N(0,I/d)$ in place of $\theta$ the mean over $v$ is
    $\sqrt{2/\pi}\sqrt{1+\|h\|^2/d}$: a Pseudo-Huber loss of $\|h\|$ exactly."""
    z, step = np.linspace(-12, 12, 4801, retstep=True)
    weights = step * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    right = True
    for r, d in ((0.5, 1), (2.0, 4), (12.0, 4), (12.0, 50)):
        # only the component along h matters: it is N(0, r²/d)
        own = float(weights @ mean_distance(r / np.sqrt(d) * z))
        right &= abs(loss(r, d) / own - 1) < 1e-6 and abs(suite(r, d) / own - 1) < 1e-6
    return right, "4 settings by sums"


@similar.badge(
    holds="Sec. 3.1: very similar to Pseudo-Huber: slopes {slope:.3f} and {other_slope:.3f} differ "
    "by {gap:.2g}",
    fails="Sec. 3.1: very similar to Pseudo-Huber: not here, slopes {slope:.3f} and "
    "{other_slope:.3f} differ by {gap:.2g}",
    outside="Sec. 3.1 has δ = 1; at this δ slopes {slope:.3f} and {other_slope:.3f} differ by "
    "{gap:.2g}",
)
def similar_at(x, delta):
    slope = float(shifted_error(x, gradient=True)[1])
    other = float(pseudo_huber(x, delta, gradient=True)[1])
    gap = abs(slope - other)
    case = "outside" if delta != 1 else "holds" if gap < SIMILAR else "fails"
    return case, {"slope": slope, "other_slope": other, "gap": gap}

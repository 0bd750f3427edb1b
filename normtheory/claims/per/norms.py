"""Joo et al., Sec. 3.1: how PER and Lᵖ norms react to small and to large activations."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.per.pseudo_huber import X
from normtheory.claims.per.quadrature import mean_distance
from normtheory.theory.certified import certify
from normtheory.theory.error_function_loss import shifted_error

POWER = Parameter("p", "p", "order of the norm", 1.0, (0, np.inf), typical=(0.25, 4.0))


def _slope(x):
    """PER's slope, a probability: P(|Z| < x)."""
    return ndtr(x) - ndtr(-x)


def _elasticity(x):
    """x f'/f of PER less its value at 0."""
    return x * _slope(x) / (mean_distance(x) - mean_distance(0.0))


def _suite_elasticity(x):
    value, slope = shifted_error(x, gradient=True)
    return float(x * slope / value)


sensitivity = Claim(
    id="per.sensitivity",
    source="Sec. 3.1",
    says=r"PER is sensitive to small values and insensitive to outliers, whereas an $L^p$ "
    r"norm changes insensitively near zero when $p\leq1$ and explodes for large values when $p>1$",
    verdict="amended",
    breaks={"p": 1.0, "x": 0.1},
    parameters=(POWER, X),
)


@sensitivity.amendment("numeric", rejects={"the same order everywhere": {"far": 2.0}})
def by_elasticity(
    order=_suite_elasticity,
    at_one=Later(_suite_elasticity, 1.0),
    at_five=Later(_suite_elasticity, 5.0),
    near=2.0,
    far=1.0,
):
    r"""Read as an adaptive order, as in the same paragraph, it holds: $x f'(x)/f(x)$, which is $p$
    for $|x|^p$ at every $x$, falls for PER from {near:g} at 0 over {at_one:.2f} at 1 and
    {at_five:.2f} at 5 to {far:g}. It reacts like $L^2$ to small values and like $L^1$ to
    outliers."""
    x = np.geomspace(0.01, 1e6, 200)
    orders = np.array([_elasticity(each) for each in x])
    right = (np.diff(orders) < 1e-9).all() and abs(orders[-1] / far - 1) < 1e-5
    right &= abs(_elasticity(0.01) / near - 1) < 1e-4
    right &= all(abs(order(each) / _elasticity(each) - 1) < 1e-6 for each in (0.1, 1.0, 5.0, 50.0))
    right &= np.allclose((at_one, at_five), (_elasticity(1.0), _elasticity(5.0)), rtol=1e-6)
    return right, "200 values from 0.01 to 1e6"


def _halfway():
    """Where PER reacts like |x|^(3/2)."""
    return float(brentq(lambda x: _elasticity(x) - 1.5, 1, 4))


@sensitivity.range("certified")
def in_between(place=_halfway(), order=1.5):
    r"""Between $x=\frac14$ and 8 it falls all the way, and is above {order:g} up to
    $x={place:.3f}$ and below from there on."""

    def parts(x):
        slope = (x / 2**0.5).erf()
        curve = (2 / np.pi) ** 0.5 * (-x * x / 2).exp()
        return slope, curve, x * slope + curve - (2 / np.pi) ** 0.5

    def excess(x):
        slope, _, value = parts(x)
        return x * slope - order * value

    def fall(x):
        # of x f'/f, times f² / f'
        slope, curve, value = parts(x)
        return x * slope - value - x * curve * value / slope

    near = certify(excess, [(0.25, 0.996 * place)])
    far = certify(lambda x: -excess(x), [(1.004 * place, 8.0)])
    falls = certify(fall, [(0.25, 8.0)])
    told = f"{near}, {far}; its fall {falls}"
    return near.covered and far.covered and falls.covered, told


@sensitivity.amendment("numeric")
def by_slope(
    per=lambda x: float(shifted_error(x, gradient=True)[1]),
    at=0.1,
    height=Later(lambda: float(shifted_error(0.1, gradient=True)[1])),
    root=0.5 * 0.1**-0.5,
):
    r"""Read as slopes, near zero it is the other way round: at $x={at:g}$ PER's slope is
    $\mathrm{erf}(x/\sqrt2)={height:.4f}$, that of $|x|$ is 1 and that of $|x|^{1/2}$ {root:.2f}.
    PER's goes to 0 with $x$, that of $|x|^p$ does not for $p\leq1$."""
    step = 1e-6
    difference = (np.sqrt(at + step) - np.sqrt(at - step)) / (2 * step)
    right = abs(root / difference - 1) < 1e-6 and abs(height / _slope(at) - 1) < 1e-9
    right &= all(abs(per(x) / _slope(x) - 1) < 1e-6 for x in (1e-3, 0.1, 1.0, 4.0))
    return right, "by differences, and PER's as a probability"


@sensitivity.amendment("proof", rejects={"up to 1 for every p": lambda p: 1 + 0 * p})
def below_up_to(reach=lambda p: p / _line(1)):
    r"""For $p\leq1$ PER's slope stays below that of $|x|^p$ up to $x=\min(1,p\sqrt{\pi/2})$: it
    is below the line $\sqrt{2/\pi}\,x$, which is $p$ there, and $px^{p-1}$ is at least $p$ on
    $(0,1]$."""
    p = sp.Symbol("p", positive=True)
    gap = sp.simplify(sp.sqrt(2 / sp.pi) * reach(p) - p)
    return gap == 0, f"the line at the end of the range, less p: {gap}"


@sensitivity.amendment("numeric")
def bounded_far_away(most=1.0, slope=lambda p, x: p * x ** (p - 1)):
    r"""For outliers it holds: PER's slope tends to {most:g} and never exceeds it, that of $|x|^p$
    is unbounded for $p>1$. PER's value still grows like $|x|$."""
    x = np.geomspace(1, 1e8, 200)
    right = abs(_slope(x).max() - most) < 1e-12 and abs(mean_distance(1e8) / 1e8 - 1) < 1e-6
    found = [((1 + 1e-6) ** p - (1 - 1e-6) ** p) / 2e-6 for p in (1.2, 2.0, 3.0)]
    right &= np.allclose(found, [slope(p, 1.0) for p in (1.2, 2.0, 3.0)], rtol=1e-6)
    return right and slope(1.2, 1e8) > 10 * slope(1.2, 1.0), "slopes up to x = 1e8"


@sensitivity.range("numeric")
def the_norm_itself(most=lambda b, p: b ** (-1 / p)):
    r"""The half about large values holds for the $p$-th power that is used as a loss. The norm
    $(\frac1b\sum|x_i|^p)^{1/p}$ has partial derivatives of at most $b^{-1/p}$ for $p\geq1$,
    attained where one activation is alone: it does not explode."""
    rng, worst, alone = np.random.default_rng(0), 0.0, []
    for b, p in ((2, 1.5), (10, 2.0), (100, 3.0)):
        x = np.abs(rng.standard_cauchy((400, b))) + 1e-9
        norm = np.mean(x**p, axis=1) ** (1 / p)
        slopes = (x / norm[:, None]) ** (p - 1) / b
        worst = max(worst, float(slopes.max() / most(b, p)))
        single = np.zeros(b)
        single[0] = 1.0
        moved = [np.mean((single * s) ** p) ** (1 / p) for s in (1 + 1e-6, 1 - 1e-6)]
        alone.append((moved[0] - moved[1]) / 2e-6 / most(b, p))
    return worst < 1 + 1e-9 and np.allclose(alone, 1, rtol=1e-6), "1200 batches of 2, 10 and 100"


@sensitivity.range("numeric")
def squares_are_steeper(factor=float(np.sqrt(2 / np.pi))):
    r"""Even $x^2/2$ is steeper near zero, $x$ against {factor:.3f} $x$; only powers $p>2$ are
    flatter."""
    x = 1e-4
    right = abs(_slope(x) / x / factor - 1) < 1e-6 and 2.5 * x**1.5 < _slope(x) < x
    return right, "slopes at x = 1e-4"


@sensitivity.derivation("proof")
def why_it_falls(
    share=lambda s, y: sp.erf(s * y) / sp.erf(y), exponent=lambda y, u: y**2 * (1 - u**2)
):
    r"""The order $xf'/f$ falls at every $x>0$: with $y=x/\sqrt2$ its inverse is the mean over
    $0<s<1$ of $\mathrm{erf}(sy)/\mathrm{erf}(y)$. Each of these rises with $y$, because
    $\mathrm{erf}(y)/(y\,\mathrm{erf}'(y))=\int_0^1e^{y^2(1-u^2)}du$ does."""
    x, y, s, u = sp.symbols("x y s u", positive=True)
    loss = x * sp.erf(x / sp.sqrt(2)) + sp.sqrt(2 / sp.pi) * (sp.exp(-(x**2) / 2) - 1)
    inverse = loss / (x * sp.diff(loss, x))

    def rate(y):
        return y * 2 / sp.sqrt(sp.pi) * sp.exp(-(y**2)) / sp.erf(y)

    gaps = {  # the quick ones first
        "rate of the exponent": lambda: sp.diff(exponent(y, u), y) - 2 * y * (1 - u**2),
        "mean": lambda: sp.integrate(share(s, y), (s, 0, 1)) - inverse.subs(x, sp.sqrt(2) * y),
        "integral": lambda: sp.integrate(sp.exp(exponent(y, u)), (u, 0, 1)) * rate(y) - 1,
        "its rate": lambda: y * sp.diff(sp.log(share(s, y)), y) - rate(s * y) + rate(y),
    }
    wrong = next((name for name, gap in gaps.items() if sp.simplify(gap()) != 0), None)
    return wrong is None, wrong or f"{', '.join(gaps)}: as they are claimed"


@sensitivity.derivation("proof", rejects={"of the square": lambda x: x})
def slope_at_zero(line=lambda x: _line(x)):
    r"""PER's slope is $\mathrm{erf}(x/\sqrt2)\leq\sqrt{2/\pi}\,x$, tangent at 0, because
    $e^{-x^2/2}\leq1$ is its slope over that of the line."""
    x = sp.Symbol("x", positive=True)
    ratio = sp.diff(sp.erf(x / sp.sqrt(2)), x) / sp.diff(line(x), x)
    return sp.simplify(ratio - sp.exp(-(x**2) / 2)) == 0, f"slopes' quotient: {sp.simplify(ratio)}"


def _line(x):
    return sp.sqrt(2 / sp.pi) * x


@sensitivity.derivation("numeric")
def depends_on_the_order(root=0.5, per=Later(lambda: float(shifted_error(1.0, gradient=True)[1]))):
    r"""How near depends on $p$: at $x=1$ the slopes are {root:g} for $p=1/2$ and {per:.3f} for
    PER."""
    found = (np.sqrt(1 + 1e-6) - np.sqrt(1 - 1e-6)) / 2e-6
    return abs(root / found - 1) < 1e-6 and abs(per / _slope(1.0) - 1) < 1e-9, "by differences"


@sensitivity.badge(
    holds_large="Sec. 3.1: PER is insensitive to large values: slope {steep:.3g}, |x|^{p:.3g} "
    "has {power:.3g}",
    fails="Sec. 3.1: PER is the sensitive one near zero: by slope not here, {steep:.3g} "
    "against {power:.3g}; as an order it is {order:.3g}, against {p:.3g}",
    holds="Sec. 3.1: PER is the sensitive one near zero: slope {steep:.3g} against {power:.3g}, "
    "order {order:.3g} against {p:.3g}",
    outside="Sec. 3.1: it says nothing of |x|^{p:.3g} here; slopes {steep:.3g} for PER and "
    "{power:.3g}",
    outside_zero="Sec. 3.1: at 0 PER is flat, and |x|^p has a kink for p ≤ 1",
)
def sensitivity_at(p, x):
    if x == 0:
        return "outside_zero", {}
    steep, power = float(_slope(abs(x))), float(p * abs(x) ** (p - 1))
    numbers = {"steep": steep, "power": power}
    if p > 1:
        # the sentence says something of these powers at large values only
        return "holds_large" if abs(x) >= 1 else "outside", numbers
    if abs(x) > 1:
        return "outside", numbers
    return steep >= power, {**numbers, "order": _suite_elasticity(x)}

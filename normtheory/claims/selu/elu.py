"""Which mean square an ELU keeps, by its alpha."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import erfcx

from normtheory.claims import Claim, Later, sp
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.claims.selu.quadrature import elu, expect, halves

elu_alpha = Claim(
    id="selu.elu-alpha",
    source="Self-Normalizing Neural Networks",
    says=r"ELU's effectiveness does not rely on a theoretical proof beside empirical satisfaction. "
    r"And finding a good $\alpha$ is just a guess",
    verdict="refuted",
    breaks={"mean": 0.0, "variance": 1.0},
    parameters=(MEAN, VARIANCE),
)


def second_moment(q, alpha, lam=1.0):
    """Mean square behind a scaled ELU of z ~ N(0, q), in closed form."""
    s = np.sqrt(q)
    below = erfcx(np.sqrt(2) * s) / 2 - erfcx(s / np.sqrt(2)) + 1 / 2
    return lam**2 * (q / 2 + alpha**2 * below)


def stable_level(alpha, lam=1.0, norm=1.0):
    """The mean square that layers of this activation keep, for weights of that squared norm."""
    return brentq(lambda x: second_moment(norm * x, alpha, lam) / x - 1, 1e-6, 1e6, xtol=1e-14)


@elu_alpha.counterexample("proof", rejects={"grows": lambda x, exp: 1 - (1 + x) * exp(-x)})
def one_level_at_most(falls=lambda x, exp: (1 + x) * exp(-x) - 1):
    r"""Weights $N(0,1/n)$ take the mean square $q$ to $\frac q2+\alpha^2\mathbb
    E[(1-e^{-\sqrt q|z|})^2;z<0]$. Over $q$ this falls in $q$, because $(1-e^{-x})/x$ does, with the
    slope $((1+x)e^{-x}-1)/x^2<0$: no $\alpha$ keeps two levels."""
    x = sp.symbols("x", positive=True)
    slope = sp.diff((1 - sp.exp(-x)) / x, x)
    gap = sp.simplify(slope * x**2 - falls(x, sp.exp))
    # times e^x it is 1 + x - e^x: 0 at 0, and falling from there on
    sign = sp.expand(falls(x, sp.exp) * sp.exp(x))
    starts, falling = sp.simplify(sign.subs(x, 0)), sp.simplify(sp.diff(sign, x) + sp.exp(x) - 1)
    right = gap == 0 and starts == 0 and falling == 0
    return right, f"slope minus this: {gap}"


def _levels(alphas):
    """The same levels, by quadrature and bisection on a logarithmic scale."""
    found = []
    for alpha in alphas:
        low, high = np.log(1e-6), np.log(1e6)
        for _ in range(60):
            middle = (low + high) / 2
            _, p2, _, n2 = halves(np.exp(middle))
            low, high = (middle, high) if p2 + alpha**2 * n2 > np.exp(middle) else (low, middle)
        found.append(np.exp(low))
    return found


ALPHAS = (1.2, 1.5, 2.0, 3.0)


@elu_alpha.counterexample("numeric")
def levels(
    edge=1,
    at=tuple(stable_level(alpha) for alpha in ALPHAS),
    *,
    alphas=ALPHAS,
    found=Later(_levels, ALPHAS),
):
    r"""The ratio is $\frac{1+\alpha^2}2$ for small $q$ and $\frac12$ for large ones. So for
    $\alpha\leq{edge:d}$ the signal dies, and every $\alpha>{edge:d}$ has exactly one level, which
    attracts every start: {at[0]:.3f} for $\alpha={alphas[0]:g}$, {at[1]:.3f} for {alphas[1]:g},
    {at[2]:.3f} for {alphas[2]:g}, {at[3]:.2f} for {alphas[3]:g}."""
    ends = []
    for alpha in (0.5, edge - 1e-3, edge + 1e-3, 3.0):
        small, large = (halves(q) for q in (1e-9, 1e9))
        ends.append((small[1] + alpha**2 * small[3]) / 1e-9 > 1)
        if abs((large[1] + alpha**2 * large[3]) / 1e9 - 1 / 2) > 1e-4:
            return False, "another ratio for large q"
    right = ends == [False, False, True, True] and np.allclose(at, found, rtol=1e-6)
    return right, "by quadrature and bisection"


def alpha_of(q):
    """The alpha with which an ELU's layers keep the mean square q."""
    return float(np.sqrt(q / 2 / (second_moment(q, 1) - q / 2)))


@elu_alpha.amendment("numeric")
def alpha_for_a_level(alpha=alpha_of(1.0)):
    r"""So $\alpha$ can be computed from the level: mean square 1 needs $\alpha={alpha:.4f}$ without
    SELU's $\lambda$."""
    kept = expect(lambda z: elu(z, alpha, 1.0) ** 2, 1.0)
    return abs(kept - 1) < 1e-9, f"by quadrature {kept:.9f}"


def _by_depth(alpha=1.0):
    """Mean square by depth, from 1."""
    q, found = 1.0, {}
    for layer in range(1, 8001):
        q = second_moment(q, alpha)
        found[layer] = q
    return found


@elu_alpha.amendment("numeric")
def the_usual_alpha(
    loss=np.sqrt(2 / np.pi),
    limit=2 * np.pi,
    octaves=Later(lambda: float(-np.log2(_by_depth()[50]))),
    *,
    path=Later(_by_depth),
):
    r"""The usual $\alpha=1$ is the edge: $q\to q-\sqrt{2/\pi}\,q^{3/2}+\dots$, so that the mean
    square falls as $2\pi/L^2$, slowly: by {octaves:.1f} octaves in 50 layers from 1."""
    _, p2, _, n2 = halves(1e-6)
    first = (1e-6 - p2 - n2) / 1e-9
    half = 1 / np.sqrt(path[8000]) - 1 / np.sqrt(path[4000])
    q = 1.0
    for _ in range(50):
        _, p2, _, n2 = halves(q)
        q = p2 + n2
    right = abs(first / loss - 1) < 2e-3 and abs((4000 / half) ** 2 / limit - 1) < 5e-3
    return right and abs(-np.log2(q) / octaves - 1) < 1e-6, f"50 layers by quadrature: {q:.5f}"


elu_alpha.rests_on(
    "selu.any-target", "A mean besides needs the second constant, as SELU has it.", "range"
)


@elu_alpha.badge(
    fails="a good α is a guess: not here, to keep the mean square {level:.3g} plain weights need "
    "ELU's α = {elu_alpha:.4g} (without λ, whatever the mean)"
)
def elu_at(mean, variance):
    level = mean**2 + variance
    return False, {"level": level, "elu_alpha": alpha_of(level)}

"""Which means and variances can be the fixed point of a layer of scaled ELUs."""

import numpy as np
from scipy import optimize

from normtheory.claims import Claim, Later, sp
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.claims.selu.dynamics import variance_parts
from normtheory.claims.selu.quadrature import expect, halves, layer
from normtheory.theory.certified import certify
from normtheory.theory.selu import moment_jacobian, scaled_elu, spectral_radius
from normtheory.theory.selu_constants import fixed_point_constants, solve_constants, target_band

any_target = Claim(
    id="selu.any-target",
    source="Self-Normalizing Neural Networks",
    says="The mean and the variance of the basin can be any values of your choice (so why 0 "
    "and 1, and not 0 and 4?)",
    verdict="amended",
    breaks={"mean": 1.0, "variance": 1.0},
    parameters=(MEAN, VARIANCE),
)
VARIANCES = (0.001, 0.1, 1.0, 4.0, 50.0)


def _misfit(mean, variance):
    """Least over alpha, lam >= 0 of the larger relative error of mean and second moment."""
    p1, p2, n1, n2 = halves(variance)
    sigma, second = np.sqrt(variance), mean**2 + variance

    def error(q):
        lam, a = np.abs(q)
        return max(
            abs(lam * p1 - a * n1 - mean) / sigma, abs(lam**2 * p2 + a**2 * n2 - second) / second
        )

    starts = [(1.0, 1.0), (0.1, 3.0 + sigma), (2.0, 0.1)]
    options = {"xatol": 1e-12, "fatol": 1e-12, "maxiter": 4000}
    return min(
        optimize.minimize(error, q, method="Nelder-Mead", options=options).fun for q in starts
    )


def _relu_miss(mean, variance):
    """The least error of a ReLU times lam, which is the best pair above the band."""
    p1, p2 = np.sqrt(variance / (2 * np.pi)), variance / 2
    sigma, second = np.sqrt(variance), mean**2 + variance
    # too small a mean and too large a second moment, by the same part
    a, b = p2 / second, p1 / sigma
    lam = (np.sqrt(b**2 + 4 * a * (1 + mean / sigma)) - b) / (2 * a)
    return float((mean - lam * p1) / sigma)


@any_target.counterexample("numeric")
def mean_1_and_variance_1(miss=Later(_relu_miss, 1.0, 1.0), *, best=Later(_misfit, 1.0, 1.0)):
    r"""Mean 1 and variance 1: no positive $\alpha$ and $\lambda$ give both. With the best the mean
    and the second moment are both off by {miss:.1%}."""
    return abs(best / miss - 1) < 1e-4, f"by optimisation from 3 starts {best:.6f}"


def _found():
    """Targets on both sides of each edge of the band, and whether a search finds constants."""
    found = []
    for variance in VARIANCES:
        p1, p2, n1, n2 = halves(variance)
        for edge in (-np.sqrt(variance / (n2 / n1**2 - 1)), np.sqrt(variance / (p2 / p1**2 - 1))):
            for share in (0.5, 0.995, 1.005, 2.0):
                mean = float(share * edge)
                found.append((mean, variance, _misfit(mean, variance) < 1e-7))
    return found


@any_target.amendment("numeric")
def the_band(
    band=target_band,
    low=float(target_band(1.0)[0]),
    high=float(target_band(1.0)[1]),
    *,
    found=Later(_found),
):
    r"""With weight sum 0 and norm 1, constants exist exactly for
    $-\sigma/\sqrt{r(\nu)-1} < \mu < \sigma/\sqrt{\pi-1}$, where
    $r = E[(e^z-1)^2; z<0]/E[e^z-1; z<0]^2$ and $z\sim N(0,\nu)$: at $\nu = 1$ for
    ${low:.3f} < \mu < {high:.3f}$."""
    right = [(band(v)[0] < m < band(v)[1]) == exists for m, v, exists in found]
    _, _, n1, n2 = halves(1.0)
    ends = np.allclose([1 / low**2 + 1, 1 / high**2 + 1], [n2 / n1**2, np.pi], rtol=1e-9)
    return all(right) and ends, f"{len(found)} targets, 0.5 % either side of the edges, by search"


def _slope(variance, alpha, lam, step=1e-4):
    """d variance' / d variance by a central difference; with weight sum 0 the mean has no part."""
    up, down = (layer(0.0, variance * (1 + s), alpha, lam)[1] for s in (step, -step))
    return (up - down) / (2 * step * variance)


@any_target.amendment(
    "certified", rejects={"V/ν grows": {"falls": lambda x: [-c for c in variance_parts(x)[1]]}}
)
def unique_and_attractive(
    constants=lambda mean, variance: tuple(map(float, solve_constants(mean, variance))),
    radius=lambda mean, variance, alpha, lam: float(
        spectral_radius(moment_jacobian(mean, variance, alpha=alpha, lam=lam))
    ),
    falls=lambda x: variance_parts(x)[1],
    *,
    low=1e-3,
    high=1e3,
):
    r"""Then they are unique, and at variances from {low:g} to {high:g} the target attracts,
    whatever its mean: over $\nu$ the variance of a layer falls for all positive $\alpha$ and
    $\lambda$, and the spectral radius of the moments' map is its slope at the target."""
    for variance in VARIANCES:
        for mean in np.multiply(target_band(variance), 0.7):
            pair = constants(mean, variance)
            kept = layer(mean, variance, *pair)
            slope = _slope(variance, *pair)
            same = np.allclose(kept, (mean, variance), rtol=1e-7, atol=1e-7)
            if not same or abs(radius(mean, variance, *pair) / slope - 1) > 1e-5:
                return False, "other constants, or another radius"
    # the variance less ν times its slope, by powers of α: λ² has 0
    region = [(np.log(low), np.log(high))]
    sure = [certify(lambda t, k=k: falls(t.exp())[k], region) for k in (1, 2)]
    return all(each.covered for each in sure), f"two powers of α: {sure[0]}, {sure[1]}"


@any_target.amendment("numeric")
def mean_0_allows_every_variance(
    alpha=fixed_point_constants(0.0, 4.0).alpha, lam=fixed_point_constants(0.0, 4.0).lam
):
    r"""Mean 0 allows every variance: for (0, 4), $\alpha = {alpha:.4f}$, $\lambda = {lam:.4f}$."""
    mean, variance = layer(0.0, 4.0, alpha, lam)
    every = [max(halves(v)) < np.inf and min(halves(v)) > 0 for v in (1e-4, *VARIANCES, 1e4)]
    good = abs(mean) < 1e-8 and abs(variance / 4 - 1) < 1e-8 and all(every)
    return good, f"one layer by quadrature: mean 0, variance {variance:.8f}"


@any_target.range("numeric")
def radius_at_the_edges(
    upper=1.0,
    lower=tuple(
        float(spectral_radius(moment_jacobian(m, v, alpha=a, lam=lam)))
        for v in (0.01, 1.0, 100.0)
        for m in [target_band(v)[0] * (1 - 1e-9)]
        for a, lam in [solve_constants(m, v)]
    ),
):
    r"""At the upper edge the spectral radius tends to {upper:g}, at the lower edge to
    {lower[0]:.3f}, {lower[1]:.3f} and {lower[2]:.3f} for the variances 1/100, 1 and 100."""
    # at the edges only one half of the activation is left, and its scale is known
    relu = [_slope(v, 0.0, np.sqrt(2 / (1 - 1 / np.pi))) for v in (0.01, 1.0, 100.0)]
    floor = []
    for v in (0.01, 1.0, 100.0):
        _, _, n1, n2 = halves(v)
        floor.append(_half_slope(v) * v / (n2 - n1**2))
    right = np.allclose(relu, upper, rtol=1e-6) and np.allclose(floor, lower, rtol=1e-4)
    return right, f"one half alone: {relu[1]:.6f}; {', '.join(f'{x:.6f}' for x in floor)}"


def _half_slope(variance, step=1e-4):
    """d Var(e^min(z, 0)) / d variance by a central difference."""
    values = []
    for v in (variance * (1 + step), variance * (1 - step)):
        _, _, n1, n2 = halves(v)
        values.append(n2 - n1**2)
    return (values[0] - values[1]) / (2 * step * variance)


any_target.rests_on(
    "selu.initialisation",
    "These constants are for weights whose sum is zero in every unit. Independent weights keep a "
    "target with another mean, too, with constants of their own.",
    role="range",
)


@any_target.derivation("numeric")
def one_solution_or_none(
    mean=lambda lam, a, p1, n1: lam * p1 - a * n1,
    second=lambda lam, a, p2, n2: lam**2 * p2 + a**2 * n2,
):
    r"""With $a = \lambda\alpha$, $P_k=E[z^k; z>0]$ and $N_k=|E[(e^z-1)^k; z<0]|$ the mean is
    $\lambda P_1 - aN_1$, linear, and the second moment $\lambda^2P_2 + a^2N_2$; along the line of
    the first the second grows, so there is one solution or none."""
    right = True
    for variance in VARIANCES:
        p1, p2, n1, n2 = halves(variance)
        for lam, a in ((0.5, 2.0), (1.0, 1.7), (2.0, 0.3)):
            first, spread = layer(0.0, variance, a / lam, lam)
            found = [mean(lam, a, p1, n1) - first, second(lam, a, p2, n2) - first**2 - spread]
            right &= np.allclose(found, 0, atol=1e-8 * (1 + variance))
    return right, f"3 pairs at each of {len(VARIANCES)} variances, by quadrature of the activation"


@any_target.derivation("numeric", rejects={"the other way round": {"ends": ("lam", "alpha")}})
def what_is_left_at_the_ends(share=1 / np.pi, ends=("alpha", "lam")):
    r"""At the upper end of the band $a = 0$: a ReLU, whose squared mean is $1/\pi$ of its second
    moment. At the lower end $\lambda = 0$."""
    p1, p2, *_ = halves(3.0)
    near = [solve_constants(end * (1 - 1e-6), 3.0)._asdict() for end in target_band(3.0)[::-1]]
    right = abs(p1**2 / p2 / share - 1) < 1e-8
    right &= tuple(min(each, key=each.get) for each in near) == ends
    return right, f"squared mean over second moment {p1**2 / p2:.8f}"


@any_target.derivation("proof")
def every_target_attracts(
    slope=lambda x, s, exp: ((1 + s * x) * exp(-s * x) - 1) / s**2,
    steeper=lambda x, s, exp: -x * exp(-s * x),
):
    r"""Over $\nu$ the variance of a layer falls for every $\alpha$ and $\lambda$, so that its slope
    is below 1 at the target: it is a constant plus multiples of $E[g]$ and $\mathrm{Var}(g)$,
    $g=(1-e^{-sx})/s$ with $s=\sqrt\nu$ and $x=\max(-z/s,0)$. In $x$ $g$ rises, while
    $\partial g/\partial s=((1+sx)e^{-sx}-1)/s^2$ is negative and falls, at the rate $-xe^{-sx}$:
    so the mean falls in $s$, and the variance, as the two are correlated negatively."""
    x, s = sp.symbols("x s", positive=True)
    g = (1 - sp.exp(-s * x)) / s
    by_s = sp.diff(g, s)
    gaps = by_s - slope(x, s, sp.exp), sp.diff(by_s, x) - steeper(x, s, sp.exp)
    start = sp.limit(by_s, x, 0)
    zero = [*map(sp.simplify, gaps), start] == [0, 0, 0]
    return zero, f"derivatives minus these 0; at x = 0 the slope is {start}"


@any_target.derivation("numeric")
def mean_0(
    alpha=lambda p1, n1: p1 / n1,
    narrow=1.0,
    wide=lambda variance: np.sqrt(2 * variance / np.pi),
    square=2 * np.pi / (np.pi + 2),
):
    r"""Mean 0: $\alpha = P_1/N_1$. The exponential saturates at scale 1, so the activation is not
    homogeneous, and $\alpha, \lambda$ change with $\nu$: $\alpha \to 1$ as $\nu \to 0$,
    $\alpha \sim \sqrt{2\nu/\pi}$ and $\lambda^2 \to 2\pi/(\pi+2)$ as $\nu \to \infty$."""
    found = []
    for variance in (1e-6, 4.0, 1e8):
        p1, p2, n1, n2 = halves(variance)
        a = alpha(p1, n1)
        mean = layer(0.0, variance, a, 1.0)[0] / np.sqrt(variance)
        found.append((a, mean, variance / (p2 + a**2 * n2)))
    (small, *_), _, (large, _, scale) = found
    right = np.allclose([f[1] for f in found], 0, atol=1e-9)
    right &= abs(small / narrow - 1) < 2e-3 and abs(large / wide(1e8) - 1) < 2e-3
    right &= abs(scale / square - 1) < 2e-3
    return right, f"ν = 1e-6: α = {small:.5f}; ν = 1e8: α = {large:.2f}, λ² = {scale:.5f}"


@any_target.derivation("numeric")
def slope_by_variance(
    first=1.0,
    limit=np.pi / (np.pi + 2),
    four=float(moment_jacobian(0, 4, **fixed_point_constants(0, 4.0)._asdict())[1, 1]),
    one=float(moment_jacobian(0, 1, **fixed_point_constants(0, 1.0)._asdict())[1, 1]),
):
    r"""With mean 0 the slope of the variance map falls from {first:g} ($\nu \to 0$, no contraction
    left) to $\pi/(\pi+2) = {limit:.3f}$: (0, 4) contracts faster, {four:.3f}, than (0, 1),
    {one:.3f}."""
    variances = (1e-6, 1e-2, 1.0, 4.0, 100.0, 1e8)
    slopes = []
    for variance in variances:
        p1, p2, n1, n2 = halves(variance)
        alpha = p1 / n1
        slopes.append(_slope(variance, alpha, np.sqrt(variance / (p2 + alpha**2 * n2))))
    near = np.allclose(slopes[2:4], (one, four), rtol=1e-5)
    ends = np.allclose((slopes[0], slopes[-1]), (first, limit), rtol=2e-3)
    told = ", ".join(f"{s:.4f}" for s in slopes)
    return near and ends and bool((np.diff(slopes) < 0).all()), f"at ν = 1e-6 to 1e8: {told}"


@any_target.derivation("numeric")
def a_choice_of_units(outer=2.0, inner=2.0):
    r"""Why 0 and 1, then? $2f(z/2)$ has the fixed point (0, 4) whenever $f$ has (0, 1): the scale
    is a choice of units."""
    first = expect(lambda z: outer * scaled_elu(z / inner), 4.0)
    second = expect(lambda z: (outer * scaled_elu(z / inner)) ** 2, 4.0)
    right = abs(first) < 1e-8 and abs(second / 4 - 1) < 1e-8
    return right, f"SELU's f: mean 0, second moment {second:.8f}"


any_target.by_hand(
    "The mean is no choice of units: at mean zero the weight sum, which multiplies the mean, drops "
    "out."
)


@any_target.badge(
    holds="the target can be any values: this one with α = {alpha:.4g}, λ = {lam:.4g} (weight sums "
    "0); it attracts, spectral radius {radius:.3f}",
    fails="the target can be any values: not this one, at variance {variance:.3g} the mean must "
    "lie between {low:.3g} and {high:.3g}",
)
def any_target_at(mean, variance):
    low, high = (float(x) for x in target_band(variance))
    if not low < mean < high:
        return False, {"low": low, "high": high}
    alpha, lam = (float(x) for x in solve_constants(mean, variance))
    radius = float(spectral_radius(moment_jacobian(mean, variance, alpha=alpha, lam=lam)))
    return True, {"alpha": alpha, "lam": lam, "radius": radius}

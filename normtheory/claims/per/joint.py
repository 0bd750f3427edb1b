"""Joo et al., Fig. 1 and Sec. 1: what statistics and PER see of a joint distribution."""

import numpy as np
from scipy.special import gamma, roots_genlaguerre

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.per.quadrature import directions, error_of_norm, line_distance
from normtheory.theory.error_function_loss import inner_integral_expression
from normtheory.theory.joint_laws import GAMMA_SHAPE, JOINT_LAWS, MODE, draw_joint
from normtheory.theory.montecarlo import estimate
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.sliced_energy import projected_energy
from normtheory.theory.sphere_average import projected_error_of_norm

LAW = Parameter(
    "law",
    r"\nu",
    "joint distribution of two units, of Fig. 1",
    "independent",
    choices=tuple(JOINT_LAWS),
)

statistics_blind = Claim(
    id="per.statistics-blind",
    source="Fig. 1",
    says="Four joint distributions of (x, y) have zero means and unit variances: independent "
    "normals (a), correlated normals (b), skewed x (c), bimodal x (d). Standardization cannot tell "
    "(a)-(d) apart, whitening cannot tell (a), (c), (d)",
    verdict="holds",
    parameters=(
        LAW,
        Parameter.count("n", "n", "sample size", 1000, (2, 10_000), (2, np.inf), log=True),
    ),
)


def _power_moments(law):
    """Means of x, x², x³ and x⁴, by Gauss rules."""
    normal, weight = np.polynomial.hermite_e.hermegauss(20)
    weight = weight / weight.sum()
    if law == "skewed":
        g, weight = roots_genlaguerre(20, GAMMA_SHAPE - 1)
        x, weight = (g - GAMMA_SHAPE) / np.sqrt(GAMMA_SHAPE), weight / gamma(GAMMA_SHAPE)
    elif law == "bimodal":
        x = np.concatenate([side * MODE + np.sqrt(1 - MODE**2) * normal for side in (-1, 1)])
        weight = np.tile(weight / 2, 2)
    else:
        x = normal
    return [float(weight @ x**k) for k in (1, 2, 3, 4)]


def _drawn(rng):
    """The mean of each product of powers of x and y, by law."""
    found = {}
    for law in JOINT_LAWS:
        x, y = draw_joint(law, 1_000_000, rng).T
        for what, value in {"x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y}.items():
            found[law, what] = estimate(
                lambda rng, size, value=value: value, rng, replicates=len(x), chunk=len(x)
            )
    return found


@statistics_blind.shown(
    "simulation", rejects={"all uncorrelated": {"covariances": (0.0, 0.0, 0.0, 0.0)}}
)
def same_statistics(
    means_and_variances=(0.0, 1.0),
    covariances=tuple(law.covariance for law in JOINT_LAWS.values()),
    *,
    drawn=Later(_drawn),
):
    r"""All four have means {means_and_variances[0]:g} and variances {means_and_variances[1]:g},
    which is what standardization uses; the covariance, which whitening uses as well, differs for
    (b) alone."""
    mean, variance = means_and_variances
    right, worst = True, 0.0
    for law, covariance in zip(JOINT_LAWS, covariances, strict=True):
        wanted = {"x": mean, "y": mean, "xx": variance, "yy": variance, "xy": covariance}
        for what, value in wanted.items():
            right &= drawn[law, what].agrees(value)
            worst = max(worst, drawn[law, what].deviation(value))
    apart = [law for law, c in zip(JOINT_LAWS, covariances, strict=True) if c]
    return right and apart == ["correlated"], f"a million draws of each, worst {worst:.2f} SE"


@statistics_blind.shown("numeric")
def they_differ(skewness=JOINT_LAWS["skewed"].skewness, kurtosis=JOINT_LAWS["bimodal"].kurtosis):
    r"""They do differ: with our parameters $x$ has skewness {skewness:.3f} in (c) and kurtosis
    {kurtosis:.3f} in (d), where the normal distribution has 0 and 3."""
    moments = {law: _power_moments(law) for law in JOINT_LAWS}
    right = all(np.allclose(m[:2], (0, 1), atol=1e-12) for m in moments.values())
    right &= np.allclose([JOINT_LAWS[n][1:] for n in moments], [m[2:] for m in moments.values()])
    found = moments["skewed"][2], moments["bimodal"][3]
    return right and np.allclose((skewness, kurtosis), found, rtol=1e-9), "by Gauss rules"


def _distances(rng):
    """The smallest and largest W₁ of 2000 values of x to N(0, 1), by law, of 12 samples."""
    found = {}
    for law in JOINT_LAWS:
        values = [line_distance(draw_joint(law, 2000, rng)[:, 0]) for _ in range(12)]
        found[law] = min(values), max(values)
    return found


@statistics_blind.shown(
    "simulation", rejects={"all four": ("independent", "correlated", "skewed", "bimodal")}
)
def far_from_normal(names=("skewed", "bimodal"), *, found=Later(_distances)):
    r"""What the statistics miss is there: samples of $x$ of (c) and (d) are more than twice as far
    from $N(0, 1)$ in $W_1$ as samples of (a) and (b)."""
    normal = max(found["independent"][1], found["correlated"][1])
    apart = [law for law, (least, _) in found.items() if least > 2 * normal]
    return tuple(apart) == tuple(names), "12 samples of 2000 of each"


statistics_blind.rests_on(
    "vcl.variance-of-variance",
    "That is so of the distributions, not of samples: the variance of a sample varies with the "
    "kurtosis, so the variances of batches of (a), (c) and (d) fluctuate differently.",
    "range",
)


_BLIND = (
    "Fig. 1: means and variances do not tell it from independent normals (in samples 0 ± "
    "{mean:.3f}, 1 ± {spread:.3f})"
)


@statistics_blind.badge(
    holds_independent="Fig. 1: nothing tells it from independent normals: it is they (means and "
    "variances in samples 0 ± {mean:.3f}, 1 ± {spread:.3f})",
    holds_skewed=_BLIND + ", nor does the covariance; skewness {skewness:.3g} and kurtosis "
    "{kurtosis:.3g} do",
    holds_bimodal=_BLIND + ", nor does the covariance; kurtosis {kurtosis:.3g} does",
    holds_correlated=_BLIND + "; the covariance {covariance:g} does",
)
def blind_at(law, n):
    moments = JOINT_LAWS[law]
    spread = np.sqrt((moments.kurtosis - (n - 3) / (n - 1)) / n)
    return f"holds_{law}", {"mean": 1 / np.sqrt(n), "spread": spread, **moments._asdict()}


all_moments = Claim(
    id="per.all-moments",
    source="Sec. 1",
    says="PER considers different statistics simultaneously, e.g. all orders of moments and the "
    "correlation between hidden units",
    verdict="refuted",
    breaks={"law": "correlated"},
    parameters=(LAW,),
)


def _same_norms():
    """Clouds whose activations all have length √2."""
    angle = 2 * np.pi * (np.arange(400) + 0.5) / 400
    circle = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    equal, opposite = [[1.0, 1.0], [-1.0, -1.0]], [[1.0, -1.0], [-1.0, 1.0]]
    return circle, np.array(equal), np.array(opposite), np.array([[1.0, 1.0]])


@all_moments.counterexample("numeric", rejects={"PER with the repulsion": projected_energy})
def one_value_for_all(
    loss=projected_error_loss,
    value=Later(projected_error_of_norm, np.sqrt(2), 2),
    products=(0, 1, -1, 1),
    means=(0, 0, 0, 1),
):
    r"""Uniform on the circle of radius $\sqrt2$; both units equal, $\pm1$; units opposite; and the
    constant $(1,1)$: $\mathbb{E}\,xy$ is {products[0]:d}, {products[1]:d}, {products[2]:d} and
    {products[3]:d}, the mean of $x$ {means[0]:d}, {means[1]:d}, {means[2]:d} and {means[3]:d}, and
    in all four cases PER is {value:.4f}."""
    clouds, own = _same_norms(), error_of_norm(np.sqrt(2), 2)
    right = abs(value / own - 1) < 1e-10
    right &= all(abs(loss(h) / own - 1) < 1e-10 for h in clouds)
    right &= np.allclose([(h[:, 0] * h[:, 1]).mean() for h in clouds], products, atol=1e-12)
    right &= np.allclose([h[:, 0].mean() for h in clouds], means, atol=1e-12)
    return right, "four clouds; PER of the length by quadrature"


@all_moments.amendment("numeric", rejects={"PER with the repulsion": projected_energy})
def length_alone(loss=projected_error_loss, *, rng):
    r"""PER is $\mathbb{E}\,L(\|h\|)$, as $\theta$ is uniform: it depends on the distribution of
    $\|h\|$ and on nothing else: turning every activation in
    a direction of its own does not change it."""
    right = True
    for d in (2, 5, 30):
        h = rng.standard_normal((20, d)) + 1
        norms = np.linalg.norm(h, axis=1)
        own = np.mean([error_of_norm(r, d) for r in norms])
        turned = norms[:, None] * directions(d, 20, rng)
        right &= abs(loss(h) / own - 1) < 1e-10 and abs(loss(turned) / own - 1) < 1e-10
    return right, "20 activations of 2, 5 and 30 units, turned one by one; by quadrature"


all_moments.by_hand(
    "Through the length its even moments enter, where they exist; means and odd moments do not.",
    "amendment",
)
all_moments.rests_on(
    "per.interaction",
    "Of correlations it sees what they do to the length: not the sign of a single one.",
    "amendment",
)


def _series():
    """The coefficient of ‖h‖^(2k) in PER: that of the inner integral times E θ₁^(2k)."""
    x = sp.Symbol("x", real=True)
    k, d = sp.symbols("k d", positive=True)
    # ∫cos^(2k)·sin^(d-2) over the same without the cosine
    moment = sp.beta(k + sp.Rational(1, 2), (d - 1) / 2) / sp.beta(sp.Rational(1, 2), (d - 1) / 2)
    inner = sp.sqrt(2 / sp.pi) * (-1) ** (k + 1) / (2**k * sp.factorial(k) * (2 * k - 1))
    loss = inner_integral_expression()
    printed = [sp.diff(loss, x, 2 * n).subs(x, 0) / sp.factorial(2 * n) for n in range(5)]
    known = all(sp.simplify(inner.subs(k, n) - c) == 0 for n, c in enumerate(printed))
    return known, inner * moment, k, d


def _coefficient(k, d, shift=0):
    """√(2/π)·(-1/2)_k/((d/2)_k·k!)·(-1/2)^k, the coefficient of ‖h‖^(2k)."""
    half = sp.Rational(1, 2)
    bottom = sp.rf(sp.S(d + shift) / 2, k) * sp.factorial(k)
    return sp.sqrt(2 / sp.pi) * sp.rf(-half, k) / bottom * (-half) ** k


@all_moments.derivation(
    "proof", rejects={"d + 1 in place of d": lambda k, d: _coefficient(k, d, shift=1)}
)
def no_coefficient_vanishes(coefficient=_coefficient, *, series=Later(_series)):
    r"""$L$ is a power series in $\|h\|^2$ with the coefficients
    $\sqrt{2/\pi}\,\frac{(-1/2)_k}{(d/2)_k\,k!}(-\frac12)^k$, none of them 0."""
    known, derived, k, d = series
    ratio = sp.gammasimp((derived / coefficient(k, d)).rewrite(sp.gamma))
    # k is a whole number: sympy's gamma identities do not know it, the cosines that they leave do
    whole = sp.Symbol("k", integer=True, nonnegative=True)
    ratio = sp.simplify(sp.expand_func(ratio).subs(k, whole))
    return known and ratio == 1, f"derived over claimed, for symbolic k and d: {ratio}"


all_moments.by_hand(
    "A distribution is determined by its projections, but PER adds up the distances of single "
    "activations to the target, not of the projected distribution.",
    "range",
)


@all_moments.badge(
    fails="Sec. 1: PER considers all moments: not here, {drawn:.4f} for 256 draws, and "
    "{turned:.4f} for the same 256 turned one by one"
)
def moments_at(law):
    # a fixed sample and fixed turns: the badge at a setting never changes
    h = draw_joint(law, 256, np.random.default_rng(0))
    angle = np.arange(256) * np.pi * (3 - np.sqrt(5))
    norms = np.linalg.norm(h, axis=1)
    turned = np.stack([norms * np.cos(angle), norms * np.sin(angle)], axis=1)
    return False, {"drawn": projected_error_loss(h), "turned": projected_error_loss(turned)}

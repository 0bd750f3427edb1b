"""Joo et al., Sec. 3: the natural gradient, which motivates N(0, I), and the matrix of Eq. 7."""

import itertools
import math
from fractions import Fraction

import numpy as np

from normtheory.claims import Claim, sp
from normtheory.claims.per.fisher import fisher_blocks

natural = Claim(
    id="per.natural-gradient",
    source="Sec. 3",
    says="The natural gradient is the steepest descent direction in a Riemannian manifold, and it "
    "is also the direction that maximizes the probability of not increasing generalization error",
    verdict="amended",
    breaks={"spread": 100.0},
    parameters=(fisher_blocks.parameter("spread"),),
)


def _second_moments(rng, d):
    """Mean and covariance of the gradients of single samples."""
    root = rng.normal(size=(d, d))
    return rng.normal(size=d), root @ root.T + 0.1 * np.eye(d)


@natural.amendment("numeric", rejects={"the gradient": lambda g, c: g})
def most_probable(direction=lambda g, c: np.linalg.solve(c, g), *, samples=5, rng):
    r"""Let gradients of $n$ single samples have mean $g$ and covariance $C$, and the true gradient
    be normal around $g$ with covariance $C/n$. A step along $-v$ does not increase the true loss
    with probability $\Phi(\sqrt n\,g^\top v/\sqrt{v^\top Cv})$, which is largest at
    $v=C^{-1}g$."""
    right = True
    for d in (2, 3, 6):
        g, c = _second_moments(rng, d)
        best = direction(g, c)
        others = [best + s * rng.normal(size=d) for s in (1e-3, 0.1, 3.0) for _ in range(300)]
        value = [v @ g / math.sqrt(v @ c @ v) for v in (best, *others)]
        right &= value[0] >= max(value[1:]) and abs(best @ c @ best / (best @ g) - 1) < 1e-9
        # the true gradient seen through n samples
        true = rng.multivariate_normal(g, c / samples, size=100_000)
        chance = math.erfc(-math.sqrt(samples / 2) * value[0]) / 2
        right &= abs(float((true @ best >= 0).mean()) - chance) < 0.01
    return right, "900 other directions in 2, 3 and 6 dimensions, and drawn gradients"


@natural.amendment("numeric", rejects={"the same length": lambda g, c: 1.0})
def empirical_fisher(factor=lambda g, c: 1 / (1 + g @ np.linalg.solve(c, g)), *, rng):
    r"""Eq. 7's matrix, the uncentred second moments $C+gg^\top$, gives the same direction:
    $(C+gg^\top)^{-1}g=C^{-1}g/(1+g^\top C^{-1}g)$."""
    worst = 0.0
    for d in (1, 2, 3, 10):
        g, c = _second_moments(rng, d)
        found = np.linalg.solve(c + np.outer(g, g), g)
        worst = max(worst, abs(found / (factor(g, c) * np.linalg.solve(c, g)) - 1).max())
    return worst < 1e-8, "1, 2, 3 and 10 dimensions"


def _farthest(condition):
    """Degrees between the gradient and the most probable direction, at most."""
    # the arccosine of the sentence, which near 1 would be that of 1
    return math.degrees(math.asin((condition - 1) / (condition + 1)))


@natural.amendment("numeric")
def the_gradient_itself(degrees=_farthest, hundred=_farthest(100.0)):
    r"""Where the Fisher information is $I$, the natural gradient is the gradient, and at most
    $\arccos\frac{2\sqrt\kappa}{1+\kappa}$ from the most probable direction, $\kappa$ the condition
    number of Eq. 7's matrix: {hundred:.1f}° at $\kappa=100$."""
    turn, right = np.linspace(0, np.pi / 2, 20_001), True
    for condition in (2.0, 100.0):
        # in the plane of the largest and the smallest eigenvalue, where Kantorovich's is attained
        g, v = (np.array([np.cos(turn), np.sin(turn) / c]) for c in (1, condition))
        cosine = (g * v).sum(axis=0) / np.linalg.norm(v, axis=0)
        right &= abs(degrees(condition) / np.degrees(np.arccos(cosine.min())) - 1) < 1e-6
    return bool(right) and abs(hundred / degrees(100.0) - 1) < 1e-3, "all gradients of a plane"


@natural.badge(
    holds="the natural gradient is the most probable direction: so it is where Eq. 7's matrix is "
    "I but for a factor, condition number {spread:.3g}",
    fails="the natural gradient is the most probable direction: not with the Fisher information I "
    "where Eq. 7's matrix has condition number {spread:.3g}: up to {degrees:.3g}° apart",
)
def natural_at(spread):
    return spread == 1, {"degrees": _farthest(spread)}


@natural.counterexample("numeric")
def fisher_information(angle=math.degrees(math.acos((1 + 2 / 101) / math.sqrt(2 + 8 / 101**2)))):
    r"""Inputs $(1,0)$ and $(0,1)$, a linear model with noise of variance 1, residuals $1\pm1$ at
    the one and $1\pm10$ at the other: the natural gradient, with the Fisher information, is
    {angle:.1f}° from the most probable direction."""
    rows = [(np.array([1.0, 0.0]), 1 + s) for s in (-1, 1)]
    rows += [(np.array([0.0, 1.0]), 1 + s) for s in (-10, 10)]
    gradients = np.array([x * r for x, r in rows])
    g, c = gradients.mean(axis=0), np.cov(gradients.T, bias=True)
    # the model's own labels have variance 1
    fisher = np.mean([np.outer(x, x) for x, _ in rows], axis=0)
    one, other = np.linalg.solve(fisher, g), np.linalg.solve(c, g)
    found = math.degrees(math.acos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))
    return abs(found / angle - 1) < 1e-6, f"four samples: {found:.2f}°"


close = Claim(
    id="per.close-to-natural",
    source="Sec. 3",
    says=r"Techniques that make $F_l$ close to $I$ thereby make the gradient close to the natural "
    "gradient",
    verdict="holds",
)


@close.shown("numeric")
def by_condition_number(cosine=lambda k: 2 * math.sqrt(k) / (1 + k), *, rng):
    r"""The cosine of $g$ and $F^{-1}g$ is at least $\frac{2\sqrt k}{1+k}$, $k$ the condition number
    of $F$, and some $g$ attains it (Kantorovich)."""
    right = True
    for k in (1.2, 4.0, 100.0):
        values = np.array([1.0, k, *rng.uniform(1, k, 3)])
        for _ in range(400):
            g = rng.normal(size=5) * np.array([3, 3, 1, 1, 1])
            found = g @ (g / values) / np.linalg.norm(g) / np.linalg.norm(g / values)
            right &= found >= cosine(k) * (1 - 1e-12)
        worst = np.array([1.0, math.sqrt(k), 0, 0, 0])
        found = worst @ (worst / values) / np.linalg.norm(worst) / np.linalg.norm(worst / values)
        worst2 = np.array([1.0, k, 0, 0, 0])
        second = worst2 @ (worst2 / values) / np.linalg.norm(worst2)
        second /= np.linalg.norm(worst2 / values)
        right &= abs(min(found, second) / cosine(k) - 1) < 1e-9
    return right, "1200 gradients, k = 1.2, 4 and 100"


close.rests_on(
    "per.fisher-blocks",
    r"What $\mathbb{E}[hh^\top]=I$ leaves of the condition number is that of the gradients' "
    "second moments.",
    "range",
)


data_labels = Claim(
    id="per.empirical-fisher",
    source="Eq. 7",
    says=r"The Fisher information matrix is $\mathbb{E}_{(x,y)}[\frac{\partial\mathcal{L}}{"
    r"\partial\mathrm{vec}(W)}\frac{\partial\mathcal{L}}{\partial\mathrm{vec}(W)}^\top]$ over the "
    "samples and their labels",
    verdict="amended",
)


@data_labels.counterexample("numeric", rejects={"nothing either": 0.0})
def perfect_fit(information=1.0):
    r"""A linear model with noise of variance 1 that fits every label exactly has no gradient, so
    Eq. 7's matrix is the zero matrix; the Fisher information of a unit input is {information:g}."""
    x, w = np.array([0.6, 0.8]), np.array([2.0, -1.0])
    labels = w @ x
    empirical = np.outer((w @ x - labels) * x, (w @ x - labels) * x)
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    # over the model's own labels, w·x + noise
    pairs = zip(nodes, weights / weights.sum(), strict=True)
    own = sum(p * np.outer(z * x, z * x) for z, p in pairs)
    return not empirical.any() and abs(np.trace(own) / information - 1) < 1e-9, "one input"


@data_labels.amendment("proof", rejects={"always": lambda p, q: 0 * p})
def equal_where(gap=lambda p, q: (q - p) * (1 - 2 * p)):
    r"""It is the empirical Fisher matrix. For a logistic unit that says $p$ where the labels say
    $q$, the two differ by the factor of $hh^\top$ $(q-p)(1-2p)$: they agree where the model is
    right, or undecided."""
    p, q, a = sp.symbols("p q a", real=True)
    # derivatives of -y log σ(a) - (1 - y) log(1 - σ(a)) at σ(a) = p
    sigma = 1 / (1 + sp.exp(-a))
    slopes = [sp.diff(-sp.log(each), a).subs(a, sp.log(p / (1 - p))) for each in (sigma, 1 - sigma)]
    one, zero = (sp.simplify(each) for each in slopes)
    empirical, fisher = q * one**2 + (1 - q) * zero**2, p * one**2 + (1 - p) * zero**2
    rest = sp.simplify(empirical - fisher - gap(p, q))
    return rest == 0, f"difference minus this: {rest}"


blocks = Claim(
    id="per.block-diagonal",
    source="Sec. 3",
    says="Under the independence assumption between forward and backward passes and activations "
    "between different layers, the Fisher information matrix is a block diagonal matrix",
    verdict="amended",
)


@blocks.counterexample("simulation", rejects={"nothing": 0.0})
def rectified_units(left=1 / math.pi, *, rng):
    r"""With everything independent, rectified normal units and equal gradients leave entries of
    two layers a correlation (uncentred, as the matrix has it) of $1/\pi={left:.3f}$."""
    # E relu(z) = 1/√(2π), E relu(z)² = 1/2, by sums; the gradients' part is common to both
    z, step = np.linspace(0, 12, 120_001, retstep=True)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    mean, square = (z * density).sum() * step, (z * z * density).sum() * step
    h, other = np.maximum(rng.standard_normal((2, 200_000)), 0)
    drawn = (h * other).mean() / np.sqrt((h**2).mean() * (other**2).mean())
    return abs(mean**2 / square / left - 1) < 1e-6 and abs(drawn - left) < 0.01, "and 200000 draws"


@blocks.counterexample("numeric", rejects={"nothing": 0.0})
def never_independent(correlation=1.0):
    r"""Nor can the assumption hold: in a chain of two single linear units every sample's gradients
    are $w_2gx$ and $w_1gx$, of (uncentred) correlation $\pm{correlation:g}$, as $w_1w_2>0$ or
    $<0$."""
    x, y = np.array([0.5, -1.0, 2.0, 3.0]), np.array([1.0, 0.0, -2.0, 0.5])
    right = True
    for first, second in ((0.7, 1.3), (0.7, -1.3)):
        g = second * first * x - y
        one, two = second * g * x, g * first * x
        found = (one * two).mean() / math.sqrt((one**2).mean() * (two**2).mean())
        right &= abs(found - math.copysign(correlation, first * second)) < 1e-9
    return right, "four samples, two signs"


@blocks.amendment(
    "simulation", rejects={"the covariance": lambda h, other: np.cov(h, other, bias=True)[0, 1]}
)
def what_is_left(of=lambda h, other: np.mean(h) * np.mean(other), *, rng):
    r"""What independence leaves of the block between two layers is $\mathbb{E}[h]\mathbb{E}[h']
    ^\top\otimes\mathbb{E}[gg'^\top]$: zero if the activations of one layer have mean 0, which is
    what centring is good for."""
    right = True
    for _ in range(5):
        h, other, g = (rng.integers(-3, 4, size=3).tolist() for _ in range(3))
        back = rng.integers(-3, 4, size=(3, 2)).tolist()
        # activations independent of each other and of the pair of gradients
        cases = itertools.product(h, other, back)
        block = sum(Fraction(a * s * b * t, 27) for a, b, (s, t) in cases)
        pair = sum(s * t for s, t in back) / 3
        right &= abs(float(block) - of(h, other) * pair) < 1e-9
        centred = np.array(g) - np.mean(g)
        right &= abs(of(centred, other)) < 1e-9
    return right, "5 joint distributions, all cases"

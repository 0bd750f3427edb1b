"""Joo et al., Eq. 7: the blocks of the Fisher information, and what E[hhᵀ] ≈ I does for them."""

from fractions import Fraction

import numpy as np

from normtheory.claims import Claim, Parameter

CLOSE = 1.1  # this ledger's mark for a condition number "close to I"; the paper gives none

fisher_blocks = Claim(
    id="per.fisher-blocks",
    source="Eq. 7",
    says=r"The blocks of the Fisher information factor, $F_l=\mathbb{E}[hh^\top]\,"
    r"\mathbb{E}[\frac{\partial\mathcal{L}}{\partial a}\frac{\partial\mathcal{L}}{\partial a}"
    r"^\top]$, so $\mathbb{E}[hh^\top]\approx I$ brings $F$ close to $I$",
    verdict="amended",
    breaks={"spread": 100.0},
    parameters=(
        Parameter.count("d", "d", "units of the layer below", 64, (1, 1024), log=True),
        Parameter(
            "spread",
            r"\kappa(G)",
            "condition number of E[∂L/∂a ∂L/∂aᵀ]",
            100.0,
            (1, np.inf),
            True,
            (1.0, 1e4),
            log=True,
        ),
    ),
)


def _block(activations, gradients, weights):
    """E[vec vecᵀ] of the gradient of W, vec stacking columns: a double sum over the joint law."""
    block = 0
    for h, row, share in zip(activations, gradients, weights, strict=True):
        for g, part in row:
            # ∂L/∂W = g hᵀ; its columns stacked
            vector = np.array([g[i] * h[j] for j in range(len(h)) for i in range(len(g))], object)
            block = block + np.outer(vector, vector) * (share * part)
    return block


def _second_moments(activations, gradients, weights):
    """E[hhᵀ] and E[ggᵀ] of the joint distribution."""
    rows = zip(gradients, weights, strict=True)
    drawn = [(v, w * part) for row, w in rows for v, part in row]
    return tuple(
        sum(np.multiply.outer(np.array(v, object), np.array(v, object)) * w for v, w in pairs)
        for pairs in (zip(activations, weights, strict=True), drawn)
    )


def _joint(rng, *, dependent=False):
    """Four activations of two units, and three gradients of three given each."""
    activations = rng.integers(-4, 5, size=(4, 2)).tolist()
    drawn = rng.integers(-4, 5, size=(3, 3)).tolist()
    rows = []
    for h in activations:
        scale = 1 + abs(h[0]) if dependent else 1
        rows.append([([scale * each for each in v], Fraction(1, 3)) for v in drawn])
    return activations, rows, [Fraction(1, 4)] * 4


@fisher_blocks.amendment(
    "simulation", rejects={"the factors in the other order": lambda a, g: np.kron(g, a)}
)
def kronecker_product(of=np.kron, *, rng):
    r"""If $hh^\top$ and $gg^\top$, $g=\partial\mathcal{L}/\partial a$, are uncorrelated,
    $F_l=\mathbb{E}[hh^\top]\otimes\mathbb{E}[gg^\top]$, a Kronecker product; where gradients grow
    with the activation it is not."""
    right, apart = True, False
    for _ in range(5):
        drawn = _joint(rng)
        right &= bool((_block(*drawn) == of(*_second_moments(*drawn))).all())
        drawn = _joint(rng, dependent=True)
        apart |= bool((_block(*drawn) != of(*_second_moments(*drawn))).any())
    return right and apart, "10 joint distributions in rational arithmetic"


@fisher_blocks.amendment(
    "numeric",
    rejects={"the larger of both": lambda a, g: max(a, g), "their sum": lambda a, g: a + g},
)
def condition_number(of=lambda a, g: a * g, far=100.0, *, rng):
    r"""Its condition number is the product of the two: $\mathbb{E}[hh^\top]=I$ makes
    $F_l=I\otimes\mathbb{E}[gg^\top]$, as far from $I$ as the gradients' second moments are:
    gradients of variances 1, 10 and 100 leave it at {far:g}."""
    worst = 0.0
    for d, m in ((2, 3), (5, 4), (8, 8)):
        a, g = (
            (q * np.exp(rng.uniform(-2, 2, size=k))) @ q.T
            for k in (d, m)
            for q in [np.linalg.qr(rng.standard_normal((k, k)))[0]]
        )
        values = np.linalg.eigvalsh(np.kron(a, g))
        claimed = of(np.linalg.cond(a), np.linalg.cond(g))
        worst = max(worst, abs(values[-1] / values[0] / claimed - 1))
    left = np.linalg.eigvalsh(np.kron(np.eye(3), np.diag([1.0, 10.0, 100.0])))
    return worst < 1e-8 and abs(left[-1] / left[0] / far - 1) < 1e-12, "4 pairs by eigenvalues"


@fisher_blocks.derivation("numeric", rejects={"h and g swapped": lambda h, g: np.kron(g, h)})
def stacked_columns(vector=np.kron, *, rng):
    r"""$\partial\mathcal{L}/\partial W=g\,h^\top$, whose columns stacked are $h\otimes g$, and
    $(h\otimes g)(h\otimes g)^\top=hh^\top\otimes gg^\top$."""
    h, g = rng.standard_normal(3), rng.standard_normal(4)
    found = vector(h, g)
    right = np.allclose(found, np.outer(g, h).T.ravel())
    whole = np.outer(found, found)
    return right and np.allclose(whole, np.kron(np.outer(h, h), np.outer(g, g))), "3 by 4 weights"


fisher_blocks.by_hand(
    "The two factors have different sizes, so the plain product that is printed has no meaning in "
    "general.",
    "range",
)
fisher_blocks.rests_on(
    "per.block-diagonal", "Between layers independence does not make the blocks vanish.", "range"
)
fisher_blocks.rests_on(
    "per.empirical-fisher",
    "The expectation over the labels of the data is the empirical Fisher matrix.",
    "range",
)
fisher_blocks.rests_on(
    "per.pushes-to-normal",
    r"PER does not bring $\mathbb{E}[hh^\top]$ to $I$ either: its minimiser has no activation.",
    "range",
)


@fisher_blocks.badge(
    ignores=("d",),
    holds="Eq. 7: E[hhᵀ] = I brings F close to I: its condition number is {spread:.4g} for any "
    "number of units (below {close:g} counts as close here)",
    fails="Eq. 7: E[hhᵀ] = I brings F close to I: not here, its condition number is {spread:.4g} "
    "for any number of units (below {close:g} counts as close here)",
)
def fisher_at(d, spread):
    return spread < CLOSE, {"close": CLOSE}

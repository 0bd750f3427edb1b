"""Joo et al., Eq. 7: the blocks of the Fisher information, and what E[hhᵀ] ≈ I does for them."""

import itertools
from fractions import Fraction

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter

D = Parameter(
    name="d",
    symbol="d",
    meaning="units of the layer below",
    default=64,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 1024),
    integer=True,
    log=True,
)
SPREAD = Parameter(
    name="spread",
    symbol=r"\kappa(G)",
    meaning="condition number of E[∂L/∂a ∂L/∂aᵀ]",
    default=100.0,
    domain=(1, np.inf),
    closed=True,
    typical=(1.0, 1e4),
    log=True,
)
CLOSE = 1.1  # this ledger's mark for a condition number "close to I"; the paper gives none


def _block(activations, gradients, weights):
    """E[vec vecᵀ] of the gradient of W, vec stacking columns: a double sum over the joint law."""
    d, m = len(activations[0]), len(gradients[0][0][0])
    block = np.zeros((d * m, d * m), dtype=object) + Fraction(0)
    for h, row, share in zip(activations, gradients, weights, strict=True):
        for g, part in row:
            # ∂L/∂W = g hᵀ; its columns stacked are h ⊗ g
            vector = np.array([a * b for a, b in itertools.product(h, g)], dtype=object)
            block = block + np.outer(vector, vector) * (share * part)
    return block


def _second_moments(activations, gradients, weights):
    a = sum(
        np.outer(np.array(h, object), np.array(h, object)) * w
        for h, w in zip(activations, weights, strict=True)
    )
    g = sum(
        np.outer(np.array(v, object), np.array(v, object)) * w * part
        for row, w in zip(gradients, weights, strict=True)
        for v, part in row
    )
    return a, g


def _integers(rng, *shape):
    return rng.integers(-4, 5, size=shape).tolist()


def _independent(rng):
    """Four activations of two units with the same law of gradients given each."""
    gradients = [(v, Fraction(1, 3)) for v in _integers(rng, 3, 3)]
    return _integers(rng, 4, 2), [gradients] * 4, [Fraction(1, 4)] * 4


def _dependent(rng):
    """The same with gradients that grow with the activation."""
    activations, gradients, weights = _independent(rng)
    scaled = [
        [([c * (1 + abs(h[0])) for c in v], part) for v, part in row]
        for h, row in zip(activations, gradients, strict=True)
    ]
    return activations, scaled, weights


def _factors(law, rng):
    """The block against the Kronecker product of the second moments, in rational arithmetic."""
    gaps = []
    for _ in range(5):
        drawn = law(rng)
        a, g = _second_moments(*drawn)
        gap = _block(*drawn) - np.kron(a, g)
        gaps.append(max(abs(v) for v in gap.ravel()))
    return Outcome(
        all(v == 0 for v in gaps), f"5 joint laws: largest entry of the gap {float(max(gaps)):.3g}"
    )


def _far_from_identity(gradient_moments, rng):
    """Passes when E[hhᵀ] = I leaves F far from every multiple of I."""
    a = np.eye(3)
    f = np.kron(a, gradient_moments)
    values = np.linalg.eigvalsh(f)
    spread = values[-1] / values[0]
    away = np.linalg.norm(f / np.trace(f) * len(f) - np.eye(len(f))) / np.sqrt(len(f))
    return Outcome(
        bool(spread > 2 and away > 0.5),
        f"E[hhᵀ] = I: condition number of F {spread:.4g}, relative distance from I {away:.3f}",
    )


def _condition(formula, rng):
    """cond(A ⊗ G) against the claimed function of cond(A) and cond(G)."""
    worst = 0.0
    for d, m in ((2, 3), (5, 4), (8, 8)):
        a, g = (
            (q * np.exp(rng.uniform(-2, 2, size=k))) @ q.T
            for k in (d, m)
            for q in [np.linalg.qr(rng.standard_normal((k, k)))[0]]
        )
        claimed = formula(np.linalg.cond(a), np.linalg.cond(g))
        worst = max(worst, abs(np.linalg.cond(np.kron(a, g)) / claimed - 1))
    return Outcome(worst < 1e-8, f"three pairs: off by at most {worst:.1e}")


def _fisher_standing(d, spread):
    state = "holds" if spread < CLOSE else "fails"
    return Standing(
        state,
        f"E[hhᵀ] = I of size {d}: condition number of F is {spread:.4g} (below {CLOSE:g} counts "
        "as close to I here)",
    )


FISHER_BLOCKS = Claim(
    id="per.fisher-blocks",
    source="Eq. 7",
    statement=r"The blocks of the Fisher information factor, $F_l=\mathbb{E}[hh^\top]\,"
    r"\mathbb{E}[\frac{\partial\mathcal{L}}{\partial a}\frac{\partial\mathcal{L}}{\partial a}"
    r"^\top]$, so $\mathbb{E}[hh^\top]\approx I$ brings $F$ close to $I$",
    verdict="amended",
    parameters=(D, SPREAD),
    at=_fisher_standing,
    amendment=r"If $hh^\top$ and $gg^\top$, $g=\partial\mathcal{L}/\partial a$, are uncorrelated, "
    r"$F_l=\mathbb{E}[hh^\top]\otimes\mathbb{E}[gg^\top]$, a Kronecker product. Its condition "
    r"number is the product of the two: $\mathbb{E}[hh^\top]=I$ makes $F_l=I\otimes\mathbb{E}"
    r"[gg^\top]$, as far from $I$ as the gradients' second moments are.",
    derivation=(
        r"$\partial\mathcal{L}/\partial W=g\,h^\top$, whose columns stacked are $h\otimes g$, and "
        r"$(h\otimes g)(h\otimes g)^\top=hh^\top\otimes gg^\top$.",
        r"The expectation of the product is the product of the expectations under the document's "
        r"assumption of independence between the passes.",
        r"The eigenvalues of $A\otimes G$ are the products of theirs.",
    ),
    remark="The two factors have different sizes, so the plain product that is printed has no "
    "meaning in general. PER does not bring E[hhᵀ] to I either: its minimiser has h = 0. That a "
    "condition number below 1.1 counts as close to I is this ledger's mark.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="with E[hhᵀ] = I, gradients of unequal size leave F far from I",
            check=_far_from_identity,
            subject=np.diag([1.0, 10.0, 100.0]),
            mutant=np.eye(3),
            mutation="gradients with E[ggᵀ] = I, too",
        ),
        Evidence(
            kind="simulation",
            shows="enumeration: with independent passes the block is the Kronecker product",
            check=_factors,
            subject=_independent,
            mutant=_dependent,
            mutation="gradients that grow with the activation",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="its condition number is the product of both",
            check=_condition,
            subject=lambda a, g: a * g,
            mutant=max,
            mutation="the larger of both",
            about="amendment",
        ),
    ),
)

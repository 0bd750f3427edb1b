"""Length and direction under gradient descent."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.weight_norm import (
    descend_unit,
    normalized_weight,
    weight_norm_gradients,
)

ETA = Parameter(
    name="eta",
    symbol=r"\eta",
    meaning="learning rate",
    default=0.1,
    domain=(0, np.inf),
    typical=(0.001, 1.5),
    log=True,
)
STEPS = Parameter(
    name="steps",
    symbol="T",
    meaning="steps of gradient descent",
    default=20,
    domain=(0, 2000),
    closed=True,
    typical=(0, 100),
    integer=True,
)


def _gradients_proof(formula, rng):
    import sympy as sp

    n = 3
    v = sp.Matrix(sp.symbols("v1:4", real=True))
    weight_gradient = sp.Matrix(sp.symbols("d1:4", real=True))
    g, eta = sp.symbols("g eta", positive=True)
    norm = sp.sqrt(v.dot(v))
    w = g * v / norm
    grad_g = sum(weight_gradient[i] * sp.diff(w[i], g) for i in range(n))
    grad_v = sp.Matrix([
        sum(weight_gradient[i] * sp.diff(w[i], v[j]) for i in range(n)) for j in range(n)
    ])  # fmt: skip
    claimed_v, claimed_g = formula(weight_gradient, v, g, norm)
    gaps = [sp.simplify(e) for e in (*(grad_v - claimed_v), grad_g - claimed_g)]
    after = v - eta * claimed_v
    pythagoras = sp.simplify(after.dot(after) - v.dot(v) - eta**2 * claimed_v.dot(claimed_v))
    return Outcome(
        all(e == 0 for e in gaps) and pythagoras == 0,
        f"chain rule minus formula: {gaps}; norm after a step minus Pythagoras: {pythagoras}",
    )


def _formula(d, v, g, norm):
    grad_g = d.dot(v) / norm
    return g / norm * d - g * grad_g / norm**2 * v, grad_g


def _unprojected(d, v, g, norm):
    return g / norm * d, d.dot(v) / norm


def _norm_grows(growth, rng):
    """Gradient descent on a random quartic loss of eight weight-normalised units."""
    v, g = rng.standard_normal((8, 5)), rng.uniform(0.5, 2, 8)
    teacher, eta, worst, grown = rng.standard_normal((8, 5)), 0.05, 0.0, True
    for _ in range(50):
        gap = normalized_weight(v, g) - teacher
        grad_v, grad_g = weight_norm_gradients(gap + gap**3, v, g)
        before = (v**2).sum(axis=1)
        v, g = v - eta * grad_v, g - eta * grad_g
        after = (v**2).sum(axis=1)
        expected = before + growth(eta) * (grad_v**2).sum(axis=1)
        worst = max(worst, float(np.abs(after / expected - 1).max()))
        grown &= bool((after >= before).all())
    return Outcome(
        grown and worst < TOLERANCE["float64"],
        f"50 steps of 8 units: squared norms within {worst:.0e} of the law, never falling",
    )


def _difference_quotient(gradients, rng):
    v, g = rng.standard_normal((3, 4)), rng.uniform(0.5, 2, 3)
    d = rng.standard_normal((3, 4))
    grad_v, grad_g = gradients(d, v, g)
    step, worst = 1e-5, 0.0
    for i in range(3):
        for j in range(4):
            move = np.zeros((3, 4))
            move[i, j] = step
            slope = d * (normalized_weight(v + move, g) - normalized_weight(v - move, g))
            worst = max(worst, abs(slope.sum() / (2 * step) - grad_v[i, j]))
        move = np.eye(3)[i] * step
        slope = d * (normalized_weight(v, g + move) - normalized_weight(v, g - move))
        worst = max(worst, abs(slope.sum() / (2 * step) - grad_g[i]))
    return Outcome(worst < 1e-7, f"largest gap to central differences {worst:.0e}")


def _scaled_gradients(d, v, g):
    grad_v, grad_g = weight_norm_gradients(d, v, g)
    return 1.02 * grad_v, grad_g


def _gradients_at(eta, steps):
    run = descend_unit(min(steps, 100), eta)
    return Standing(
        "holds",
        f"norm of v from 1 to {np.sqrt(run.squared_norm[-1]):.4f} after {min(steps, 100)} steps, "
        "never falling",
    )


GRADIENTS = Claim(
    id="weightnorm.gradients",
    source="My Notes - Weight Normalization",
    statement=r"Weights are decoupled into length and direction, $w = g\,v/\|v\|$; hence "
    r"$\nabla_g L = \nabla_w L\cdot v/\|v\|$ and $\nabla_v L = \frac{g}{\|v\|}\nabla_w L - "
    r"\frac{g\nabla_g L}{\|v\|^2}v$, and gradient descent can only lengthen v",
    verdict="holds",
    parameters=(ETA, STEPS),
    derivation=(
        r"$\partial w/\partial g = v/\|v\|$ and $\partial w/\partial v = \frac{g}{\|v\|}(I - "
        r"vv^\top/\|v\|^2)$: the gradient with respect to v is projected off v.",
        r"So $v \perp \nabla_v L$ and, by Pythagoras, $\|v_{t+1}\|^2 = \|v_t\|^2 + "
        r"\eta^2\|\nabla_v L\|^2$.",
        r"As $\nabla_v L \propto 1/\|v\|$, longer v turn more slowly: the effective rate is "
        r"$\eta/\|v\|^2$, and $\|v\|$ settles when $\eta$ is too large at first.",
    ),
    remark="For plain gradient descent. Weight decay on v shortens it without changing w.",
    evidence=(
        Evidence(
            kind="proof",
            shows="the chain rule gives both gradients, and a step obeys Pythagoras",
            check=_gradients_proof,
            subject=_formula,
            mutant=_unprojected,
            mutation="the projection off v left out",
        ),
        Evidence(
            kind="numeric",
            shows="the gradients of the code are the central differences of the weights",
            check=_difference_quotient,
            subject=weight_norm_gradients,
            mutant=_scaled_gradients,
            mutation="gradient of v 2 % too large",
        ),
        Evidence(
            kind="simulation",
            shows="descending, the squared norm grows by eta squared times the squared gradient",
            check=_norm_grows,
            subject=lambda eta: eta**2,
            mutant=lambda eta: (1.02 * eta) ** 2,
            mutation="learning rate 2 % larger in the law",
        ),
    ),
    at=_gradients_at,
)

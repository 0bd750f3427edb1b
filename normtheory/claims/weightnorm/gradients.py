"""Length and direction under gradient descent."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.theory.weight_norm import descend_unit, normalized_weight, weight_norm_gradients

STEPS = Parameter.count("steps", "T", "steps of gradient descent", 20, (0, 100), (0, 2000))

gradients = Claim(
    id="weightnorm.gradients",
    source="My Notes - Weight Normalization",
    says="Weight values w are decoupled by their norms g and the direction v / ||v||",
    verdict="holds",
    parameters=(
        Parameter.positive("eta", r"\eta", "learning rate", 0.1, (0.001, 1.5)),
        STEPS,
    ),
)


def _weights(v, g):
    """g v/|v|, row by row."""
    return (g / np.sqrt((v * v).sum(axis=1)))[:, None] * v


@gradients.shown("numeric")
def norm_and_direction(weight=normalized_weight):
    r"""$w = g\,v/\|v\|$ has norm $g>0$ whatever $v$, and the direction of $v$ whatever $g$."""
    rng = np.random.default_rng(0)
    v, g = rng.standard_normal((20, 5)), rng.uniform(0.5, 2, 20)
    w = weight(v, g)
    norms, along = np.sqrt((w**2).sum(axis=1)), (w * v).sum(axis=1)
    right = np.allclose(norms, g, rtol=1e-12)
    right &= np.allclose(along, norms * np.sqrt((v**2).sum(axis=1)), rtol=1e-12)
    return right, "20 units of 5 inputs"


def _products():
    """A loss' slope along e and along g, in inner products alone: in any dimension."""
    g, vv, t = sp.symbols("g vv t", positive=True)
    vd, ve, ed, ee = sp.symbols("vd ve ed ee", real=True)
    # <grad_w L, w> at v + t e, with d = grad_w L
    along = g * (vd + t * ed) / sp.sqrt(vv + 2 * t * ve + t**2 * ee)
    return sp.diff(along, t).subs(t, 0), sp.diff(along, g).subs(t, 0), (g, vv, vd, ve, ed)


@gradients.shown(
    "proof",
    rejects={"not projected off v": {"grad_v": lambda g, norm, ed, grad_g, ve: g / norm * ed}},
)
def both_gradients(
    grad_g=lambda vd, norm: vd / norm,
    grad_v=lambda g, norm, ed, grad_g, ve: g / norm * ed - g * grad_g / norm**2 * ve,
    *,
    products=Later(_products),
):
    r"""So $\nabla_g L = \nabla_w L\cdot v/\|v\|$ and $\nabla_v L = \frac{g}{\|v\|}\nabla_w L -
    \frac{g\nabla_g L}{\|v\|^2}v$."""
    by_v, by_g, (g, vv, vd, ve, ed) = products
    norm = sp.sqrt(vv)
    gaps = by_g - grad_g(vd, norm), by_v - grad_v(g, norm, ed, vd / norm, ve)
    return all(sp.simplify(gap) == 0 for gap in gaps), "slopes along any direction, any dimension"


@gradients.shown("numeric")
def as_the_code_has_them(found=weight_norm_gradients):
    r"""`theory.weight_norm_gradients` computes these."""
    rng = np.random.default_rng(0)
    v, g, d = rng.standard_normal((3, 4)), rng.uniform(0.5, 2, 3), rng.standard_normal((3, 4))
    grad_v, grad_g = found(d, v, g)
    step, worst = 1e-5, 0.0
    for i, j in np.ndindex(3, 5):
        move_v, move_g = np.zeros((3, 4)), np.zeros(3)
        target = grad_v[i, j] if j < 4 else grad_g[i]
        if j < 4:
            move_v[i, j] = step
        else:
            move_g[i] = step
        slope = d * (_weights(v + move_v, g + move_g) - _weights(v - move_v, g - move_g))
        worst = max(worst, abs(slope.sum() / (2 * step) - target))
    return worst < 1e-7, "central differences of 15 entries"


@gradients.derivation("proof")
def pythagoras(growth=lambda eta: eta**2, *, products=Later(_products)):
    r"""$v \perp \nabla_v L$, and by Pythagoras $\|v_{t+1}\|^2 = \|v_t\|^2 + \eta^2\|\nabla_v
    L\|^2$: gradient descent can only lengthen $v$."""
    by_v, _, (_, vv, vd, ve, ed) = products
    along = sp.simplify(by_v.subs({ve: vv, ed: vd}, simultaneous=True))
    eta, square = sp.symbols("eta square", positive=True)
    longer = sp.expand(vv - 2 * eta * along + eta**2 * square - vv - growth(eta) * square)
    return along == 0 and longer == 0, f"slope along v itself: {along}"


def _descent(eta, steps, norm=1.0, target=2.0):
    """|v| and g after gradient descent on |w - w*|²/2, w* at 60 degrees, by angle and length."""
    angle, g = np.pi / 3, 1.0
    for _ in range(steps):
        # the gradient by v is perpendicular to it, of size g |w*| sin(angle)/|v|
        across = eta * g * target * np.sin(angle) / norm
        g -= eta * (g - target * np.cos(angle))
        angle -= np.arctan2(across, norm)
        norm = np.hypot(norm, across)
    return norm, g, angle


@gradients.derivation("numeric")
def longer_turn_more_slowly(
    rate=lambda eta, norm: eta / norm**2,
    end=float(np.sqrt(descend_unit(300, 1.2).squared_norm[-1])),
    *,
    eta=1.2,
):
    r"""As $\nabla_v L \propto 1/\|v\|$, longer $v$ turn more slowly, at the rate
    $\eta/\|v\|^2$; so a rate that is too large at first lengthens $v$ until it is not: with a
    teacher of length 2 and $\eta={eta:g}$ from 1 to {end:.3f}."""
    turns = []
    for norm in (0.5, 1.0, 3.0):
        v, w = np.array([[norm, 0.0]]), np.array([[-1.0, -(3**0.5)]])
        grad_v, _ = weight_norm_gradients(_weights(v, np.ones(1)) + w, v, np.ones(1))
        after = v - 1e-6 * grad_v
        turns.append(np.arctan2(after[0, 1], after[0, 0]) / rate(1e-6, norm))
    right = np.allclose(turns, 3**0.5, rtol=1e-4) and abs(_descent(eta, 300)[0] / end - 1) < 1e-9
    return right, "angles of a small step at 3 lengths; 300 steps in polar form"


gradients.by_hand(
    "Plain gradient descent is meant. Weight decay on $v$ shortens it and leaves $w$ as it is.",
    role="range",
)


@gradients.badge(
    holds="length and direction are decoupled, and v only lengthens: its norm goes from 1 to "
    "{norm:.5g} by step {steps:d}, while g goes to {g:.5g}",
    holds_chaotic="length and direction are decoupled, and v only lengthens: its norm goes from 1 "
    "to what rounding decides by step {steps:d}, while g goes to {g:.5g}",
)
def gradients_at(eta, steps):
    run = descend_unit(steps, eta)
    numbers = {"norm": float(np.sqrt(run.squared_norm[-1])), "g": float(run.length[-1])}
    return bool(run.certain[-1]) or "holds_chaotic", numbers

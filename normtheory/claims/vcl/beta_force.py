"""The force that the trained loss exerts on a variance: its sign, its zero, its shape in beta."""

import numpy as np
import sympy as sp

from normtheory.claims.before import Outcome
from normtheory.theory.two_batch_loss import best_ratio, expected_loss, loss_slope

# laws and batch sizes whose expected loss is known exactly
SETTINGS = (
    ("normal", 2),
    ("laplace", 2),
    ("uniform", 2),
    ("mixture", 2),
    ("two-point", 2),
    ("normal", 10),
    ("two-point", 10),
)


def target(name, n):
    """The ratio sigma^2 / beta that the expected loss draws the variance to."""
    return best_ratio(lambda ratio: expected_loss(name, n, ratio), low=1e-2, high=1e4).ratio


# the same and more sizes of the two laws that are known at every size
SHAPES = (
    *(("normal", n) for n in (2, 3, 4, 5, 6, 7, 8, 10, 30)),
    *(("two-point", n) for n in (2, 3, 5, 6, 10)),
    *((name, 2) for name in ("laplace", "uniform", "mixture")),
)


def shrinks(multiple, rng):
    """Passes when at a multiple of the target the expected loss makes the variance shrink."""
    forces = {s: -float(loss_slope(*s, multiple * target(*s))) for s in SETTINGS}
    told = ", ".join(f"{name} n={n} {force:+.3f}" for (name, n), force in forces.items())
    return Outcome(max(forces.values()) < 0, f"force on log σ²: {told}")


def weaker(betas, rng):
    """Passes when the force -dE[L]/d sigma^2 at sigma = 1 falls along the given values of beta,
    in the end as 2/beta."""
    betas = np.array(betas)
    lines, good = [], True
    for name, n in SETTINGS:
        forces = -loss_slope(name, n, 1 / betas)
        good &= bool((np.diff(forces) < 0).all() and abs(forces[-1] * betas[-1] - 2) < 0.01)
        lines.append(f"{name} n={n} " + " > ".join(f"{f:.3g}" for f in forces))
    return Outcome(good, f"beta = {betas.tolist()}: " + "; ".join(lines[:2]))


def flow_ends(factor, rng):
    """Gradient descent on log sigma^2 ends at factor * target * beta from both sides; the force
    changes its sign there only."""
    worst, grid = 0.0, np.exp(np.linspace(-7, 20, 2000))
    for name, n in SETTINGS:
        goal = factor * target(name, n)
        slopes = loss_slope(name, n, grid)
        slopes = slopes[np.abs(slopes) > 1e-9]  # far out the loss is flat for n >= 6
        if np.count_nonzero(np.diff(np.sign(slopes))) != 1:
            return Outcome(False, f"{name}, n = {n}: the force changes its sign more than once")
        ratio = goal * np.array([0.02, 30.0])
        for _ in range(500):
            # the step is limited as one clips gradients: far out the slope is enormous
            step = np.clip(0.3 * loss_slope(name, n, ratio), -0.2, 0.2)
            ratio = ratio * np.exp(-step)
        worst = max(worst, float(np.abs(ratio / goal - 1).max()))
    return Outcome(worst < 1e-3, f"14 flows end within {worst:.0e} of the target ratio")


def crosses_once(elasticity, rng):
    """With G_k = E (1 + t u)^-k the force on log sigma^2 is 2 t G_2 (1 - t E[u^2] G_3 / G_2), and
    d log(t G_3 / G_2) / d log t is the given expression of G_2, G_3, G_4, at least G_4 / G_3 > 0.
    Every step is an identity at one u, or at two, and so in the mean over any law."""
    t, u, v, k, m = sp.symbols("t u v k m", positive=True)
    g1, g2, g3, g4 = sp.symbols("G1:5", positive=True)

    def falls(order):  # G_k - G_(k+1), from t d(1 + tu)^-k / dt = -k ((1+tu)^-k - (1+tu)^-(k+1))
        return {1: g1 - g2, 2: g2 - g3, 3: g3 - g4}[order] * -order

    one = (1 + t * u) ** -k
    pointwise = sp.simplify(t * sp.diff(one, t) + k * (one - one / (1 + t * u)))
    # E[L] = 1 - 2 t G_1 + t^2 m G_2 with m = E[u^2] and E[u] = 1
    slope = -2 * t * (g1 + falls(1)) + t**2 * m * (2 * g2 + falls(2))
    force = sp.expand(-slope - 2 * t * g2 * (1 - t * m * g3 / g2))
    grows = sp.simplify(1 + falls(3) / g3 - falls(2) / g2 - elasticity(g2, g3, g4))
    # Cauchy-Schwarz, G_3^2 <= G_2 G_4, term by term: with a = 1/(1 + tu), b = 1/(1 + tv)
    a, b = 1 / (1 + t * u), 1 / (1 + t * v)
    square = sp.simplify(
        (a**2 * b**4 + a**4 * b**2) / 2 - (a * b) ** 3 - (a * b * (a - b)) ** 2 / 2
    )
    # by it G_4/G_3 >= G_3/G_2, so what is left of the expression is not negative
    x, y = sp.symbols("x y", nonnegative=True)
    left = sp.expand(elasticity(1, x, x * (x + y)) - (x + y))
    return Outcome(
        pointwise == force == grows == square == 0 and bool(left.is_nonnegative),
        f"steps leave {pointwise}, {force}, {grows}, {square}; with x = G3/G2 and x + y = G4/G3 "
        f"the expression exceeds G4/G3 by {left}",
    )


def shape_in_beta(border, rng):
    """Passes when the force on sigma^2 at sigma = 1 rises to a maximum and falls for atomless laws
    below the border in n and for the two-point law, and else falls first, from nearly 0."""
    beta = np.geomspace(1e-6, 1e4, 400)
    told, good = {}, True
    for name, n in SHAPES:
        force = -loss_slope(name, n, 1 / beta)
        turns = np.sign(np.diff(force))
        turns = turns[np.r_[True, np.diff(turns) != 0]].tolist()
        dips = name != "two-point" and n >= border
        good &= turns == ([-1, 1, -1] if dips else [1, -1])
        good &= bool(abs(force[0]) < 0.1 * abs(force.min())) == dips
        told[name, n] = force
    least = {n: told["normal", n].min() for n in (6, 10, 30)}
    return Outcome(
        good,
        f"{len(SHAPES)} laws and sizes; at beta = 1e-6 the normal law has "
        + ", ".join(f"{told['normal', n][0]:.2g} (n = {n})" for n in (4, 5, 6, 10))
        + "; its least force: "
        + ", ".join(f"{force:.3f} (n = {n})" for n, force in least.items()),
    )

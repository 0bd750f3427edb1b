"""Dropout that keeps the moments."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.claims.selu.quadrature import elu, expect
from normtheory.theory.selu import ALPHA, LAMBDA
from normtheory.theory.selu_constants import (
    alpha_dropout_affine,
    fixed_point_constants,
    solve_constants,
)

RATE = Parameter("rate", "p", "dropout rate", 0.1, (0, 1), typical=(0.01, 0.9))

alpha_dropout = Claim(
    id="selu.alpha-dropout",
    source="Self-Normalizing Neural Networks",
    says=r"Dropping units to $-\lambda\alpha$, then an affine map with a and b computed from "
    "the dropout rate, the targeted mean and the variance, keeps mean and variance",
    verdict="holds",
    parameters=(RATE, MEAN, VARIANCE),
)


def _moments(q, mu, nu, floor):
    """Mean and variance of a unit kept with probability q, at the floor otherwise."""
    first = q * mu + (1 - q) * floor
    return first, q * (nu + mu**2) + (1 - q) * floor**2 - first**2


def _symbols():
    q, nu = sp.symbols("q nu", positive=True)
    mu, floor = sp.symbols("mu f", real=True)
    return q, mu, nu, floor


@alpha_dropout.shown(
    "proof", rejects={"as if dropped to 0": {"b": lambda a, q, mu, floor: mu - a * q * mu}}
)
def both_come_back(
    square=lambda q, mu, nu, floor: nu / (q * nu + q * (1 - q) * (mu - floor) ** 2),
    b=lambda a, q, mu, floor: mu - a * (q * mu + (1 - q) * floor),
    *,
    symbols=Later(_symbols),
):
    r"""With $q=1-p$, $f=-\lambda\alpha$, $a = \sqrt{\nu/(q\nu + q(1-q)(\mu-f)^2)}$ and
    $b = \mu - a(q\mu + (1-q)f)$ mean and variance come back for every rate, mean, variance and
    floor."""
    q, mu, nu, floor = symbols
    a = sp.sqrt(square(q, mu, nu, floor))
    first, spread = _moments(*symbols)
    gaps = sp.expand(a * first + b(a, q, mu, floor) - mu), sp.cancel(a**2 * spread - nu)
    return gaps == (0, 0), "mean - µ = 0 and variance - ν = 0, symbolically"


@alpha_dropout.shown("numeric")
def at_four_targets(affine=alpha_dropout_affine):
    r"""So do those of scaled ELUs with the target's own constants."""
    right = True
    for rate, mean, variance in (
        (0.1, 0.0, 1.0),
        (0.5, 0.0, 4.0),
        (0.3, 0.4, 2.0),
        (0.2, 0.0, 1e-3),
    ):
        alpha, lam = fixed_point_constants(mean, variance)
        a, b = affine(rate, mean, variance, alpha=alpha, lam=lam)
        # of the unit itself, not of its target
        units = [
            (1 - rate) * expect(lambda z: (a * elu(z, alpha, lam) + b) ** k, variance)  # noqa: B023
            + rate * (b - a * lam * alpha) ** k
            for k in (1, 2)
        ]
        right &= np.allclose(units, (mean, variance + mean**2), rtol=1e-9, atol=1e-9)
    return (
        right,
        "rates 0.1, 0.5, 0.3, 0.2 at targets (0, 1), (0, 4), (0.4, 2), (0, 0.001), by quadrature",
    )


@alpha_dropout.derivation("proof")
def moments_after_dropping(
    mean=lambda q, mu, floor: q * mu + (1 - q) * floor,
    variance=lambda q, mu, nu, floor: q * nu + q * (1 - q) * (mu - floor) ** 2,
    *,
    symbols=Later(_symbols),
):
    r"""Kept with probability $q$, else at $f$: mean $q\mu + (1-q)f$, variance
    $q\nu + q(1-q)(\mu-f)^2$, whatever the distribution of the unit."""
    q, mu, nu, floor = symbols
    first, spread = _moments(*symbols)
    gaps = sp.expand(first - mean(q, mu, floor)), sp.expand(spread - variance(q, mu, nu, floor))
    return gaps == (0, 0), "from E x = µ and E x² = ν + µ² alone"


@alpha_dropout.derivation("numeric")
def at_the_usual_setting(
    a=alpha_dropout_affine(0.1).a, b=alpha_dropout_affine(0.1).b, floor=-ALPHA * LAMBDA, *, rate=0.1
):
    r"""At (0, 1) and $p = {rate:g}$: $a = {a:.4f}$, $b = {b:.4f}$, with $f = {floor:.4f}$."""
    least = float(elu(np.array([-40.0]), ALPHA, LAMBDA)[0])
    first, spread = _moments(1 - rate, 0.0, 1.0, least)
    right = np.allclose((a, b, floor), (spread**-0.5, -first * spread**-0.5, least), rtol=1e-9)
    return right, "the two equations solved at the floor of the activation"


@alpha_dropout.range("proof")
def errors_are_passed_on(
    of_mean=lambda a, q: a * q,
    of_variance=lambda a, q: a**2 * q,
    across=lambda a, q, gap, delta: a**2 * q * (1 - q) * delta * (2 * gap + delta),
    *,
    symbols=Later(_symbols),
):
    r"""Exact for units that have the targeted moments. An error of the mean is passed on times
    $aq<1$, one of the variance times $a^2q<1$ (for $f\neq\mu$); an error $\delta$ of the mean
    moves the variance, too, by $a^2q(1-q)\delta(2(\mu-f)+\delta)$."""
    q, mu, nu, floor = symbols
    a, delta = sp.symbols("a delta", real=True)
    (first, spread), (moved, wider) = _moments(*symbols), _moments(q, mu + delta, nu, floor)
    _, more = _moments(q, mu, nu + delta, floor)
    gaps = (
        a * (moved - first) - of_mean(a, q) * delta,
        a**2 * (more - spread) - of_variance(a, q) * delta,
        a**2 * (wider - spread) - across(a, q, mu - floor, delta),
    )
    # a² q = ν/(ν + (1 - q)(µ - f)²), the reciprocal of 1 and something that is not negative
    square = nu / spread * q
    excess = sp.cancel(1 / square - 1 - (1 - q) * (mu - floor) ** 2 / nu)
    right = [sp.expand(gap) for gap in gaps] == [0, 0, 0] and excess == 0
    right &= sp.cancel(square.subs(floor, mu)) == 1
    return right, "symbolically; 1/(a²q) - 1 = (1 - q)(µ - f)²/ν, and (aq)² = q · a²q"


@alpha_dropout.badge(
    holds="dropout to −λα and an affine map keep mean and variance: a = {a:.4g}, b = {b:.4g} keep "
    "both exactly",
    outside="no α, λ > 0 for this mean and variance, so there is no floor to drop to",
)
def alpha_dropout_at(rate, mean, variance):
    alpha, lam = (float(x) for x in solve_constants(mean, variance))
    if np.isnan(alpha):
        return "outside", {}
    a, b = alpha_dropout_affine(rate, mean, variance, alpha=alpha, lam=lam)
    return True, {"a": float(a), "b": float(b)}

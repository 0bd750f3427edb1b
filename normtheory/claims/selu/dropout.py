"""Dropout that keeps the moments."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.theory.montecarlo import estimate
from normtheory.theory.selu import ALPHA, LAMBDA, scaled_elu
from normtheory.theory.selu_constants import (
    alpha_dropout_affine,
    fixed_point_constants,
    solve_constants,
)

RATE = Parameter(
    name="rate",
    symbol="p",
    meaning="dropout rate",
    default=0.1,
    domain=(0, 1),
    typical=(0.01, 0.9),
)


def _dropout_proof(affine, rng):
    import sympy as sp

    q, nu = sp.symbols("q nu", positive=True)
    mu, floor = sp.symbols("mu f", real=True)
    a, b = affine(q, mu, nu, floor)
    # kept with probability q, at the floor otherwise; the mask is independent of x
    first = q * mu + (1 - q) * floor
    second = q * (nu + mu**2) + (1 - q) * floor**2
    mean = sp.simplify(a * first + b - mu)
    variance = sp.simplify(a**2 * (second - first**2) - nu)
    return Outcome(
        mean == 0 and variance == 0,
        f"E - mu = {mean}, Var - nu = {variance}, for every rate, mean, variance and floor",
    )


def _affine(q, mu, nu, floor):
    import sympy as sp

    a = sp.sqrt(nu / (q * nu + q * (1 - q) * (mu - floor) ** 2))
    return a, mu - a * (q * mu + (1 - q) * floor)


def _dropout_simulated(affine, rng):
    worst, kept = 0.0, []
    for rate, target in ((0.1, (0.0, 1.0)), (0.5, (0.0, 4.0)), (0.3, (0.4, 2.0))):
        alpha, lam = fixed_point_constants(*target)
        a, b = affine(rate, *target, alpha=alpha, lam=lam)

        def dropped(rng, size, *, power, a=a, b=b, alpha=alpha, lam=lam, rate=rate, target=target):
            x = scaled_elu(np.sqrt(target[1]) * rng.standard_normal(size), alpha, lam)
            x[rng.random(size) < rate] = -lam * alpha
            return (a * x + b) ** power

        for power, value in ((1, target[0]), (2, target[1] + target[0] ** 2)):
            found = estimate(
                lambda rng, size, power=power: dropped(rng, size, power=power),
                rng,
                replicates=1_000_000,
            )
            worst = max(worst, found.deviation(value))
            kept.append(found.agrees(value))
    return Outcome(
        all(kept),
        f"rates 0.1, 0.5, 0.3 at targets (0, 1), (0, 4), (0.4, 2): mean and mean square within "
        f"{worst:.1f} standard errors",
    )


def _wrong_scale(rate, mean, variance, **constants):
    a, b = alpha_dropout_affine(rate, mean, variance, **constants)
    return 1.02 * a, b


def _dropout_at(rate, mean, variance):
    alpha, lam = solve_constants(mean, variance)
    if np.isnan(alpha):
        return Standing("fails", "no alpha, lambda > 0 for this mean and variance: no floor to use")
    a, b = alpha_dropout_affine(rate, mean, variance, alpha=float(alpha), lam=float(lam))
    return Standing("holds", f"a = {a:.4f}, b = {b:.4f} keep both exactly")


ALPHA_DROPOUT = Claim(
    id="selu.alpha-dropout",
    source="Self-Normalizing Neural Networks",
    statement=r"Dropping units to $-\lambda\alpha$, then an affine map with a and b computed from "
    "the dropout rate, the targeted mean and the variance, keeps mean and variance",
    verdict="holds",
    parameters=(RATE, MEAN, VARIANCE),
    derivation=(
        r"Kept with probability $q = 1-p$, else at $f = -\lambda\alpha$: mean $q\mu + (1-q)f$, "
        r"variance $q\nu + q(1-q)(\mu-f)^2$, whatever the law of the unit.",
        r"$a = \sqrt{\nu/(q\nu + q(1-q)(\mu-f)^2)}$, $b = \mu - a(q\mu + (1-q)f)$.",
        rf"At (0, 1) and $p = 0.1$: $a = {alpha_dropout_affine(0.1).a:.4f}$, "
        rf"$b = {alpha_dropout_affine(0.1).b:.4f}$, with $f = {-ALPHA * LAMBDA:.4f}$.",
    ),
    remark="Exact for units that have the targeted moments, with the target's own constants; "
    "an error of the mean is passed on times a q < 1, one of the variance times a^2 q < 1.",
    evidence=(
        Evidence(
            kind="proof",
            shows="mean and variance come back for every rate, target and floor",
            check=_dropout_proof,
            subject=_affine,
            mutant=lambda q, mu, nu, floor: (
                _affine(q, mu, nu, floor)[0],
                mu - _affine(q, mu, nu, floor)[0] * q * mu,
            ),
            mutation="b as if units were dropped to 0",
        ),
        Evidence(
            kind="simulation",
            shows="activations at three targets keep both moments under dropout",
            check=_dropout_simulated,
            subject=alpha_dropout_affine,
            mutant=_wrong_scale,
            mutation="a 2 % too large",
        ),
    ),
    at=_dropout_at,
)

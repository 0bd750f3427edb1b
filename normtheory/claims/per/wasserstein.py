"""Joo et al., abstract and Sec. 5: what PER says about W₁ itself."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.per.gradient import D
from normtheory.theory.montecarlo import estimate
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.radial_laws import (
    mean_norm,
    scaled_normal_distance,
    scaled_normal_error,
    sphere_distance,
)
from normtheory.theory.sphere_average import mean_projection, projected_error_of_norm

NU = Parameter(
    name="nu",
    symbol=r"\nu",
    meaning="law of the activations",
    default="point mass",
    choices=("point mass", "sphere", "normal"),
)
SIZE = Parameter(
    name="size",
    symbol="s",
    meaning="norm over √d of the point mass, radius over √d, or standard deviation",
    default=0.0,
    domain=(0, np.inf),
    closed=True,
    typical=(0.0, 3.0),
)


def _exact_pair(nu, size, d):
    """(W₁ to N(0, I), PER), both exact."""
    if nu == "normal":
        return float(scaled_normal_distance(size, d)), float(scaled_normal_error(size))
    radius = size * np.sqrt(d)
    error = float(projected_error_of_norm(radius, d))
    if nu == "sphere":
        return float(sphere_distance(radius, d)), error
    # a point mass has one coupling only, so W₁ is the mean distance
    return error / mean_projection(d), error


def point_mass_factor(d):
    """W₁ of a point mass over its PER: 1/E|θ₁|."""
    return 1 / mean_projection(d)


def _violations(dimensions, rng):
    """Exact settings at which W₁ exceeds L_per."""
    found, worst, where = 0, 0.0, ""
    for d in dimensions:
        for nu in NU.choices:
            for size in (0.0, 0.2, 0.5, 1.0, 2.0, 5.0):
                distance, error = _exact_pair(nu, size, d)
                found += distance > error * (1 + 1e-9)
                if distance / error > worst:
                    worst, where = distance / error, f"{nu}, size {size:g}, d = {d}"
    return Outcome(
        found > 0,
        f"{found} of {18 * len(dimensions)} exact laws exceed it, by up to {worst:.3f} ({where})",
    )


def _simulated_point(factor, rng):
    """E‖h - Z‖ of a point mass, by Monte Carlo, against factor·L_per."""
    worst = 0.0
    for d in (2, 3, 10, 64):
        h = np.zeros(d)
        h[0] = 1.5
        found = estimate(
            lambda rng, size, h=h, d=d: np.linalg.norm(h - rng.standard_normal((size, d)), axis=1),
            rng,
            replicates=40_000,
        )
        claimed = factor(d) * projected_error_loss(h[None])
        if not found.agrees(claimed):
            return Outcome(False, f"d = {d}: W₁ = {found}, claimed {claimed:.4f}")
        worst = max(worst, found.deviation(claimed))
    return Outcome(
        True,
        f"point masses at d = 2, 3, 10, 64 attain it, worst {worst:.2f} SE; W₁/L_per is "
        f"{point_mass_factor(2):.4f} at d = 2 and {point_mass_factor(64):.2f} at d = 64",
    )


def _bounded(factor, rng):
    """No law exceeds factor·L_per: exact radial laws, and balanced clouds whose W₁ is a mean."""
    tightest, cases = 0.0, 0
    for d in (1, 2, 3, 10, 100):
        for nu in NU.choices:
            for size in np.linspace(0, 6, 25):
                distance, error = _exact_pair(nu, float(size), d)
                cases += 1
                tightest = max(tightest, distance / (factor(d) * error))
        # atoms at ±a·e_j: by symmetry every atom serves its nearest points, W₁ = E min‖Z - h_j‖
        for a in (0.1, 1.0, 3.0):
            atoms = np.concatenate([np.eye(d), -np.eye(d)]) * a

            def nearest(rng, size, a=a, d=d):
                z = rng.standard_normal((size, d))
                squares = np.sum(z * z, axis=1) + a * a - 2 * a * np.abs(z).max(axis=1)
                return np.sqrt(squares)

            found = estimate(nearest, rng, replicates=4000)
            cases += 1
            tightest = max(
                tightest, found.interval()[0] / (factor(d) * projected_error_loss(atoms))
            )
    return Outcome(
        tightest <= 1 + 1e-9,
        f"{cases} laws in 1 to 100 dimensions: W₁ at most {tightest:.6f} of it",
    )


def _never_close(claimed, rng):
    """The least value that the bound takes over laws: no law is certified to be nearer."""
    least = []
    for d in (1, 3, 64, 1000):
        r = np.linspace(0, 4 * np.sqrt(d), 400)
        bound = projected_error_of_norm(r, d) / mean_projection(d)
        least.append(abs(bound.min() / claimed(d) - 1) < 1e-9 and bound.argmin() == 0)
    return Outcome(
        all(least),
        f"least bound is E‖Z‖, at 0: {mean_norm(1):.3f} at d = 1, {mean_norm(64):.3f} at 64",
    )


def _bound_standing(nu, size, d):
    distance, error = _exact_pair(nu, size, d)
    state = "holds" if distance <= error * (1 + 1e-9) else "fails"
    return Standing(
        state,
        f"W₁ = {distance:.4g}, L_per = {error:.4g}, {point_mass_factor(d):.4g}·L_per = "
        f"{point_mass_factor(d) * error:.4g}",
    )


WASSERSTEIN_BOUND = Claim(
    id="per.wasserstein-bound",
    source="abstract, Sec. 5",
    statement=r"PER minimises an upper bound of the Wasserstein distance of order one between "
    r"the law of the activations and $N(0,I)$",
    verdict="amended",
    parameters=(NU, SIZE, D),
    at=_bound_standing,
    amendment=r"$\mathcal{L}_{per}$ bounds the sliced distance. What it bounds $W_1$ with is "
    r"$W_1\leq\mathbb{E}\|h-Z\|=c_d\,\mathcal{L}_{per}$, $c_d=1/\mathbb{E}|\theta_1|="
    r"\sqrt\pi\,\Gamma(\frac{d+1}2)/\Gamma(\frac d2)\approx\sqrt{\pi d/2}$, and no smaller "
    r"constant does: every point mass attains it. $\mathcal{L}_{per}$ itself is below $W_1$ for "
    r"every point mass once $d\geq2$.",
    derivation=(
        r"$SW_1\leq W_1$, so a bound on $SW_1$ says nothing about $W_1$ from above.",
        r"Let $h$ and $Z$ be independent: $W_1\leq\mathbb{E}\|h-Z\|$.",
        r"$\mathbb{E}_\theta|\langle\theta,v\rangle|=\mathbb{E}|\theta_1|\,\|v\|$, hence "
        r"$\mathcal{L}_{per}=\mathbb{E}|\theta_1|\,\mathbb{E}\|h-Z\|$: PER is the cost of the "
        r"independent coupling, up to a constant.",
        r"A point mass has no other coupling, so there $W_1=c_d\,\mathcal{L}_{per}$.",
    ),
    remark="The bound is never small: it is least, E‖Z‖ (about √d), for the point mass at 0, and "
    "at N(0, I) it is √2·E‖Z‖ while W₁ = 0. It certifies no law to be nearer to N(0, I) than the "
    "collapsed one.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="L_per without the factor is no upper bound of W₁ in two or more dimensions",
            check=_violations,
            subject=(2, 3, 10, 64, 512),
            mutant=(1,),
            mutation="one dimension, where the sentence holds",
        ),
        Evidence(
            kind="simulation",
            shows="W₁ of point masses is c_d·L_per, so no smaller constant will do",
            check=_simulated_point,
            subject=point_mass_factor,
            mutant=lambda d: 0.98 * point_mass_factor(d),
            mutation="a factor 2 % smaller",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="a search over laws whose W₁ is known finds none above c_d·L_per",
            check=_bounded,
            subject=point_mass_factor,
            mutant=lambda d: 0.98 * point_mass_factor(d),
            mutation="a factor 2 % smaller",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="where it is empty: the bound is never below E‖Z‖",
            check=_never_close,
            subject=mean_norm,
            mutant=lambda d: 0.98 * mean_norm(d),
            mutation="2 % less",
            about="amendment",
        ),
    ),
)

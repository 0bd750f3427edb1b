"""Joo et al., abstract and Sec. 5: what PER says about W₁ itself."""

import numpy as np
import scipy
from scipy.special import gammaln, roots_legendre

from normtheory.claims import Claim, Later, Parameter
from normtheory.claims.per.gradient import D
from normtheory.claims.per.quadrature import distance_to_point, error_of_norm, over_sphere
from normtheory.theory.radial_laws import (
    mean_norm,
    scaled_normal_distance,
    scaled_normal_error,
    sphere_distance,
)
from normtheory.theory.sphere_average import mean_projection, projected_error_of_norm

NU = Parameter(
    "nu",
    r"\nu",
    "distribution of the activations",
    "point mass",
    choices=("point mass", "sphere", "normal"),
)
SIZE = Parameter(
    "size",
    "s",
    "norm over √d of the point mass, radius over √d, or standard deviation",
    0.0,
    (0, np.inf),
    True,
    (0.0, 3.0),
)

wasserstein_bound = Claim(
    id="per.wasserstein-bound",
    source="abstract, Sec. 5",
    says="PER minimises an upper bound of the Wasserstein distance of order one between "
    r"the distribution of the activations and $N(0,I)$",
    verdict="amended",
    breaks={"nu": "point mass", "size": 0.0, "d": 64},
    parameters=(NU, SIZE, D),
)


def exact_pair(nu, size, d):
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


@wasserstein_bound.counterexample("numeric")
def point_masses(
    pair=lambda size, d: exact_pair("point mass", size, d),
    two=Later(point_mass_factor, 2),
    many=Later(point_mass_factor, 64),
):
    r"""$\mathcal{L}_{per}$ bounds the sliced distance, and is itself below $W_1$ for every point
    mass once $d\geq2$: $W_1$ is {two:.3f} times as much at $d=2$, {many:.2f} times at $d=64$."""
    right, ratios = True, {}
    for d in (1, 2, 3, 10, 64):
        for size in (0.0, 0.5, 2.0):
            own = distance_to_point(size * np.sqrt(d), d), error_of_norm(size * np.sqrt(d), d)
            right &= np.allclose(pair(size, d), own, rtol=1e-7) and (d == 1 or own[0] > own[1])
            ratios[d] = own[0] / own[1]
    right &= np.allclose((two, many), (ratios[2], ratios[64]), rtol=1e-7)
    return right, "15 point masses by quadrature"


@wasserstein_bound.amendment("numeric")
def smallest_constant(
    factor=point_mass_factor,
    gammas=lambda d: np.sqrt(np.pi) * np.exp(gammaln((d + 1) / 2) - gammaln(d / 2)),
    growth=lambda d: np.sqrt(np.pi * d / 2),
):
    r"""What $\mathcal{L}_{per}$ bounds $W_1$ with is
    $W_1\leq\mathbb{E}\|h-Z\|=c_d\,\mathcal{L}_{per}$,
    $c_d=1/\mathbb{E}|\theta_1|=\sqrt\pi\,\Gamma(\frac{d+1}2)/\Gamma(\frac d2)\sim\sqrt{\pi d/2}$,
    and no smaller constant does: every point mass attains it."""
    right = True
    for d in (1, 2, 3, 10, 64):
        own = distance_to_point(1.5, d) / error_of_norm(1.5, d)
        right &= np.allclose((factor(d), gammas(d)), own, rtol=1e-7)
    right &= abs(growth(10_000) * over_sphere(np.abs, 10_000) - 1) < 1e-4
    return right, "point masses in 1 to 64 dimensions; d = 10000"


wasserstein_bound.by_hand(
    "A bound on the sliced distance says nothing of the larger $W_1$. "
    "Let $h$ and $Z$ be independent: this is one coupling of the two, and $W_1$ is the cost of the "
    "cheapest. A point mass has no other."
)


@wasserstein_bound.derivation("numeric")
def cost_of_independence(loss=lambda r, d: projected_error_of_norm(r, d), share=mean_projection):
    r"""$\mathbb{E}_\theta|\langle\theta,v\rangle|=\mathbb{E}|\theta_1|\,\|v\|$, hence
    $\mathcal{L}_{per}=\mathbb{E}|\theta_1|\,\mathbb{E}\|h-Z\|$: PER is the cost of the independent
    coupling, up to a constant."""
    settings = [(r, d) for d in (1, 2, 5, 200) for r in (0.0, 1.0, 9.0)]
    gaps = [abs(loss(r, d) / share(d) / distance_to_point(r, d) - 1) for r, d in settings]
    gaps += [abs(share(d) / over_sphere(np.abs, d) - 1) for d in (1, 2, 5, 200)]
    return max(gaps) < 1e-4, f"{len(settings)} settings by quadrature"


def _radial_mean(function, d):
    """E function(‖Z‖) by quadrature, on either side of √d."""
    nodes, weights = roots_legendre(400)
    low, high = max(0.0, np.sqrt(d) - 12), np.sqrt(d) + 12
    t = low + (high - low) * (nodes + 1) / 2
    return float((high - low) / 2 * weights @ (function(t) * scipy.stats.chi.pdf(t, d)))


@wasserstein_bound.derivation("numeric")
def radial_distributions(
    sphere=sphere_distance, normal=scaled_normal_distance, at_target=Later(sphere_distance, 8.0, 64)
):
    r"""A distribution that looks alike from all sides is transported best along rays: a sphere of
    radius $r$ has $W_1=\mathbb{E}|\|Z\|-r|$ ({at_target:.3f} for $r=\sqrt d$ at $d=64$) and
    $N(0,s^2I)$ has $|s-1|\,\mathbb{E}\|Z\|$."""
    right, own = True, {}
    for d in (2, 10, 64):
        for s in (0.3, 1.0, 2.0):
            own[s, d] = _radial_mean(lambda t, r=s * np.sqrt(d): np.abs(t - r), d)
            right &= abs(sphere(s * np.sqrt(d), d) / own[s, d] - 1) < 1e-3
        wide = _radial_mean(lambda t: np.abs(2.5 * t - t), d)
        right &= abs(normal(2.5, d) / wide - 1) < 1e-7
    return right and abs(at_target / own[1.0, 64] - 1) < 1e-3, "12 distributions by quadrature"


@wasserstein_bound.range("numeric")
def never_small(least=mean_norm, ratio=np.sqrt(2.0), loss=scaled_normal_error):
    r"""The bound is never small: it is least for the point mass at 0, $\mathbb{E}\|Z\|$, and at
    $N(0,I)$ it is $\sqrt2\,\mathbb{E}\|Z\|$ while $W_1=0$. It certifies no distribution to be
    nearer to $N(0,I)$ than the collapsed one."""
    right = True
    for d in (1, 3, 64):
        lengths = np.linspace(0, 3 * np.sqrt(d), 31)
        bounds = [distance_to_point(r, d) for r in lengths]
        right &= bool((np.diff(bounds) > 0).all()) and abs(bounds[0] / least(d) - 1) < 1e-7
        # h - Z is √2 times a standard normal vector, and one of its slices √2 times a number
        apart = _radial_mean(lambda t: np.sqrt(2) * t, d)
        right &= abs(apart / (ratio * bounds[0]) - 1) < 1e-7
        right &= abs(loss(1.0) / over_sphere(np.abs, d) / apart - 1) < 1e-4
    return right, "31 lengths in 1, 3 and 64 dimensions, by quadrature"


@wasserstein_bound.badge(
    holds="abstract: PER bounds W₁, {error:.4g} against {distance:.4g}; with its factor "
    "{factor:.4g} it is {bound:.4g}",
    fails="abstract: PER bounds W₁: not here, {error:.4g} against {distance:.4g}; with its factor "
    "{factor:.4g} it is {bound:.4g}",
)
def bound_at(nu, size, d):
    distance, error = exact_pair(nu, size, d)
    factor = point_mass_factor(d)
    numbers = {"error": error, "distance": distance, "factor": factor, "bound": factor * error}
    return distance <= error * (1 + 1e-9), numbers

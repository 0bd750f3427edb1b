"""Joo et al., abstract, Sec. 1 and 3: where PER pushes the distribution of the activations."""

import math
from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize
from scipy.special import ndtr

from normtheory.claims import Claim, Later, Parameter
from normtheory.claims.per.quadrature import (
    cosines,
    directions,
    error_of_norm,
    line_distance,
    mean_distance,
)
from normtheory.theory.projected_error import projected_error_loss
from normtheory.theory.radial_laws import scaled_normal_error
from normtheory.theory.sliced_energy import projected_energy
from normtheory.theory.sphere_average import projected_error_of_norm

UNITS = 64

pushes_to_normal = Claim(
    id="per.pushes-to-normal",
    source="abstract, Sec. 1 and 3",
    says="PER pushes the distribution of the activations to the standard normal distribution",
    verdict="refuted",
    breaks={"start": 1.0, "steps": 2.0},
    parameters=(
        Parameter.positive(
            "start",
            r"\nu_0",
            "standard deviation of the normal distribution that the activations start from",
            1.0,
            (0.05, 5.0),
        ),
        Parameter(
            "steps",
            "t",
            "time of the flow, in units of d (steps times step size over d)",
            5.0,
            (0, np.inf),
            True,
            (0.0, 20.0),
        ),
    ),
)


def scale_against_time(start):
    """Scale ‖h‖/√d of one activation under PER alone: d log r/dt = -d g(r), an integral over log r.

    Returns a function of the time.
    """
    fall = np.linspace(0, 20, 401)
    lengths = start * math.sqrt(UNITS) * np.exp(-fall)
    rate = UNITS * projected_error_of_norm(lengths, UNITS, gradient=True)[1]
    time = CubicSpline(fall, 1 / rate).antiderivative()(fall)
    fallen = CubicSpline(time, fall)

    def scale(at):
        # near 0 the rate is all but constant
        beyond = np.maximum(at - time[-1], 0)
        return start * np.exp(-fallen(np.minimum(at, time[-1])) - rate[-1] * beyond)

    return scale


def _pull(r, d, step=1e-4):
    """g(r) = L'(r)/r, by differences of L."""
    return (error_of_norm(r + step, d) - error_of_norm(max(r - step, 0.0), d)) / (2 * step) / r


def _flowed(start, time, d, steps=100):
    """The length of an activation after a time, by Heun's rule."""
    r, step = start, time / steps
    for _ in range(steps):
        first = -d * _pull(r, d) * r
        second = -d * _pull(r + step * first, d) * (r + step * first)
        r += step * (first + second) / 2
    return r


@pushes_to_normal.counterexample("numeric")
def less_at_zero(target=Later(scaled_normal_error, 1.0), collapsed=Later(scaled_normal_error, 0.0)):
    r"""$\mathcal{L}_{per}(N(0,I))=2/\sqrt\pi={target:.3f}$, but
    $\mathcal{L}_{per}(\delta_0)=\sqrt{2/\pi}={collapsed:.3f}$."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    own = float(weights @ mean_distance(nodes) / weights.sum())
    return np.allclose((target, collapsed), (own, mean_distance(0.0)), rtol=1e-9), "by quadrature"


@pushes_to_normal.counterexample("numeric")
def one_activation(reached=Later(lambda: float(scale_against_time(1.0)(2.0))), *, time=2.0):
    r"""An activation of 64 units at scale 1 that flows down PER is at scale {reached:.3f} by the
    time {time:g} $d$."""
    own = _flowed(8.0, time, UNITS) / 8
    return abs(reached / own - 1) < 2e-3, "by Heun's rule"


def flow(loss, h, time, step):
    """Gradient flow of b times the loss by Heun's rule; time in units of the dimension."""
    b, d = h.shape
    for _ in range(round(time / step)):
        first = loss(h, gradient=True)[1]
        second = loss(h - step * d * b * first, gradient=True)[1]
        h = h - step * d * b * (first + second) / 2
    return h


@pushes_to_normal.counterexample("simulation", rejects={"PER with the repulsion": projected_energy})
def a_cloud_collapses(loss=projected_error_loss, *, variance=0.01, time=8.0, rng):
    r"""Draws from $N(0,I)$ in three dimensions that flow down PER leave it: by the time {time:g}
    $d$ their variance is below {variance:g}, and their $SW_1$ to $N(0,I)$ is that of a point mass
    to within a twentieth."""
    h = rng.standard_normal((40, 3))
    once = flow(loss, h, 0.5, 0.1)
    own = [_flowed(r, 0.5, 3, 5) for r in np.linalg.norm(h, axis=1)]
    # each activation flows on its own
    right = np.allclose(np.linalg.norm(once, axis=1), own, rtol=2e-4)
    end = flow(loss, once, time - 0.5, 0.1)
    sliced = np.mean([line_distance(end @ t) for t in directions(3, 40, rng)])
    right &= end.var() < variance and 0.95 < sliced / mean_distance(0.0) < 1
    return right, "40 draws, each against its own flow by Heun's rule"


pushes_to_normal.rests_on(
    "per.gradient",
    "PER pushes every activation to zero, whatever the others are: it is "
    r"$\mathbb{E}\,L(\|h\|)$ with $L$ strictly increasing, so its only minimiser is the point mass "
    "there.",
    "amendment",
)


@pushes_to_normal.amendment("numeric")
def what_it_lacks(repulsion=0.5, constant=1 / np.sqrt(np.pi), energy=projected_energy, *, rng):
    r"""PER less the repulsion $\frac12\mathbb{E}_\theta\mathbb{E}|\langle\theta,h-h'\rangle|$ and
    $1/\sqrt\pi$ equals $\mathbb{E}_\theta\int(F_\theta-\Phi)^2$."""
    worst = 0.0
    for b in (1, 2, 5):
        for scale in (0.2, 1.0, 3.0):
            x = scale * rng.standard_normal(b)
            edges = np.sort(np.concatenate([[-15.0, 15.0], x]))
            area = 0.0
            for low, high in pairwise(edges):
                share = np.mean(x <= (low + high) / 2)
                area += quad(lambda y, share=share: (ndtr(y) - share) ** 2, low, high)[0]
            apart = np.abs(x[:, None] - x).mean()
            value = np.mean(mean_distance(x)) - repulsion * apart - constant
            worst = max(worst, abs(value - area), abs(energy(x[:, None]) - area))
    h = rng.standard_normal((6, 5))
    points, weights = cosines(5)
    apart = np.linalg.norm(h[:, None] - h, axis=2).mean() * float(weights @ np.abs(points))
    own = np.mean([error_of_norm(r, 5) for r in np.linalg.norm(h, axis=1)]) - apart / 2
    return worst < 1e-7 and abs(energy(h) - own + 1 / np.sqrt(np.pi)) < 1e-7, "9 samples, 1 cloud"


pushes_to_normal.by_hand(
    r"This vanishes only if every projection is standard normal, so the target alone minimises it.",
    "amendment",
)


def _epps_pulley(x, s):
    """∫|φ(t) - e^{-t²/2}|² e^{-st²/2} dt of points on the line."""
    pairs = np.exp(-((x[:, None] - x) ** 2) / (2 * s)).mean() / np.sqrt(s)
    cross = np.exp(-(x**2) / (2 * (s + 1))).mean() / np.sqrt(s + 1)
    return np.sqrt(2 * np.pi) * (pairs - 2 * cross + 1 / np.sqrt(s + 2))


@pushes_to_normal.amendment("numeric")
def all_bandwidths(factor=1 / (4 * np.pi), energy=projected_energy, *, rng):
    r"""This is also $\frac1{4\pi}\int_0^\infty T_s\,ds$ with
    $T_s=\mathbb{E}_\theta\int|\varphi_\theta(t)-e^{-t^2/2}|^2e^{-st^2/2}dt$, $\varphi_\theta$ the
    characteristic function of a projection: the statistic of Epps and Pulley, all bandwidths at
    once."""
    x, t = rng.standard_normal(4), np.linspace(-40, 40, 40_001)
    apart = abs(np.exp(1j * t[:, None] * x).mean(axis=1) - np.exp(-t * t / 2)) ** 2
    direct = (apart * np.exp(-t * t / 4)).sum() * (t[1] - t[0])
    if not abs(direct / _epps_pulley(x, 0.5) - 1) < 1e-9:
        return False, "the statistic is another one"
    worst = 0.0
    for b in (1, 3, 8):
        x = 1.5 * rng.standard_normal(b)
        whole = quad(lambda y, x=x: _epps_pulley(x, np.exp(y)) * np.exp(y), -40, 40, limit=200)[0]
        worst = max(worst, abs(factor * whole / energy(x[:, None]) - 1))
    return worst < 1e-5, "three samples on the line"


@pushes_to_normal.amendment("numeric")
def between(below=1.0, above=1.0, *, rng):
    r"""On a line it lies below $SW_1$, and $SW_1$ below PER, since $|F-\Phi|\leq1$: both
    quotients are {below:g} at most, as near to it as one likes for a far point mass."""
    right = True
    for b, scale in ((2, 0.2), (5, 1.0), (20, 3.0)):
        x = scale * rng.standard_normal(b)
        sliced = line_distance(x)
        right &= projected_energy(x[:, None]) < below * sliced
        right &= sliced < above * np.mean(mean_distance(x))
    far = np.array([1e4])
    first, second = projected_energy(far[:, None]) / line_distance(far), line_distance(far) / 1e4
    return right and abs(first / below - 1) < 1e-3 and abs(second / above - 1) < 1e-3, "at 1e4"


def _descend(loss, h):
    """The cloud that L-BFGS ends in, from h."""

    def objective(flat):
        value, slope = loss(flat.reshape(h.shape), gradient=True)
        return value, slope.ravel()

    found = minimize(objective, h.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return found.x.reshape(h.shape)


@pushes_to_normal.amendment("numeric", rejects={"PER as it is": False})
def settles(repulsion=True, *, rng):
    r"""With the repulsion clouds that start narrow, wide or shifted descend to one nearer to
    $N(0,I)$ than as many independent draws are."""
    theta, loss = directions(2, 32, rng), projected_energy if repulsion else None
    ends = []
    for centre, scale in ((0.0, 0.05), (0.0, 4.0), (2.0, 0.5)):
        h = centre + scale * rng.standard_normal((40, 2))
        ends.append(_descend(loss or projected_error_loss, h))
    ends += [rng.standard_normal((40, 2)) for _ in range(10)]
    sliced = [np.mean([line_distance(h @ t) for t in theta]) for h in ends]
    return max(sliced[:3]) < np.mean(sliced[3:]), "40 points in two dimensions, 3 starts"


pushes_to_normal.by_hand(
    "The triangle inequality of Eq. 5 makes what is minimised linear in the distribution, and a "
    "linear function has its minimum at a point mass. The energy distance between the projection "
    r"$c$ and the target has a repulsion $-\mathbb{E}|c-c'|$, which PER lacks."
)
pushes_to_normal.rests_on(
    "per.wasserstein-bound",
    r"First-order condition: under the target the influence of mass at $x$ on PER is $L(\|x\|)$, "
    r"not constant; with the repulsion it is $L(\|x\|)-\mathbb{E}_\theta\mathbb{E}|\langle\theta,"
    r"x-Z\rangle|$, which vanishes for every $x$.",
)
pushes_to_normal.by_hand(
    "In a network the loss of the task holds the activations up, at a scale that depends on the "
    "coefficient; nothing in PER singles out the variance of the target.",
    "range",
)


@pushes_to_normal.badge(
    fails="abstract: PER pushes the activations to the standard normal distribution: not here, a "
    "scale of {start:.3g} is {reached:.3g} by time {steps:.3g} (64 units), and falls to 0",
    silent="abstract: PER pushes the activations to the standard normal distribution: at time 0 "
    "the scale is {start:.3g}, where it was",
    undecided="abstract: PER pushes the activations to the standard normal distribution: a scale "
    "of {start:.3g} has become {reached:.3g} so far (64 units); it ends at 0",
)
def push_at(start, steps):
    reached = float(scale_against_time(start)(steps))
    if not steps:
        return "silent", {}
    return False if reached < 0.95 else None, {"reached": reached}

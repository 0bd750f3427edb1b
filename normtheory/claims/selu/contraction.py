"""From where a layer takes mean and variance to the fixed point, and when it does not."""

import numpy as np
from scipy import optimize

from normtheory.claims.claim import Claim, Evidence, Outcome, Parameter, Standing
from normtheory.claims.selu.constants import MEAN, VARIANCE
from normtheory.theory.selu import (
    LAMBDA,
    iterate_moments,
    moment_jacobian,
    moment_map,
    nodes,
    scaled_elu,
    spectral_radius,
)
from normtheory.theory.selu_constants import collapse_weight_sum, stable_weight_sums

OMEGA = Parameter(
    name="omega",
    symbol=r"\omega",
    meaning="sum of a unit's weights",
    default=0.0,
    typical=(-1.5, 1.5),
)
TAU = Parameter(
    name="tau",
    symbol=r"\tau",
    meaning="squared norm of a unit's weights",
    default=1.0,
    domain=(0, np.inf),
    typical=(0.4, 3.0),
)
STARTS = np.meshgrid(np.linspace(-20, 20, 21), np.geomspace(1e-3, 400, 16))

# (mean, variance, omega, tau): a start that is not taken to (0, 1)
ESCAPES = ((0.0, 1.0, 0.0, 1.1), (-2.0, 0.1, 0.8, 1.0), (1.0, 1.0, 1.0, 1.0), (0.0, 1.0, 0.0, 2.7))


def _all_starts_arrive(lam, rng):
    mean, variance = iterate_moments(*STARTS, 120, lam=lam)
    far = max(np.abs(mean[-1]).max(), np.abs(variance[-1] - 1).max())
    return Outcome(
        far < 1e-9,
        f"{STARTS[0].size} starts with means in [-20, 20] and variances in [0.001, 400], weight "
        f"sum 0 and norm 1: farthest from (0, 1) after 120 layers {far:.1e}",
    )


def _starts_escape(settings, rng):
    found = []
    for mean, variance, omega, tau in settings:
        means, variances = iterate_moments(mean, variance, 150, omega=omega, tau=tau)
        found.append((means[-1], variances[-1]))
    away = [abs(m) > 0.01 or abs(v - 1) > 0.01 for m, v in found]
    text = "; ".join(
        f"omega {w:g}, tau {t:g} from ({m:g}, {v:g}) to ({a:.3g}, {b:.3g})"
        for (m, v, w, t), (a, b) in zip(settings, found, strict=True)
    )
    return Outcome(all(away), text)


def _jacobian_is_derivative(jacobian, rng):
    worst = 0.0
    for _ in range(20):
        mean, omega = rng.uniform(-2, 2, 2)
        variance, tau = rng.uniform(0.3, 3, 2)
        exact = jacobian(mean, variance, omega=omega, tau=tau)
        columns = []
        for k in (0, 1):
            step = np.zeros(2)
            step[k] = 1e-4
            high, low = (
                np.array(_by_quadrature(mean + s * step[0], variance + s * step[1], omega, tau))
                for s in (1, -1)
            )
            columns.append((high - low) / 2e-4)
        worst = max(worst, float(np.abs(exact - np.stack(columns, -1)).max()))
    radius = float(spectral_radius(jacobian(0.0, 1.0)))
    # what a difference quotient leaves of zero is another number on another processor
    gap = "below 1e-6" if worst < 1e-6 else f"{worst:.0e}"
    return Outcome(
        worst < 1e-6,
        f"largest gap to central differences of the quadrature map {gap}; spectral radius at "
        f"(0, 1) {radius:.4f}",
    )


def _by_quadrature(mean, variance, omega, tau):
    z, weight = nodes(np.asarray(mean * omega), np.sqrt(np.asarray(variance * tau)))
    f = scaled_elu(z)
    centre = (weight * f).sum()
    return centre, (weight * (f - centre) ** 2).sum()


def _stable_interval(interval, rng):
    def excess(omega):
        return spectral_radius(moment_jacobian(0.0, 1.0, omega=omega)) - 1

    found = optimize.brentq(excess, -2, -0.5), optimize.brentq(excess, 0.5, 2)
    gap = max(abs(a / b - 1) for a, b in zip(found, interval, strict=True))
    return Outcome(gap < 1e-9, f"spectral radius 1 at omega = {found[0]:.4f} and {found[1]:.4f}")


def _collapse_threshold(threshold, rng):
    """Where a start without variance first keeps losing it."""

    def growth(omega):
        mean = -1.5
        for _ in range(1500):
            mean = float(scaled_elu(omega * mean))
        return float(moment_jacobian(mean, 1e-12, omega=omega)[1, 1]) - 1

    found = optimize.brentq(growth, 0.65, 0.9)
    arrive = all(
        np.abs(iterate_moments(*STARTS, 300, omega=w)[1][-1] - 1).max() < 1e-6 for w in (-0.7, 0.7)
    )
    return Outcome(
        arrive and abs(found / threshold - 1) < 1e-5,
        f"a collapsed layer becomes stable at omega = {found:.5f}; at omega = -0.7 and 0.7 all "
        f"{STARTS[0].size} starts still reach (0, 1)",
    )


def _contraction_at(mean, variance, omega, tau):
    radius = float(spectral_radius(moment_jacobian(0.0, 1.0, omega=omega, tau=tau)))
    m, v = mean, variance
    for layers in range(1, 41):
        old = m, v
        m, v = (float(x) for x in moment_map(m, max(v, 1e-30), omega=omega, tau=tau))
        if v < 1e-6:
            return Standing("fails", f"the variance is lost, all units at {m:.3g}")
        if max(v, abs(m)) > 1e6:
            return Standing("fails", f"the moments grow without limit ({layers} layers: {v:.1e})")
        near = max(abs(m), abs(v - 1))
        if tau == 1 and radius < 1 and near < 1e-3:
            return Standing("holds", f"within 0.001 of (0, 1) after {layers} layers")
        if abs(m - old[0]) < 1e-4 and abs(v - old[1]) < 1e-4 * v and near > 0.01:
            return Standing("fails", f"goes to mean {m:.3g}, variance {v:.3g} instead")
    if tau != 1:
        return Standing("fails", f"(0, 1) is no fixed point; mean {m:.3g}, variance {v:.3g} by now")
    if radius >= 1:
        return Standing("fails", f"(0, 1) repels: spectral radius {radius:.3f}")
    return Standing("undecided", f"at mean {m:.3g}, variance {v:.3g} after 40 layers, still moving")


CONTRACTION = Claim(
    id="selu.contraction",
    source="Self-Normalizing Neural Networks",
    statement="With the scaling factors any passing value is contracted to the defined mean and "
    "variance",
    verdict="amended",
    parameters=(MEAN, VARIANCE, OMEGA, TAU),
    counterexample="Squared weight norm 1.1: the layers settle at mean 0.049 and variance 1.40. "
    "Weight sum 0.8 from mean -2, variance 0.1: all variance is lost, every unit ends at -0.907. "
    "Weight sum 1 from (1, 1), or squared norm 2.7: the moments grow without limit.",
    amendment=r"With $\omega = 0, \tau = 1$ every start with $\nu > 0$ goes to (0, 1), at the rate "
    r"0.7826 a layer. With $\tau = 1$ the point (0, 1) is fixed for every $\omega$, attracts its "
    r"neighbourhood for $-1.031 < \omega < 0.902$, but all starts only below "
    r"$\omega = \ln(\lambda\alpha)/(\lambda\alpha-1) = 0.744$. With $\tau \neq 1$ the fixed point "
    r"is another, and there is none for $\tau > 2/(\lambda^2(1-1/\pi)) = 2.66$.",
    derivation=(
        r"$\omega = 0$: the input's mean plays no role, and $\nu \to V(\nu)$ with $V(\nu)/\nu$ "
        r"falling from $2.02$ to $\lambda^2(\frac12 - \frac1{2\pi}) = 0.376$: one positive fixed "
        r"point, and $V$ grows, so every start approaches it from its own side.",
        r"$\tau = 1$: at (0, 1) the Jacobian is $\omega$ times one column beside another; Jury's "
        r"conditions $1 \mp \mathrm{tr} + \det > 0$ give the interval of $\omega$.",
        r"Without variance the mean follows $\mu \to \lambda\alpha(e^{\omega\mu}-1)$, whose "
        r"negative fixed point attracts and multiplies a small variance by "
        r"$(\mu+\lambda\alpha)^2$. It is below 1 from "
        r"$\omega = \ln(\lambda\alpha)/(\lambda\alpha-1)$ on: a second, dead attractor.",
    ),
    remark="Weights drawn from N(0, 1/n) have a weight sum of variance 1: 8 % of the units have "
    "|omega| < 0.1, the range of the paper's theorem, and 32 % have |omega| > 1. What contracts at "
    "initialisation is the average over units (selu.initialisation), not the single unit.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="some starts are not taken to (0, 1)",
            check=_starts_escape,
            subject=ESCAPES,
            mutant=tuple((m, v, 0.0, 1.0) for m, v, _, _ in ESCAPES),
            mutation="weight sum 0 and norm 1, from where the same starts arrive",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="with weight sum 0 and norm 1 every start on a wide grid arrives at (0, 1)",
            check=_all_starts_arrive,
            subject=LAMBDA,
            mutant=1.02 * LAMBDA,
            mutation="lambda 2 % too large",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="the closed Jacobian, of spectral radius 0.7826 at (0, 1), is the derivative",
            check=_jacobian_is_derivative,
            subject=moment_jacobian,
            mutant=lambda *args, **kw: moment_jacobian(*args, **kw) * [[1, 1], [1, 1.02]],
            mutation="the slope in the variance 2 % too large",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="(0, 1) attracts its neighbourhood exactly for weight sums in (-1.031, 0.902)",
            check=_stable_interval,
            subject=stable_weight_sums(),
            mutant=tuple(1.02 * w for w in stable_weight_sums()),
            mutation="an interval 2 % wider",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="from omega = 0.744 on a second, dead attractor takes some starts",
            check=_collapse_threshold,
            subject=float(collapse_weight_sum()),
            mutant=1.02 * float(collapse_weight_sum()),
            mutation="the threshold 2 % larger",
        ),
    ),
    at=_contraction_at,
)

"""From where a layer takes mean and variance to the fixed point, and when it does not."""

import numpy as np
from scipy import optimize

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
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
from normtheory.theory.selu_constants import (
    collapse_weight_sums,
    stable_weight_sums,
    surviving_norms,
)

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


def _collapse_thresholds(thresholds, rng):
    """Where a layer without variance first keeps losing it, in one step or in two."""

    def growth(omega):
        mean = -1.5
        for _ in range(1500):
            mean = float(scaled_elu(omega * mean))
        factor, steps = 1.0, 2 if omega < 0 else 1
        for _ in range(steps):
            factor *= float(moment_jacobian(mean, 1e-12, omega=omega)[1, 1])
            mean = float(scaled_elu(omega * mean))
        return factor - 1

    found = optimize.brentq(growth, -0.95, -0.8), optimize.brentq(growth, 0.65, 0.9)
    ends = {share: [_ends(share * w) for w in thresholds] for share in (0.95, 1.05)}
    near = max(abs(a / b - 1) for a, b in zip(found, thresholds, strict=True))
    arrive = all(gap < 1e-6 for gap, _ in ends[0.95])
    die = all(dead for _, dead in ends[1.05])
    return Outcome(
        near < 1e-5 and arrive and die,
        f"a collapsed layer becomes stable at omega = {found[0]:.5f} (mean alternating) and "
        f"{found[1]:.5f}; 5 % inside all {STARTS[0].size} starts {'' if arrive else 'do not '}"
        f"reach (0, 1), 5 % outside {ends[1.05][0][1]} and {ends[1.05][1][1]} of them die",
    )


def _ends(omega):
    """Farthest variance from 1 after 400 layers, and the number of starts without any."""
    last = iterate_moments(*STARTS, 400, omega=omega)[1][-1]
    return np.abs(last - 1).max(), int((last < 1e-6).sum())


def _surviving_norms(norms, rng):
    """Fixed variances at weight sum 0, as changes of sign of the growth along a line."""
    line = np.geomspace(1e-10, 1e10, 2001)

    def fixed(tau):
        return int(np.count_nonzero(np.diff(moment_map(0.0, line, tau=tau)[1] > line)))

    low, high = norms
    inside = [fixed(t) for t in (1.001 * low, 1.0, 0.999 * high)]
    outside = [fixed(t) for t in (0.999 * low, 1.001 * high)]
    ends = [float(iterate_moments(0.0, 1.0, 1500, tau=t)[1][-1]) for t in (0.98 * low, 1.02 * high)]
    return Outcome(
        inside == [1, 1, 1] and outside == [0, 0] and ends[0] < 1e-6 and ends[1] > 1e6,
        f"weight sum 0: one fixed variance each at tau = {1.001 * low:.4f}, 1, {0.999 * high:.4f}, "
        f"none at {0.999 * low:.4f}, {1.001 * high:.4f}; 2 % outside variance 1 "
        f"{'dies' if ends[0] < 1e-6 else 'survives'} and {'grows' if ends[1] > 1e6 else 'settles'}",
    )


def _settles(setting, rng):
    """Passes when the layers come to rest at a mean and variance that the map leaves alone."""
    omega, tau = setting
    means, variances = iterate_moments(0.0, 1.0, 300, omega=omega, tau=tau)
    again = moment_map(means[-1], variances[-1], omega=omega, tau=tau)
    moved = max(abs(again[0] / means[-1] - 1), abs(again[1] / variances[-1] - 1))
    return Outcome(
        bool(moved < 1e-9),
        f"omega = {omega:g}, tau = {tau:g}: from (0, 1) to mean {means[-1]:.3g}, variance "
        f"{variances[-1]:.4g}" + ("" if moved < 1e-9 else ", still moving"),
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
    amendment=r"With $\omega = 0, \tau = 1$ every start with $\nu > 0$ goes to (0, 1), at the "
    r"rate 0.7826 a layer. With $\tau = 1$ the point (0, 1) is fixed for every $\omega$ and "
    r"attracts its neighbourhood for $-1.031 < \omega < 0.902$, but all starts (of a wide grid) "
    r"only for $-0.851 < \omega < 0.744$: beyond $\ln(\lambda\alpha)/(\lambda\alpha-1) = 0.744$ "
    r"some lose all variance at one mean, beyond "
    r"$-\sqrt{\ln(\lambda^2\alpha)/(\lambda^2\alpha-1)} = -0.851$ at two that alternate. With "
    r"$\tau \neq 1$ the fixed point is another. At $\omega = 0$ there is one with $\nu > 0$ "
    r"exactly for $0.4956 < \tau < 2.658$: below, the variance dies, above, it grows without "
    r"limit (other $\omega$ have other limits: mean 4.26, variance 119.5 at $\omega = -2, \tau "
    r"= 4$).",
    derivation=(
        r"$\omega = 0$: the input's mean plays no role, and $\nu \to V(\tau\nu)$ with $V(x)/x$ "
        r"falling from $\lambda^2(\frac{1+\alpha^2}2 - \frac{(1-\alpha)^2}{2\pi}) = 2.018$ to "
        r"$\lambda^2(\frac12 - \frac1{2\pi}) = 0.376$: one positive fixed point if $1/\tau$ lies "
        r"between, else none, and $V$ grows, so every start approaches it from its own side.",
        r"$\tau = 1$: at (0, 1) the Jacobian is $\omega$ times one column beside another; Jury's "
        r"conditions $1 \mp \mathrm{tr} + \det > 0$ give the interval of $\omega$.",
        r"Without variance the mean follows $\mu \to \lambda\alpha(e^{\omega\mu}-1)$, whose "
        r"negative fixed point attracts and multiplies a small variance by "
        r"$(\mu+\lambda\alpha)^2$. It is below 1 from "
        r"$\omega = \ln(\lambda\alpha)/(\lambda\alpha-1)$ on: a second, dead attractor.",
        r"For $\omega < 0$ the mean alternates between $\mu < 0$ and $\lambda\omega\mu > 0$, and "
        r"$\lambda^2(\mu+\lambda\alpha)^2 = 1$ with "
        r"$\mu = \lambda\alpha(e^{\lambda\omega^2\mu}-1)$ gives "
        r"$\omega^2 = \ln(\lambda^2\alpha)/(\lambda^2\alpha-1)$.",
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
            shows="beyond omega = -0.851 and 0.744 a second, dead attractor takes some starts",
            check=_collapse_thresholds,
            subject=collapse_weight_sums(),
            mutant=tuple(1.02 * w for w in collapse_weight_sums()),
            mutation="an interval 2 % wider",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="at weight sum 0 the variance survives exactly for norms in (0.4956, 2.658)",
            check=_surviving_norms,
            subject=surviving_norms(),
            mutant=tuple(np.array([0.98, 1.02]) * surviving_norms()),
            mutation="an interval 2 % wider",
        ),
        Evidence(
            kind="numeric",
            about="amendment",
            shows="at another weight sum the moments settle at a norm beyond 2.658",
            check=_settles,
            subject=(-2.0, 4.0),
            mutant=(0.0, 4.0),
            mutation="weight sum 0 at the same norm",
        ),
    ),
    at=_contraction_at,
)

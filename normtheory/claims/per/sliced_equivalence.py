"""Joo et al., Sec. 3: the sliced Wasserstein distance beside the Wasserstein distance."""

import itertools

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.per.gradient import D
from normtheory.claims.per.wasserstein import point_mass_factor
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.radial_laws import (
    mean_norm,
    scaled_normal_distance,
    scaled_normal_sliced_distance,
)
from normtheory.theory.sliced_gap import (
    nearest_point_bound,
    ripple_distance,
    ripple_sliced_distance,
    sample_sliced_bound,
)
from normtheory.theory.slices import random_directions
from normtheory.theory.sphere_average import mean_projection
from normtheory.theory.transport import sliced_wasserstein_to_normal

N = Parameter(
    name="n",
    symbol="n",
    meaning="sample drawn from N(0, I)",
    default=256,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 4096),
    integer=True,
    log=True,
)


def _ripples(step, d):
    """(W₁, SW₁) of γ·(1 + sin(k x₁)), k doubling with each step."""
    k = 2.5 * 2.0**step
    return ripple_distance(k), ripple_sliced_distance(k, d)


def _scaled(step, d):
    """(W₁, SW₁) of N(0, s²I), s nearing 1: a family along which the two are proportional."""
    s = 1 + 2.0**-step
    return float(scaled_normal_distance(s, d)), float(scaled_normal_sliced_distance(s))


def _unbounded(family, rng):
    """W₁/SW₁ along a family of laws that approaches N(0, I) in both distances."""
    rows, grows = [], True
    for d in (2, 3, 6):
        pairs = [family(step, d) for step in range(4)]
        grows &= all(new[0] < old[0] and new[1] < old[1] for old, new in itertools.pairwise(pairs))
        ratio = [w / s for w, s in pairs]
        grows &= all(new > 1.5 * old for old, new in itertools.pairwise(ratio))
        rows.append(f"d = {d}: {', '.join(f'{v:.3g}' for v in ratio)}")
    return Outcome(grows, f"W₁/SW₁ at four steps towards N(0, I): {'; '.join(rows)}")


def _below(constant, rng):
    """SW₁ <= constant(d)·W₁ on families whose distances are exact, attained by scaled normals."""
    highest, cases = 0.0, 0
    for d in (2, 3, 6, 50):
        for family in (_ripples, _scaled):
            for step in range(5):
                distance, sliced = family(step, d)
                highest = max(highest, sliced / (constant(d) * distance))
                cases += 1
    return Outcome(highest <= 1 + 1e-9, f"{cases} laws: SW₁ at most {highest:.6f} of the bound")


def _sample_ratio(distances, rng):
    """Samples of N(0, I): their mean sliced distance against a bound on W₁ from below."""
    rows, passed = [], True
    for d, sizes in ((8, (32, 512)), (64, (32, 512))):
        ratios = []
        for n in sizes:
            theta = random_directions(d, 64, rng)
            values = np.array(
                [
                    sliced_wasserstein_to_normal(rng.standard_normal((n, d)), theta).mean
                    for _ in range(40)
                ]
            )
            found = Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(40)), 40)
            passed &= found.interval()[0] <= sample_sliced_bound(n)
            ratios.append(distances(n, d) / found.interval()[1])
        passed &= ratios[1] > 2 * ratios[0] and ratios[1] > 2 * point_mass_factor(d)
        rows.append(f"d = {d}: {ratios[0]:.3g} at n = 32, {ratios[1]:.3g} at n = 512")
    return Outcome(passed, "W₁/SW₁ of samples of N(0, I) at least " + "; ".join(rows))


def _first_moments(constant, rng):
    """|∫‖x‖dν - E‖Z‖| <= SW₁/E|θ₁|: sliced convergence brings first moments along."""
    tightest, cases = 0.0, 0
    for d in (2, 5, 20):
        theta = random_directions(d, 4000, rng)
        for scale in (0.0, 0.5, 0.9, 1.1, 3.0):
            h = scale * rng.standard_normal((200, d))
            moment = abs(float(np.linalg.norm(h, axis=1).mean()) - mean_norm(d))
            sliced = sliced_wasserstein_to_normal(h, theta)
            cases += 1
            tightest = max(tightest, moment / (constant(d) * sliced.interval()[1]))
    return Outcome(
        tightest <= 1 + 1e-9, f"{cases} samples: the difference is at most {tightest:.4f} of it"
    )


def _together(exponent, rng):
    """Along rippled laws W₁ falls with SW₁ no slower than a power SW₁^exponent(d)."""
    constants = []
    for d in (2, 3, 5):
        k = np.array([2.5, 5.0, 10.0, 20.0, 40.0])
        quotient = [ripple_distance(v) / ripple_sliced_distance(v, d) ** exponent(d) for v in k]
        constants.append(quotient[-1] / quotient[0])
    shown = ", ".join(f"{c:.3f}" for c in constants)
    return Outcome(
        all(c <= 1 for c in constants),
        f"W₁/SW₁^(1/(d+1)) changes by the factors {shown} from k = 2.5 to 40, d = 2, 3, 5",
    )


def _equivalence_standing(n, d):
    if d == 1:
        return Standing("holds", "in one dimension the two are the same")
    ratio = nearest_point_bound(n, d) / sample_sliced_bound(n)
    if ratio > point_mass_factor(d):
        return Standing(
            "fails",
            f"not within a constant factor: W₁ of a sample is at least {ratio:.3g} times its mean "
            f"SW₁ bound; for point masses it is {point_mass_factor(d):.3g} times",
        )
    return Standing(
        "undecided",
        f"the constant factor: W₁ of a sample is at least {ratio:.3g} times its mean SW₁ bound",
    )


SLICED_EQUIVALENCE = Claim(
    id="per.sliced-equivalence",
    source="Sec. 3",
    statement="The sliced Wasserstein and the Wasserstein distance are equivalent metrics (in "
    "which sense is not said: with the same convergent sequences, or within constant factors)",
    verdict="amended",
    parameters=(N, D),
    at=_equivalence_standing,
    amendment=r"In the sense of convergence they are, among laws with a first moment, and "
    r"$SW_1\leq\mathbb{E}|\theta_1|\,W_1$; within constant factors they are not: for $d\geq2$ no "
    r"constant bounds $W_1$ by $SW_1$, and "
    r"the known bound $W_1\leq C\,SW_1^{1/(d+1)}$ needs a common bounded support and is weaker "
    r"the more units there are. A small sliced distance says little about $W_1$ in many "
    r"dimensions.",
    derivation=(
        r"$|\langle\theta,x-y\rangle|$ averages to $\mathbb{E}|\theta_1|\,\|x-y\|$: hence "
        r"$SW_1\leq\mathbb{E}|\theta_1|\,W_1$.",
        r"$SW_1\to0$ implies convergence of the characteristic functions, and $|\int\|x\|d\nu-"
        r"\int\|x\|d\mu|\leq SW_1/\mathbb{E}|\theta_1|$ that of first moments: together they are "
        r"convergence in $W_1$.",
        r"The law $\gamma\,(1+\sin(kx_1))$ has $W_1\sim0.64/k$ to $\gamma$, but a direction at "
        r"angle $a$ to the first axis sees its ripples damped by $e^{-k^2\sin^2(a)/2}$: $SW_1\sim "
        r"k^{-d}$.",
        r"A sample of $n$ draws from $\gamma$ has a mean $SW_1$ of at most $1.61/\sqrt n$ in "
        r"any dimension, while $W_1\geq\mathbb{E}\min_i\|Z-h_i\|$ falls like $n^{-1/d}$.",
    ),
    remark="For d = 1 they are equal. Unbounded supports: the point masses at 0 and R have "
    "W₁ = R and SW₁ = R·E|θ₁|, so no power below 1 can hold for all R.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="along rippled normal laws W₁/SW₁ grows without bound",
            check=_unbounded,
            subject=_ripples,
            mutant=_scaled,
            mutation="scaled normal laws, along which the ratio is constant",
        ),
        Evidence(
            kind="simulation",
            shows="samples of N(0, I) look near from every side and are not",
            check=_sample_ratio,
            subject=nearest_point_bound,
            mutant=lambda n, d: nearest_point_bound(n, 1),
            mutation="W₁ as in one dimension",
        ),
        Evidence(
            kind="numeric",
            shows="SW₁ <= E|θ₁|·W₁, with equality for scaled normal laws",
            check=_below,
            subject=mean_projection,
            mutant=lambda d: 0.98 * mean_projection(d),
            mutation="2 % less",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="first moments converge with the sliced distance",
            check=_first_moments,
            subject=point_mass_factor,
            mutant=lambda d: 0.98 * point_mass_factor(d),
            mutation="2 % less",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the same laws do converge in W₁, within the power 1/(d + 1)",
            check=_together,
            subject=lambda d: 1 / (d + 1),
            mutant=lambda d: 1.0,
            mutation="power 1, a constant ratio",
            about="amendment",
        ),
    ),
)

"""Joo et al., Eq. 9: normalization by the Lᵖ norm of a batch."""

import math

import numpy as np
from scipy.special import ndtri

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.per.norms import POWER

GAMMA = Parameter(
    name="gamma", symbol=r"\gamma", meaning="learnable scale", default=1.0, typical=(-3.0, 3.0)
)
BETA = Parameter(
    name="beta", symbol=r"\beta", meaning="learnable shift", default=0.0, typical=(-3.0, 3.0)
)
BATCH = Parameter(
    name="batch",
    symbol="h_j",
    meaning="activations of one unit over the batch",
    default="normal",
    choices=("normal", "two values", "one outlier", "constant"),
)


def activations(name):
    """64 activations of one unit."""
    if name == "normal":
        return ndtri((np.arange(64) + 0.5) / 64)
    if name == "two values":
        return np.where(np.arange(64) % 4 == 0, 3.0, -1.0)
    if name == "one outlier":
        return np.where(np.arange(64) == 0, -63.0, 1.0)
    return np.full(64, 0.7)


def lp_norm(x, p):
    """(mean of |x|ᵖ)^(1/p)."""
    return float(np.mean(np.abs(x) ** p) ** (1 / p))


def lp_normed(x, p):
    """Eq. 9: the centred activation over its Lᵖ norm; NaN for a constant batch."""
    centred = x - x.mean()
    # the mean of equal numbers may round, so that the scale is not exactly 0
    return centred / lp_norm(centred, p) if np.ptp(x) > 0 else np.full_like(x, np.nan)


def _unit_norm(norm_of, rng):
    """‖ξ‖_p = 1 for batches that are not constant."""
    worst, cases = 0.0, 0
    for p in (0.5, 1.0, 2.0, 3.7):
        for name in ("normal", "two values", "one outlier"):
            worst = max(worst, abs(norm_of(lp_normed(activations(name), p), p) - 1))
            cases += 1
        for b in (2, 5, 40):
            x = rng.standard_cauchy(b) * 10 ** rng.uniform(-6, 6)
            worst = max(worst, abs(norm_of(lp_normed(x, p), p) - 1))
            cases += 1
    return Outcome(worst < 1e-12, f"{cases} batches, p from 1/2 to 3.7: off by at most {worst:.1e}")


def _undefined(name, rng):
    """Passes when Eq. 9 has no value on this batch, for every p."""
    undefined = all(np.isnan(lp_normed(activations(name), p)).all() for p in (0.5, 1.0, 2.0, 8.0))
    return Outcome(undefined, f"{name} batch: Eq. 9 is {'0/0' if undefined else 'defined'}")


def _exceeds(p, rng):
    """Passes when a search finds ‖γξ + β‖_p above |γ| + |β|."""
    highest, where = 0.0, ""
    for b in (4, 16, 64, 256):
        for share in (1 / b, 0.1, 0.25, 0.5):
            x = np.where(np.arange(b) < max(1, round(share * b)), -1.0, 1.0)
            for gamma in (0.3, 1.0, 3.0):
                for beta in (-1.0, 0.5, 1.0):
                    value = lp_norm(gamma * lp_normed(x, p) + beta, p) / (gamma + abs(beta))
                    if value > highest:
                        highest, where = value, f"b = {b}, gamma = {gamma:g}, beta = {beta:g}"
    return Outcome(
        highest > 1 + 1e-9, f"p = {p:g}: ‖γξ + β‖_p up to {highest:.4f} times |γ| + |β| ({where})"
    )


def _first_batch(sizes, rng):
    """Passes when one outlier among b exceeds the bound from the given b on, and not before."""
    told = []
    for p, size in sizes.items():
        over = []
        for b in range(2, 4 * size):
            x = np.where(np.arange(b) < 1, 1.0 - b, 1.0)
            over.append(lp_norm(lp_normed(x, p) + 1, p) > 2 * (1 + 1e-9))
        told.append(over.index(True) + 2 if True in over else math.inf)
        if told[-1] != size or not all(over[size - 2 :]):
            return Outcome(False, f"p = {p:g}: exceeded from b = {told[-1]} on")
    return Outcome(
        True,
        "one outlier, γ = β = 1: exceeded from b = "
        + ", ".join(f"{b} (p = {p:g})" for p, b in zip(sizes, told, strict=True)),
    )


def _minkowski(bound, rng):
    """No violation for p >= 1 over random batches, and equality for two values."""
    tightest, cases = 0.0, 0
    for p in (1.0, 1.5, 2.0, 6.0):
        for _ in range(150):
            x = rng.standard_normal(rng.integers(2, 30)) ** 3
            gamma, beta = rng.normal(size=2)
            value = lp_norm(gamma * lp_normed(x, p) + beta, p)
            tightest = max(tightest, value / bound(gamma, beta))
            cases += 1
        # all |γξ + β| equal to |γ| + |β| for β = 0: the bound is attained
        tightest = max(
            tightest, lp_norm(1.7 * lp_normed(activations("normal"), p), p) / bound(1.7, 0)
        )
    return Outcome(
        tightest <= 1 + 1e-12, f"{cases} cases, p from 1 to 6: at most {tightest:.6f} of it"
    )


def _normalization_standing(p, gamma, beta, batch):
    xi = lp_normed(activations(batch), p)
    if np.isnan(xi).all():
        return Standing("fails", "a constant batch: 0/0")
    value, bound = lp_norm(gamma * xi + beta, p), abs(gamma) + abs(beta)
    state = "holds" if value <= bound * (1 + 1e-9) else "fails"
    return Standing(
        state, f"‖ξ‖_p = {lp_norm(xi, p):.4f}, ‖ψ‖_p = {value:.4f}, |γ| + |β| = {bound:.4f}"
    )


# batch from which one outlier exceeds the bound, by p
FIRST_BATCH = {0.25: 10, 0.5: 13, 0.75: 22, 0.9: 50, 0.95: 96}

LP_NORMALIZATION = Claim(
    id="per.lp-normalization",
    source="Eq. 9",
    statement=r"For any unit and any empirical measure $\|\xi\|_p=1$, thus $\|\psi\|_p\leq"
    r"|\gamma|+|\beta|$, where $\xi=(h-\bar\mu)/(\frac1b\sum|h_k-\bar\mu|^p)^{1/p}$ and "
    r"$\psi=\gamma\xi+\beta$",
    verdict="amended",
    parameters=(POWER, GAMMA, BETA, BATCH),
    at=_normalization_standing,
    amendment=r"$\|\xi\|_p=1$ for every batch that is not constant, any $p>0$; for a constant one "
    r"Eq. 9 is $0/0$. The bound on $\psi$ follows for $p\geq1$ and fails for $p<1$, "
    r"for one outlier in large batches: from $b=13$ on at $p=1/2$.",
    derivation=(
        r"The denominator is $\|h-\bar\mu\|_p$, and norms are homogeneous; it is 0 exactly when "
        r"the batch is constant.",
        r"The step to $\psi$ is Minkowski's inequality, which needs $p\geq1$.",
        r"For $p<1$: one activation at $-(b-1)$, the others at 1, $\gamma=\beta=1$ and $b$ large: "
        r"from $b=10,13,22,50,96$ on for $p=0.25,0.5,0.75,0.9,0.95$.",
    ),
    remark="With the usual ε in the denominator ‖ξ‖_p < 1, and 0 for a constant batch. The "
    "document speaks of general p, L⁰ included.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="a constant batch has no normalised activation",
            check=_undefined,
            subject="constant",
            mutant="two values",
            mutation="a batch with two values",
        ),
        Evidence(
            kind="numeric",
            shows="for p < 1 the bound on ψ is exceeded",
            check=_exceeds,
            subject=0.5,
            mutant=1.0,
            mutation="p = 1, for which the bound holds",
        ),
        Evidence(
            kind="numeric",
            shows="one outlier exceeds it from a batch size on that grows as p comes near 1",
            check=_first_batch,
            subject=FIRST_BATCH,
            mutant={**FIRST_BATCH, 0.5: 12},
            mutation="12 for p = 1/2",
        ),
        Evidence(
            kind="numeric",
            shows="every batch that is not constant has norm 1, for any p",
            check=_unit_norm,
            subject=lp_norm,
            mutant=lambda x, p: lp_norm(x, p + 0.1),
            mutation="the norm of order p + 0.1",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="for p >= 1 no batch exceeds |γ| + |β|",
            check=_minkowski,
            subject=lambda gamma, beta: abs(gamma) + abs(beta),
            mutant=lambda gamma, beta: 0.98 * (abs(gamma) + abs(beta)),
            mutation="2 % less",
            about="amendment",
        ),
    ),
)

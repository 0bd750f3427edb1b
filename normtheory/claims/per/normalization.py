"""Joo et al., Eq. 9: normalization by the Lᵖ norm of a batch."""

import numpy as np
from scipy.special import ndtri

from normtheory.claims import Claim, Parameter
from normtheory.claims.per.norms import POWER

BATCH = Parameter(
    "batch",
    "h_j",
    "activations of one unit over the batch",
    "normal",
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


def _bound_of(gamma, beta):
    return abs(gamma) + abs(beta)


lp_normalization = Claim(
    id="per.lp-normalization",
    source="Eq. 9",
    says=r"For any unit and any empirical measure $\|\xi\|_p=1$, thus $\|\psi\|_p\leq"
    r"|\gamma|+|\beta|$, where $\xi=(h-\bar\mu)/(\frac1b\sum|h_k-\bar\mu|^p)^{1/p}$ and "
    r"$\psi=\gamma\xi+\beta$",
    verdict="amended",
    breaks={"batch": "constant"},
    parameters=(
        POWER,
        Parameter("gamma", r"\gamma", "learnable scale", 1.0, typical=(-3.0, 3.0)),
        Parameter("beta", r"\beta", "learnable shift", 0.0, typical=(-3.0, 3.0)),
        BATCH,
    ),
)


@lp_normalization.counterexample("numeric", rejects={"two values": "two values"})
def constant_batch(name="constant"):
    r"""A constant batch has no normalized activation: Eq. 9 is $0/0$."""
    h = activations(name)
    undefined = all(np.isnan(lp_normed(h, p)).all() for p in (0.5, 1.0, 2.0, 8.0))
    return undefined and np.ptp(h) == 0, "p = 1/2, 1, 2, 8"


def _exceeds(b, p):
    """‖ξ + 1‖_p over 2 for one activation at -(b - 1), the others at 1, by hand."""
    # the centred batch is the batch; its p-th power mean
    scale = (((b - 1.0) ** p + (b - 1)) / b) ** (1 / p)
    powers = abs(1 - (b - 1) / scale) ** p + (b - 1) * (1 + 1 / scale) ** p
    return (powers / b) ** (1 / p) / 2


@lp_normalization.counterexample("numeric")
def one_outlier(
    first=(10, 13, 22, 50, 96),
    ratio=lambda b, p: lp_norm(lp_normed(np.where(np.arange(b) < 1, 1.0 - b, 1.0), p) + 1, p) / 2,
    *,
    orders=(0.25, 0.5, 0.75, 0.9, 0.95),
):
    r"""The bound on $\psi$ fails for $p<1$, for one outlier in large batches: with one activation
    at $-(b-1)$, the others at 1 and $\gamma=\beta=1$ it is exceeded from $b={first[0]:d}$ on at
    $p={orders[0]:g}$, {first[1]:d} at {orders[1]:g}, {first[2]:d} at {orders[2]:g}, {first[3]:d}
    at {orders[3]:g} and {first[4]:d} at {orders[4]:g}."""
    right = True
    for p, size in zip(orders, first, strict=True):
        over = [b for b in range(2, 4 * size) if _exceeds(b, p) > 1 + 1e-9]
        right &= over == list(range(size, 4 * size))
        right &= abs(ratio(size, p) / _exceeds(size, p) - 1) < 1e-9
    return right, "all batches up to four times that size"


@lp_normalization.amendment(
    "numeric", rejects={"of order p + 0.1": lambda x, p: lp_norm(x, p + 0.1)}
)
def norm_one(norm=lp_norm, *, rng):
    r"""$\|\xi\|_p=1$ for every batch that is not constant, any $p>0$."""
    batches = [activations(name) for name in BATCH.choices if name != "constant"]
    batches += [rng.standard_cauchy(b) * 10 ** rng.uniform(-6, 6) for b in (2, 5, 40)]
    orders = (0.5, 1.0, 2.0, 3.7)
    worst = max(abs(norm(lp_normed(x, p), p) - 1) for x in batches for p in orders)
    return worst < 1e-12, f"{len(batches)} batches, p from 1/2 to 3.7"


@lp_normalization.amendment("numeric")
def minkowski(bound=_bound_of, *, rng):
    r"""The bound on $\psi$ follows for $p\geq1$, with equality where $\beta=0$ or $\gamma=0$."""
    most = 0.0
    for p in (1.0, 1.5, 2.0, 6.0):
        for k in range(60):
            x = rng.standard_normal(rng.integers(2, 30)) ** 3
            gamma, beta = rng.normal(size=2) * ((1, 0), (0, 1), (1, 1))[k % 3]
            value = lp_norm(gamma * lp_normed(x, p) + beta, p) / bound(gamma, beta)
            if k % 3 < 2 and not abs(value - 1) < 1e-9:
                return False, "no equality"
            most = max(most, value)
    return most < 1 + 1e-9, "240 batches, p from 1 to 6"


lp_normalization.by_hand(
    r"The denominator is $\|h-\bar\mu\|_p$, and norms are homogeneous; it vanishes for a constant "
    r"batch only. The step to $\psi$ is Minkowski's inequality, which holds for norms, not for "
    "small $p$."
)


@lp_normalization.range("numeric", rejects={"1": lambda norm, epsilon: 1.0})
def with_epsilon(norm_of=lambda norm, epsilon: norm / (norm + epsilon)):
    r"""With a positive $\epsilon$ added in the denominator $\|\xi\|_p$ is below 1, and 0 for a
    constant batch. The document speaks of general $p$, $L^0$ included."""
    right = True
    for name in BATCH.choices:
        centred = activations(name) - activations(name).mean()
        centred *= np.ptp(activations(name)) > 0
        for p in (1.0, 2.0):
            norm = lp_norm(centred, p)
            found = lp_norm(centred / (norm + 0.1), p)
            right &= abs(found - norm_of(norm, 0.1)) < 1e-12 and found < 1
    return right, "4 batches, ε = 0.1"


@lp_normalization.badge(
    holds="Eq. 9: ‖ξ‖_p = {xi:.4f}, and ‖ψ‖_p = {value:.4f} is not above |γ| + |β| = {bound:.4f}",
    fails="Eq. 9: ‖ψ‖_p is not above |γ| + |β|: not here, {value:.4f} against {bound:.4f} "
    "(‖ξ‖_p = {xi:.4f})",
    fails_constant="Eq. 9: ‖ξ‖_p = 1 for any batch: not here, a constant batch gives 0/0",
)
def normalization_at(p, gamma, beta, batch):
    xi = lp_normed(activations(batch), p)
    if np.isnan(xi).all():
        return "fails_constant", {}
    value, bound = lp_norm(gamma * xi + beta, p), _bound_of(gamma, beta)
    # a small p multiplies roundings
    close = 1 + 1e-9 + 1e-15 / p
    return value <= bound * close, {"xi": lp_norm(xi, p), "value": value, "bound": bound}

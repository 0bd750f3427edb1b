"""EquiNorm, Sec. 5.1: Young's convolution inequality and the norm of the shifted weights."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.theory.convolution import convolve, norm, young_exponent

P = Parameter(
    name="p",
    symbol="p",
    meaning="norm of the weights",
    default=1.0,
    domain=(0.25, 8),
    closed=True,
    log=True,
)
Q = Parameter(
    name="q",
    symbol="q",
    meaning="norm of the input",
    default=1.0,
    domain=(0.25, 8),
    closed=True,
    log=True,
)


def _holder(exponent, rng):
    p, q = sp.symbols("p q", positive=True)
    r = exponent(p, q)
    # |w x| = (w^p x^q)^(1/r) * w^(1 - p/r) * x^(1 - q/r), Hoelder with r, pr/(r-p), qr/(r-q)
    conjugate = sp.simplify(1 / r + (r - p) / (p * r) + (r - q) / (q * r) - 1)
    # r >= p and r >= q keep the exponents positive: 1/p - 1/r = 1 - 1/q >= 0 and its mirror
    slack_w = sp.simplify(1 / p - 1 / r - (1 - 1 / q))
    slack_x = sp.simplify(1 / q - 1 / r - (1 - 1 / p))
    return Outcome(
        conjugate == slack_w == slack_x == 0,
        f"Hoelder's exponents leave {conjugate}; 1/p - 1/r - (1 - 1/q) = {slack_w}, mirrored "
        f"{slack_x}",
    )


def _probe(rng, size, kernel):
    kind = rng.integers(4)
    x, w = rng.standard_normal((1, 1, size, size)), rng.standard_normal((1, 1, kernel, kernel))
    if kind == 1:
        x, w = np.abs(x) ** 5, np.abs(w) ** 5
    if kind == 2:
        x, w = np.zeros_like(x), w
        x[0, 0, 0, 0] = 1
    if kind == 3:
        x, w = np.ones_like(x), (rng.random(w.shape) < 0.5) + 1e-9
    return x, w


def _search(draw, exponent, rng, cases):
    largest, where = 0.0, None
    for _ in range(cases):
        p, q = draw(rng)
        r = exponent(p, q)
        kernel = int(rng.integers(1, 4))
        x, w = _probe(rng, int(rng.integers(kernel, 6)), kernel)
        ratio = norm(convolve(x, w), r) / (norm(w, p) * norm(x, q))
        if ratio > largest:
            largest, where = ratio, (p, q)
    return largest, where


def _draw_exponents(rng):
    # 1/p and 1/q uniform over the part of the square where r >= 1 exists
    s, t = rng.random(2)
    if s + t < 1:
        s, t = 1 - s, 1 - t
    corner = rng.integers(4)
    if corner == 1:
        s = t = 1.0
    return 1 / s, 1 / t


def _no_violation(draw, rng):
    largest, (p, q) = _search(draw, young_exponent, rng, 1000)
    return Outcome(
        abs(largest - 1) <= 1e-9,
        f"largest ratio of the two sides in 1000 cases: {largest:.6g}"
        + (f" at p = {p:.3g}, q = {q:.3g}" if largest > 1 + 1e-9 else " (attained by one pixel)"),
    )


def _named_exponents(exponent, rng):
    found = []
    for p, q in [(1, 1), (2, 1)]:
        largest, _ = _search(lambda rng, p=p, q=q: (p, q), exponent, rng, 300)
        found.append((p, q, exponent(p, q), largest))
    return Outcome(
        all(largest <= 1 + 1e-9 for *_, largest in found),
        "; ".join(f"p = {p}, q = {q}, r = {r:.3g}: ratio {m:.4g}" for p, q, r, m in found),
    )


def _shifted_norm(sums, rng):
    cases = 0
    for entries in product(range(-2, 3), repeat=4):
        w = [Fraction(e) for e in entries]
        weighted = sums[0] * (w[0] + w[1]) + sums[1] * (w[2] + w[3])
        b = -weighted / (2 * sum(sums))
        shifted = [e + b for e in w]
        if sum(abs(e) for e in shifted) != 2 * sum(max(e, Fraction(0)) for e in shifted):
            return Outcome(False, f"w = {entries}: the L1 norm is not twice the positive sum")
        cases += 1
    return Outcome(True, f"{cases} kernels as fractions: L1 norm = 2 x positive sum")


def _young_standing(p, q):
    if min(p, q) < 1:
        worst = 2 ** (1 / min(p, q) - 1)
        return Standing(
            "undecided",
            "outside the assumptions, an exponent below 1: one pixel against two exceeds the bound "
            f"{worst:.3g} x",
        )
    if 1 / p + 1 / q < 1 - 1e-12:
        return Standing(
            "undecided",
            f"outside the assumptions, 1/p + 1/q = {1 / p + 1 / q:.3g} < 1: there is no r",
        )
    return Standing("holds", f"r = {young_exponent(p, q):.3g}")


YOUNG = Claim(
    id="equinorm.young",
    source="Sec. 5.1",
    statement=r"$\|x*w\|_r\leq\|w\|_p\|x\|_q$ for $\frac1p+\frac1q=\frac1r+1$ and "
    r"$p,q,r\geq1$, so for $p=q=r=1$ and $p=2,q=1,r=2$; with one input channel "
    r"$\|w'\|_1=2w'^+$ after the shift",
    verdict="holds",
    parameters=(P, Q),
    at=_young_standing,
    derivation=(
        r"$|w||x|=(|w|^p|x|^q)^{1/r}\,|w|^{1-p/r}\,|x|^{1-q/r}$ and Hölder with $r$, "
        r"$\frac{pr}{r-p}$, $\frac{qr}{r-q}$, whose inverses add up to "
        r"$\frac1p+\frac1q-\frac1r=1$.",
        r"Summing the $r$-th powers over the outputs leaves $\|w\|_p^r\|x\|_q^r$.",
        r"$\sum w'=0$ gives $w'^+=-w'^-$, hence $\|w'\|_1=w'^+-w'^-=2w'^+$.",
    ),
    remark="Attained by a single bright pixel when p = r, and for p = q = r = 1 whenever nothing "
    "cancels. It needs p, q >= 1 (the paper says so): below 1 one pixel against two flat ones "
    "violates it. A kernel larger than a cyclic image must be folded first: two weights of 1 on "
    "one pixel violate p = 2, q = 1. With several channels the shift is weighted and "
    "|w'|_1 is not 2 w'+; the paper restricts the section to one channel. EquiNorm's bound is "
    "mean |y| <= 2.",
    evidence=(
        Evidence(
            kind="proof",
            shows="Hölder's three exponents are conjugate and not negative on the whole domain",
            check=_holder,
            subject=lambda p, q: 1 / (1 / p + 1 / q - 1),
            mutant=lambda p, q: 1 / (1 / p + 1 / q),
            mutation="1/p + 1/q = 1/r, without the 1",
        ),
        Evidence(
            kind="numeric",
            shows="a search over p, q, images and kernels finds equality and no violation",
            check=_no_violation,
            subject=_draw_exponents,
            mutant=lambda rng: (rng.uniform(0.5, 1), 1.0),
            mutation="p below 1",
        ),
        Evidence(
            kind="numeric",
            shows="the two choices of exponents that the paper names hold",
            check=_named_exponents,
            subject=young_exponent,
            mutant=lambda p, q: 1 / (1 / p + 1 / q - 0.98),
            mutation="0.98 for the 1 in the exponents' relation",
        ),
        Evidence(
            kind="simulation",
            shows="after the shift the L1 norm is twice the positive sum, kernel by kernel",
            check=_shifted_norm,
            subject=(1, 1),
            mutant=(1, 3),
            mutation="two channels of unequal sums",
        ),
    ),
)

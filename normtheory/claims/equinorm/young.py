"""EquiNorm, Sec. 5.1: Young's convolution inequality and the norm of the shifted weights."""

from fractions import Fraction
from itertools import product

import numpy as np

from normtheory.claims import Claim, Later, Parameter, sp
from normtheory.claims.equinorm.cases import random_batch
from normtheory.theory.convolution import convolve, norm, young_exponent
from normtheory.theory.equinorm import normalize

P = Parameter("p", "p", "norm of the weights", 1.0, (0.25, 8), closed=True, log=True)
Q = Parameter("q", "q", "norm of the input", 1.0, (0.25, 8), closed=True, log=True)


young = Claim(
    id="equinorm.young",
    source="Sec. 5.1",
    says=r"$\|x*w\|_r\leq\|w\|_p\|x\|_q$ for $\frac1p+\frac1q=\frac1r+1$ and $p,q,r\geq1$, so for "
    r"$p=q=r=1$ and $p=2,q=1,r=2$; with one input channel $\|w'\|_1=2w'^+$ after the shift",
    verdict="holds",
    parameters=(P, Q),
)


@young.derivation("proof", rejects={"without the 1": lambda p, q: 1 / (1 / p + 1 / q)})
def exponents(r=lambda p, q: 1 / (1 / p + 1 / q - 1)):
    r"""$|w||x|=(|w|^p|x|^q)^{1/r}\,|w|^{1-p/r}\,|x|^{1-q/r}$ and Hölder with $r$,
    $\frac{pr}{r-p}$, $\frac{qr}{r-q}$, whose inverses add up to $\frac1p+\frac1q-\frac1r=1$; none
    is negative, as $\frac1p-\frac1r=1-\frac1q$ and its mirror are not."""
    p, q = sp.symbols("p q", positive=True)
    own = r(p, q)
    sums = [
        sp.simplify(1 / own + (own - p) / (p * own) + (own - q) / (q * own) - 1),
        sp.simplify(1 / p - 1 / own - (1 - 1 / q)),
        sp.simplify(1 / q - 1 / own - (1 - 1 / p)),
    ]
    return sums == [0, 0, 0], f"remainders {sums}"


young.by_hand(r"Summing the powers over the outputs leaves $\|w\|_p^r\|x\|_q^r$.")


def _size(values, p):
    """The L^p norm by its definition."""
    return float((np.abs(values) ** p).sum() ** (1 / p))


def _probe(rng):
    """An image and a kernel that fits it: rough, heavy-tailed, one pixel, or flat."""
    kernel = int(rng.integers(1, 4))
    size = int(rng.integers(kernel, 6))
    x, w = rng.standard_normal((1, 1, size, size)), rng.standard_normal((1, 1, kernel, kernel))
    kind = rng.integers(4)
    if kind == 1:
        return np.abs(x) ** 5, np.abs(w) ** 5
    if kind == 2:
        return np.eye(1, size * size).reshape(x.shape), w
    if kind == 3:
        return np.ones_like(x), (rng.random(w.shape) < 0.5) + 1e-9
    return x, w


def _ratios(exponents, cases, rng):
    """||x * w||_r over ||w||_p ||x||_q in random cases."""
    found = []
    for _ in range(cases):
        (x, w), (p, q) = _probe(rng), exponents(rng)
        r = 1 / (1 / p + 1 / q - 1)
        found.append(_size(convolve(x, w), r) / (_size(w, p) * _size(x, q)))
    return max(found)


def _anywhere(rng):
    # 1/p and 1/q over the part of the square where r exists, short of r = infinity
    s, t = rng.random(2)
    if s + t < 1.02:
        s, t = 1 - s / 2.1, 1 - t / 2.1
    return 1 / s, 1 / t


@young.shown("numeric")
def no_case_exceeds_it(
    most=1.0,
    *,
    anywhere=Later(_ratios, _anywhere, 1000),
    one=Later(_ratios, lambda rng: (1.0, 1.0), 300),
    two=Later(_ratios, lambda rng: (2.0, 1.0), 300),
):
    r"""The left side is at most {most:g} times the right one, for exponents all over the domain and
    for the two choices that the paper names; a single bright pixel attains it when $p=r$."""
    found = [anywhere, one, two]
    return np.allclose(found, most, rtol=1e-9), "1600 random images and kernels"


@young.shown("numeric")
def the_exponent(r=young_exponent, size=norm):
    r"""$r=1/(\frac1p+\frac1q-1)$: 1 for $p=q=1$ and 2 for $p=2$, $q=1$."""
    pairs = ((1.0, 1.0), (2.0, 1.0), (1.5, 1.2), (4.0, 1.1))
    right = all(abs(1 / p + 1 / q - 1 / r(p, q) - 1) < 1e-12 for p, q in pairs)
    values = np.array([3.0, -4.0, 0.5])
    right &= all(abs(size(values, p) / _size(values, p) - 1) < 1e-12 for p, _ in pairs)
    return right, f"{len(pairs)} pairs, and the norms by definition"


def _l1_and_positive(w, sums):
    """L1 norm and positive sum of four weights in two channels after the shift, as fractions."""
    b = -Fraction(sums[0] * (w[0] + w[1]) + sums[1] * (w[2] + w[3]), 2 * sum(sums))
    shifted = [e + b for e in w]
    return sum(map(abs, shifted)), sum(max(e, Fraction(0)) for e in shifted)


@young.shown("simulation")
def norm_after_the_shift(times=2):
    r"""$\sum w'=0$ gives $w'^+=-w'^-$, hence $\|w'\|_1=w'^+-w'^-={times:d}w'^+$: with channel sums
    that are not equal the shift is weighted, and this fails."""
    kernels = list(product(range(-2, 3), repeat=4))
    equal = [_l1_and_positive(w, (1, 1)) for w in kernels]
    unequal = [_l1_and_positive(w, (1, 3)) for w in kernels]
    right = all(size == times * positive for size, positive in equal)
    right &= any(size != times * positive for size, positive in unequal)
    return right, f"{len(kernels)} kernels as fractions"


@young.range("numeric")
def below_one(excess=lambda p: 2 ** (1 / p - 1)):
    r"""It needs $p,q\geq1$, as the paper says: below, one weight against two equal pixels exceeds
    the bound $2^{1/p-1}$ times whatever $q$, and one pixel against two weights $2^{1/q-1}$
    times."""
    one, two, right = np.eye(1, 9).reshape(1, 1, 3, 3), np.zeros((1, 1, 3, 3)), True
    two[0, 0, 1, :2] = 1
    for low, other in ((0.25, 1.0), (0.5, 1.5), (0.9, 1.0)):
        r = 1 / (1 / low + 1 / other - 1)
        for x, w, p, q in ((two, one, low, other), (one, two, other, low)):
            ratio = _size(convolve(x, w), r) / (_size(w, p) * _size(x, q))
            right &= abs(ratio / excess(low) - 1) < 1e-9
    return right, "exponents 0.25, 0.5 and 0.9, either side"


@young.range("numeric")
def a_kernel_larger_than_the_image(ratio=np.sqrt(2)):
    r"""A kernel larger than a cyclic image must be folded first: two weights of 1 on one pixel
    exceed $p=2$, $q=1$ by a factor of {ratio:.3f}."""
    x, w = np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 2))
    return abs(_size(convolve(x, w), 2) / _size(w, 2) / ratio - 1) < 1e-9, "2 against √2"


def _mean_sizes(rng):
    """Mean |y| of EquiNorm's outputs on random positive images, and on one bright pixel."""
    found = []
    for trial in range(100):
        x = random_batch(rng, 1)[:1]
        if trial % 10 == 0:
            x = np.eye(1, x.size).reshape(x.shape)
        w = rng.standard_normal((1, 1, 2, 2))
        found.append(float(np.abs(convolve(x, normalize(x, w).weights)).mean()))
    return max(found)


@young.range("numeric")
def what_it_bounds(most=2.0, *, found=Later(_mean_sizes)):
    r"""For inputs $\geq0$ EquiNorm's bound is a mean of $|y|$ of at most {most:g}, which one bright
    pixel attains; inputs of either sign have none."""
    x, w = np.array([[[[1.0, -0.999]]]]), np.array([[[[1.0, -1.0]]]])
    signed = float(np.abs(convolve(x, normalize(x, w).weights)).mean())
    return abs(found / most - 1) < 1e-9 and signed > 1000, "100 random images and kernels"


@young.badge(
    holds="Young's inequality holds for weights in the norm {p:.3g} and inputs in {q:.3g}: outputs "
    "are bounded in the norm r = {r:.3g}",
    holds_max="Young's inequality holds for weights in the norm {p:.3g} and inputs in {q:.3g}: "
    "outputs are bounded in the largest entry, r = ∞",
    outside="Young's inequality needs exponents from 1 on: here one pixel against two exceeds the "
    "bound {worst:.3g} times",
    outside_none="Young's inequality needs 1/p + 1/q of at least 1: it is {total:.3g}, and there "
    "is no r",
)
def young_at(p, q):
    total = 1 / p + 1 / q
    if min(p, q) < 1:
        return "outside", {"worst": 2 ** (1 / min(p, q) - 1)}
    if total < 1 - 1e-12:
        return "outside_none", {"total": total}
    r = young_exponent(p, q)
    return ("holds_max", {}) if r == np.inf else (True, {"r": r})

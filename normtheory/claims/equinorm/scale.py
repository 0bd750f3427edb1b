"""EquiNorm, Sec. 5.1: how large the outputs are, and which norm the weights must have."""

from functools import cache
from itertools import product

import numpy as np

from normtheory.claims import Claim, Later, sp
from normtheory.claims.equinorm.single_pass import DRAWS, FAN_IN, WEIGHT_LAW
from normtheory.claims.equinorm.young import P, Q
from normtheory.theory.convolution import convolve

CV = np.sqrt(np.pi - 1)  # standard deviation over mean of a rectified standard normal

output_scale = Claim(
    id="equinorm.output-scale",
    source="Sec. 4 and 5.1",
    says="The constant r is set so that the contribution is of average 1 per output element. The "
    "approach also controls the scale of the outputs, just in a different way than batch "
    "normalization; other notions of scale may work as well",
    verdict="amended",
    breaks={"fan_in": 576},
    parameters=(FAN_IN, WEIGHT_LAW),
)


def _by_enumeration(w, mean, spread):
    """Standard deviation of an output whose inputs are mean - spread or mean + spread, one fair
    coin each: all inputs counted, and the scale from the definition."""
    shifted = w - w.mean()
    scale = 1 / (mean * shifted[shifted > 0].sum())
    inputs = mean + spread * np.array(list(product((-1, 1), repeat=len(w))))
    return float((inputs @ (scale * shifted)).std())


@output_scale.amendment("simulation", rejects={"twice the norms": lambda two, one: two / one})
def exactly(deviation=lambda two, one: 2 * two / one):
    r"""The contributions of $+1$ and $-1$ cancel, and only what the inputs vary is left. For
    independent inputs of one mean and a standard deviation of $\mathrm{CV}$ times the mean, the
    output's standard deviation is $2\,\mathrm{CV}\,\|w'\|_2/\|w'\|_1$ in large batches."""
    kernels = [np.array(w, float) for w in ((3, 1, 0, -2), (1, 0, 0, 0), (5, -1, 2, 2, -7, 1))]
    found = []
    for w, cv in product(kernels, (0.2, 1.5)):
        shifted = w - w.mean()
        sizes = np.sqrt((shifted**2).sum()), np.abs(shifted).sum()
        found.append(cv * deviation(*sizes) / _by_enumeration(w, 2.0, 2.0 * cv))
    return np.allclose(found, 1, rtol=1e-9), f"all inputs counted, {len(found)} settings"


@output_scale.amendment("proof")
def between(low=lambda n: 2 / np.sqrt(n), high=float(np.sqrt(2))):
    r"""This lies between $2\,\mathrm{CV}/\sqrt n$ over $n$ weights, half of them 1 and half -1,
    and $\sqrt2\,\mathrm{CV}$, one 1 and one -1 among zeros."""
    a, b = sp.symbols("a b", nonnegative=True)
    # n |w|₂² - |w|₁² is the sum of the first over all pairs; among the positive weights, which sum
    # to half of |w|₁, and among the negative ones the square of the sum exceeds |w|₂² by pairs 2ab
    pair = sp.expand(a**2 + b**2 - 2 * a * b - (a - b) ** 2), (a + b) ** 2 - a**2 - b**2
    right = pair[0] == 0 and bool(sp.expand(pair[1]).is_nonnegative)
    for n in (2, 4, 10, 50):
        kernels = np.resize([1.0, -1.0], n), np.eye(1, n)[0] - np.eye(1, n, 1)[0]
        two, one = (np.sqrt((w**2).sum()) / np.abs(w).sum() for w in kernels)
        right &= np.allclose((low(n), high), (2 * two, 2 * one), rtol=1e-9)
    return right, "all pairs of weights; the ends at 4 fan-ins"


def typical_deviation(n, law="normal", cv=CV):
    """The output's standard deviation for many weights drawn from a distribution."""
    return 2 * cv / SIZES[law] / np.sqrt(n)


SIZES = {"normal": np.sqrt(2 / np.pi), "uniform": np.sqrt(3 / 4), "Laplace": np.sqrt(1 / 2)}


def _of_kernels(rng, n, law, size):
    """Mean of 2 |w'|_2 / |w'|_1 over random kernels of n weights, of `size` weights together."""
    w = DRAWS[law](rng, (size // n, n))
    w -= w.mean(axis=1, keepdims=True)
    return float((2 * np.sqrt((w**2).sum(axis=1)) / np.abs(w).sum(axis=1)).mean())


@cache
def mean_deviation(n, law="normal"):
    """Its mean over kernels, by draws up to 2000 weights, where the limit is a little off."""
    if n > 2000:
        return float(typical_deviation(n, law))
    return CV * _of_kernels(np.random.default_rng(0), n, law, 400_000)


def _drawn(rng):
    """The mean by distribution at 3456 weights, and at 9."""
    found = {law: _of_kernels(rng, 3456, law, 400 * 3456) for law in SIZES}
    return found, CV * _of_kernels(rng, 9, "normal", 400_000)


@output_scale.amendment("simulation")
def by_fan_in(
    deviation=typical_deviation,
    nine=mean_deviation(9),
    wide=float(typical_deviation(3456)),
    *,
    drawn=Later(_drawn),
):
    r"""For many independent normal weights it is $\mathrm{CV}\sqrt{2\pi/n}$. Rectified normal
    inputs: {wide:.3f} for a 3x3 kernel over 384 channels, where batch normalization has 1; for
    one channel, 9 weights, {nine:.2f} on average."""
    many, few = drawn
    found = [many[law] / deviation(3456, law, 1.0) for law in SIZES]
    # sqrt(2 pi / n) times the CV of max(z, 0), whose moments are 1/2 and 1/sqrt(2 pi)
    ratio = np.sqrt(1 / 2 - 1 / (2 * np.pi)) * np.sqrt(2 * np.pi) * np.sqrt(2 * np.pi)
    right = abs(nine / few - 1) < 0.005 and abs(wide * np.sqrt(3456) / ratio - 1) < 1e-9
    right &= np.allclose(found, 1, rtol=5e-3)
    return right, "400 kernels of each distribution: " + ", ".join(f"{x:.3f}" for x in found)


output_scale.by_hand(
    "So behind the same affine map an EquiNorm branch enters the sum of a residual network small, "
    "as with Inception's scaling of the branch, and the smaller the wider the network.",
    "range",
)
output_scale.rests_on(
    "equinorm.young",
    "From above the output is bounded where no input is negative; from below only by what the "
    "inputs vary: flat images give none.",
    "range",
)


@output_scale.badge(
    holds="the output's scale is controlled: over {fan_in:d} weights its standard deviation is "
    "{deviation:.3g} on average, for rectified normal inputs, within a factor of two of batch "
    "normalization's",
    fails="the output's scale is controlled: over {fan_in:d} weights its standard deviation is "
    "{deviation:.3g} on average, for rectified normal inputs, not within a factor of two of batch "
    "normalization's",
)
def output_scale_at(fan_in, weight_law):
    deviation = mean_deviation(fan_in, weight_law)
    return 0.5 <= deviation <= 2, {"deviation": deviation}


same_norm = Claim(
    id="equinorm.same-norm",
    source="Sec. 5.1",
    says=r"$p=2$, $q=1$, $r=2$ is less satisfying, as one convolution's output is the input of "
    "another: we would like to use the same norm for both inputs and outputs",
    verdict="amended",
    breaks={"p": 2.0},
    parameters=(P, Q),
)


@same_norm.amendment("proof")
def weights_need_l1(p=1):
    r"""The same norm on both sides, $q=r$, leaves $p={p:d}$ and nothing else: it is the weights
    that need the $L_1$ norm. Inputs and outputs may have any norm."""
    a, q = sp.symbols("p q", positive=True)
    found = sp.solve(1 / a + 1 / q - 1 / q - 1, a)
    return found == [p], f"1/p + 1/q = 1/q + 1 solved for p: {found}"


def _size(values, r):
    values = np.abs(values)
    return values.max() if r == np.inf else (values**r).sum() ** (1 / r)


def _ratios(rng):
    """|x * w|_r over |w|_1 |x|_r for random images and kernels, and for a flat image."""
    found = []
    for k in range(120):
        x, w = rng.standard_normal((1, 1, 5, 5)), rng.standard_normal((1, 1, 3, 3))
        if k % 3 == 0:
            x, w = np.ones_like(x), np.abs(w)
        for r in (1, 1.5, 2, 4, np.inf):
            found.append(_size(convolve(x, w), r) / (np.abs(w).sum() * _size(x, r)))
    return np.array(found).reshape(-1, 5)


@same_norm.amendment("numeric")
def any_norm(most=1.0, *, ratios=Later(_ratios)):
    r"""$\|x*w\|_r\leq\|w\|_1\|x\|_r$ for every $r$, and positive weights on a flat image attain it
    (ratio {most:g}): dividing the weights by their $L_1$ norm and the input by its $L_2$ norm or
    its maximum keeps the argument."""
    return np.allclose(ratios.max(axis=0), most, rtol=1e-9), "120 pairs, r = 1, 1.5, 2, 4, ∞"


@same_norm.badge(
    holds="inputs and outputs have the same norm: q = r = {q:.3g} for weights in the norm 1",
    fails="inputs and outputs have the same norm: not for weights in the norm p = {p:.3g}, inputs "
    "in q = {q:.3g} and outputs in r = {r:.3g}",
    fails_max="inputs and outputs have the same norm: not for weights in the norm p = {p:.3g}, "
    "inputs in q = {q:.3g} and outputs in the largest entry",
    outside="the inequality needs p and q from 1 on: p = {p:.3g}, q = {q:.3g}",
    outside_none="the inequality needs 1/p + 1/q of at least 1: it is {total:.3g}",
)
def same_norm_at(p, q):
    inverse = 1 / p + 1 / q - 1
    if min(p, q) < 1:
        return "outside", {}
    if inverse < -1e-12:
        return "outside_none", {"total": 1 + inverse}
    if abs(p - 1) < 1e-12:
        return True, {}
    return ("fails_max", {}) if inverse < 1e-12 else (False, {"r": 1 / inverse})

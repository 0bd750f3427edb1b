"""EquiNorm, Sec. 5.2: when the denominator of the scale vanishes."""

from fractions import Fraction
from itertools import product

import numpy as np

from normtheory.claims import Claim, Parameter
from normtheory.theory.equinorm import denominator
from normtheory.theory.precision import TOLERANCE

SETTINGS = {  # weights of two channels, and their channel sums
    "one negative": ((3, 1, 2, -1), (1, 1)),
    "both signs": ((3, -2, -1, 2), (1, 1)),
    "all positive": ((3, 1, 2, 5), (1, 1)),
    "all equal": ((2, 2, 2, 2), (1, 1)),
    "both signs, in a dark channel only": ((3, -2, 2, 5), (0, 1)),
}


vanishing = Claim(
    id="equinorm.denominator",
    source="Sec. 5.2",
    says="The denominator of the normalization factor is zero only if every weight for every input "
    "channel is simultaneously positive (or all negative), or the weights become extremely small",
    verdict="amended",
    breaks={"weights": "both signs, in a dark channel only", "passes": 1},
    parameters=(
        Parameter(
            "weights", "w", "weights of two channels", "one negative", choices=tuple(SETTINGS)
        ),
        Parameter.count(
            "passes",
            r"\mathrm{passes}",
            "passes over the weights (the experiments use 1)",
            1,
            (1, 2),
            (1, 2),
        ),
    ),
)
KERNELS = tuple(product((-2, -1, 1, 3), repeat=4))


def _exact_denominators(w, v):
    """One-pass and two-pass denominators of two channels of two weights, as fractions."""
    total = sum(v)
    b = -Fraction(sum(v[c] * (w[2 * c] + w[2 * c + 1]) for c in (0, 1)), 2 * total)
    terms = [(v[k // 2] * (w[k] + b), w[k] > 0) for k in range(4)]
    one = sum(term for term, positive in terms if positive)
    two = sum(v[k // 2] * max(w[k] + b, Fraction(0)) for k in range(4))
    return one, two


def _one_sign(w):
    return min(w) > 0 or max(w) < 0


def _zeros(sums, passes, of=lambda w: True):
    """How many kernels give a denominator that is exactly 0."""
    return sum(of(w) and _exact_denominators(w, sums)[passes - 1] == 0 for w in KERNELS)


def _mixed_zeros(sums):
    return _zeros(sums, 1, of=lambda w: not _one_sign(w))


def _varied_zeros(sums):
    return _zeros(sums, 2, of=lambda w: len(set(w)) > 1)


@vanishing.counterexample("simulation")
def a_dark_channel(zeros=_mixed_zeros((0, 1)), *, kernels=len(KERNELS)):
    r"""Channels (-2, 1) and (1, 1) with $v=(0,1)$: both signs, and the one-pass denominator is 0,
    as it is for {zeros:d} of the {kernels:d} kernels of two channels with weights -2, -1, 1, 3."""
    w = (-2, 1, 1, 1)
    one, _ = _exact_denominators(w, (0, 1))
    theory = denominator(np.array(w, float).reshape(1, 2, 1, 2), [0.0, 1.0], passes=1)[0]
    # a denominator that does not vanish, by both routes
    array, own = np.array([[[[3.0, 1]], [[2, -1]]]]), _exact_denominators((3, 1, 2, -1), (1, 2))
    found = [denominator(array, [1.0, 2.0], passes=k)[0] / float(own[k - 1]) for k in (1, 2)]
    # the lit channel's signs agree, the dark one's spoil it: 2 * 4 pairs, less those of one sign
    lit = sum(_one_sign(pair) for pair in product((-2, -1, 1, 3), repeat=2))
    same = sum(_one_sign(kernel) for kernel in KERNELS)
    right = one == theory == 0 and lit * 16 - same == zeros
    return right and np.allclose(found, 1, rtol=1e-12), "as fractions"


@vanishing.counterexample("simulation")
def a_negative_sum(one=_mixed_zeros((2, -1)), two=_varied_zeros((2, -1))):
    r"""A negative channel sum, as in a first layer: with $v=(2,-1)$ the one-pass denominator
    vanishes for {one:d} of them that have both signs, and the two-pass one for {two:d} that
    vary."""
    found = [0, 0]
    for w in KERNELS:
        array, v = np.array(w, float).reshape(1, 2, 1, 2), np.array([2.0, -1.0])
        values = [abs(denominator(array, v, passes=k)[0]) < 1e-9 for k in (1, 2)]
        found[0] += values[0] and not _one_sign(w)
        found[1] += values[1] and len(set(w)) > 1
    return found == [one, two], "by the suite's own denominators"


@vanishing.amendment("simulation", rejects={"all positive alone": lambda w: min(w) > 0})
def one_pass_over_light_channels(zero=_one_sign):
    """With every channel sum positive and no weight zero, the one-pass denominator vanishes exactly
    when all weights have one sign."""
    sums = tuple(product((1, 2, 5), repeat=2))
    right = all((_exact_denominators(w, v)[0] == 0) == zero(w) for w in KERNELS for v in sums)
    return right, f"{len(KERNELS) * len(sums)} cases as fractions"


@vanishing.amendment("simulation", rejects={"whenever all signs agree": _one_sign})
def two_passes_over_light_channels(zero=lambda w: len(set(w)) == 1):
    """The two-pass denominator vanishes, with every channel sum positive, exactly when all weights
    are equal: weights that are all positive but vary are harmless there."""
    sums = tuple(product((1, 2, 5), repeat=2))
    right = all((_exact_denominators(w, v)[1] == 0) == zero(w) for w in KERNELS for v in sums)
    # and not so with a dark channel
    right &= any((_exact_denominators(w, (0, 1))[1] == 0) != zero(w) for w in KERNELS)
    return right, f"{len(KERNELS) * len(sums)} cases as fractions"


@vanishing.amendment(
    "simulation",
    rejects={
        "all channels decide": {"one": lambda w: _one_sign(w)},
        "all must be equal": {"two": lambda w: len(set(w)) == 1},
    },
)
def only_light_channels_count(one=lambda w: _one_sign(w[2:]), two=lambda w: len(set(w[2:])) == 1):
    r"""A channel that is dark in the whole batch ($v_c=0$, which a ReLU can cause) does not count:
    the weights of the others decide, for either denominator."""
    found = [(w, *_exact_denominators(w, (0, 2))) for w in KERNELS]
    right = all((first == 0) == one(w) and (second == 0) == two(w) for w, first, second in found)
    return right, f"{len(found)} kernels as fractions, the first channel dark"


@vanishing.derivation("simulation")
def by_weighted_means(value=lambda light, positive, everything: light * (positive - everything)):
    r"""With $V_P=\sum_{w_k>0}v_k$ and weighted means, one pass gives $V_P(\bar w_P-\bar w)$, where
    $\bar w_P$ is the mean over the positive weights."""
    right = True
    for w, v in product(KERNELS, ((1, 1), (2, 5), (1, 3))):
        parts = [(v[k // 2], w[k]) for k in range(4)]
        above = [(light, weight) for light, weight in parts if weight > 0]
        light, total = sum(p[0] for p in above), sum(p[0] for p in parts)
        if not light:
            continue
        sums = (sum(x * y for x, y in each) for each in (above, parts))
        means = map(Fraction, sums, (light, total))
        right &= abs(float(_exact_denominators(w, v)[0] - value(light, *means))) < 1e-9
    return right, f"{3 * len(KERNELS)} cases"


vanishing.by_hand(
    "Over light channels and weights of both signs the mean of the positive weights exceeds the "
    "mean of all; with one sign the two are equal, or no weight is positive."
)


vanishing.by_hand(
    "In floating point an all-positive kernel can give a rounding error of either sign instead "
    "of zero, hence an enormous scale and no exception.",
    "range",
)


@vanishing.range("simulation")
def random_signs(chance=2.0**-8):
    """A single 3x3 kernel of random signs has one sign with probability 2^-8 = {chance:.4f}."""
    signs = list(product((-1, 1), repeat=9))
    return sum(map(_one_sign, signs)) / len(signs) == chance, f"{len(signs)} kernels counted"


@vanishing.badge(
    holds="the denominator vanishes for weights of one sign only: here it is {value:.3g}",
    holds_zero="the denominator vanishes for weights of one sign only: here it is 0, and all have "
    "one sign",
    fails="the denominator vanishes for weights of one sign only: not here, it is 0 with weights "
    "of both signs",
)
def denominator_at(weights, passes):
    w, v = SETTINGS[weights]
    array = np.array(w, float).reshape(1, 2, 1, 2)
    value = float(denominator(array, np.array(v, float), passes=passes)[0])
    if abs(value) > TOLERANCE["float64"]:
        return True, {"value": value}
    return "holds_zero" if _one_sign(w) else "fails", {}

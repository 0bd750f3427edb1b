"""Joo et al., Sec. 4.3.1: operations of PER, BN and VCL, counted one by one."""

import numpy as np

from normtheory.claims import Claim, Parameter
from normtheory.claims.per.gradient import SLICES, B
from normtheory.theory.sphere_average import projected_error_coefficients

WIDTH = Parameter.count("d", "d_l", "units of the layer", 512, (1, 4096), log=True)
SIZES = ((2, 1, 1), (4, 3, 2), (6, 16, 5))


def operations(b, d, s):
    """Additions, multiplications, powers and divisions for one layer in one step."""
    return {
        "projections": 4 * b * d * s,
        "BN": (8 * b + 2) * d,
        "VCL": (4 * b + 7) * d,
        "closed form": 3 * b * d + 117 * b,
    }


class _Counted:
    """A number that counts the operations it takes part in."""

    __slots__ = ("tally",)

    def __init__(self, tally):
        self.tally = tally

    def _operate(self, other=None):
        self.tally[0] += 1
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _operate
    __pow__ = __rtruediv__ = _operate


def _numbers(tally, *shape):
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        array[index] = _Counted(tally)
    return array


def _projections(b, d, s):
    """Lines 5 to 7 of Algorithm 1 for every sample of the batch: project, accumulate."""
    tally = [0]
    h, theta = _numbers(tally, b, d), _numbers(tally, s, d)
    for i in range(b):
        for k in range(s):
            projected = sum(h[i, j] * theta[k, j] for j in range(d))
            for j in range(d):
                _ = projected * theta[k, j] + h[i, j]
    return tally[0]


def _batchnorm(b, d):
    """Means, variances, normalized activations."""
    tally = [0]
    h = _numbers(tally, b, d)
    for j in range(d):
        mean = sum(h[i, j] for i in range(b)) / b
        variance = sum((h[i, j] - mean) ** 2 for i in range(b)) / b
        for i in range(b):
            _ = (h[i, j] - mean) / variance * mean + mean
    return tally[0]


def _vcl(b, d):
    """Sample variances of the two halves of the batch, and their ratio."""
    tally = [0]
    h = _numbers(tally, b, d)
    for j in range(d):
        for half in (h[: b // 2, j], h[b // 2 :, j]):
            mean = sum(half) / len(half)
            _ = sum((x - mean) ** 2 for x in half) / len(half)
        _ = (mean / mean - mean) ** 2
    return tally[0]


def _closed_form(b, d, terms):
    """The exact expectation: squared norms, a Chebyshev sum by Clenshaw's rule, the product."""
    tally = [0]
    h = _numbers(tally, b, d)
    for i in range(b):
        square = sum(h[i, j] * h[i, j] for j in range(d)) + d
        t = 1 - 2 * (d / square)
        one = two = square
        for _ in range(terms - 1):
            one, two = 2 * t * one - two + 1, one
        # the root, and the division by it
        factor = (t * one - two + 1) / square**0.5
        for j in range(d):
            _ = factor * h[i, j]
    return tally[0]


complexity = Claim(
    id="per.complexity",
    source="Sec. 4.3.1",
    says=r"PER's projection costs $O(b\,d_l\,s)$ in each layer, BN and VCL cost $O(b\,d_l)$",
    verdict="holds",
    parameters=(B, WIDTH, SLICES),
)


@complexity.shown(
    "simulation", rejects={"the same for any number of slices": lambda b, d, s: 4 * b * d}
)
def projections(count=lambda b, d, s: operations(b, d, s)["projections"]):
    r"""Lines 5 to 7 of Algorithm 1 take $4\,b\,d_l\,s$ operations: inner products of length $d_l$,
    and as many multiples of $\theta$ to add up."""
    counts = [_projections(*size) for size in SIZES]
    return counts == [count(*size) for size in SIZES], f"counted one by one: {counts}"


@complexity.shown("simulation", rejects={"9 b d": lambda b, d: 9 * b * d})
def batch_normalization(count=lambda b, d: operations(b, d, 1)["BN"]):
    r"""BN takes $(8b+2)\,d_l$ operations: two passes for the statistics, one to normalize."""
    counts = [_batchnorm(b, d) for b, d, _ in SIZES]
    return counts == [count(b, d) for b, d, _ in SIZES], f"counted one by one: {counts}"


@complexity.shown("simulation", rejects={"4 b d": lambda b, d: 4 * b * d})
def variance_constancy(count=lambda b, d: operations(b, d, 1)["VCL"]):
    r"""VCL takes $(4b+7)\,d_l$: the sample variances of two halves of the batch, and their
    ratio."""
    counts = [_vcl(b, d) for b, d, _ in SIZES]
    return counts == [count(b, d) for b, d, _ in SIZES], f"counted one by one: {counts}"


@complexity.range("simulation", rejects={"30 terms of two operations": {"rest": lambda b: 60 * b}})
def without_slices(terms=28, rest=lambda b: 117 * b):
    r"""The cost is that of Algorithm 1, not of PER: the expectation over the sphere has a closed
    form, whose {terms:d} Chebyshev terms at most (in single precision) make it
    $3\,b\,d_l+117\,b$ operations."""
    needed = [len(projected_error_coefficients(d, "float32")[1]) for d in (1, 2, 3, 10, 100, 4096)]
    counts = [_closed_form(b, d, terms) for b, d, _ in SIZES]
    right = max(needed) == terms and counts == [3 * b * d + rest(b) for b, d, _ in SIZES]
    right &= all(operations(b, d, s)["closed form"] == 3 * b * d + rest(b) for b, d, s in SIZES)
    return right, f"{needed} terms at d = 1, 2, 3, 10, 100, 4096; counted {counts}"


@complexity.badge(
    holds="Sec. 4.3.1: only PER's cost grows with the slices: {projections:.3g} operations, BN "
    "{bn:.3g}, VCL {vcl:.3g}, and PER's closed form at most {closed:.3g}"
)
def cost_at(b, d, s):
    count = operations(b, d, s)
    numbers = dict(zip(("projections", "bn", "vcl", "closed"), count.values(), strict=True))
    return True, numbers

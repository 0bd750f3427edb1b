"""Joo et al., Sec. 4.3.1: operations of PER, BN and VCL, counted one by one."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.per.gradient import SLICES, B

D = Parameter(
    name="d",
    symbol="d_l",
    meaning="units of the layer",
    default=512,
    domain=(1, np.inf),
    closed=True,
    typical=(1, 4096),
    integer=True,
    log=True,
)


class _Counted:
    """A number that counts the operations it takes part in."""

    __slots__ = ("tally",)

    def __init__(self, tally):
        self.tally = tally

    def _operate(self, other=None):
        self.tally[0] += 1
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _operate
    __pow__ = _operate


def _numbers(tally, *shape):
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        array[index] = _Counted(tally)
    return array


def _projection(b, d, s):
    """Lines 5 to 7 of Algorithm 1 for every sample of the batch: project, accumulate."""
    tally = [0]
    h, theta = _numbers(tally, b, d), _numbers(tally, s, d)
    for i in range(b):
        for k in range(s):
            projected = sum(h[i, j] * theta[k, j] for j in range(d))
            for j in range(d):
                _ = projected * theta[k, j] + h[i, j]
    return tally[0]


def _batchnorm(b, d, s):
    """Means, variances, normalised activations."""
    tally = [0]
    h = _numbers(tally, b, d)
    for j in range(d):
        mean = sum(h[i, j] for i in range(b)) / b
        variance = sum((h[i, j] - mean) ** 2 for i in range(b)) / b
        for i in range(b):
            _ = (h[i, j] - mean) / variance * mean + mean
    return tally[0]


def _vcl(b, d, s):
    """Sample variances of the two halves of the batch, and their ratio."""
    tally = [0]
    h = _numbers(tally, b, d)
    for j in range(d):
        for half in (h[: b // 2, j], h[b // 2 :, j]):
            mean = sum(half) / len(half)
            _ = sum((x - mean) ** 2 for x in half) / len(half)
        _ = (mean / mean - mean) ** 2
    return tally[0]


def _closed_form(b, d, s):
    """The exact expectation: squared norms, a polynomial of at most 30 terms, the product."""
    tally = [0]
    h = _numbers(tally, b, d)
    for i in range(b):
        square = sum(h[i, j] * h[i, j] for j in range(d))
        for _ in range(30):
            _ = square * square + square
        for j in range(d):
            _ = square * h[i, j]
    return tally[0]


def _doubling(count, size):
    """By how much the count grows as b, d, s double."""
    base = count(*size)
    return tuple(
        count(*(v * (2 if k == which else 1) for k, v in enumerate(size))) / base
        for which in range(3)
    )


def _orders(claimed, rng):
    """How the operations grow as b, d and s double, against the claimed powers of each."""
    size = (16, 16, 6)
    rows, passed = [], True
    for name, count in (("PER", _projection), ("BN", _batchnorm), ("VCL", _vcl)):
        growth = _doubling(count, size)
        # additions are one short of a sum's terms, which is a lower order
        passed &= all(abs(g / 2**p - 1) < 0.06 for g, p in zip(growth, claimed[name], strict=True))
        rows.append(f"{name} x{', x'.join(f'{g:.2f}' for g in growth)}")
    return Outcome(passed, f"operations as b, d, s double: {'; '.join(rows)}")


def _needless(count, rng):
    """The expectation itself, in operations that do not depend on s."""
    size = (8, 400, 2)
    growth = _doubling(count, size)
    passed = growth[2] == 1 and abs(growth[0] / 2 - 1) < 0.06 and growth[1] < 2
    return Outcome(passed, f"as b, d, s double: x{', x'.join(f'{g:.2f}' for g in growth)}")


def _cost_standing(b, d, s):
    return Standing(
        "holds",
        f"projection {4 * b * d * s:.3g} operations, BN about {9 * b * d:.3g}, "
        f"VCL about {4 * b * d:.3g}; the closed form about {3 * b * d + 60 * b:.3g}",
    )


COMPLEXITY = Claim(
    id="per.complexity",
    source="Sec. 4.3.1",
    statement=r"PER's projection costs $O(b\,d_l\,s)$ in each layer, BN and VCL cost $O(b\,d_l)$",
    verdict="holds",
    parameters=(B, D, SLICES),
    at=_cost_standing,
    derivation=(
        r"$b\,s$ inner products of length $d_l$, and as many multiples of $\theta$ to add up.",
        r"BN takes two passes over $b\,d_l$ numbers and one to normalise, VCL two passes over at "
        r"most as many.",
    ),
    remark="The cost is that of Algorithm 1, not of PER: the expectation over the sphere has a "
    "closed form that costs O(b·d), like BN.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="operations counted one by one grow as claimed",
            check=_orders,
            subject={"PER": (1, 1, 1), "BN": (1, 1, 0), "VCL": (1, 1, 0)},
            mutant={"PER": (1, 1, 0), "BN": (1, 1, 0), "VCL": (1, 1, 0)},
            mutation="a projection whose cost does not depend on the slices",
        ),
        Evidence(
            kind="simulation",
            shows="the expectation itself needs no slices",
            check=_needless,
            subject=_closed_form,
            mutant=_projection,
            mutation="Algorithm 1",
        ),
    ),
)

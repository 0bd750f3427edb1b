"""Inequalities shown by interval arithmetic: over a whole region, not at points of it.

A function of balls (python-flint's `arb`: numbers with a rigorous error bound) encloses all its
values over a box. Boxes whose enclosure reaches zero are halved until the sign is sure.
"""

import heapq
from typing import NamedTuple

from normtheory.theory import arguments as require


class Certificate(NamedTuple):
    """What `certify` has shown.

    Attributes
    ----------
    holds : bool
        Whether the function is positive in all of the region but what is left.
    boxes : int
        How many boxes were looked at.
    left : list of box
        Boxes, as tuples of (low, high), where the sign is not sure; empty if all is covered.
    counterexample : box or None
        A box in which the function is nowhere positive.
    """

    holds: bool
    boxes: int
    left: list
    counterexample: tuple | None

    @property
    def covered(self):
        """Whether the function is positive in the whole region."""
        return self.holds and not self.left

    def __str__(self):
        if not self.holds:
            return f"not positive in {_shown(self.counterexample)}"
        if self.left:
            return f"not sure in {len(self.left)} boxes, such as {_shown(self.left[0])}"
        # not how many boxes it took: the last digits of the region's ends are the machine's
        return "covered"


def certify(function, region, *, boxes=20_000):
    """Show that a function is positive in all of a region.

    Parameters
    ----------
    function : callable
        Takes one `flint.arb` for each side of the region and returns one. Write it with arithmetic
        and the methods of `arb` (``x.exp()``, ``x.erf()``); each occurrence of an argument widens
        the enclosure, so prefer forms with few.
    region : sequence of (float, float)
        Finite low and high end of each side, closed. An end that is no binary fraction is rounded:
        name a region a little larger.
    boxes : int
        How many boxes to look at before giving up.

    Examples
    --------
    >>> print(certify(lambda x: x * x - x + 0.26, [(0, 1)]))
    covered
    >>> certify(lambda x: x * x - x + 0.24, [(0, 1)]).holds
    False
    """
    from flint import arb

    boxes = require.integer("boxes", boxes, minimum=1)
    start = tuple((float(low), float(high)) for low, high in region)
    for low, high in start:
        if not (abs(low) < float("inf") and abs(high) < float("inf") and low <= high):
            raise ValueError(f"region must have finite ends in order, got {region!r}")
    # the widest boxes first, so that what is left when it gives up is small
    queue, count = [(-1.0, start)], 0
    while queue and count < boxes:
        weight, box = heapq.heappop(queue)
        count += 1
        value = function(*(arb(low).union(arb(high)) for low, high in box))
        if value > 0:
            continue
        if value <= 0:
            return Certificate(False, count, [], box)
        # the side that is the largest part of the region's
        k = max(range(len(box)), key=lambda k: _part(box[k], start[k]))
        low, high = box[k]
        middle = low + (high - low) / 2
        if not low < middle < high:
            return Certificate(True, count, [box, *(each for _, each in queue)], None)
        for half in ((low, middle), (middle, high)):
            heapq.heappush(queue, (weight / 2, (*box[:k], half, *box[k + 1 :])))
    return Certificate(True, count, [each for _, each in queue], None)


def turns(function, slope, low, high, *, boxes=20_000):
    """The signs that a function of one variable takes over an interval, one after the other.

    1 and -1 by turns; none if they could not be made sure. Where the function's sign is not sure,
    that of its slope has to be: then it has a single zero there.

    Parameters
    ----------
    function, slope : callable
        The function and its derivative, or the derivative times anything positive; each takes a
        `flint.arb` and returns one.
    low, high : float
        Ends of the interval; the function is not zero there.
    boxes : int
        How many boxes to look at before giving up.

    Examples
    --------
    >>> turns(lambda x: x * x - x, lambda x: 2 * x - 1, -1, 3)
    (1, -1, 1)
    """
    from flint import arb

    def sign(value):
        return 1 if value > 0 else -1 if value < 0 else 0

    found, unsure, stack = [sign(function(arb(low)))], set(), [(float(low), float(high))]
    for _ in range(require.integer("boxes", boxes, minimum=1)):
        if not stack:
            found.append(sign(function(arb(high))))
            return tuple(s for k, s in enumerate(found) if not k or s != found[k - 1])
        left, right = stack.pop()
        x = arb(left).union(arb(right))
        here, rise = sign(function(x)), sign(slope(x))
        if here:
            found.append(here)
            unsure.clear()
        elif rise and unsure <= {rise}:
            unsure.add(rise)
        else:
            middle = left + (right - left) / 2
            stack += [(middle, right), (left, middle)]
    return ()


def _part(side, whole):
    return (side[1] - side[0]) / (whole[1] - whole[0]) if whole[1] > whole[0] else 0.0


def _shown(box):
    return " x ".join(f"[{low:.6g}, {high:.6g}]" for low, high in box)

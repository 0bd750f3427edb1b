"""Weights in equilibrium: the one formula behind the EquiNorm layers."""

import math

import torch

from normtheory.nn.precision import known

PASSES = (1, 2)


def equinorm_weights(weight, mean, *, passes=2, groups=1):
    """The shifted `weight` (out, in / groups, \\*positions), and what its positive entries
    contribute in each unit (out,), given the mean (in,) of each input channel: their quotient is
    in equilibrium.

    What is positive is infinite for a unit for which dead channels (of mean 0) leave nothing to
    balance: it puts out 0. Others that cannot be balanced are a ValueError, or NaN where no value
    may be looked at.

    >>> import torch
    >>> shifted, positive = equinorm_weights(torch.tensor([[1.0, 2.0, 6.0]]), torch.ones(3))
    >>> shifted / positive[:, None]
    tensor([[-0.6667, -0.3333,  1.0000]])
    """
    rows, each = weight.flatten(1), mean
    if rows.shape[1] > weight.shape[1]:  # the positions of a kernel meet the same mean
        each = each.unsqueeze(1).expand(-1, rows.shape[1] // weight.shape[1]).flatten()
    if groups > 1:
        rows, each = rows.unflatten(0, (groups, -1)), each.view(groups, -1)
    total = each.sum(-1, keepdim=True)
    sums = _of(rows, each)
    shifted = rows - (sums / (total + (total == 0))).unsqueeze(-1)
    # not where(), which takes twenty times as long as ReLU where signs are random
    counted = shifted.relu() if passes == 2 else shifted * rows.detach().relu().sign()
    # not to be no more than the rounding of what was shifted
    least = rounding(rows.dtype) * sums.detach().abs()
    positive = _mended(_of(counted, each), least, each.detach(), passes)
    return shifted.view(weight.shape), positive.flatten()


def rounding(dtype):
    """How much of a sum of weights its rounding may be."""
    return 128 * torch.finfo(dtype).eps


def _of(rows, each):
    """Rows times what is one for all of them, or for those of a group."""
    return (rows @ each.unsqueeze(-1)).squeeze(-1)


def _mended(positive, least, each, passes):
    """With infinity where dead channels are the reason that nothing is left, else an error."""
    failed = positive.detach() <= least
    if known(failed.any()) == 0:
        return positive
    dead = each <= torch.finfo(each.dtype).eps * each.amax(-1, keepdim=True)
    idle = dead.any(-1, keepdim=True).expand_as(failed)
    if known((failed & ~idle).any()):
        unit = int((failed & ~idle).flatten().nonzero()[0])
        raise ValueError(
            f"the weights of output unit {unit} cannot be balanced with {passes} pass(es): all are "
            "equal or, with one pass, of one sign"
        )
    instead = torch.where(idle, math.inf, math.nan).to(positive.dtype)
    return torch.where(failed, instead, positive)

"""Weights in equilibrium: the one formula behind the EquiNorm layers."""

import math

import torch

from normtheory.nn.precision import known

PASSES = (1, 2)


def equinorm_weights(weight, mean, *, passes=2, groups=1):
    """The shifted `weight` (out, in / groups, \\*positions), and what its positive entries
    contribute in each unit (out,), given the mean (in,) of each input channel: their quotient is
    in equilibrium.

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
    shift, positive = equinorm_shift(rows, each, _of(rows, each), total, passes)
    return (rows + shift.unsqueeze(-1)).view(weight.shape), positive.flatten()


def equinorm_shift(rows, each, sums, total, passes):
    """The shift of rows of weights (groups, out, in), and what is then positive, given the mean
    of each input (groups, in), or any multiple of it, the weights' `sums` over these, and their
    total.

    What is positive is infinite for a unit for which dead channels (of mean 0) leave nothing to
    balance: it puts out 0. Others that cannot be balanced are a ValueError, or NaN where no value
    may be looked at.
    """
    shift = sums / -total
    positive = _positive(rows, each, shift, passes)
    # not to be no more than the rounding of what was shifted: a norm bounds all at once
    rounding = 128 * torch.finfo(rows.dtype).eps
    largest = known(torch.linalg.vector_norm(sums.detach() / positive.detach()))
    if largest is None or not largest < 1 / rounding:
        shift = sums / -(total + (total == 0))
        positive = _positive(rows, each, shift, passes)
        positive = _mended(positive, rounding * sums.detach().abs(), each.detach(), passes)
    return shift, positive


def _positive(rows, each, shift, passes):
    """What is positive, where all weights of a row are shifted alike."""
    # added, and cut in place: a difference, or a copy, is one more pass over the weights
    shifted = rows + shift.unsqueeze(-1)
    # not where(), which takes twenty times as long as ReLU where signs are random
    counted = shifted.relu_() if passes == 2 else shifted * rows.detach().relu().sign()
    return torch.mv(counted, each) if each.dim() == 1 else _of(counted, each)


def _of(rows, each):
    """Rows times what is one for all of them, or for those of a group."""
    return (rows @ each.unsqueeze(-1)).squeeze(-1)


def _mended(positive, least, each, passes):
    """With infinity where dead channels are the reason that nothing is left, else an error."""
    failed = positive.detach() <= least
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

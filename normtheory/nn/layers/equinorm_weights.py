"""Weights in equilibrium: the one formula behind the EquiNorm layers."""

import math

import torch

from normtheory.nn.precision import known

PASSES = (1, 2)


def equinorm_weights(weight, mean, *, passes=2, groups=1):
    """The shifted `weight` (out, in / groups, \\*positions), and what its positive entries
    contribute in each unit (out,), given the mean (in,) of each input channel: their quotient is
    in equilibrium.

    What they contribute is infinite for a unit for which dead channels (of mean 0) leave nothing to
    balance: it puts out 0. Others that cannot be balanced are a ValueError, or NaN where no value
    may be looked at.

    >>> import torch
    >>> shifted, positive = equinorm_weights(torch.tensor([[1.0, 2.0, 6.0]]), torch.ones(3))
    >>> shifted / positive[:, None]
    tensor([[-0.6667, -0.3333,  1.0000]])
    """
    rows, each = weight.flatten(1), mean
    if rows.shape[1] > weight.shape[1]:  # the positions of a kernel meet the same mean
        each = each.unsqueeze(1).expand(-1, rows.shape[1] // weight.shape[1])
    if groups > 1:
        rows, each = rows.unflatten(0, (groups, -1)), each.reshape(groups, -1)
    each = each.reshape(*rows.shape[:-2], -1, 1)
    total = each.sum(-2, keepdim=True)
    sums, shifted, positive = _balanced(rows, each, total, passes)
    # no more than the rounding of what was shifted
    rounding, size = 128 * torch.finfo(rows.dtype).eps, sums.detach().abs()
    spare = known(torch.sub(positive.detach(), size, alpha=rounding).amin())
    if spare is None or not spare > 0:
        _, shifted, positive = _balanced(rows, each, total + (total == 0), passes)
        positive = _mended(positive, rounding * size, each.detach(), passes)
    return shifted if shifted.dim() == weight.dim() else shifted.view(weight.shape), positive.view(
        -1
    )


def _balanced(rows, each, total, passes):
    sums = rows @ each
    shifted = rows - sums / total
    # not where(), which takes twenty times as long as ReLU where signs are random
    counted = torch.relu(shifted) if passes == 2 else shifted * rows.detach().relu().sign()
    return sums, shifted, counted @ each


def _mended(positive, least, each, passes):
    """With infinity where dead channels are the reason that nothing is left, else an error."""
    failed = positive.detach() <= least
    dead = each <= torch.finfo(each.dtype).eps * each.amax(-2, keepdim=True)
    idle = dead.any(-2, keepdim=True).expand_as(failed)
    if known((failed & ~idle).any()):
        unit = int((failed & ~idle).flatten().nonzero()[0])
        raise ValueError(
            f"the weights of output unit {unit} cannot be balanced with {passes} pass(es): all are "
            "equal or, with one pass, of one sign"
        )
    instead = torch.where(idle, math.inf, math.nan).to(positive.dtype)
    return torch.where(failed, instead, positive)

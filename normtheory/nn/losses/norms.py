"""Lᵖ penalties on activations: the baselines that PER is compared with."""

import functools
import math

import torch

from normtheory.nn.losses.activation_loss import (
    SMALL,
    ActivationLoss,
    divisor,
)
from normtheory.nn.losses.first_order import first_order
from normtheory.nn.losses.injection import add_product
from normtheory.nn.precision import in_full_precision
from normtheory.theory.arguments import require_choice


class ActivationPenalty(ActivationLoss):
    r"""Mean of :math:`|h|^p` over the batch: the activation norm, :math:`\|f\|_p^p`.

    Parameters
    ----------
    p : {1, 2}
        The gradient of :math:`|h|` at 0 is 0.
    reduction : {"mean", "sum", "none"}
        Over units; "sum" is the norm as the paper writes it, "none" returns the shape of one
        sample's activations.

    Notes
    -----
    Joo, Kang & Kim, ICLR 2020, Sec. 3.1; Merity et al., 2017. The gradient is written by hand (a
    second derivative raises).

    Examples
    --------
    >>> import torch
    >>> h = torch.tensor([[1.0, -2.0], [3.0, 0.0]])
    >>> float(ActivationPenalty(p=1)(h)), round(float(ActivationPenalty(p=2)(h)), 6)
    (1.5, 3.5)
    """

    injects = True

    def __init__(self, p=2, *, reduction="mean"):
        super().__init__(reduction)
        self.p = require_choice("p", p, (1, 2))

    def group(self, input):
        return self.p, *super().group(input)

    @staticmethod
    def terms(losses, inputs, injections):
        first = losses[0]
        settings = first.p, first.reduction
        if inputs[0].numel() <= SMALL:
            layers = torch.stack(inputs) if len(inputs) > 1 else inputs[0].unsqueeze(0)
            return _Penalty.apply(*settings, None, layers)
        pairs = zip(injections, inputs, strict=True)
        values = [_Penalty.apply(*settings, each, h.unsqueeze(0)) for each, h in pairs]
        return torch.cat(values) if first.reduction == "none" else sum(values)

    def extra_repr(self):
        return f"p={self.p}, {super().extra_repr()}"


# entries up to which a copy of them stays in the cache, and how many squares are added up in
# single precision beyond
CACHED = 1 << 19
BLOCK = 1024


def _power_sum(value, p):
    """Sum of |value|^p over all entries.

    A norm of everything would lose up to a sixth of it: its sum has few partial sums, `sum` many.
    """
    if value.device.type != "cpu":
        # there a norm has thousands of partial sums
        norm = torch.linalg.vector_norm(value, p)
        return norm if p == 1 else norm * norm
    if value.numel() <= CACHED:
        return value.abs().sum() if p == 1 else (value * value).sum()
    entries = _in_memory_order(value)
    if p == 1:
        return torch.stack([part.abs().sum() for part in entries.split(CACHED)]).sum()
    # copies of this size would cost more than the sum; blocks cost a copy of the blocks' norms
    whole = len(entries) - len(entries) % BLOCK
    norms = torch.linalg.vector_norm(entries[:whole].view(-1, BLOCK), dim=1)
    rest = entries[whole:]
    return (norms * norms).sum() + (rest * rest).sum()


def _in_memory_order(value):
    axes = sorted(range(value.dim()), key=value.stride, reverse=True)
    return value.permute(axes).reshape(-1)


class _Penalty(torch.autograd.Function):
    """Nothing but the activations is kept; the gradient is one multiplication per entry."""

    @staticmethod
    def forward(ctx, p, reduction, injection, h):
        value = in_full_precision(h)
        scale = 1 / (h.shape[1] * divisor(reduction, math.prod(h.shape[2:])))
        ctx.p, ctx.scale, ctx.injection = p, scale, injection
        ctx.save_for_backward(h)
        if reduction == "none":
            return (value.abs() if p == 1 else value * value).mean(1)
        return _power_sum(value, p) * scale

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        (h,) = ctx.saved_tensors
        factor = upstream * (ctx.scale * ctx.p)
        factor = factor.unsqueeze(1) if factor.dim() else factor
        value = in_full_precision(h)
        slope = value.sign() if ctx.p == 1 else value
        if ctx.injection is None:
            return None, None, None, (slope * factor).to(h.dtype)
        ctx.injection.put(functools.partial(add_product, slope[0], factor))
        return None, None, None, None

"""Lᵖ penalties on activations: the baselines that PER is compared with."""

import functools

import torch

from normtheory.nn.losses.activation_loss import ActivationLoss, divisor, in_full_precision
from normtheory.nn.losses.first_order import first_order
from normtheory.nn.losses.injection import add_product
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
    Joo, Kang & Kim, ICLR 2020, Sec. 3.1; Merity et al., 2017.

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
        return _Penalty.apply(first.p, first.reduction, injections, *inputs)

    def extra_repr(self):
        return f"p={self.p}, {super().extra_repr()}"


class _Penalty(torch.autograd.Function):
    """Nothing but the activations is kept; the gradient is one multiplication per entry."""

    @staticmethod
    def forward(ctx, p, reduction, injections, *inputs):
        samples = inputs[0].shape[0]
        scale = 1 / (samples * divisor(reduction, inputs[0].numel() // samples))
        ctx.p, ctx.scale, ctx.injections = p, scale, injections
        ctx.save_for_backward(*inputs)
        if reduction == "none":
            values = [in_full_precision(h) for h in inputs]
            return torch.stack([(v.abs() if p == 1 else v * v).mean(0) for v in values])
        norms = [torch.linalg.vector_norm(in_full_precision(h), p) for h in inputs]
        norms = torch.stack(norms) if len(norms) > 1 else norms[0]
        return (norms if p == 1 else norms * norms).sum() * scale

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        upstream = upstream * (ctx.scale * ctx.p)
        layers = upstream if upstream.dim() else [upstream] * len(ctx.saved_tensors)
        gradients = []
        for h, factor, injection in zip(ctx.saved_tensors, layers, ctx.injections, strict=True):
            value = in_full_precision(h)
            slope = value.sign() if ctx.p == 1 else value
            if injection is None:
                gradients.append((slope * factor).to(h.dtype))
            else:
                injection.put(functools.partial(add_product, slope, factor))
                gradients.append(None)
        return None, None, None, *gradients

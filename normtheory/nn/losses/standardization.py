"""The standardization loss: divergence of each unit's first two moments from mean 0, variance 1."""

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


class StandardizationLoss(ActivationLoss):
    r"""Kullback-Leibler divergence from N(0, 1) of the Gaussian with the batch's moments.

    For each unit, or channel of a feature map, :math:`\frac12(\mu^2 + \sigma^2 - 1 - \log\sigma^2)`
    with mean and biased variance over the batch and all positions, as batch normalization
    takes them.

    Parameters
    ----------
    eps : float
        At least 0 and finite; added to the variance inside the logarithm. At 0 a constant unit has
        the loss that the mathematics gives it: infinite.
    reduction : {"mean", "sum", "none"}
        Over units; "sum" is the paper's Eq. 2, "none" returns shape (d,) or (c,).

    Raises
    ------
    ValueError
        If there is only one value per unit.

    Notes
    -----
    Accelerating Training of Deep Neural Networks with a Standardization Loss, Eq. 2. The gradient
    is written by hand (a second derivative raises). A variance beyond the range of the dtype
    (float32: activations past 1e19) gives inf or NaN. Under data parallelism each worker uses the
    statistics of its own shard, as the paper does.

    Examples
    --------
    >>> import torch
    >>> loss = StandardizationLoss(eps=0.0)
    >>> float(loss(torch.tensor([[-1.0], [1.0]])))
    0.0
    >>> round(float(loss(torch.tensor([[0.0], [2.0]]))), 6)  # mean 1, variance 1
    0.5
    """

    injects = True

    def __init__(self, *, eps=1e-5, reduction="mean"):
        super().__init__(reduction)
        if not 0 <= eps < math.inf:
            raise ValueError(f"eps must be at least 0 and finite, got {eps!r}")
        self.eps = float(eps)

    def require(self, input):
        if input.numel() == input.shape[1]:
            raise ValueError(
                f"input must hold at least two values per unit, got shape {tuple(input.shape)}"
            )

    def group(self, input):
        return self.eps, *super().group(input)

    @staticmethod
    def terms(losses, inputs, injections):
        first = losses[0]
        apply = functools.partial(_Standardization.apply, first.eps, first.reduction)
        if len(inputs) > 1 and inputs[0].numel() > SMALL:
            pairs = zip(injections, inputs, strict=True)
            return sum(apply([injection], input) for injection, input in pairs)
        return apply(injections, *inputs)

    def extra_repr(self):
        return f"eps={self.eps:g}, {super().extra_repr()}"


class _Standardization(torch.autograd.Function):
    """The centred activations are what both the variance and the gradient need: kept once."""

    @staticmethod
    def forward(ctx, eps, reduction, injections, *inputs):
        stacked = torch.stack(inputs) if len(inputs) > 1 else inputs[0].unsqueeze(0)
        stacked = in_full_precision(stacked)
        axes = (1, *range(3, stacked.dim()))  # batch and positions; layers and units remain
        mean = stacked.mean(axes, keepdim=True)
        centred = stacked - mean
        variance = (centred * centred).mean(axes, keepdim=True)
        guarded = variance + eps if eps else variance
        terms = mean * mean + variance - guarded.log() - 1
        scale = 0.5 / divisor(reduction, stacked.shape[2])
        ctx.save_for_backward(centred, mean, guarded)
        ctx.scale = 2 * scale * mean.numel() / stacked.numel()
        ctx.dtype, ctx.injections = inputs[0].dtype, injections
        if reduction == "none":
            return terms.view(stacked.shape[0], stacked.shape[2]) * scale
        return terms.sum() * scale

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        centred, mean, guarded = ctx.saved_tensors
        upstream = upstream * ctx.scale
        if upstream.dim():
            upstream = upstream.view(mean.shape)
        slope = (1 - 1 / guarded) * upstream
        shift = mean * upstream
        # layers evaluated together have one shape: either all of them have an injection or none
        if ctx.injections[0] is not None:
            layers = zip(ctx.injections, centred, slope, shift, strict=True)
            for injection, *parts in layers:
                injection.put(functools.partial(_add_affine, *parts))
            return None, None, None, *(None for _ in ctx.injections)
        gradient = torch.addcmul(shift, centred, slope).to(ctx.dtype)
        return None, None, None, *gradient.unbind()


def _add_affine(centred, slope, shift, gradient):
    add_product(centred, slope, gradient)
    gradient.add_(shift)

"""The variance constancy loss (VCL): sample variances of one unit should agree between batches."""

import math

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from normtheory.nn.losses.activation_loss import (
    STACK_LIMIT,
    ActivationLoss,
    divisor,
    in_full_precision,
)
from normtheory.theory.arguments import require_choice, require_integer

PAIRS = ("first", "all")


class VarianceConstancyLoss(ActivationLoss):
    r"""Squared relative difference of a unit's variances over two small sets of samples.

    For each unit :math:`(1 - \hat\sigma^2_{s_1} / (\hat\sigma^2_{s_2} + \beta))^2`, where
    :math:`s_1, s_2` are consecutive sets of `n` samples of the batch and the variances are the
    unbiased ones. Each position of a feature map is a unit of its own.

    Parameters
    ----------
    num_units : int or tuple of int
        Shape of `beta`: ``d``, ``c`` (all positions of a feature map share it), ``(c, *spatial)``.
    n : int
        Samples in a set, from 2 to b // 2. The paper uses 2 to 9; small is what makes it bite.
    beta : float
        Initial value, at least 0. At 0 a unit that is constant over `s_2` has no loss (NaN).
    learnable : bool
        Whether `beta` is trained with the network, as in the paper. Nothing keeps it positive.
    pairs : {"first", "all"}
        The first two sets of the batch, as in the paper, or the average over all b // (2n) pairs.
    reduction : {"mean", "sum", "none"}
        Over units; "none" returns the shape of one sample's activations.
    device, dtype
        Of `beta`.

    Raises
    ------
    ValueError
        If the batch has fewer than 2n samples, or units of another shape than `num_units`.

    Notes
    -----
    Littwin & Wolf, NeurIPS 2018, Eq. 17 and Sec. 2.4. The gradient is written by hand (a second
    derivative raises). Under data parallelism each worker uses its own first 2n samples.

    Examples
    --------
    >>> import torch
    >>> loss = VarianceConstancyLoss(2, n=2, beta=1.0)
    >>> h = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 0.0], [2.0, 0.0]])
    >>> loss(h)  # variances 2, 2: (1 - 2/3)**2 = 1/9; constant: 1
    tensor(0.5556, grad_fn=<_VarianceConstancyBackward>)
    """

    def __init__(
        self,
        num_units,
        *,
        n=5,
        beta=1.0,
        learnable=True,
        pairs="first",
        reduction="mean",
        device=None,
        dtype=None,
    ):
        super().__init__(reduction)
        self.num_units = _units(num_units)
        self.n = require_integer("n", n, minimum=2)
        self.pairs = require_choice("pairs", pairs, PAIRS)
        if not (math.isfinite(beta) and beta >= 0):
            raise ValueError(f"beta must be finite and at least 0, got {beta!r}")
        beta = torch.full(self.num_units, float(beta), device=device, dtype=dtype)
        if learnable:
            self.beta = nn.Parameter(beta)
        else:
            self.register_buffer("beta", beta)

    def require(self, input):
        samples, units = input.shape[0], tuple(input.shape[1:])
        if units[: len(self.num_units)] != self.num_units or (
            len(self.num_units) > 1 and units != self.num_units
        ):
            raise ValueError(
                f"input must have units of shape {self.num_units}, got activations of shape "
                f"{tuple(input.shape)}"
            )
        if samples < 2 * self.n:
            raise ValueError(
                f"n must be at most b // 2 = {samples // 2} for a batch of {samples}, got {self.n}"
            )

    def configuration(self):
        return self.reduction, self.n, self.pairs, len(self.num_units)

    @staticmethod
    def terms(losses, inputs):
        first = losses[0]
        pairs = inputs[0].shape[0] // (2 * first.n) if first.pairs == "all" else 1
        betas = [loss.beta for loss in losses]
        return _VarianceConstancy.apply(first.n, pairs, first.reduction, *inputs, *betas)

    def extra_repr(self):
        units = self.num_units[0] if len(self.num_units) == 1 else self.num_units
        return f"{units}, n={self.n}, pairs={self.pairs!r}, {super().extra_repr()}"


class _VarianceConstancy(torch.autograd.Function):
    """All layers at once; only the rows that enter are read, centred once, and kept.

    Work is done in the order in which the activations lie in memory (channels last or first): a
    reduction that jumps is several times slower.
    """

    @staticmethod
    def forward(ctx, n, pairs, reduction, *tensors):
        layers = len(tensors) // 2
        inputs, betas = tensors[:layers], tensors[layers:]
        units, rows = inputs[0].shape[1:], 2 * n * pairs
        order = _memory_order(inputs[0])
        samples = [in_full_precision(h.narrow(0, 0, rows)) for h in inputs]
        if order is not None:
            samples = [h.permute(order) for h in samples]
        samples = torch.stack(samples)
        sets = samples.view(layers, pairs, 2, n, *samples.shape[2:])
        centred = sets - sets.mean(3, keepdim=True)
        squares = (centred * centred).sum(3)  # (layers, pairs, 2, *units)
        beta = torch.stack(betas).to(squares.dtype)
        beta = beta.view(layers, *betas[0].shape, *(1,) * (len(units) - betas[0].dim()))
        if order is not None:
            beta = beta.permute(order)
        denominator = torch.add(squares[:, :, 1], beta.unsqueeze(1), alpha=n - 1)
        ratio = squares[:, :, 0] / denominator
        gap = 1 - ratio
        scale = 1 / (pairs * divisor(reduction, math.prod(units)))
        ctx.save_for_backward(centred, ratio, gap / denominator)
        ctx.scale, ctx.order, ctx.beta = scale, order, (beta.shape, betas[0].shape, betas[0].dtype)
        ctx.like = [(h.shape, h.stride(), h.dtype) for h in inputs]
        if reduction == "none":
            terms = (gap * gap).mean(1)
            return terms if order is None else terms.permute(_inverse(order))
        return (gap * gap).sum() * scale

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        centred, ratio, pull = ctx.saved_tensors
        layers, pairs, _, n = centred.shape[:4]
        upstream = upstream * (2 * ctx.scale)
        if upstream.dim():
            upstream = upstream if ctx.order is None else upstream.permute(ctx.order)
            upstream = upstream.unsqueeze(1)
        denominator = pull * upstream  # minus the derivative in the sum of squares of s1
        factors = torch.stack([denominator.neg(), denominator.mul_(ratio)], 2).mul_(2).unsqueeze(3)
        rows = (centred * factors).view(layers, pairs * 2 * n, *centred.shape[4:])
        if ctx.order is not None:
            rows = rows.permute(0, *(1 + axis for axis in _inverse(ctx.order)))
        gradients = _padded(rows, ctx.like)
        betas = (None,) * layers
        if ctx.needs_input_grad[-1]:
            aligned, shape, dtype = ctx.beta
            slopes = denominator.sum(1).mul_(n - 1).sum_to_size(aligned)
            if ctx.order is not None:
                slopes = slopes.permute(_inverse(ctx.order))
            betas = slopes.to(dtype).reshape(layers, *shape).unbind()
        return None, None, None, *gradients, *betas


def _padded(rows, like):
    """Gradients of whole batches, zero beyond the rows that entered the loss."""
    shape, _, dtype = like[0]
    if len(shape) == 2 and math.prod(shape) <= STACK_LIMIT:
        gradients = rows.new_zeros((len(like), *shape), dtype=dtype)
        gradients[:, : rows.shape[1]] = rows
        return gradients.unbind()
    gradients = []
    for (shape, stride, dtype), kept in zip(like, rows, strict=True):
        gradient = rows.new_empty_strided(shape, stride, dtype=dtype).zero_()
        gradient[: kept.shape[0]] = kept
        gradients.append(gradient)
    return gradients


def _memory_order(input):
    """Axes by falling stride with the batch first, or None if that is how they are."""
    if input.dim() < 4 or input.is_contiguous():
        return None
    return [0, *sorted(range(1, input.dim()), key=lambda axis: -input.stride(axis))]


def _inverse(order):
    return sorted(range(len(order)), key=order.__getitem__)


def _units(num_units):
    shape = num_units if isinstance(num_units, tuple | list) else (num_units,)
    if not shape:
        raise ValueError(f"num_units must name at least one axis, got {num_units!r}")
    return tuple(require_integer("num_units", size, minimum=1) for size in shape)

"""The variance constancy loss (VCL): sample variances of one unit should agree between batches."""

import functools
import math

import torch
from torch import nn

from normtheory.nn.losses.activation_loss import (
    ActivationLoss,
    constant,
    divisor,
    injectable,
    require_activations,
)
from normtheory.nn.losses.first_order import first_order
from normtheory.nn.losses.injection import first_rows, zeros
from normtheory.nn.precision import in_full_precision
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

    def group(self, input):
        # units are independent: layers of any shape are one row of units
        batch = input.shape[0] if self.pairs == "all" else None
        return self.reduction, self.n, self.pairs, batch, input.dtype, input.device

    def keep(self, output):
        if not injectable(output):
            return output, output, None
        require_activations(output)
        self.require(output)
        pairs = output.shape[0] // (2 * self.n) if self.pairs == "all" else 1
        return *first_rows(output, 2 * self.n * pairs), None

    @staticmethod
    def terms(losses, inputs, injections):
        first = losses[0]
        if first.reduction == "none" and len(inputs) > 1:
            raise ValueError("reduction must be 'mean' or 'sum' to evaluate layers together")
        pairs = inputs[0].shape[0] // (2 * first.n) if first.pairs == "all" else 1
        betas = [loss.beta for loss in losses]
        return _VarianceConstancy.apply(first.n, pairs, first.reduction, *inputs, *betas)

    def extra_repr(self):
        units = self.num_units[0] if len(self.num_units) == 1 else self.num_units
        return f"{units}, n={self.n}, pairs={self.pairs!r}, {super().extra_repr()}"


class _VarianceConstancy(torch.autograd.Function):
    """All layers as one row of units; only the samples that enter are read, centred once and kept.

    The units of a feature map are taken in the order in which they lie in memory (channels first
    or last): a reduction that jumps is several times slower.
    """

    @staticmethod
    def forward(ctx, n, pairs, reduction, *tensors):
        layers = len(tensors) // 2
        inputs, betas = tensors[:layers], tensors[layers:]
        samples = [h[: 2 * n * pairs] for h in inputs]
        beta, orders = betas, [None] * layers
        if any([h.dim() > 2 for h in inputs]):
            orders = [_memory_order(h) for h in inputs]
            samples = [_as_row(h, order) for h, order in zip(samples, orders, strict=True)]
            beta = [_beta_row(*each) for each in zip(betas, inputs, orders, strict=True)]
        sizes = [h.shape[1] for h in samples]
        samples = in_full_precision(torch.cat(samples, 1) if layers > 1 else samples[0])
        dtype, device = samples.dtype, samples.device
        beta = (torch.cat(beta) if layers > 1 else beta[0]).to(dtype)
        sets = samples.view(pairs, 2, n, samples.shape[1])
        centred = torch.sub(sets, sets.sum(2, keepdim=True), alpha=1 / n)
        first, second = (centred * centred).sum(2).unbind(1)  # each (pairs, units)
        denominator = torch.add(second, beta, alpha=n - 1)
        ratio = first / denominator
        excess = ratio - constant(1.0, dtype, device)
        weights = _weights(tuple(sizes), reduction, pairs, dtype, device)
        weighted = excess * weights
        # the derivatives in both sums of squares, but for a factor of two
        first = weighted / denominator
        second = (first * ratio).neg_()
        rows = centred * torch.stack([first, second], 1).unsqueeze(2)
        ctx.save_for_backward(
            rows.view(pairs * 2 * n, -1), second[0] if pairs == 1 else second.sum(0)
        )
        ctx.inputs = [(h.shape, h.stride(), h.dtype) for h in inputs]
        ctx.betas = [(beta.shape, beta.dtype) for beta in betas]
        ctx.n, ctx.sizes, ctx.orders = n, sizes, orders
        terms = weighted * excess
        if reduction == "none":
            return _from_row(terms.sum(0, keepdim=True), inputs[0].shape, orders[0])
        return terms.sum()

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        rows, slopes = ctx.saved_tensors
        if upstream.dim():
            upstream = _as_row(upstream, ctx.orders[0]).view(-1)
        upstream = upstream * constant(4.0, rows.dtype, rows.device)
        half = constant((ctx.n - 1) / 2, rows.dtype, rows.device)
        trained = any(ctx.needs_input_grad[-len(ctx.betas) :])
        slopes = slopes * (upstream * half) if trained else None
        shapes = [like[0] for like in ctx.inputs]
        if len(shapes[0]) == 2 and shapes.count(shapes[0]) == len(shapes):
            gradients, slopes = _of_equal_layers(rows, slopes, upstream, ctx)
        else:
            gradients, slopes = _of_layers(rows * upstream, slopes, ctx)
        return None, None, None, *gradients, *slopes


@functools.lru_cache(maxsize=64)
def _weights(sizes, reduction, pairs, dtype, device):
    """What each unit's term of each pair counts, for layers of so many units."""
    weights = [1 / (pairs * divisor(reduction, size)) for size in sizes]
    if weights.count(weights[0]) == len(weights):
        return constant(weights[0], dtype, device)
    parts = zip(sizes, weights, strict=True)
    return torch.cat([torch.full((k,), w, dtype=dtype, device=device) for k, w in parts])


def _of_equal_layers(rows, slopes, upstream, ctx):
    """Gradients of inputs and betas for layers of one shape (b, d): few operations for all."""
    layers, (shape, _, dtype) = len(ctx.inputs), ctx.inputs[0]
    gradients = rows.new_zeros((layers, *shape), dtype=dtype)
    kept = gradients.narrow(1, 0, rows.shape[0])
    kept.addcmul_(rows.view(rows.shape[0], layers, shape[1]).transpose(0, 1), upstream)
    if slopes is None:
        return gradients.unbind(), [None] * layers
    return gradients.unbind(), slopes.to(ctx.betas[0][1]).view(layers, shape[1]).unbind()


def _of_layers(rows, slopes, ctx):
    """The same for layers of any shapes, one by one."""
    gradients, found = [], [None] * len(ctx.inputs)
    each = zip(rows.split(ctx.sizes, 1), ctx.inputs, ctx.orders, strict=True)
    for row, (shape, stride, dtype), order in each:
        row = _from_row(row, shape, order)
        if row.shape[0] == shape[0]:
            gradients.append(row.to(dtype))
            continue
        gradient = zeros(shape, stride, dtype, row.device)
        gradient.narrow(0, 0, row.shape[0]).copy_(row)
        gradients.append(gradient)
    if slopes is not None:
        each = zip(slopes.split(ctx.sizes), ctx.betas, ctx.inputs, ctx.orders, strict=True)
        found = [_beta_slope(s, beta, like[0], order) for s, beta, like, order in each]
    return gradients, found


def _as_row(samples, order):
    """Activations (b, *units) as (b, number of units), in memory order."""
    if samples.dim() == 2:
        return samples
    return (samples if order is None else samples.permute(order)).flatten(1)


def _from_row(row, shape, order):
    """The inverse of `_as_row`, for activations of this shape but any batch."""
    if len(shape) == 2:
        return row
    if order is None:
        return row.view(row.shape[0], *shape[1:])
    return row.view(row.shape[0], *(shape[a] for a in order[1:])).permute(_inverse(order))


def _beta_row(beta, input, order):
    """Beta of each unit, in the order of `_as_row`."""
    units = input.shape[1:]
    if beta.shape == units and order is None:
        return beta.flatten()
    beta = beta.view(1, *beta.shape, *(1,) * (len(units) - beta.dim())).expand(1, *units)
    return _as_row(beta, order).view(-1)


def _beta_slope(slope, beta, shape, order):
    """Gradients by unit as the gradient of beta, which may be shared by positions."""
    size, dtype = beta
    slope = _from_row(slope.unsqueeze(0), shape, order)[0]
    if slope.shape != size:
        slope = slope.sum(tuple(range(len(size), slope.dim())))
    return slope.to(dtype)


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

"""Sums over activations with gradients of one pass: the two places where autograd's own take three
and cost a convolutional network more than a tenth of its training step."""

import torch
from torch.autograd import Function


def square_sum(h, axes, unit):
    """Sum of squares of ``h / unit`` over `axes`, which keep one entry each; `unit` is constant."""
    # a compiler fuses the plain formula
    if torch.compiler.is_compiling():
        return (h / unit).square().sum(axes, keepdim=True)
    return _SquareSum.apply(h, axes, torch.as_tensor(unit, dtype=h.dtype, device=h.device))


def moments(h, axes):
    """Mean and biased variance over `axes`, which keep one entry each."""
    if torch.compiler.is_compiling():
        mean = h.mean(axes, keepdim=True)
        return mean, (h - mean).square().mean(axes, keepdim=True)
    return _Moments.apply(h, axes)[:2]


class _SquareSum(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(h, axes, unit):
        return (h / unit).square().sum(axes, keepdim=True)

    @staticmethod
    def setup_context(ctx, inputs, output):
        h, ctx.axes, unit = inputs
        ctx.save_for_backward(h, unit)
        ctx.save_for_forward(h, unit)

    @staticmethod
    def backward(ctx, upstream):
        h, unit = ctx.saved_tensors
        return h * (2 * upstream / unit / unit), None, None

    @staticmethod
    def jvp(ctx, tangent, *_):
        h, unit = ctx.saved_tensors
        return 2 * (h / unit * (tangent / unit)).sum(ctx.axes, keepdim=True)


class _Moments(Function):
    """With the centred activations as a third output, which both derivatives need."""

    generate_vmap_rule = True

    @staticmethod
    def forward(h, axes):
        mean = h.mean(axes, keepdim=True)
        centred = h - mean
        return mean, (centred * centred).mean(axes, keepdim=True), centred

    @staticmethod
    def setup_context(ctx, inputs, output):
        h, ctx.axes = inputs
        mean, _, centred = output
        ctx.share = mean.numel() / h.numel()
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(centred)
        ctx.save_for_forward(centred)

    @staticmethod
    def backward(ctx, of_mean, of_variance, of_centred):
        (centred,) = ctx.saved_tensors
        none = centred.new_zeros(())
        of_mean = none if of_mean is None else of_mean * ctx.share
        of_variance = none if of_variance is None else of_variance * (2 * ctx.share)
        slope = torch.addcmul(of_mean, centred, of_variance)
        if of_centred is not None:
            # from a second derivative
            slope = slope + of_centred - of_centred.mean(ctx.axes, keepdim=True)
        return slope, None

    @staticmethod
    def jvp(ctx, tangent, _):
        (centred,) = ctx.saved_tensors
        mean = tangent.mean(ctx.axes, keepdim=True)
        return mean, 2 * (centred * tangent).mean(ctx.axes, keepdim=True), tangent - mean

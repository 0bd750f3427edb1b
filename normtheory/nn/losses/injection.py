"""Gradients of a penalty added where the network's own gradient passes, in one operation.

Autograd would build a second tensor as large as the activations and add the two. For large
activations that doubles the bytes moved; so a layer's output passes through a node of its own on
its way into the network, a penalty leaves there what it has to add, and it is added while the
network's gradient goes by. The penalty is a consumer of the node's output, so autograd
runs it first.
"""

import torch


class Injection:
    """What one backward pass has to add to the gradient of one tensor.

    Parameters
    ----------
    input : Tensor

    Attributes
    ----------
    output : Tensor
        `input`, to go on with in its place.
    """

    def __init__(self, input):
        self._like = input.shape, input.stride(), input.dtype, input.device
        self._task, self._add = None, None
        self.output = _PassThrough.apply(self, input)

    def put(self, add):
        """Leave `add`, a function from a gradient to a new one, for the running backward pass."""
        self._task, self._add = torch._C._current_graph_task_id(), add

    def apply(self, gradient):
        """`gradient` with what was left in this backward pass added to it, once."""
        task, add = self._task, self._add
        self._task = self._add = None
        if add is None or task != torch._C._current_graph_task_id():
            return gradient
        if gradient is None:  # the network's output was not differentiated, the penalty alone was
            shape, stride, dtype, device = self._like
            gradient = torch.empty_strided(shape, stride, dtype=dtype, device=device).zero_()
        return add(gradient)


class _PassThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, injection, input):
        ctx.injection = injection
        ctx.set_materialize_grads(False)
        return input.view_as(input)

    @staticmethod
    def backward(ctx, upstream):
        return None, ctx.injection.apply(upstream)


def add_product(first, second, gradient):
    """``gradient + first * second`` in the dtype of `gradient`, as one operation."""
    if gradient.dtype != first.dtype:
        return (gradient + first * second).to(gradient.dtype)
    return torch.addcmul(gradient, first, second)

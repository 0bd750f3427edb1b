"""Gradients of a penalty added where the network's own gradient passes, in one operation.

Autograd would build a second tensor as large as the activations and add the two. For large
activations that doubles the bytes moved; so a layer's output passes through a node of its own on
its way into the network, a penalty leaves there what it has to add, and it is added while the
network's gradient goes by. The penalty is a consumer of the node's output, so autograd
runs it first. Where nobody else can see the network's gradient it is changed in place.
"""

import functools
import math
import sys

import torch


def inject(input):
    """`input` to go on with in its place, and the `Injection` into its gradient."""
    _sole_holder()  # measured here, not inside another backward pass
    injection = Injection(_like(input))
    # the injection must not hold the output, whose graph holds the injection: such a ring would
    # keep every step's activations until the garbage collector comes round
    return _PassThrough.apply(injection, input), injection


class Injection:
    """What one backward pass has to add to the gradient of one tensor."""

    def __init__(self, like):
        self.like = like
        self._task, self._add = None, None

    def put(self, add):
        """Leave `add`, which adds to a gradient in place, for the running backward pass."""
        self._task, self._add = torch._C._current_graph_task_id(), add

    def take(self):
        """What was left in this backward pass, or None; a second call finds nothing."""
        task, add = self._task, self._add
        self._task = self._add = None
        return add if add is not None and task == torch._C._current_graph_task_id() else None


class _PassThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, injection, input):
        ctx.injection = injection
        ctx.set_materialize_grads(False)
        return _same(input)

    @staticmethod
    def backward(ctx, upstream):
        holders = None if upstream is None else _holders(upstream, sys.getrefcount(upstream))
        if ctx.injection is None:
            _PassThrough.holders = holders
            return None, upstream
        add = ctx.injection.take()
        if add is None:
            return None, upstream
        if upstream is None:
            upstream = _zeros(ctx.injection.like)
        elif holders is None or holders != _sole_holder():
            upstream = upstream.clone()
        add(upstream)
        return None, upstream


def first_rows(input, rows):
    """`input` to go on with, and a copy of its first rows whose gradient is added to its own.

    For a loss that reads only a part of a batch: the rest is not kept alive for it.
    """
    _sole_holder()
    return _FirstRows.apply(rows, input)


class _FirstRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows, input):
        ctx.rows, ctx.like = rows, _like(input)
        ctx.set_materialize_grads(False)
        return _same(input), input.narrow(0, 0, rows).clone()

    @staticmethod
    def backward(ctx, upstream, of_rows):
        holders = None if upstream is None else _holders(upstream, sys.getrefcount(upstream))
        if of_rows is None:
            return None, upstream
        if upstream is None:
            upstream = _zeros(ctx.like)
        elif holders is None or holders != _sole_holder():
            upstream = upstream.clone()
        upstream.narrow(0, 0, ctx.rows).add_(of_rows)
        return None, upstream


def _same(input):
    # not a view, which torch would not let anybody change in place: a regularizer finds that
    # out by the version, which this shares, and says what to do
    return input.detach()


def _like(input):
    return input.shape, input.stride(), input.dtype, input.device


def _zeros(like):
    """The gradient where the network's output was not differentiated, the penalty alone was."""
    shape, stride, dtype, device = like
    return zeros(shape, stride, dtype, device)


def zeros(shape, stride, dtype, device):
    """Zeros that lie in memory as a tensor of these strides, so far as each has a place there."""
    return torch.empty_strided(
        shape, _own_places(tuple(shape), stride), dtype=dtype, device=device
    ).zero_()


@functools.lru_cache(maxsize=1024)
def _own_places(shape, stride):
    """`stride`, or that of a contiguous tensor where entries share memory (`expand`, `unfold`)."""
    end = 0
    for step, size in sorted(zip(stride, shape, strict=True)):
        if size > 1 and step <= end:
            return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
        end += step * (size - 1)
    return stride


def _holders(gradient, references):
    """How many hold the tensor, its memory and its Python object; None if it is a view."""
    if gradient._is_view() or not hasattr(gradient, "_use_count"):
        return None
    memory = torch._C._storage_Use_Count(gradient.untyped_storage()._cdata)
    return gradient._use_count(), memory, references


@functools.cache
def _sole_holder():
    """`_holders` of a gradient that nobody but the engine holds: measured, once."""
    _PassThrough.holders = None
    with torch.enable_grad():
        start = torch.ones(2, requires_grad=True)
        (2 * _PassThrough.apply(None, 2 * start)).square().sum().backward()
    return _PassThrough.holders


def add_product(first, second, gradient):
    """Add ``first * second`` to `gradient`, in place."""
    if gradient.dtype != first.dtype:
        gradient.add_(first * second)
    else:
        gradient.addcmul_(first, second)

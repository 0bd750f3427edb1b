"""What all losses on activations share: checks, precision, reduction, and evaluation of many layers
at once.

Small layers are dominated by the cost of launching an operation, not by arithmetic. So a loss
never sees one layer only: `terms` takes the activations of several layers and does the work of all
of them in one pass.
"""

import contextlib
import functools

import torch
from torch import nn

from normtheory.nn.losses.injection import inject

REDUCTIONS = ("mean", "sum", "none")
# Below this many entries the cost of an operation is that of launching it: layers are worth
# copying beside each other. Above, it is that of the bytes moved.
SMALL = 1 << 16
_UNCHANGED = contextlib.nullcontext()


class ActivationLoss(nn.Module):
    """Base class of the losses on activations ``(b, d)`` or ``(b, c, *spatial)``.

    A subclass defines `terms`, the loss of several layers that share a `group`. Statistics are
    computed in float32 at least, whatever autocast or the input's dtype says. NaN or inf in the
    activations comes out as NaN or inf: looking for them would stall a GPU.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is done with the terms of one layer.

    Examples
    --------
    >>> import torch
    >>> class Largest(ActivationLoss):
    ...     @staticmethod
    ...     def terms(losses, inputs, injections):
    ...         return sum(h.abs().max() for h in inputs)
    >>> float(Largest()(torch.tensor([[1.0, -3.0]])))
    3.0
    """

    # whether `terms` can leave gradients with injections
    injects = False

    def __init__(self, reduction="mean"):
        super().__init__()
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}, got {reduction!r}")
        self.reduction = reduction

    def forward(self, input):
        require_activations(input)
        self.require(input)
        with without_autocast(input):
            result = self.terms([self], [input], [None])
        return result[0] if self.reduction == "none" else result

    def require(self, input):
        """Raise ValueError where this loss has no value for the shape of `input`."""

    def group(self, input):
        """Losses of one class can be evaluated together when this is equal."""
        return self.reduction, input.shape, input.dtype, input.device

    def keep(self, output):
        """What of a layer's output the loss keeps until `total`.

        Returns
        -------
        output : Tensor
            What the network is to go on with instead.
        kept : Tensor
            An input of `total`.
        injection : Injection or None
        """
        if self.injects and injectable(output):
            output, injection = inject(output)
            return output, output, injection
        return output, output, None

    @staticmethod
    def terms(losses, inputs, injections):
        """Sum over layers of the reduced terms, or with reduction "none" the terms by layer.

        Where an injection is given instead of None, the gradient goes there.
        """
        raise NotImplementedError

    @classmethod
    def total(cls, losses, inputs, injections):
        """Sum of ``loss(input)`` over layers of one group.

        The gradient of an input that has an `Injection` goes there; other injections are None.
        """
        for loss, input in zip(losses, inputs, strict=True):
            require_activations(input)
            loss.require(input)
        with without_autocast(inputs[0]):
            return cls.terms(losses, inputs, injections)

    def extra_repr(self):
        return f"reduction={self.reduction!r}"


def without_autocast(input):
    """A context in which matrix products keep the precision of their operands."""
    kind = input.device.type
    if torch.is_autocast_enabled(kind):
        return torch.autocast(kind, enabled=False)
    return _UNCHANGED


def require_activations(input):
    """Raise unless `input` is a non-empty floating-point tensor (b, d) or (b, c, *spatial)."""
    if not isinstance(input, torch.Tensor):
        raise TypeError(f"input must be a tensor, got {type(input).__name__}")
    if not input.dtype.is_floating_point:
        raise TypeError(f"input must hold floating-point numbers, got {input.dtype}")
    if input.dim() < 2:
        raise ValueError(
            f"input must have shape (b, d) or (b, c, *spatial), got {tuple(input.shape)}"
        )
    if input.numel() == 0:
        raise ValueError(f"input must not be empty, got shape {tuple(input.shape)}")


def injectable(output):
    """Whether a layer's output is worth a node of its own in the graph, and may have one."""
    if output.numel() < SMALL or not output.requires_grad:
        return False
    # torch.func runs no node whose backward is for autograd alone
    return not torch._C._are_functorch_transforms_active()


def divisor(reduction, count):
    """By what the sum over `count` terms is divided."""
    return count if reduction == "mean" else 1


@functools.lru_cache(maxsize=1024)
def constant(value, dtype, device):
    """A number as a tensor without axes: an operation with a Python number takes twice as long."""
    return torch.tensor(value, dtype=dtype, device=device)

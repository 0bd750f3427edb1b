"""In how many bits statistics are computed, and constants that are computed once in all of them."""

import torch


def in_full_precision(input):
    """`input`, in float32 where it was stored in fewer bits."""
    return input.float() if input.dtype.itemsize < 4 else input


def known(condition):
    """Whether a tensor of one boolean is true, or None where no value may be looked at: on devices
    that one would have to wait for, in compiled graphs and under `torch.vmap`."""
    if condition.device.type != "cpu" or torch.compiler.is_compiling():
        return None
    try:
        return bool(condition)
    except RuntimeError:
        return None


def constant_in_graphs(function):
    """Let a compiled graph hold what `function` of numbers returns, instead of tracing it.

    Called when a loss is made, not as a decorator: it imports torch's compiler, as the first
    optimizer does, which takes longer than everything else here.
    """
    torch.compiler.assume_constant_result(function)

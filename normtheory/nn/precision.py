"""In how many bits statistics are computed, and what compiled graphs take without looking in."""

import itertools
import weakref

import torch

_NUMBERED = weakref.WeakValueDictionary()
_NUMBERS = itertools.count()


def numbered(thing):
    """A number for `thing`, by which operations of a graph find it: that holds tensors and numbers
    alone."""
    number = next(_NUMBERS)
    _NUMBERED[number] = thing
    return number


def by_number(number):
    """What has this number."""
    return _NUMBERED[number]


def in_full_precision(input):
    """`input`, in float32 where it was stored in fewer bits."""
    return input.float() if input.dtype.itemsize < torch.float32.itemsize else input


def known(value):
    """The entry of a tensor that has one, or None where it must not be looked at: on devices that
    one would have to wait for, in compiled graphs and under `torch.vmap`."""
    if value.device.type != "cpu" or torch.compiler.is_compiling():
        return None
    try:
        return value.item()
    except RuntimeError:
        return None


def constant_in_graphs(function):
    """Let a compiled graph hold what `function` of numbers returns, instead of tracing it.

    Called when a loss is made, not as a decorator: it imports torch's compiler, as the first
    optimizer does, which takes longer than everything else here.
    """
    torch.compiler.assume_constant_result(function)

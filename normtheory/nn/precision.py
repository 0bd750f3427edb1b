"""In how many bits statistics are computed, and what compiled graphs take without looking in."""

import functools
import itertools
import weakref

import torch

_NUMBERED = weakref.WeakValueDictionary()
_NUMBERS = itertools.count()
_CONSTANT = []


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
    if torch.compiler.is_compiling() or not value.is_cpu:
        return None
    try:
        return value.item()
    except RuntimeError:
        return None


def constant_in_graphs(size):
    """Cache a function of numbers, and let compiled graphs hold what it returns untraced."""

    def decorate(function):
        cached = functools.lru_cache(size)(function)

        # no cache itself: the compiler looks through one and would trace what is behind
        @functools.wraps(function)
        def looked_up(*key):
            return cached(*key)

        looked_up.cache_clear = cached.cache_clear
        _CONSTANT.append(looked_up)
        return looked_up

    return decorate


def tell_compiler():
    """Name the functions that are `constant_in_graphs` to torch's compiler.

    Called when a loss is made: it imports the compiler, as the first optimizer does, which takes
    longer than everything else here.
    """
    while _CONSTANT:
        torch.compiler.assume_constant_result(_CONSTANT.pop())

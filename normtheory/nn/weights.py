"""What each layer's loss counts in a penalty: numbers, or a schedule of them."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from normtheory.nn.arguments import require_arguments
from normtheory.nn.precision import by_number
from normtheory.nn.selection import require_names
from normtheory.theory import arguments as require

Weights = float | Mapping[str, float]
Schedule = Callable[[int], Weights]


def require_weights(weights, layers):
    """Return `weights`, or raise unless it is a number, a mapping from `layers`, or a function."""
    if callable(weights):
        return require_arguments("weights, a schedule,", weights, step=0)
    if isinstance(weights, Mapping):
        require_names("weights", weights, layers)
    for weight in weights.values() if isinstance(weights, Mapping) else [weights]:
        require.number("weights, or each of them,", weight)
    return weights


def layer_weights(weights, layers):
    """The weight of each of the layers named, as numbers."""
    if isinstance(weights, Mapping):
        return [weights.get(name, 1.0) for name in layers]
    return [weights] * len(layers)


def factor(weights, indices, like):
    """The weights of some layers, one number if it is the same for all."""
    if isinstance(weights, Tensor):
        return weights[indices].to(like.device)
    each = [weights[index] for index in indices]
    if each.count(each[0]) == len(each):
        return each[0]
    return torch.tensor(each, dtype=like.dtype, device=like.device)


def read_weights(handle, number, dtype, *, new):
    """The weights of a handle's layers; `new` is a run that its schedule has not counted yet."""
    if not callable(handle.weights):
        return layer_weights(handle.weights, handle.layers)
    # a tensor of its own: a compiler takes equal calls for one
    return _scheduled(torch.empty(0, dtype=dtype), number, len(handle.layers), new)


# one operation: neither a graph nor a transform could count the steps and call a user's function
@torch.library.custom_op("normtheory::scheduled", mutates_args=())
def _scheduled(like: Tensor, number: int, layers: int, new: bool) -> Tensor:
    """The weights by the schedule of the handle that has this number."""
    handle = by_number(number)
    weights = require_weights(handle.weights(int(handle.step) - (not new)), handle.layers)
    handle.step += new
    return like.new_tensor(layer_weights(weights, handle.layers))


@_scheduled.register_fake
def _(like, number, layers, new):
    return like.new_empty(layers)

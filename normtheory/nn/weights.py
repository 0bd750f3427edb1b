"""What each layer's loss counts in a penalty: numbers, or a schedule of them."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from normtheory.nn.precision import by_number
from normtheory.nn.selection import require_names
from normtheory.theory.arguments import require_number

Weights = float | Mapping[str, float]
Schedule = Callable[[int], Weights]


def require_weights(weights, layers):
    """Return `weights`, or raise unless it is a number, a mapping from `layers`, or a function."""
    if callable(weights):
        return weights
    if isinstance(weights, Mapping):
        require_names("weights", weights, layers)
    for weight in weights.values() if isinstance(weights, Mapping) else [weights]:
        require_number("weights, or each of them,", weight)
    return weights


def layer_weights(weights, layers):
    """The weight of each of the layers named, as numbers."""
    if isinstance(weights, Mapping):
        return [weights.get(name, 1.0) for name in layers]
    return [weights] * len(layers)


# one operation: neither a graph nor a transform could count the steps and call a user's function
@torch.library.custom_op("normtheory::scheduled", mutates_args=())
def scheduled(like: Tensor, number: int, layers: int, new: bool) -> Tensor:
    """The layers' weights by a handle's schedule; `new` is a run that it has not counted yet."""
    handle = by_number(number)
    handle.step += new
    weights = require_weights(handle.weights(int(handle.step) - 1), handle.layers)
    return like.new_tensor(layer_weights(weights, handle.layers))


@scheduled.register_fake
def _(like, number, layers, new):
    return like.new_empty(layers)

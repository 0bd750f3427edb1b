"""Which layers of a network are meant, and which loss each of them gets."""

from collections.abc import Callable

from torch import nn


def chosen_layers(model, layers):
    """Pairs (name, module) of the layers asked for, each module once."""
    named = [(name, module) for name, module in model.named_modules() if name]
    if layers is None:
        chosen = _maps(named)[:-1]
        if not chosen:
            raise ValueError(
                "layers must be given for a model with fewer than two linear or convolutional "
                "layers: by default the last of them, usually the output, is left out"
            )
    elif isinstance(layers, str | nn.Module):
        raise TypeError(f"layers must be an iterable of names or modules, got {layers!r}")
    elif isinstance(layers, Callable):
        chosen = [(n, m) for n, m in named if layers(n, m)]
    else:
        names = dict(model.named_modules(remove_duplicate=False))
        chosen = [_found(layer, names) for layer in layers]
    chosen = list({id(module): (name, module) for name, module in reversed(chosen)}.values())[::-1]
    if not chosen:
        raise ValueError(f"layers must name at least one layer of the model, got {layers!r}")
    return chosen


def _maps(named):
    """The linear and convolutional layers, but for those that never run as modules: attention
    uses the weights of its output projection by itself."""
    inner = {id(m.out_proj) for _, m in named if isinstance(m, nn.MultiheadAttention)}
    kinds = nn.Linear | nn.modules.conv._ConvNd
    return [(n, m) for n, m in named if isinstance(m, kinds) and id(m) not in inner]


def _found(layer, names):
    if isinstance(layer, str):
        if layer not in names:
            raise ValueError(f"layers must be names of the model's modules, got {layer!r}")
        return layer, names[layer]
    for name, module in names.items():
        if module is layer:
            return name, module
    raise ValueError(f"layers must be modules of the model, got {layer!r}")


def loss_of_layer(loss, name, layer):
    """The loss of one layer, on the layer's device."""
    if isinstance(loss, nn.Module):
        made = loss
    elif isinstance(loss, Callable):
        made = loss(_units(name, layer))
        if not isinstance(made, nn.Module):
            raise TypeError(f"loss must give a torch.nn.Module for a layer, got {made!r}")
    else:
        raise TypeError(f"loss must be a Module, a function or a mapping, got {loss!r}")
    if getattr(made, "reduction", "mean") == "none":
        raise ValueError("reduction must be 'mean' or 'sum' to add up layers, got 'none'")
    weight = next(layer.parameters(), None)
    return made if weight is None else made.to(weight.device)


def require_own_parameters(losses, names):
    """Raise ValueError where layers share a loss that has parameters."""
    owners = {}
    for loss, name in zip(losses, names, strict=True):
        other = owners.setdefault(id(loss), name)
        if other != name and any(True for _ in loss.parameters()):
            raise ValueError(
                "loss has parameters, so each layer needs its own: pass a function from the "
                f"number of units to a loss, such as {type(loss).__name__}, got {loss!r} for "
                f"layers {other!r} and {name!r}"
            )


def _units(name, layer):
    for attribute in ("out_features", "out_channels"):
        if hasattr(layer, attribute):
            return getattr(layer, attribute)
    raise ValueError(
        f"layer {name!r} ({type(layer).__name__}) does not say how many units it has: map its name "
        "to a loss instead"
    )

"""Which layers of a network are meant, and which loss each of them gets."""

import inspect
from collections.abc import Callable, Iterable

from torch import nn

from normtheory.nn.arguments import require_arguments, require_module
from normtheory.nn.layers.mean_only import MeanOnlyBatchNorm1d, MeanOnlyBatchNorm2d
from normtheory.nn.layers.recurrent import BatchNormLSTM, BatchNormLSTMCell

# layers that are no convolutions, by the axis of their units: 1, or the last
CHANNELS = nn.modules.batchnorm._NormBase, nn.GroupNorm, MeanOnlyBatchNorm1d, MeanOnlyBatchNorm2d
FEATURES = nn.Linear, nn.Bilinear, nn.Embedding, nn.LayerNorm, nn.RMSNorm, nn.MultiheadAttention
FEATURES += nn.RNNBase, nn.RNNCellBase, BatchNormLSTM, BatchNormLSTMCell
FEATURES += nn.TransformerEncoderLayer, nn.TransformerDecoderLayer, nn.Transformer
FEATURES += nn.TransformerEncoder, nn.TransformerDecoder


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
    elif isinstance(layers, type):
        raise TypeError(
            "layers must be names, modules or a predicate, got a class: "
            f"lambda name, module: isinstance(module, {layers.__name__})"
        )
    elif isinstance(layers, Callable) and not isinstance(layers, nn.Module):
        require_arguments("layers, a predicate,", layers, name="0", module=model)
        chosen = [(n, m) for n, m in named if layers(n, m)]
    elif isinstance(layers, str | nn.Module) or not isinstance(layers, Iterable):
        raise TypeError(f"layers must be an iterable of names or modules, got {layers!r}")
    else:
        names = dict(model.named_modules(remove_duplicate=False))
        chosen = [_found(layer, names) for layer in layers]
    for name, module in chosen:
        require_module(f"layer {name!r}", module)
    chosen = list({id(module): (name, module) for name, module in reversed(chosen)}.values())[::-1]
    if not chosen:
        raise ValueError(f"layers must name at least one layer of the model, got {layers!r}")
    return chosen


def _maps(named):
    """The linear, convolutional and recurrent layers, but for those that never run as modules:
    attention uses the weights of its output projection by itself."""
    inner = {id(m.out_proj) for _, m in named if isinstance(m, nn.MultiheadAttention)}
    kinds = nn.Linear | nn.modules.conv._ConvNd | nn.RNNBase | BatchNormLSTM
    return [(n, m) for n, m in named if isinstance(m, kinds) and id(m) not in inner]


def axis_of_units(layer):
    """The axis of the units in the layer's output and how many axes it must have, None where the
    layer does not say."""
    if isinstance(layer, nn.modules.conv._ConvNd):
        return 1, 2 + len(layer.kernel_size)
    if isinstance(layer, CHANNELS):
        return 1, None
    return (-1 if isinstance(layer, FEATURES) else None), None


def known_axis(name, shape, dim, rank):
    """`dim`, or raise ValueError where the axis of the units in a layer's output is not known."""
    if rank is not None and len(shape) != rank:
        raise ValueError(f"layer {name!r} must run on a batch, got {tuple(shape)}")
    if dim is None and len(shape) > 2:
        raise ValueError(
            f"dim must say which axis of the output {tuple(shape)} of layer {name!r} holds "
            f"the units: regularize(..., dim={{{name!r}: -1}}), or 1 for a feature map"
        )
    return dim


def _found(layer, names):
    if isinstance(layer, str):
        if layer not in names:
            raise ValueError(f"layers must be names of the model's modules, got {layer!r}")
        return layer, names[layer]
    for name, module in names.items():
        if module is layer:
            return name, module
    raise ValueError(f"layers must be names or modules of the model, got {layer!r}")


def loss_of_layer(loss, name, layer):
    """The loss of one layer, on the layer's device."""
    if isinstance(loss, nn.Module):
        made = loss
    elif isinstance(loss, Callable):
        made = _made(loss, name, layer)
    else:
        raise TypeError(
            "loss must be a Module such as StandardizationLoss(), a function from a layer's number "
            f"of units to one, or a mapping from names of layers to either, got {loss!r}"
        )
    if getattr(made, "reduction", "mean") == "none":
        raise ValueError("reduction must be 'mean' or 'sum' to add up layers, got 'none'")
    require_arguments("loss", made.forward, input=None)
    weight = next(layer.parameters(), None)
    return made if weight is None else made.to(weight.device)


def _made(loss, name, layer):
    """What a function, or class, of the number of units gives for a layer."""
    if isinstance(loss, type) and next(iter(inspect.signature(loss).parameters), "") != "num_units":
        raise TypeError(f"loss must be an instance, {loss.__name__}(), got the class {loss!r}")
    units = _units(name, layer)
    try:
        made = loss(units)
    except (TypeError, AttributeError) as error:
        raise TypeError(
            f"loss is called with a layer's number of units, here {units}, and gives a Module; one "
            "of activations is the forward of a Module: class Mine(torch.nn.Module)"
        ) from error
    if not isinstance(made, nn.Module):
        raise TypeError(f"loss must give a torch.nn.Module for a layer of {units}, got {made!r}")
    return made


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


def require_names(argument, mapping, names):
    """Raise ValueError unless a mapping has none but the names of regularized layers."""
    unknown = [name for name in mapping if name not in names]
    if unknown:
        raise ValueError(
            f"{argument} must name regularized layers {list(names)}, got {unknown[0]!r}"
        )


def _units(name, layer):
    if isinstance(layer, nn.RNNBase):
        return (layer.proj_size or layer.hidden_size) * (2 if layer.bidirectional else 1)
    for attribute in ("out_features", "out_channels", "hidden_size", "num_features"):
        if hasattr(layer, attribute):
            return getattr(layer, attribute)
    raise ValueError(
        f"layer {name!r} ({type(layer).__name__}) does not say how many units it has: map its name "
        "to a loss instead"
    )

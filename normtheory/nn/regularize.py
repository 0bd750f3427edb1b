"""Attach a loss on activations to layers of an existing network, and take it off again."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from torch import nn

from normtheory.nn.arguments import require_module, require_process_group
from normtheory.nn.regularizer import Regularizer
from normtheory.nn.selection import (
    axis_of_units,
    chosen_layers,
    loss_of_layer,
    require_names,
    require_own_parameters,
)
from normtheory.nn.weights import Schedule, Weights
from normtheory.theory import arguments as require

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

# a loss, or what makes one for a number of units
Loss = nn.Module | Callable[[int], nn.Module]
VIEWS = ("sum", "mean", "last")


def regularize(
    model: nn.Module,
    loss: Loss | Mapping[str, Loss],
    layers: Iterable[str | nn.Module] | Callable[[str, nn.Module], bool] | None = None,
    *,
    dim: int | Mapping[str, int] | None = None,
    weights: Weights | Schedule = 1.0,
    views: Literal["sum", "mean", "last"] | None = None,
    when: Literal["training", "always"] = "training",
    frozen: Literal["count", "skip"] = "count",
    process_group: "ProcessGroup | Literal[False] | None" = None,
) -> Regularizer:
    """Attach `loss` to the outputs (pre-activations) of layers of `model`.

    Parameters
    ----------
    model : torch.nn.Module
        Its parameters, state_dict and outputs stay as they are, in training and in inference.
    loss : torch.nn.Module, callable or mapping
        A loss without parameters, used for every layer; or a function from a layer's number of
        units to its loss, such as ``VarianceConstancyLoss`` itself or ``lambda units: ...``; or a
        mapping from names of layers to either of the two (then `layers` is left out).
    layers : iterable of str or Module, or callable, optional
        Names (as in ``model.named_modules()``), modules, or a predicate ``f(name, module)``. By
        default all linear, convolutional and recurrent (LSTM, GRU) layers except the one registered
        last, which usually gives the network's output.
    dim : int or mapping, optional
        The axis of the units in the outputs, or a mapping from names of layers to it. By default
        that of the loss, else the last behind linear and recurrent layers (tokens (b, t, d), (t, b,
        d), images channels last) and 1 behind convolutions; other layers must say it where their
        output has more than two axes.
    weights : float, mapping or callable
        Factor of each layer's loss: one number, a mapping from names of layers (1 where a name is
        missing), or a schedule, a function of the number of penalties so far that gives either.
    views : {None, "sum", "mean", "last"}
        What the penalty is where the model runs more than once before it is read: the sum or mean
        over these runs (siamese views), or that of the last. By default it is an error.
    when : {"training", "always"}
        Whether runs in evaluation mode, or without gradients, are penalised as well.
    frozen : {"count", "skip"}
        What happens to layers none of whose parameters is trained, or that are in evaluation mode
        while the model is in training. Where all are skipped, the penalty is 0.
    process_group : torch.distributed.ProcessGroup or False, optional
        Over which gradients of the losses' own parameters (VCL's beta) are averaged; by default all
        ranks, where `torch.distributed` is initialised, each of which must then use its penalty
        alike. False: not at all.

    Raises
    ------
    ValueError
        If no layer is chosen, a layer is not in the model, a loss has parameters but is to be
        shared by several layers, or has reduction "none", or another argument is none of the above.
    TypeError
        If an argument is of another type, or a ScriptModule, which takes no hooks.

    Notes
    -----
    The penalty is added to a network's loss with a coefficient of one's own. In the sweep
    ``suite.loss-weights`` (docs/findings.md; twelve layers, 60 steps, means over two widths and two
    batch sizes) 0.01, which the README's example takes, and 0.1 cost no loss a point of accuracy; 1
    costs ten points and more, but for the sphere divergence, and so does 10 with every loss.

    Of a layer with several outputs the first counts: the hidden states of an LSTM, which are not
    pre-activations. Of a packed sequence and of nested tensors the entries are the samples.

    Examples
    --------
    >>> import torch
    >>> from normtheory.nn import StandardizationLoss
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> handle = regularize(model, StandardizationLoss())
    >>> handle.layers
    ('0',)
    >>> output = model(torch.ones(16, 4))
    >>> (output.sum() + 0.1 * handle.penalty()).backward()
    >>> handle.remove()
    """
    require_module("model", model)
    if process_group is not None and process_group is not False:
        require_process_group(process_group)
    # what torch.compile returns stands for the model
    model = getattr(model, "_orig_mod", model)
    if isinstance(loss, Mapping):
        if layers is not None:
            raise ValueError("layers must be left out when loss maps layers to losses")
        chosen, specified = chosen_layers(model, list(loss)), list(loss.values())
    else:
        chosen = chosen_layers(model, layers)
        specified = [loss] * len(chosen)
    losses = [loss_of_layer(s, name, m) for s, (name, m) in zip(specified, chosen, strict=True)]
    names = [name for name, _ in chosen]
    require_own_parameters(losses, names)
    axes = [
        _axes(dim, name, layer, loss) for (name, layer), loss in zip(chosen, losses, strict=True)
    ]
    if isinstance(dim, Mapping):
        require_names("dim", dim, names)
    settings = {
        "views": None if views is None else require.choice("views", views, VIEWS),
        "when": require.choice("when", when, ("training", "always")),
        "frozen": require.choice("frozen", frozen, ("count", "skip")),
        "process_group": process_group,
    }
    return Regularizer(model, chosen, losses, axes, weights=weights, **settings)


def _axes(dim, name, layer, loss):
    """The axis of the units in a layer's output, and how many axes that must have."""
    if isinstance(dim, Mapping):
        dim = dim.get(name)
    if dim is None:
        dim = getattr(loss, "dim", None)
    if dim is None:
        return axis_of_units(layer)
    return require.integer("dim", dim, minimum=-(10**6)), None

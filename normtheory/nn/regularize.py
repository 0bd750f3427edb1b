"""Attach a loss on activations to layers of an existing network, and take it off again."""

import weakref
from collections.abc import Mapping

import torch
from torch import nn

from normtheory.nn.losses.activation_loss import ActivationLoss
from normtheory.nn.selection import chosen_layers, loss_of_layer, require_own_parameters


def regularize(model, loss, layers=None):
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
        default all linear and convolutional layers except the one registered last, which usually
        gives the network's output.

    Returns
    -------
    Regularizer

    Raises
    ------
    ValueError
        If no layer is chosen, a layer is not in the model, a loss has parameters but is to be
        shared by several layers, or has reduction "none".
    TypeError
        If `loss` is none of the above.

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
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    if isinstance(loss, Mapping):
        if layers is not None:
            raise ValueError("layers must be left out when loss maps layers to losses")
        chosen = chosen_layers(model, list(loss))
        specified = list(loss.values())
    else:
        chosen = chosen_layers(model, layers)
        specified = [loss] * len(chosen)
    losses = [loss_of_layer(s, name, m) for s, (name, m) in zip(specified, chosen, strict=True)]
    require_own_parameters(losses, [name for name, _ in chosen])
    return Regularizer(model, chosen, losses)


class Regularizer(nn.Module):
    """The handle that `regularize` returns: it owns the losses and the hooks.

    As a module it moves to a device, has a state_dict and parameters (the losses' own, such as
    VCL's beta): add ``handle.parameters()`` to the optimizer. Used as a context manager it removes
    itself at the end.

    A forward pass of the model in training mode, with gradients enabled, records the chosen
    layers' outputs; `penalty` sums their losses over layers (and over the calls of a layer that
    runs several times in one pass) and forgets them. The next forward pass of the model forgets
    what was not asked for. In evaluation mode nothing is recorded. A copy of the model (`copy`,
    `pickle`) is a plain model without the loss.

    Notes
    -----
    Data parallelism: with `torch.nn.parallel.DistributedDataParallel` each worker's penalty is
    that of its own shard, and gradients are averaged, as in the papers. Losses that have
    parameters are synchronised when the handle itself is wrapped as well and called instead of
    `penalty`. `torch.nn.DataParallel` is refused: its replicas would share one record.
    `torch.compile` after `regularize`, not before.

    The gradient of a penalty on a large output (from 65,536 entries) is added behind it, on its way
    to the layer's weights: what `retain_grad` or a hook sees at that output is the network's own
    gradient alone. Transforms of `torch.func` run the model as it is; the losses, whose gradients
    are written by hand, have none there.

    Examples
    --------
    >>> import torch
    >>> from normtheory.nn import VarianceConstancyLoss
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> with regularize(model, lambda units: VarianceConstancyLoss(units, n=2)) as handle:
    ...     output = model(torch.randn(16, 4))
    ...     penalty = handle.penalty()
    >>> penalty.shape, [name for name, _ in handle.named_parameters()]
    (torch.Size([]), ['losses.0.beta'])
    """

    def __init__(self, model, layers, losses):
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self._names = tuple(name for name, _ in layers)
        self._records = [[] for _ in layers]
        self._keepers = [getattr(loss, "keep", None) for loss in losses]
        self._hooks = [
            module.register_forward_hook(_Recorder(self, index))
            for index, (_, module) in enumerate(layers)
        ]
        self._hooks.append(model.register_forward_pre_hook(_Forget(self)))

    @property
    def layers(self):
        """Names of the layers that carry a loss."""
        return self._names

    def penalty(self):
        """Sum over layers of the loss of what they put out in the last forward pass, as a scalar.

        Raises
        ------
        RuntimeError
            If a layer has not run since the last penalty, its output was changed in place since,
            or the handle was removed.
        ValueError
            If a loss returns anything but one number.
        """
        if not self._hooks:
            raise RuntimeError("this regularizer was removed")
        silent = [n for n, calls in zip(self._names, self._records, strict=True) if not calls]
        if silent:
            raise RuntimeError(
                f"no output of {', '.join(repr(n) for n in silent)} to penalise: the layer did not "
                "run in training mode with gradients enabled since the last penalty"
            )
        groups, total = {}, []
        for name, loss, calls in zip(self._names, self.losses, self._records, strict=True):
            for output, version, injection in calls:
                if version is not None and version != output._version:
                    raise RuntimeError(
                        f"the output of layer {name!r} was changed in place after the layer ran "
                        "(an activation with inplace=True?): the pre-activations are gone; set "
                        "inplace=False"
                    )
                if not isinstance(loss, ActivationLoss):
                    total.append(_one_number(name, loss(output)))
                    continue
                key = type(loss), loss.group(output)
                members = groups.setdefault(key, ([], [], []))
                members[0].append(loss)
                members[1].append(output)
                members[2].append(injection)
        self._forget()
        for (kind, *_), members in groups.items():
            total.append(_one_number(kind.__name__, kind.total(*members)))
        result = total[0]
        for term in total[1:]:
            result = result + term.to(result.device)
        return result

    forward = penalty

    def remove(self):
        """Take all hooks off the model; a second call does nothing."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        self._forget()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()

    def __deepcopy__(self, memo):
        raise TypeError("a Regularizer belongs to one model: copy the model, regularize the copy")

    def __reduce_ex__(self, protocol):
        raise TypeError(
            "a Regularizer belongs to one model: save its state_dict, regularize the loaded model"
        )

    def extra_repr(self):
        return f"layers={self._names!r}"

    def _record(self, index, output):
        if not isinstance(output, torch.Tensor):
            raise TypeError(
                f"layer {self._names[index]!r} must put out one tensor, got "
                f"{type(output).__name__}: regularize a layer inside it"
            )
        if torch.compiler.is_compiling():
            # a compiled graph has no versions to find a later change in place by: keep the value
            self._records[index].append((output.clone(), None, None))
            return output
        keep = self._keepers[index]
        output, kept, injection = keep(output) if keep else (output, output, None)
        self._records[index].append((kept, kept._version, injection))
        return output

    def _forget(self):
        for calls in self._records:
            calls.clear()


class _Hook:
    """A hook that holds its regularizer weakly, and that is inert in any copy of the model."""

    def __init__(self, regularizer=None):
        self.regularizer = weakref.ref(regularizer) if regularizer is not None else _nobody

    def __deepcopy__(self, memo):
        return _Inert()

    def __reduce__(self):
        return _Inert, ()


class _Recorder(_Hook):
    def __init__(self, regularizer, index):
        super().__init__(regularizer)
        self.index = index

    def __call__(self, module, arguments, output):
        regularizer = self.regularizer()
        if regularizer is not None and module.training and torch.is_grad_enabled():
            return regularizer._record(self.index, output)
        return None


class _Forget(_Hook):
    def __call__(self, module, arguments):
        regularizer = self.regularizer()
        if regularizer is None:
            return
        if getattr(module, "_is_replica", False) and module.training and torch.is_grad_enabled():
            raise RuntimeError(
                "torch.nn.DataParallel runs several replicas of a model, whose outputs one "
                "regularizer cannot tell apart: use DistributedDataParallel"
            )
        regularizer._forget()


class _Inert:
    def __call__(self, *arguments):
        return None


def _one_number(name, value):
    if not isinstance(value, torch.Tensor) or value.dim() > 0:
        what = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
        raise ValueError(f"the loss of {name!r} must be one number (shape ()), got {what}")
    return value


def _nobody():
    return None

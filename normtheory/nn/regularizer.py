"""The handle that `regularize` returns: the penalty of a model's runs."""

import functools
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, distributed, nn

from normtheory.nn.losses.activation_loss import SMALL, ActivationLoss
from normtheory.nn.precision import numbered
from normtheory.nn.record import Mask, Record
from normtheory.nn.runs import Runs, require_thread
from normtheory.nn.selection import known_axis
from normtheory.nn.weights import Schedule, Weights, factor, read_weights, require_weights


class Regularizer(nn.Module):
    """The handle that `regularize` returns: it owns the losses and the hooks.

    A call of the model, in training mode and with gradients, records the chosen layers' outputs:
    copies in the first step, later of those layers alone behind which something has changed the
    output in place. `penalty` may be read as often as wanted: the value stays until the model runs
    again.

    As a module the handle moves to a device, has a state_dict and parameters (the losses' own, such
    as VCL's beta): add ``handle.parameters()`` to the optimizer. It may be an attribute of the
    model or of a module around it: a copy (`copy`, `pickle`, an average of the weights) of both is
    regularized as well, a copy of the model alone is a plain model, and one of the handle alone
    belongs to none. As a context manager it removes itself at the end.

    Attributes
    ----------
    layers : tuple of str
        Names of the layers that carry a loss.
    losses : torch.nn.ModuleList
        The loss of each.
    axes : tuple of (int or None, int or None)
        The axis of the units in each layer's output, and how many axes that must have, where they
        are known.
    step : Tensor
        How many runs (or groups of views) have been penalised; only where `weights` is a callable.

    Notes
    -----
    A layer outside a run of this model (a shared encoder in another model, a submodule called
    alone, recomputation in checkpointing) is not recorded. Both kinds of checkpointing inside the
    model work; with ``use_reentrant=True`` the penalty's gradient is added when the network's own
    comes by, so that a penalty must not be differentiated alone. A checkpoint around the whole
    model needs ``use_reentrant=False``.

    Data parallelism: each worker's penalty is that of its own shard, and gradients are averaged, as
    in the papers; those of the losses' parameters are averaged over `process_group` in the
    backward pass, so that beta is the same on all ranks. `torch.nn.DataParallel` is refused, and so
    is a model that runs, or whose penalty is read, in several threads: give each thread copies.

    In transforms of `torch.func` run the model and read `penalty` inside the function that is
    transformed. `torch.compile` may come before or after, around the model or the whole step; a
    compiled model that has run before it was regularized must be compiled anew
    (`torch.compiler.reset`). `torch.export` and `torch.jit.trace` take the model alone;
    `torch.jit.script` wants the handle removed first.

    Examples
    --------
    >>> import torch
    >>> from normtheory.nn import VarianceConstancyLoss, regularize
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> with regularize(model, lambda units: VarianceConstancyLoss(units, n=2)) as handle:
    ...     output = model(torch.randn(16, 4))
    ...     penalty = handle.penalty()
    >>> penalty.shape, [name for name, _ in handle.named_parameters()]
    (torch.Size([]), ['losses.0.beta'])
    """

    def __init__(self, model, layers, losses, axes, *, weights, views, when, frozen, process_group):
        super().__init__()
        self.losses = nn.ModuleList(losses)
        self.layers = tuple([name for name, _ in layers])
        self.weights, self.views, self.when, self.frozen = weights, views, when, frozen
        self.process_group = process_group
        self.axes = tuple(axes)
        self._set_up()
        self._runs = Runs()
        self._hooks = self._runs.attach(self, model, [layer for _, layer in layers])

    @property
    def weights(self) -> Weights | Schedule:
        """The weight of each layer, as given to `regularize`; may be changed at any time."""
        return self._given

    @weights.setter
    def weights(self, weights: Weights | Schedule) -> None:
        self._given = require_weights(weights, self.layers)
        if callable(weights) and not hasattr(self, "step"):
            self.register_buffer("step", torch.tensor(0))

    def penalty(self, *, mask: Mask = None) -> Tensor:
        """Weighted sum over layers of the loss of what they put out, as a scalar; and over the
        calls of a layer that runs several times in one run of the model.

        Parameters
        ----------
        mask : Tensor of bool, or a list of them, optional
            True at padding, of the shape of the positions: (b, t), or (t, b), as in the outputs; a
            list has one for each view. Layers without positions have no padding. Read again, the
            penalty keeps its mask.

        Raises
        ------
        RuntimeError
            If the model or a layer has not run, the model has run more than once and `views` does
            not say what that means, the model ran inside a `vmap` that is over, or the handle was
            removed.
        ValueError
            If a loss cannot know the axis of the units or returns anything but one number, or
            `mask` does not fit.
        """
        values, views = self._values(mask)
        dtype = values[0][1].dtype if values else torch.float32
        weights = read_weights(self, self._number, dtype, new=not self._counted)
        self._counted = True
        # of nothing but frozen layers there is none
        total = 0 if values else torch.zeros(())
        for indices, vector in values:
            # times a vector: the derivative of 0-d tensors times numbers is float64 in forward mode
            term = (vector * factor(weights, indices, vector)).sum()
            total = total + term.to(values[0][1].device)
        return total / views if self.views == "mean" else total

    forward = penalty
    if TYPE_CHECKING:
        __call__ = penalty

    def layer_values(self, *, mask: Mask = None) -> dict[str, Tensor]:
        """The loss of each layer by name, without weights and without gradients: for logging."""
        values, views = self._values(mask)
        found = {}
        for indices, vector in values:
            for index, value in zip(indices, vector.detach().unbind(), strict=True):
                name = self.layers[index]
                found[name] = found[name] + value if name in found else value
        share = 1 / views if self.views == "mean" else 1
        return {name: found[name] * share for name in self.layers if name in found}

    def record(self) -> Record:
        """Begin to record what the layers put out, in whatever mode the model runs: see `Record`.

        A record ends when the next one begins, by its ``stop()``, or with its ``with`` block.
        """
        if not self._hooks:
            raise RuntimeError("there is nothing to record: this regularizer was removed")
        if self._runs.recording is not None:
            self._runs.recording.stop()
        self._runs.recording = Record()
        return self._runs.recording

    def summary(self, log: Callable[[str], object] | None = None) -> str:
        """Log one line for each layer of the latest record: its statistics, and which claims'
        assumptions hold in it. Returns the lines; a RuntimeError if nothing was recorded.

        `log` takes each line, by default ``logging.getLogger("normtheory").info``.
        """
        if self._runs.recording is None:
            raise RuntimeError(
                "there is nothing to sum up: run the model in `with handle.record():` first"
            )
        lines = list(self._runs.recording.inspect().lines())
        for line in lines:
            (log or logging.getLogger("normtheory").info)(line)
        return "\n".join(lines)

    def clear(self) -> None:
        """Forget all runs: what they put out, and their penalty."""
        self._runs.forget("the runs were cleared")

    def remove(self) -> None:
        """Take all hooks off the model; a second call does nothing."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        self._runs.forget("this regularizer was removed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()

    def __setstate__(self, state):
        super().__setstate__(state)
        self._runs.adopt(self)
        self._set_up()

    def extra_repr(self) -> str:
        return f"layers={self.layers!r}"

    def _values(self, mask):
        """Pairs of layers' indices and the vector of their losses, and the number of runs."""
        runs = self._runs
        require_thread(runs.ran_in)
        masks = tuple(mask) if isinstance(mask, list | tuple) else (mask,)
        if runs.values is None:
            records = runs.to_penalise()
            if len(masks) not in (1, len(records)):
                raise ValueError(f"mask must be one, or one for each of {len(records)} views")
            masks = masks * len(records) if len(masks) == 1 else masks
            try:
                with torch.set_grad_enabled(runs.differentiable):
                    values = self._evaluated(records, masks), len(records)
            except RuntimeError as error:
                if "maybe_level" not in str(error):
                    raise
                raise RuntimeError(
                    "penalty must be read inside the function that vmap maps: outside, what the "
                    "layers put out is gone"
                ) from error
            runs.values = *values, mask
            runs.read()
            self._counted = False
            return values
        *values, first = runs.values
        if mask is not None and mask is not first:
            raise ValueError("mask must be that of the first reading: the outputs are let go of")
        return values

    def _evaluated(self, records, masks):
        groups, values, losses = {}, [], list(self.losses)
        for record, mask in zip(records, masks, strict=True):
            for index, (loss, calls) in enumerate(zip(losses, record, strict=True)):
                for output in calls or ():
                    shape, name, (dim, rank) = output.shape, self.layers[index], self.axes[index]
                    flat = len(shape) == 2 and isinstance(mask, Tensor) and mask.dim() > 1
                    padding, plain = None if flat else mask, not isinstance(loss, ActivationLoss)
                    # a plain loss does not ask for the axis
                    dim = known_axis(name, shape, 1 if plain and dim is None else dim, rank)
                    if plain:
                        values.append(([index], self._plain(name, loss, output, padding)))
                        continue
                    key = type(loss), loss.group(), dim, id(padding), shape, output.dtype
                    # large layers one by one: copying them costs more than it saves
                    key = *key, output.device, len(groups) if output.numel() > SMALL else None
                    indices, outputs, _ = groups.setdefault(key, ([], [], padding))
                    indices.append(index)
                    outputs.append(output)
        for key, (indices, outputs, padding) in groups.items():
            members = [losses[index] for index in indices]
            values.append((indices, key[0].stacked(members, outputs, key[2], padding)))
        return values

    def _plain(self, name, loss, output, mask):
        """The value of a loss that is any module."""
        if mask is not None:
            raise ValueError(f"mask must be left out: the loss of {name!r} takes none")
        value = loss(output)
        if not isinstance(value, torch.Tensor) or value.dim() > 0:
            what = tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__
            raise ValueError(f"the loss of {name!r} must be one number (shape ()), got {what}")
        return value.view(1)

    def _set_up(self):
        self._number = numbered(self)
        for parameter in self.parameters():
            if parameter.requires_grad:
                parameter.register_hook(functools.partial(_averaged, self.process_group))


def _averaged(group, gradient):
    """The mean over ranks of the gradient of a loss's parameter."""
    if group is False or not (distributed.is_available() and distributed.is_initialized()):
        return None
    total = gradient.clone()
    distributed.all_reduce(total, group=group)
    return total / distributed.get_world_size(group)

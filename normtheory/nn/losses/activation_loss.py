"""What all losses on activations share: which axis holds the units, padding, precision, reduction,
and layers of one shape stacked: small ones cost the launch of an operation, not arithmetic.
"""

import contextlib
import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

import torch
from torch import Tensor, distributed, nn

from normtheory.nn.arguments import require_axes, require_process_group
from normtheory.nn.precision import in_full_precision, known
from normtheory.theory import arguments as require

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

Reduction = Literal["mean", "sum", "none"]
Spatial = Literal["features", "samples"] | None
REDUCTIONS = ("mean", "sum", "none")
POSITIONS = ("features", "samples")
# entries of a layer up to which a copy beside others costs less than operations of its own
SMALL = 1 << 16
_UNCHANGED = contextlib.nullcontext()


class Options(TypedDict, total=False):
    """What every loss takes by keyword, see `ActivationLoss`."""

    dim: int | None
    reduction: Reduction
    process_group: "ProcessGroup | None"


class Activations(NamedTuple):
    """Layers of one shape, stacked.

    Attributes
    ----------
    h : Tensor, (layers, \\*axes)
        In float32 at least; 0 where a sample does not count.
    samples, units : tuple of int
        Its other axes.
    kept : Tensor of bool or None
        Where a sample counts: as `h`, but with one entry along an axis that the mask lacks.
    """

    h: torch.Tensor
    samples: tuple
    units: tuple
    kept: torch.Tensor | None

    @property
    def count(self):
        """How many samples of each unit count: a number, or a tensor where there is a mask."""
        if self.kept is None:
            return math.prod([self.h.shape[axis] for axis in self.samples])
        return self.kept.sum(self.samples, keepdim=True)

    @property
    def counted_points(self):
        """The points that count, (layers, samples, units)."""
        return self.points if self.kept is None else self.points[:, self.kept.flatten()]

    @property
    def points(self):
        """As points (layers, samples, units)."""
        h = self.h if self.samples == (1,) else self.h.movedim(self.units[0], -1).flatten(1, -2)
        return h.flatten(2)

    def mean(self, values):
        """Mean over the samples that count, the axes kept with one entry each."""
        if self.kept is None:
            # not a mean, whose gradient is as large as the activations
            return values.sum(self.samples, keepdim=True) / self.count
        total = torch.where(self.kept, values, 0).sum(self.samples, keepdim=True)
        return total / self.count.clamp(min=1)


class ActivationLoss(nn.Module):
    """Base class of the losses on activations.

    A subclass defines `terms`. Statistics are computed in float32 at least, whatever autocast or
    the input's dtype says. NaN or inf in the activations comes out as NaN or inf: looking for them
    would stall a GPU.

    Called as ``loss(input, mask=None)``. The `input` is (b, d), or has further axes for positions:
    a feature map (b, c, h, w), tokens (b, t, d). `mask`, of the shape of the input without the axis
    of the units, is True at padding, as `src_key_padding_mask` of `torch.nn.TransformerEncoder`:
    such positions enter no statistic and have no gradient.

    Parameters
    ----------
    dim : int, optional
        The axis of the units: 1 behind convolutions, -1 behind linear layers and in channels-last
        tensors. `regularize` knows it from the layer; an input of more than two axes needs it.
    reduction : {"mean", "sum", "none"}
        What is done with the terms of one layer.
    process_group : torch.distributed.ProcessGroup, optional
        Take the samples of all its workers, as many on each, as one batch. Averaged over the
        workers, as data parallelism does, the gradients are those of the whole batch.

    Raises
    ------
    ValueError
        If an input with more than two axes comes without `dim`, is empty, or has too few axes, or
        `mask` has another shape.
    TypeError
        If the input is no tensor of floating-point numbers, or `mask` none of booleans.

    Examples
    --------
    >>> import torch
    >>> class Largest(ActivationLoss):
    ...     @staticmethod
    ...     def terms(losses, activations):
    ...         return activations.h.abs().amax(activations.samples, keepdim=True)
    >>> float(Largest(reduction="sum")(torch.tensor([[1.0, -3.0], [2.0, 0.0]])))
    5.0
    >>> float(Largest(dim=-1)(torch.ones(2, 7, 3)))  # three units, at seven positions
    1.0
    """

    # what the positions of a feature map are: further samples, or further units of a sample;
    # None: units behind axis 1, as the papers have it, and samples (tokens) elsewhere
    positions = None
    # what there is a term for: each unit, each sample, or each slice
    each = "unit"
    # a subclass's own settings: shown, and alike where losses are evaluated together
    settings = ()

    def __init__(
        self,
        *,
        dim: int | None = None,
        reduction: Reduction = "mean",
        process_group: "ProcessGroup | None" = None,
    ) -> None:
        super().__init__()
        self.dim = dim if dim is None else require.integer("dim", dim, minimum=-(10**6))
        self.reduction = require.choice("reduction", reduction, REDUCTIONS)
        self.process_group = process_group
        if process_group is not None:
            require_process_group(process_group)

    if TYPE_CHECKING:

        def __call__(self, input: Tensor, *, mask: Tensor | None = None) -> Tensor: ...

    def forward(self, input: Tensor, *, mask: Tensor | None = None) -> Tensor:
        return self.stacked([self], [input], self.dim, mask)[0]

    def require(self, input: Tensor, dim: int) -> None:
        """Raise ValueError where this loss has no value for the shape of `input`."""

    def group(self) -> tuple[Any, ...]:
        """What losses of one class must share to be evaluated together."""
        own = [getattr(self, name) for name in self.settings]
        return *own, self.reduction, id(self.process_group)

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        """Terms in the shape of ``activations.h``, but with one entry along each axis that is gone:
        the samples, or the units; or of shape (layers, slices).

        Parameters
        ----------
        losses : list of ActivationLoss
            One for each layer, of one `group`.
        activations : Activations
        """
        raise NotImplementedError

    @classmethod
    def stacked(
        cls, losses: list[Any], inputs: list[Tensor], dim: int | None, mask: Tensor | None = None
    ) -> Tensor:
        """``loss(input)`` of layers that have one `group`, shape, dtype, device and `dim`.

        Returns
        -------
        Tensor, (layers,)
            With reduction "none" the terms of each layer, (layers, ...).
        """
        first = losses[0]
        require_axes("input", inputs[0], "shape (b, d), or one with positions")
        dim = units_axis(inputs[0], dim)
        first.require(inputs[0], dim)
        if first.process_group is not None:
            inputs = [_gathered(each, first.process_group) for each in inputs]
            mask = mask if mask is None else _gathered(mask, first.process_group)
        with without_autocast(inputs[0]):
            activations = _arranged(inputs, dim, first.positions, mask)
            if mask is not None and first.each != "unit" and len(activations.units) > 1:
                raise ValueError(
                    "mask needs positions that are samples, not units of one: spatial='samples'"
                )
            if first.each == "slice" and mask is not None and known(mask.all()):
                # nothing to project or compare
                count = getattr(first, "slices", 1)
                terms = activations.h.flatten(1)[:, :1].expand(-1, count) * 0
            else:
                terms = cls.terms(losses, activations)
            return _reduced(terms, activations, first, _positions(inputs[0].shape, dim))

    def extra_repr(self) -> str:
        shown = {name: getattr(self, name) for name in (*self.settings, "dim", "reduction")}
        return ", ".join(f"{name}={value!r}" for name, value in shown.items() if value is not None)


def _gathered(input, group):
    """The batches of all workers, one after the other."""
    batches = [torch.empty_like(input) for _ in range(distributed.get_world_size(group))]
    distributed.all_gather(batches, input.detach().contiguous(), group=group)
    if input.dtype.is_floating_point:
        # each worker differentiates by its own samples alone, and gradients are averaged
        others = len(batches) - 1
        batches[distributed.get_rank(group)] = input + others * (input - input.detach())
    return torch.cat(batches)


def _arranged(inputs, dim, positions, mask):
    """Inputs of one shape as `Activations`, without a copy where memory allows."""
    h = torch.stack(inputs) if len(inputs) > 1 else inputs[0].unsqueeze(0)
    h, axes, kept = in_full_precision(h), h.dim(), None
    if mask is not None:
        require_mask(mask, inputs[0].shape, dim)
        kept = mask.logical_not().unsqueeze(dim).unsqueeze(0)
        h = torch.where(kept, h, 0)
    if positions is None:
        positions = "features" if dim == 1 else "samples"
    if positions == "features":
        return Activations(h, (1,), tuple(range(2, axes)), kept)
    if dim == 1:
        return Activations(h, (1, *range(3, axes)), (2,), kept)
    h, kept = (x if x is None else x.movedim(dim + 1, -1).flatten(1, -2) for x in (h, kept))
    return Activations(h, (1,), (2,), kept)


def _reduced(terms, activations, loss, positions):
    """The terms as one number for each layer, or with reduction "none" without the axes gone."""
    _, samples, units, kept = activations
    if loss.reduction == "none":
        if loss.each == "slice":
            return terms
        terms = terms.squeeze(samples if loss.each == "unit" else units)
        return terms.reshape(-1, *positions) if loss.each == "sample" and len(units) == 1 else terms
    if kept is None or loss.each == "slice":
        terms = terms.flatten(1)
        return terms.mean(1) if loss.reduction == "mean" else terms.sum(1)
    # a unit of which no sample is left has no term
    counts = kept if loss.each == "sample" else kept.any(samples, keepdim=True)
    counts = counts.expand_as(terms).flatten(1)
    total = torch.where(counts, terms.flatten(1), 0).sum(1)
    return total / counts.sum(1).clamp(min=1) if loss.reduction == "mean" else total


def _positions(shape, dim):
    """The shape without the axis of the units."""
    return tuple([size for axis, size in enumerate(shape) if axis != dim])


def units_axis(input, dim):
    """The axis of the units, from 0, or raise ValueError where it is not known."""
    if dim is None:
        if input.dim() > 2:
            raise ValueError(
                f"dim must say which axis of an input of shape {tuple(input.shape)} holds the "
                "units: 1 behind convolutions, -1 behind linear layers"
            )
        return 1
    if not -input.dim() <= dim < input.dim():
        raise ValueError(f"dim must be an axis of the input {tuple(input.shape)}, got {dim}")
    return dim % input.dim()


def require_mask(mask, shape, dim):
    """Raise unless `mask` is a tensor of booleans, one for each position of `shape`."""
    if not isinstance(mask, torch.Tensor) or mask.dtype != torch.bool:
        kind = mask.dtype if isinstance(mask, torch.Tensor) else type(mask).__name__
        raise TypeError(f"mask must be a tensor of booleans, True at padding, got {kind}")
    wanted = _positions(shape, dim)
    if tuple(mask.shape) != wanted:
        raise ValueError(
            f"mask must have shape {wanted}, the input's without its units, got {tuple(mask.shape)}"
        )


def without_autocast(input):
    """A context in which matrix products keep the precision of their operands."""
    kind = input.device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.autocast(kind, enabled=False)
    return _UNCHANGED

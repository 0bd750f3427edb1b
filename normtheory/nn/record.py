"""What the layers of a regularized model put out, recorded for a closer look."""

import zipfile
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from normtheory.nn.losses.activation_loss import require_mask, units_axis
from normtheory.nn.precision import in_full_precision
from normtheory.nn.selection import known_axis

if TYPE_CHECKING:
    from normtheory.claims import Inspection

Mask = Tensor | list[Tensor] | tuple[Tensor, ...] | None


class Record:
    """What layers put out in runs of the model, in training, in evaluation and without gradients.

    `Regularizer.record` makes one. It copies outputs to main memory, detached. Only runs of the
    model count, as for the penalty.

    Examples
    --------
    >>> import torch
    >>> from normtheory.nn import StandardizationLoss, regularize
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> with regularize(model, StandardizationLoss()) as handle, handle.record() as record:
    ...     for _ in range(3):
    ...         output = model(torch.randn(16, 4))
    >>> {layer: points.shape for layer, points in record.arrays().items()}
    {'0': (48, 8)}
    """

    def __init__(self) -> None:
        self._outputs, self.stopped = {}, False

    def take(self, layer: str, output: Tensor, axis: tuple[int | None, int | None]) -> None:
        """Keep one output of a layer; `axis` is that of its units, and how many it must have."""
        if not self.stopped:
            kept = output.detach().to("cpu", copy=True)
            self._outputs.setdefault(layer, []).append((kept, axis))

    def stop(self) -> None:
        """Record no more."""
        self.stopped = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def arrays(self, *, mask: Mask = None) -> dict[str, NDArray[np.floating]]:
        """The recorded activations of each layer by name, (samples, units), in float64 or float32.

        Parameters
        ----------
        mask : Tensor of bool, or a list of them, optional
            True at padding, of the shape of the positions, which are left out (the others are
            samples); a list has one for each run of the layer. Layers without positions have no
            padding.

        Raises
        ------
        RuntimeError
            If the model has not run.
        ValueError
            If the axis of the units is not known, or `mask` does not fit.
        """
        if not self._outputs:
            raise RuntimeError("nothing is recorded: the model must run after handle.record()")
        arrays = {}
        for layer, outputs in self._outputs.items():
            masks = mask if isinstance(mask, list | tuple) else [mask] * len(outputs)
            if len(masks) != len(outputs):
                raise ValueError(
                    f"mask must be one, or one for each of {len(outputs)} outputs of layer "
                    f"{layer!r}, got {len(masks)}"
                )
            arrays[layer] = np.concatenate(
                [_points(layer, *output, each) for output, each in zip(outputs, masks, strict=True)]
            )
        return arrays

    def inspect(self, *, mask: Mask = None, seed: int = 0) -> "Inspection":
        """Statistics of each layer, and which claims' assumptions hold there: prints as a table.

        The `mask` is as in `arrays`, the `seed` that of the sliced distance's random directions.
        """
        from normtheory.claims import inspect_activations

        return inspect_activations(self.arrays(mask=mask), seed=seed)

    def save(self, path: str | PathLike[str], *, mask: Mask = None) -> None:
        """Write `arrays` to an .npz, or raise ValueError where `path` has another ending:
        ``normtheory inspect`` reads it."""
        if Path(path).suffix != ".npz":
            raise ValueError(f"path must end in .npz, got {str(path)!r}")
        arrays = self.arrays(mask=mask)
        # not savez, to which a layer's name is the name of an argument
        with zipfile.ZipFile(path, "w") as file:
            for layer, points in arrays.items():
                with file.open(f"{layer}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, points, allow_pickle=False)


def _points(layer, output, axis, mask):
    """An output as points (samples, units), without padding."""
    dim = units_axis(output, known_axis(layer, output.shape, *axis))
    points = output.movedim(dim, -1)
    if mask is not None and output.dim() > 2:
        require_mask(mask, output.shape, dim)
        points = points[~mask.to(points.device)]
    return in_full_precision(points.flatten(0, -2)).numpy()

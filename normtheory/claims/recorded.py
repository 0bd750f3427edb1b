"""Recorded activations, read from a file."""

import csv
import warnings
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from normtheory.theory import arguments as require


def read_activations(
    path: str | PathLike[str], *, dim: int | None = None
) -> dict[str, NDArray[Any]]:
    """Activations of layers from an .npz or a .csv file.

    An npz holds an array (samples, units) for each layer. A csv has a row for each sample and a
    column for each unit; with a header ``layer.unit``, as in ``fc1.0,fc1.1,fc2.0``, it holds
    several layers, otherwise one, called after the file.

    Parameters
    ----------
    path : path-like
    dim : int, optional
        The axis of the units in arrays of more than two axes, such as 1 in feature maps and -1 in
        tokens; all other axes are samples.

    Returns
    -------
    dict
        Layer -> ndarray (samples, units).

    Raises
    ------
    ValueError
        If the file is missing, of another kind, damaged or empty, or an array has no axis `dim`.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/layers.npz", conv=np.zeros((8, 3, 4, 4)))
    ...     layers = read_activations(f"{folder}/layers.npz", dim=1)
    >>> layers["conv"].shape
    (128, 3)
    """
    path = Path(path)
    readers = {".npz": _npz, ".csv": _csv}
    if path.suffix.lower() not in readers:
        raise ValueError(f"file must end in .npz or .csv, got {str(path)!r}")
    if not path.is_file():
        raise ValueError(f"file must exist, got {str(path)!r}")
    if dim is not None:
        dim = require.integer("dim", dim, minimum=-(10**6))
    layers = readers[path.suffix.lower()](path)
    if not layers:
        raise ValueError(f"file must hold at least one layer, got none in {str(path)!r}")
    return {name: _points(name, array, dim) for name, array in layers.items()}


def _npz(path):
    try:
        # opened here, as numpy leaves a damaged file open
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("error")
            with np.load(stream, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
    except Exception as error:  # numpy and zipfile have a dozen kinds for a dozen kinds of damage
        why = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"file must be a whole npz of numbers, got {str(path)!r}: {why}") from None


def _csv(path):
    try:
        lines = [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
        header = next(csv.reader(lines[:1]), [])
        named = not all(map(_is_number, header))
        if not lines[named:]:
            raise ValueError("it has no row of numbers")
        rows = np.loadtxt(lines[named:], delimiter=",", comments=None, ndmin=2)
        if named and len(header) != rows.shape[1]:
            raise ValueError(f"{len(header)} names for {rows.shape[1]} columns")
    except ValueError as error:
        why = str(error).splitlines()[0].partition(";")[0]
        raise ValueError(f"file must be a csv of numbers, got {str(path)!r}: {why}") from None
    parts = [name.strip().rpartition(".") for name in header] if named else []
    if not parts or not all(layer and unit.isdecimal() for layer, _, unit in parts):
        return {path.stem: rows}
    columns = {}
    for index, (layer, _, _) in enumerate(parts):
        columns.setdefault(layer, []).append(index)
    return {layer: rows[:, chosen] for layer, chosen in columns.items()}


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _points(name, array, dim):
    if array.dtype.kind not in "fiu":
        raise ValueError(f"layer {name!r} must hold real numbers, got dtype {array.dtype}")
    if array.ndim <= 2:
        return array
    if dim is None or not -array.ndim <= dim < array.ndim:
        raise ValueError(
            f"dim must name the axis of the units in layer {name!r} of shape {array.shape}, such "
            f"as 1 in feature maps, -1 in tokens; got {dim}"
        )
    return np.moveaxis(array, dim, -1).reshape(-1, array.shape[dim])

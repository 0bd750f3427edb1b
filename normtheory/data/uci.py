"""UCI classification sets with the four published splits of Klambauer et al. (2017)."""

import hashlib
import io
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np

from normtheory.data.sources import data_directory, find_file, read_bytes, warn_stand_in

BUNDLED = ("iris", "wine", "breast_cancer")


@dataclass(frozen=True, kw_only=True)
class Splits:
    """A classification set with several train, validation and test parts of the same rows.

    Attributes
    ----------
    name, origin, note, fingerprint : str
        As in `Classification`.
    x : ndarray of float32, shape (rows, features)
        Standardized over all rows, as published.
    y : ndarray of int64, shape (rows,)
    parts : ndarray of uint8, shape (rows, splits)
        0 train, 1 validation, 2 test.
    classes : int
    """

    name: str
    origin: str
    note: str
    fingerprint: str
    x: np.ndarray
    y: np.ndarray
    parts: np.ndarray
    classes: int

    @property
    def stand_in(self):
        """Whether this is another data set than the one asked for."""
        return self.note.startswith("STAND-IN")


def uci_names():
    """Names of the sets in ``NORMTHEORY_DATA/uci``, sorted; scikit-learn's bundled ones if none."""
    directory = data_directory()
    names = sorted(p.stem for p in (directory / "uci").glob("*.npz")) if directory else []
    return tuple(names) or BUNDLED


def load_uci(name, origin=None):
    """One UCI set with its splits, from ``NORMTHEORY_DATA/uci/NAME.npz``, or a stand-in.

    Parameters
    ----------
    name : str
        A file's name without ".npz", or one of `BUNDLED`.
    origin : {None, "files", "bundled"}
        Take this one only, instead of the first that is there. The stand-in for a set that is not
        there is scikit-learn's wine data, with four splits drawn by class.

    Returns
    -------
    Splits

    Raises
    ------
    ValueError
        If the file is damaged or its arrays do not fit each other, or `origin` is not to be had.
    """
    if origin not in (None, "files", "bundled"):
        raise ValueError(f"origin must be None, files or bundled, got {origin!r}")
    path = find_file("uci", f"{name}.npz")
    if origin in (None, "files") and path is not None:
        return _read(name, path)
    if origin == "files":
        raise ValueError(f"origin 'files' needs {name}.npz in NORMTHEORY_DATA/uci")
    if name not in BUNDLED and origin is None:
        warn_stand_in(f"the UCI set {name!r}", "uci", "scikit-learn's bundled wine data")
    return _bundled(name)


def _read(name, path):
    content = read_bytes(path)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            x, y, test, validation = (archive[k] for k in ("X", "y", "folds", "val_folds"))
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"{path} must be a whole npz file with X, y, folds and val_folds, but {error}"
        ) from None
    rows = len(x)
    shapes = {"X": x.shape, "y": y.shape, "folds": test.shape, "val_folds": validation.shape}
    if (
        x.ndim != 2
        or y.shape != (rows,)
        or test.shape != (rows, 4)
        or validation.shape != (rows, 4)
    ):
        raise ValueError(f"{path} must hold (N, d), (N,), (N, 4) and (N, 4), got {shapes}")
    if not np.isfinite(x).all() or (test & validation).any() or y.min() != 0:
        raise ValueError(f"{path} must hold finite features, disjoint parts and classes from 0")
    return Splits(
        name=name,
        origin="files",
        note=f"UCI {name}, the four splits of Klambauer et al. (2017)",
        fingerprint=f"{name}-{hashlib.sha256(x.tobytes() + test.tobytes()).hexdigest()[:16]}",
        x=x.astype(np.float32),
        y=y.astype(np.int64),
        parts=(2 * test + validation).astype(np.uint8),
        classes=int(y.max()) + 1,
    )


def _bundled(name):
    from sklearn import datasets

    chosen = name if name in BUNDLED else "wine"
    x, y = getattr(datasets, f"load_{chosen}")(return_X_y=True)
    spread = x.std(0)
    rng = np.random.default_rng(0)
    parts = np.zeros((len(y), 4), np.uint8)
    for split in range(4):
        for each in np.unique(y):
            rows = rng.permutation(np.flatnonzero(y == each))
            quarter = len(rows) // 4
            parts[rows[:quarter], split] = 2
            parts[rows[quarter : quarter + len(rows) // 8], split] = 1
    note = f"scikit-learn's {chosen} data, four splits drawn by class"
    if chosen != name:
        note = f"STAND-IN: {note}, since UCI {name} was not to be had"
    return Splits(
        name=name,
        origin="bundled",
        note=note,
        fingerprint=f"{chosen}-{hashlib.sha256(x.tobytes()).hexdigest()[:16]}",
        x=((x - x.mean(0)) / spread).astype(np.float32),
        y=y.astype(np.int64),
        parts=parts,
        classes=int(y.max()) + 1,
    )

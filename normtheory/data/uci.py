"""UCI classification sets with the four published splits of Klambauer et al. (2017)."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from normtheory.data.dataset import DataSet
from normtheory.data.sources import (
    DataMissing,
    data_directory,
    fetched,
    files_of,
    first_available,
    read_bytes,
    unpacked,
    whole,
)

BUNDLED = ("iris", "wine", "breast_cancer")
_URL = (
    "https://raw.githubusercontent.com/hadijomaa/dataset2vec/"
    "42058daf5077f3adb2f40af89a26f54f54ee1cdb/datasets/"
)
# SHA-256 of features, labels, test and validation parts as published; no other is downloaded
PUBLISHED = {
    "abalone": "1941daf01467b4bf2b32cd36e25b607e11d3ff9a5a6c006258edcca91b74d173",
    "car": "3ea2e6c4cc5fd5462ba3c4d6bb6029ca704e850274d1afaceee7f0b75cbcd9c0",
    "contrac": "41372f4c55ce7db42760143d4cdba566f66fb94959228ff148c83489ebab8964",
    "image-segmentation": "309f0053802aa1caffb91549613fc1be0bacc6497df01442a45a7462c7f035c7",
    "led-display": "28a50788fb877dbbdba0c8b9584b9d3b786e32699b2785700115967f46d0204b",
    "mushroom": "26c6e68f04a7bdcdb4c6ddb68d7631709786326d60999d7cb56c5eaabb83351f",
    "optical": "3c0c65bfffe4a0268a05480467feb52e2b06d2c3ca5c8bd0a5853969f5067da7",
    "page-blocks": "9968b76b3c3020f0852bf410a70114964e86ca27fdd384539df27deb9a81e3f1",
    "spambase": "e4776059e55564ca31f3089176e1de342a62f6f75019639b61fc86c538b1c1dd",
    "statlog-german-credit": "ce5f2b384ebf6779cd4e7ce105e987568131c554abb39907c1c4465ef88916bc",
    "titanic": "940b4caedc18b69cc1e2a4ea1bd3ecad9dae0e7b448a3de1ef8f2e26722fcde7",
    "waveform": "0add7526248056dc0fc33e9e2a7014162ad2bd85865894617ab10c4bbc4801ae",
    "wine-quality-red": "06b752cc82517b6d85bfd97f45539babcb133f88f95bfb4c4b65b03a710fd342",
}


@dataclass(frozen=True, kw_only=True)
class Splits(DataSet):
    """A classification set with several train, validation and test parts of the same rows.

    Attributes
    ----------
    name, origin, note : str
        As in `DataSet`.
    x : ndarray of float32, shape (rows, features)
        Standardized over all rows, as published.
    y : ndarray of int64, shape (rows,)
    parts : ndarray of uint8, shape (rows, splits)
        0 train, 1 validation, 2 test.
    classes : int
    """

    x: np.ndarray
    y: np.ndarray
    parts: np.ndarray
    classes: int


def digest(x, y, test, validation):
    """SHA-256 of a set's arrays, as in `PUBLISHED`."""
    parts = (x, y.astype(np.int16), test.astype(np.uint8), validation.astype(np.uint8))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def uci_names() -> tuple[str, ...]:
    """Names of the sets in ``NORMTHEORY_DATA/uci``, sorted; scikit-learn's bundled ones if none."""
    directory = data_directory()
    names = sorted(p.stem for p in (directory / "uci").glob("*.npz")) if directory else []
    return tuple(names) or BUNDLED


def load_uci(name: str, origin: Literal["files", "download", "bundled"] | None = None) -> Splits:
    """One UCI set with its splits, from ``NORMTHEORY_DATA/uci/NAME.npz``, or a stand-in.

    Without that file the sets of `PUBLISHED` are downloaded into the user's cache; the stand-in for
    a set that is not there is scikit-learn's wine data, with four splits drawn by class, and those
    of `BUNDLED` come with scikit-learn, too. With an `origin` that one alone is taken, or a
    ValueError says why not; so it does of a file that is damaged or whose arrays do not fit each
    other.
    """
    return first_available(
        f"the UCI set {name!r}",
        "uci",
        origin,
        {
            "files": lambda: _from_files(name),
            "download": lambda: _download(name),
            "bundled": lambda: _bundled(name),
        },
        instead=None if name in BUNDLED else "scikit-learn's bundled wine data",
    )


def _from_files(name):
    (path,) = files_of("uci", (f"{name}.npz",)).values()
    content = read_bytes(path)
    with whole(path, "npz file with X, y, folds and val_folds"):
        arrays = unpacked(content)
        parts = [arrays[key] for key in ("X", "y", "folds", "val_folds")]
    return _splits(name, "files", path, *parts)


def _download(name):
    if name not in PUBLISHED:
        raise DataMissing(f"must be asked for one of {', '.join(PUBLISHED)}, got {name!r}")
    paths = [
        fetched(f"{_URL}{name}/{kind}_py.dat", "uci", f"{name}-{kind}.dat") for kind in kinds(name)
    ]
    dtypes = kinds(name).values()
    x, y, test, validation = map(_table, paths, dtypes)
    if digest(x, y, test, validation) != PUBLISHED[name]:
        raise ValueError(
            f"{paths[0].parent}/{name}-*.dat must be UCI {name} as published, but their checksum "
            "differs: delete them to download them again"
        )
    return _splits(name, "download", _URL + name, x, y, test, validation)


def kinds(name):
    """The files of a set as published, each with the type of its numbers."""
    return {name: np.float32, "labels": np.int16, "folds": np.uint8, "validation_folds": np.uint8}


def _table(path, dtype):
    try:
        return np.loadtxt(path, dtype=dtype, delimiter=",")
    except ValueError as error:
        raise ValueError(f"{path} must hold comma-separated numbers, but {error}") from None


def _splits(name, origin, path, x, y, test, validation):
    rows = x.shape[0] if x.ndim else 0
    shapes = {"X": x.shape, "y": y.shape, "folds": test.shape, "val_folds": validation.shape}
    if (
        x.ndim != 2
        or y.shape != (rows,)
        or test.shape != (rows, 4)
        or validation.shape != (rows, 4)
    ):
        raise ValueError(f"{path} must hold (N, d), (N,), (N, 4) and (N, 4), got {shapes}")
    if not rows:
        raise ValueError(f"{path} must hold at least one row, got none")
    for array, kind in ((x, "X"), (y, "y"), (test, "folds"), (validation, "val_folds")):
        if array.dtype.kind not in "biuf":
            raise ValueError(f"{path} must hold numbers in {kind}, got {array.dtype}")
    if not all(map(_whole, (y, test, validation))):
        raise ValueError(f"{path} must hold whole numbers in y, folds and val_folds")
    y, test, validation = (array.astype(np.int64) for array in (y, test, validation))
    if any(((array < 0) | (array > 1)).any() for array in (test, validation)):
        raise ValueError(f"{path} must hold 0 and 1 in folds and val_folds")
    if not np.isfinite(x).all() or (test & validation).any() or y.min() != 0:
        raise ValueError(f"{path} must hold finite features, disjoint parts and classes from 0")
    x = x.astype(np.float32)
    parts = (2 * test + validation).astype(np.uint8)
    note = f"UCI {name}, the four splits of Klambauer et al. (2017)"
    return _made(name, origin, note, x, y, parts)


def _whole(array):
    """Whether all numbers are whole, be they floats, and fit a class or a part."""
    if array.dtype.kind == "b":
        return True
    return bool(((array == np.floor(array)) & (array >= -1) & (array < 1 << 31)).all())


def _bundled(name):
    from sklearn import datasets

    chosen = name if name in BUNDLED else "wine"
    x, y = getattr(datasets, f"load_{chosen}")(return_X_y=True)
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
    x = ((x - x.mean(0)) / x.std(0)).astype(np.float32)
    return _made(name, "bundled", note, x, y.astype(np.int64), parts)


def _made(name, origin, note, x, y, parts):
    classes = int(y.max()) + 1
    return Splits(name=name, origin=origin, note=note, x=x, y=y, parts=parts, classes=classes)

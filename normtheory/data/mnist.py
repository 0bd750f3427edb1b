"""MNIST (LeCun, Cortes, Burges, Haffner 1998): 60,000 and 10,000 digits of 28 x 28 grey values."""

import struct
from typing import Literal

import numpy as np

from normtheory.data.classification import Classification
from normtheory.data.digits import load_digits
from normtheory.data.sources import fetch_openml, files_of, first_available, read_bytes, sha256

# file -> (shape, SHA-256 of the unpacked file)
PUBLISHED = {
    "train-images-idx3-ubyte": (
        (60000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        (60000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        (10000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        (10000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def load_mnist(origin: Literal["files", "openml", "bundled"] | None = None) -> Classification:
    """MNIST, or a stand-in that says so: x in [0, 1], float32 of shape (rows, 1, 28, 28).

    Reads the four idx files (or .gz) from ``NORMTHEORY_DATA/mnist``, else asks OpenML through
    scikit-learn, which keeps the download in the user's cache; where neither is possible it warns
    and returns scikit-learn's bundled 8 x 8 digits, enlarged to 28 x 28. With an `origin` that one
    alone is taken, or a ValueError says why not; so it does of a file that is damaged, partial or
    not MNIST as published.
    """
    return first_available(
        "MNIST",
        "mnist",
        origin,
        {"files": _from_files, "openml": _from_openml, "bundled": _bundled},
        instead="scikit-learn's bundled digits",
    )


def _from_files():
    paths = files_of("mnist", PUBLISHED)
    arrays = [read_idx(path, *PUBLISHED[name]) for name, path in paths.items()]
    return _made("files", "MNIST as published", *arrays)


def _bundled():
    note = "STAND-IN: scikit-learn's 8 x 8 digits, enlarged, since MNIST was not to be had"
    return load_digits().resized("mnist", 28, note)


def read_idx(path, shape, digest):
    """An idx file of unsigned bytes as an array; ValueError if its header does not say `shape`, or
    the length or the SHA-256 of the unpacked file is another."""
    content = read_bytes(path)
    header = 4 + 4 * len(shape)
    magic = 0x0800 + len(shape)
    found = int.from_bytes(content[:4], "big")
    if len(content) < header or found != magic:
        raise ValueError(f"{path} must begin with the idx magic number {magic}, got {found}")
    sizes = tuple(int(size) for size in np.frombuffer(content[4:header], ">u4"))
    if sizes != shape:
        raise ValueError(f"{path} must hold {shape}, but its header says {sizes}")
    expected = header + int(np.prod(shape))
    if len(content) != expected:
        raise ValueError(
            f"{path} must unpack to {expected} bytes, got {len(content)}: it is partial"
        )
    if sha256(content) != digest:
        raise ValueError(f"{path} must be MNIST as published, but its checksum differs")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _from_openml():
    bunch = fetch_openml(name="mnist_784", version=1)
    images = np.asarray(bunch.data).astype(np.uint8).reshape(-1, 28, 28)
    labels = np.asarray(bunch.target).astype(np.uint8)
    # written as the published files would be, so that their checksums tell
    arrays = images[:60000], labels[:60000], images[60000:], labels[60000:]
    for (name, (_, digest)), array in zip(PUBLISHED.items(), arrays, strict=True):
        header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
        if sha256(header + array.tobytes()) != digest:
            raise ValueError(f"OpenML's mnist_784 must be {name} as published, but it differs")
    return _made("openml", "MNIST from OpenML, as published", *arrays)


def _made(origin, note, x_train, y_train, x_test, y_test):
    x_train, x_test = (x[:, None] / np.float32(255) for x in (x_train, x_test))
    parts = x_train, y_train, x_test, y_test
    return Classification.of(parts, name="mnist", origin=origin, note=note)

"""CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32 x 32 pixels."""

import hashlib
import io
import itertools
from typing import Literal

import numpy as np

from normtheory.data.classification import Classification
from normtheory.data.sources import (
    fetch_openml,
    files_of,
    first_available,
    read_bytes,
    sha256,
    unpacked,
)

# the published binary version's files and their SHA-1, as MXNet Gluon checks them
BATCHES = {
    "data_batch_1.bin": "aadd24acce27caa71bf4b10992e9e7b2d74c2540",
    "data_batch_2.bin": "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795",
    "data_batch_3.bin": "1dd00a74ab1d17a6e7d73e185b69dbf31242f295",
    "data_batch_4.bin": "aab85764eb3584312d3c7f65fd2fd016e36a258e",
    "data_batch_5.bin": "26e2849e66a845b7f1e4614ae70f4889ae604628",
    "test_batch.bin": "67eb016db431130d61cd03c7ad570b013799c88c",
}
_RECORD = 1 + 3 * 32 * 32
_IMAGES = 10000  # of a batch
# the first images of each part, exact; and all images after JPEG compression at quality 75
SUBSET = "cifar10_lossless_train4000_test1000.npz"
JPEG = "cifar10_jpeg75_full.npz"
_SHA256 = {
    SUBSET: "5e81f99fe5af185b32d0cb5efbf72c956a858f8e684fdfba6995f9e197878f5c",
    JPEG: "89ecdf0df815168942a5225b9e2cc3844b02c391188bd56630fbfc4538ac3bce",
}
_INSTEAD = "scikit-learn's bundled digits"


def load_cifar10(
    origin: Literal["files", "subset", "jpeg", "openml", "bundled"] | None = None,
) -> Classification:
    """CIFAR-10 whole, a part of it, or a stand-in that says so: x of shape (rows, 3, 32, 32), each
    channel standardized by the train images, float32.

    Looks in ``NORMTHEORY_DATA/cifar10`` for the six files of the published binary version, then for
    a file with the first 4,000 + 1,000 images, then asks OpenML through scikit-learn; where none is
    to be had it warns and returns scikit-learn's digits as colour images. With an `origin` that one
    alone is taken, or a ValueError says why not; so it does of a file that is damaged, partial or
    not CIFAR-10. "jpeg", all images after JPEG compression, is taken only by name: accuracies on it
    are not comparable with published ones.
    """
    return first_available(
        "CIFAR-10", "cifar10", origin, _ROUTES, instead=_INSTEAD, by_name=("jpeg",)
    )


def load_whole_cifar10(origin: str | None = None) -> Classification:
    """All 60,000 images of CIFAR-10, for training at the papers' own scale.

    As `load_cifar10`, but never the part; where the exact images are not to be had, those after
    JPEG compression are taken, and the note says so.
    """
    routes = {kind: _ROUTES[kind] for kind in ("files", "openml", "jpeg", "bundled")}
    return first_available("CIFAR-10", "cifar10", origin, routes, instead=_INSTEAD)


def _from_batches():
    parts = []
    for name, path in files_of("cifar10", BATCHES).items():
        content = read_bytes(path)
        whole = _IMAGES * _RECORD
        if len(content) != whole:
            raise ValueError(f"{path} must hold {whole} bytes, got {len(content)}: it is cut")
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != BATCHES[name]:
            raise ValueError(f"{path} must be CIFAR-10 as published, but its checksum differs")
        records = np.frombuffer(content, np.uint8).reshape(_IMAGES, _RECORD)
        parts.append((records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]))
    train = [np.concatenate(each) for each in zip(*parts[:5], strict=True)]
    return _classification((*train, *parts[5]), "files", "CIFAR-10 as published")


def _read_npz(name):
    path = files_of("cifar10", (name,))[name]
    content = read_bytes(path)
    if sha256(content) != _SHA256[name]:
        raise ValueError(f"{path} must be whole and unaltered, but its checksum differs")
    return unpacked(content)


def _from_subset():
    arrays = _read_npz(SUBSET)
    x_train, x_test = (arrays[f"x_{part}"].transpose(0, 3, 1, 2) for part in ("train", "test"))
    parts = x_train, arrays["y_train"], x_test, arrays["y_test"]
    return _classification(parts, "subset", "the first 4,000 + 1,000 images of CIFAR-10")


def _from_jpeg():
    from PIL import Image

    arrays = _read_npz(JPEG)

    def decoded(part):
        stream, ends = arrays[f"{part}_jpeg"].tobytes(), arrays[f"{part}_offset"]
        images = (
            np.asarray(Image.open(io.BytesIO(stream[a:b]))) for a, b in itertools.pairwise(ends)
        )
        return np.stack(list(images)).transpose(0, 3, 1, 2)

    parts = decoded("train"), arrays["y_train"], decoded("test"), arrays["y_test"]
    return _classification(parts, "jpeg", "CIFAR-10 after JPEG compression at quality 75")


def _from_openml():
    bunch = fetch_openml(data_id=40927)
    images = np.asarray(bunch.data).astype(np.uint8).reshape(-1, 3, 32, 32)
    labels = np.asarray(bunch.target).astype(np.uint8)
    if len(images) != 60000 or (np.bincount(labels) != 6000).any():
        raise ValueError(
            f"OpenML's CIFAR-10 must hold 6,000 images of 10 classes, got {len(images)}"
        )
    parts = images[:50000], labels[:50000], images[50000:], labels[50000:]
    return _classification(parts, "openml", "CIFAR-10 from OpenML")


def _classification(parts, origin, note):
    x_train, y_train, x_test, y_test = parts
    train, test = (x.astype(np.float32) for x in (x_train, x_test))
    mean, spread = (of(axis=(0, 2, 3), keepdims=True) for of in (train.mean, train.std))
    parts = (train - mean) / spread, y_train, (test - mean) / spread, y_test
    return Classification.of(parts, name="cifar10", origin=origin, note=note)


def _bundled():
    from normtheory.data.digits import load_digits

    return load_digits().resized(
        "cifar10",
        32,
        "STAND-IN: scikit-learn's digits as colour images, since CIFAR-10 was not to be had",
        channels=3,
    )


_ROUTES = {
    "files": _from_batches,
    "subset": _from_subset,
    "jpeg": _from_jpeg,
    "openml": _from_openml,
    "bundled": _bundled,
}

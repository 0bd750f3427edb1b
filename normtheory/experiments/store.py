"""Files that are whole or absent: finished units of work, and whatever else a run leaves behind.

A file is written beside its place and renamed into it, so that a reader sees all of it or nothing,
however the writer ended. A digest ties what belongs together: what does not match it is refused,
and made again by whoever needs it.
"""

import errno
import hashlib
import io
import json
import os
import secrets
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

import numpy as np

from normtheory.data.sources import unpacked, whole

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class StoreError(OSError):
    """A file or directory of results cannot be used; the message says which and why."""


class Store:
    """A directory of results, created if need be, and in its folder ``units`` of the finished units
    of work that they are put together from.

    A unit is one (experiment, configuration, data, device, seed), in a file of its own. StoreError
    says that the directory cannot be created or written to.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self._units = self.directory / "units"
        try:
            self._units.mkdir(parents=True, exist_ok=True)
            for each in (self.directory, self._units):
                tempfile.TemporaryFile(dir=each).close()
        except OSError as error:
            raise StoreError(
                f"cannot write results to {self.directory}: {_reason(error)}"
            ) from None
        if fcntl is not None:
            self._sweep()

    def path(self, experiment, scale, device, data, seed):
        """Where the unit of these stands; `data` maps data sets to fingerprints: results of two
        versions of a set never mix."""
        key = hashlib.sha256(
            json.dumps([experiment.fingerprint(scale), sorted(data.items())]).encode()
        ).hexdigest()[:12]
        return self._units / experiment.id / f"{scale}-{device}-{key}" / f"seed-{seed:04d}.npz"

    def save(self, path, arrays, provenance):
        """Write a unit: after this returns it survives a kill; before, there is none."""
        labels = {
            "provenance": json.dumps(provenance, sort_keys=True),
            "digest": digest(arrays, provenance),
        }
        write({path: packed(arrays, **labels)})

    def load(self, path):
        """Read a unit: (arrays, provenance), or None where there is none; Damaged if the file is
        truncated, altered or no unit at all."""
        content = read(path)
        if content is None:
            return None
        with whole(path, "unit"):
            arrays = unpacked(content)
            provenance = json.loads(str(arrays.pop("provenance")))
            require(str(arrays.pop("digest")), arrays, provenance)
        return arrays, provenance

    def _sweep(self):
        """Remove what killed writers left, unless a living one may be at work here.

        Every store shares a lock on its directory, which the kernel gives back when its process
        ends: whoever has the lock alone knows that the parts are nobody's. No clock is asked.
        """
        lock = os.open(self.directory, os.O_RDONLY)
        weakref.finalize(self, os.close, lock)
        with suppress(OSError):  # another is at work, or the file system has no locks
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            parts = f".*{'[0-9a-f]' * 8}.part"
            for part in (*self.directory.glob(parts), *self._units.rglob(parts)):
                part.unlink()
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_SH)


def write(files):
    """Replace files, from Path to bytes, together: all are on the disk before the first gets its
    name. After a StoreError (the disk is full, the directory read-only, and the like) all are as
    they were.
    """
    parts = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for path in files}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if path.exists() and not path.is_file():  # a rename would take a device's place
                raise OSError(errno.EEXIST, "it is no plain file")
            with open(parts[path], "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, part in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {_reason(error)}") from None
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink()


def read(path):
    """A file's bytes, or None where there is none; StoreError if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {_reason(error)}") from None


def packed(arrays, **labels):
    """Plain arrays by name, and texts, as the bytes of an npz file: the same for the same ones."""
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiubU":
            raise TypeError(f"{name} must be a plain array, got dtype {array.dtype}")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **labels, **arrays)
    return buffer.getvalue()


def digest(arrays, record):
    """Hexadecimal SHA-256 of arrays and what is recorded of them, plain JSON values."""
    total = hashlib.sha256(json.dumps(record, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def require(stated, arrays, record):
    """Raise ValueError unless `stated` is the digest of `arrays` and `record`."""
    if stated != digest(arrays, record):
        raise ValueError("its content does not match its digest")


def _reason(error):
    return error.strerror or str(error)

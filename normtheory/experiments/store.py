"""Finished units of work on disk: one (experiment, configuration, data, device, seed) per file.

A unit is written beside its place and renamed into it, so that a reader sees all of it or nothing,
however the writer ended. Arrays, provenance and a digest of both stand in the same file: a unit
that does not match its digest is refused, and redone by whoever needs it.
"""

import hashlib
import io
import json
import os
import secrets
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np

_STALE_SECONDS = 3600


class StoreError(OSError):
    """The directory for results cannot be used; the message says which and why."""


class DamagedUnit(ValueError):
    """A stored unit is not what was written; the message names the file."""


class Store:
    """A directory of finished units.

    Parameters
    ----------
    directory : path-like
        Created if need be.

    Raises
    ------
    StoreError
        If it cannot be created or written to.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            probe = self.directory / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise StoreError(
                f"cannot write results to {self.directory}: {_reason(error)}"
            ) from None
        self._sweep()

    def path(self, experiment, scale, device, data, seed):
        """Where the unit of these stands.

        `data` is a dictionary from data set to its fingerprint: results of two versions of a data
        set never mix.
        """
        key = hashlib.sha256(
            json.dumps([experiment.fingerprint(scale), sorted(data.items())]).encode()
        ).hexdigest()[:12]
        return self.directory / experiment.id / f"{scale}-{device}-{key}" / f"seed-{seed:04d}.npz"

    def save(self, path, arrays, provenance):
        """Write a unit atomically: after this returns it survives a kill; before, there is none.

        Raises
        ------
        StoreError
            If the disk is full, the directory read-only, and the like.
        """
        content = _packed(arrays, provenance)
        part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(part, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StoreError(f"cannot write {path}: {_reason(error)}") from None

    def load(self, path):
        """Read a unit: (arrays, provenance), or None where there is none.

        Raises
        ------
        DamagedUnit
            If the file is truncated, altered or no unit at all.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {path}: {_reason(error)}") from None
        return unpacked(content, path)

    def _sweep(self):
        # what a killed writer left behind; a living writer's file is younger than this
        for part in self.directory.rglob(".*.part"):
            try:
                if time.time() - part.stat().st_mtime > _STALE_SECONDS:
                    part.unlink()
            except FileNotFoundError:
                continue


def unpacked(content, name):
    """Arrays and provenance of a unit's bytes; `name` is for the message.

    Raises
    ------
    DamagedUnit
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        provenance = json.loads(str(arrays.pop("provenance")))
        digest = str(arrays.pop("digest"))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedUnit(f"{name} is damaged: {error}") from None
    except (NotImplementedError, RuntimeError, MemoryError, SyntaxError) as error:
        # what zipfile and the array header's parser raise when their flags or sizes are altered
        raise DamagedUnit(f"{name} is damaged: {error}") from None
    if digest != _digest(arrays, provenance):
        raise DamagedUnit(f"{name} is damaged: its content does not match its digest")
    return arrays, provenance


def _packed(arrays, provenance):
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiubU":
            raise TypeError(f"{name} must be a plain array, got dtype {array.dtype}")
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        provenance=np.array(json.dumps(provenance, sort_keys=True)),
        digest=np.array(_digest(arrays, provenance)),
        **arrays,
    )
    return buffer.getvalue()


def _digest(arrays, provenance):
    total = hashlib.sha256(json.dumps(provenance, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _reason(error):
    return error.strerror or str(error)

"""Where data files are looked for, and how their bytes are read or refused."""

import gzip
import hashlib
import os
import warnings
import zlib
from pathlib import Path


class DataMissing(FileNotFoundError):
    """A data set that is not on this machine; the message says where it was looked for."""


def data_directory():
    """The directory named by the environment variable `NORMTHEORY_DATA`, or None.

    Raises
    ------
    ValueError
        If the variable names something that is no directory.
    """
    name = os.environ.get("NORMTHEORY_DATA", "")
    if not name:
        return None
    directory = Path(name).expanduser()
    if not directory.is_dir():
        raise ValueError(f"NORMTHEORY_DATA must name a directory, got {name!r}")
    return directory


def cache_directory():
    """The user's cache directory for downloads."""
    from platformdirs import user_cache_path

    return user_cache_path("normtheory")


def may_download():
    """Whether a loader may use the network: not when `NORMTHEORY_OFFLINE` is set."""
    return not os.environ.get("NORMTHEORY_OFFLINE", "")


def find_file(folder, name):
    """Path of `name` or `name`.gz in `folder` of the data directory, or None."""
    directory = data_directory()
    if directory is None:
        return None
    for candidate in (directory / folder / name, directory / folder / f"{name}.gz"):
        if candidate.exists():
            return candidate
    return None


def read_bytes(path):
    """Content of a file, unpacked if its name ends in .gz.

    Raises
    ------
    ValueError
        If it cannot be read, or is a truncated or altered gzip file.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} must be a whole gzip file, but {error}") from None


def sha256(content):
    """Hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def warn_stand_in(name, folder, instead):
    """Warn that a data set is not to be had and what is used instead."""
    warnings.warn(
        f"{name} is neither in NORMTHEORY_DATA/{folder} nor to be had otherwise: "
        f"using {instead} instead",
        stacklevel=3,
    )

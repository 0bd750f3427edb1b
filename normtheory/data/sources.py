"""Where data files are looked for, and how their bytes are fetched, read or refused."""

import gzip
import hashlib
import io
import json
import os
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np


class DataMissing(LookupError):
    """What an origin of a data set needs and has not got."""


class Damaged(ValueError):
    """A file is not what was written; the message names it."""


_FORBIDDEN = "needs the network, which NORMTHEORY_OFFLINE forbids"
_OFFLINE = dict.fromkeys(("1", "true", "yes", "on"), True)
_OFFLINE |= dict.fromkeys(("0", "false", "no", "off", ""), False)


def data_directory():
    """The directory named by the environment variable `NORMTHEORY_DATA`, or None; ValueError if it
    is no directory."""
    name = os.environ.get("NORMTHEORY_DATA", "")
    if not name:
        return None
    try:
        directory = Path(name).expanduser()
    except RuntimeError:  # the home of nobody
        directory = None
    if directory is None or not directory.is_dir():
        raise ValueError(f"NORMTHEORY_DATA must name a directory, got {name!r}")
    return directory


def cache_directory():
    """The user's cache directory for downloads."""
    from platformdirs import user_cache_path

    return user_cache_path("normtheory")


def may_download():
    """Whether a loader may use the network: not when `NORMTHEORY_OFFLINE` says 1, true or yes;
    ValueError if it says neither that nor 0, false, no or nothing. What is in the cache is used
    in any case.
    """
    said = os.environ.get("NORMTHEORY_OFFLINE", "")
    if said.strip().lower() not in _OFFLINE:
        raise ValueError(f"NORMTHEORY_OFFLINE must be 1, true, yes, 0, false or no, got {said!r}")
    return not _OFFLINE[said.strip().lower()]


def find_file(folder, name):
    """Path of `name` or `name`.gz in `folder` of the data directory, or None."""
    directory = data_directory()
    if directory is None:
        return None
    for candidate in (directory / folder / name, directory / folder / f"{name}.gz"):
        if candidate.exists():
            return candidate
    return None


def files_of(folder, names):
    """Paths of all of `names` in `folder` of the data directory, a dict in their order: DataMissing
    if none is there, ValueError if only some are."""
    paths = {name: find_file(folder, name) for name in names}
    missing = [name for name, path in paths.items() if path is None]
    if len(missing) == len(paths):
        raise DataMissing(f"needs {', '.join(missing)} in NORMTHEORY_DATA/{folder}")
    if missing:
        raise ValueError(
            f"NORMTHEORY_DATA/{folder} must hold {', '.join(paths)}, but {missing[0]} is missing"
        )
    return paths


def read_bytes(path):
    """Content of a file, unpacked if its name ends in .gz; ValueError if it cannot be read, or is a
    truncated or altered gzip file."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    if path.suffix != ".gz":
        return content
    with whole(path, "gzip file"):
        return gzip.decompress(content)


@contextmanager
def whole(path, kind):
    """A context for taking a file's bytes apart as a `kind` of file: whatever they raise becomes
    `Damaged`.

    >>> with whole("a.json", "record"):
    ...     {}["digest"]
    Traceback (most recent call last):
    normtheory.data.sources.Damaged: a.json must be a whole record, but 'digest' is missing
    """
    try:
        yield
    except Exception as error:
        # gzip, zipfile, zlib, numpy, tokenize and json raise a dozen types for altered bytes, and
        # with the bytes at hand nothing else can be wrong; some messages have several lines
        reason = " ".join(str(error).split()) or type(error).__name__
        reason += " is missing" * isinstance(error, KeyError)
        raise Damaged(f"{path} must be a whole {kind}, but {reason}") from None


def unpacked(content):
    """Arrays by name in an npz file's bytes; to be called in a context of `whole`."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = dict(archive)
    for name, array in arrays.items():
        # numpy hands out as bytes what does not begin like an array
        if not isinstance(array, np.ndarray):
            raise ValueError(f"{name} is no array")
    return arrays


def sha256(content):
    """Hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def fetched(url, folder, name, digest=None):
    """Path of a file in the user's cache, downloaded the first time; DataMissing if it cannot be.

    A ValueError says that its SHA-256 is not `digest`, which is not looked at offline: the caller
    checks what is in the file.
    """
    import pooch

    known = digest and f"sha256:{digest}"
    folder, bar = cache_directory() / folder, sys.stderr.isatty()
    if not may_download():
        if not (folder / name).is_file():
            raise DataMissing(_FORBIDDEN)
        return folder / name  # what is in it the caller checks in any case
    try:
        return Path(pooch.retrieve(url, known, fname=name, path=folder, progressbar=bar))
    except OSError as error:
        raise DataMissing(f"needs the network or the cache: {error}") from None


def fetch_openml(**which):
    """A data set of OpenML by its name and version, or its ``data_id``, kept in the user's cache by
    scikit-learn; DataMissing if it is not there and cannot be downloaded."""
    from sklearn import datasets

    if not may_download() and cached_openml(**which) is None:
        raise DataMissing(_FORBIDDEN)
    try:
        return datasets.fetch_openml(
            **which, as_frame=False, parser="liac-arff", data_home=cache_directory(), n_retries=1
        )
    except OSError as error:
        raise DataMissing(f"needs the network or the cache: {error}") from None


def cached_openml(**which):
    """Path of the file that scikit-learn has kept of a data set of OpenML, named as in
    `fetch_openml`, or None."""
    home = cache_directory() / "openml" / "openml.org"

    def read(path):
        return json.loads(read_bytes(home / f"api/v1/json/data/{path}.gz"))

    try:
        if "data_id" not in which:
            search = "list/data_name/{name}/limit/2/data_version/{version}".format(**which)
            which = {"data_id": read(search)["data"]["dataset"][0]["did"]}
        url = read(which["data_id"])["data_set_description"]["url"]
    except (ValueError, LookupError, TypeError):
        return None
    path = home / f"{urlsplit(url).path.lstrip('/')}.gz"
    return path if path.is_file() else None


def first_available(title, folder, origin, routes, *, instead, by_name=()):
    """A data set, called `title`, from the first origin that has it, or from `origin` alone.

    Each of `routes` returns the data or raises `DataMissing`; the last has always something, and
    where that stands in for the data set (`instead` says what it is) and was not asked for, a
    warning says so. Origins `by_name` are taken only when asked for. A ValueError says that there
    is no such origin, it has not got the data, or what it has is damaged.
    """
    if origin is not None and origin not in routes:
        *others, last = routes
        known = f"{', '.join(others)} or {last}"
        raise ValueError(f"origin must be None, {known}, got {origin!r}")
    if origin is not None:
        try:
            return routes[origin]()
        except DataMissing as missing:
            raise ValueError(f"origin {origin!r} {missing}") from None
    *others, last = routes
    for kind in others:
        if kind in by_name:
            continue
        try:
            return routes[kind]()
        except DataMissing:
            continue
    if instead is not None:
        warnings.warn(
            f"{title} is neither in NORMTHEORY_DATA/{folder} nor to be had otherwise: "
            f"using {instead} instead",
            stacklevel=3,
        )
    return routes[last]()

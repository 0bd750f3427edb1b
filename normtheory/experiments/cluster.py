"""Units on a Dask cluster: the same units, sent to whatever workers its scheduler has.

A worker that dies takes its unfinished units with it; the scheduler sends them to another. Results
come back to the caller, who stores them: the machines need no common disk. Each worker reads the
data sets from its own `NORMTHEORY_DATA`.
"""

import socket
from contextlib import contextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit

from normtheory.experiments.units import finish

# how often a unit may take its worker down before it is called the culprit
_RETRIES = 3
_CONNECT_SECONDS = 20
_MISSING = "scheduler needs Dask: pip install distributed"
_SILENT = "scheduler must be a running one's address, got {!r}: {}"


def check(address):
    """Raise an error unless something listens at a scheduler's address, such as
    ``tcp://host:8786``, or tls for tcp: ImportError without Dask, ValueError else. Dask itself
    would try for half a minute and print what it tried.
    """
    if find_spec("distributed") is None:
        raise ImportError(_MISSING)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme not in ("tcp", "tls"):
        raise ValueError(f"scheduler must be an address such as tcp://host:8786, got {address!r}")
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise ValueError(_SILENT.format(address, error)) from None


@contextmanager
def executed_on(address, units):
    """A context that gives an iterator of (unit, outcome) in the order in which they finish; the
    errors are those of `check`, also where what listens is no scheduler."""
    check(address)
    from distributed import Client, as_completed

    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(_SILENT.format(address, error)) from None
    with client:
        # not pure: a key made from the unit would let a scheduler answer from an older version
        futures = client.map(finish, units, pure=False, retries=_RETRIES)
        try:
            yield (future.result() for future in as_completed(futures, loop=client.loop))
        finally:
            client.cancel(futures)

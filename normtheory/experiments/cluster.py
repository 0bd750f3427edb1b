"""Units on a Dask cluster: the same units, sent to whatever workers its scheduler has.

A worker that dies takes its unfinished units with it; the scheduler sends them to another. Results
come back to the caller, who stores them: the machines need no common disk. Each worker reads the
data sets from its own `NORMTHEORY_DATA`.
"""

from contextlib import contextmanager

# how often a unit may take its worker down before it is called the culprit
_RETRIES = 3
_CONNECT_SECONDS = 20


@contextmanager
def executed_on(address, units):
    """A context that gives an iterator of (unit, outcome) in the order in which they finish.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://host:8786``.
    units : sequence of normtheory.experiments.units.Unit

    Raises
    ------
    ImportError
        If Dask's distributed scheduler is not installed.
    ValueError
        If there is no scheduler at `address`.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ImportError("scheduler needs Dask: pip install distributed") from None
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(
            f"scheduler must be a running one's address, got {address!r}: {error}"
        ) from None
    with client:
        # not pure: a key made from the unit would let a scheduler answer from an older version
        futures = client.map(_run, units, pure=False, retries=_RETRIES)
        try:
            yield (future.result() for future in as_completed(futures, loop=client.loop))
        finally:
            client.cancel(futures)


def _run(unit):
    return unit, unit.run()

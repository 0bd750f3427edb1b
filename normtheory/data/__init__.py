"""The data sets: standard files from `NORMTHEORY_DATA`, else the user's cache, else a stand-in
that says so.

Nothing is read or downloaded on import. A file that is damaged, partial or not what it should be
raises `ValueError`; it is never half-read.
"""

from functools import lru_cache

from normtheory.data.adult import load_adult
from normtheory.data.classification import Classification

__all__ = ["LOADERS", "Classification", "load", "load_adult"]

# name -> function of an origin
LOADERS = {"adult": load_adult}


@lru_cache(maxsize=4)
def load(name, origin=None):
    """The data set called `name`, read once per process.

    Parameters
    ----------
    name : str
        One of `LOADERS`.
    origin : str or None
        As in the data set's own loader; None takes the first that is there.

    Raises
    ------
    ValueError
        If there is no such data set, or its files are damaged.
    """
    if name not in LOADERS:
        raise ValueError(f"name must be one of {', '.join(LOADERS)}, got {name!r}")
    return LOADERS[name](origin)

"""The data sets: standard files from `NORMTHEORY_DATA`, else the user's cache, else a stand-in
that says so.

Nothing is read or downloaded on import. A file that is damaged, partial or not what it should be
raises `ValueError`; it is never half-read.
"""

from functools import lru_cache

from normtheory.data.adult import load_adult
from normtheory.data.cifar10 import load_cifar10, load_whole_cifar10
from normtheory.data.classification import Classification
from normtheory.data.dataset import DataSet
from normtheory.data.digits import load_digits
from normtheory.data.mnist import load_mnist
from normtheory.data.point_clouds import load_point_clouds, point_clouds
from normtheory.data.text import Text, load_tiny_shakespeare, load_wikitext2
from normtheory.data.uci import Splits, load_uci, uci_names

__all__ = [
    "LOADERS",
    "Classification",
    "Splits",
    "Text",
    "load",
    "load_adult",
    "load_cifar10",
    "load_digits",
    "load_mnist",
    "load_point_clouds",
    "load_tiny_shakespeare",
    "load_uci",
    "load_whole_cifar10",
    "load_wikitext2",
    "point_clouds",
    "uci_names",
]

# name -> function of an origin; a UCI set is called "uci/" and its own name
LOADERS = {
    "adult": load_adult,
    "cifar10": load_cifar10,
    "cifar10-whole": load_whole_cifar10,
    "digits": load_digits,
    "mnist": load_mnist,
    "point-clouds": load_point_clouds,
    "tiny-shakespeare": load_tiny_shakespeare,
    "wikitext-2": load_wikitext2,
}


@lru_cache(maxsize=8)
def load(name: str, origin: str | None = None) -> DataSet:
    """The data set called `name`, read once per process.

    Parameters
    ----------
    name : str
        One of `LOADERS`, or "uci/" and the name of a UCI set.
    origin : str or None
        As in the data set's own loader; None takes the first that is there.

    Raises
    ------
    ValueError
        If there is no such data set, or its files are damaged.
    """
    folder, _, member = name.partition("/")
    if folder == "uci" and member:
        return load_uci(member, origin)
    if name not in LOADERS:
        raise ValueError(f"name must be one of {', '.join(LOADERS)}, uci/NAME, got {name!r}")
    return LOADERS[name](origin)

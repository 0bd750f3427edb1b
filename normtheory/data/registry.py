"""What is known of each data set before it is read: where it comes from, its size and licence,
and where it is on this machine."""

from dataclasses import dataclass

from normtheory.data import adult, cifar10, mnist, text, uci
from normtheory.data.sources import cache_directory, cached_openml, data_directory, find_file


@dataclass(frozen=True, kw_only=True)
class Source:
    """A data set that can be had.

    Attributes
    ----------
    text, licence : str
        Where it comes from, and on which terms.
    size : int
        Bytes of its files as published, unpacked; of a set of scikit-learn or our own, 0.
    folder : str
        In the data directory and in the cache.
    files : dict of str to tuple of str
        Origin, as the loader calls it, to the files that it needs in the data directory.
    openml : dict
        What it is called at OpenML, or empty.
    cached : tuple of str
        Names in the cache of what is downloaded from elsewhere.
    """

    text: str
    licence: str
    size: int = 0
    folder: str = ""
    files: dict
    openml: dict
    cached: tuple = ()

    @property
    def network(self):
        """The origin that downloads it, or None."""
        return "openml" if self.openml else "download" if self.cached else None


def _source(text, licence, size=0, folder="", files=(), openml=None, cached=()):
    return Source(
        text=text,
        licence=licence,
        size=size,
        folder=folder,
        files=files if isinstance(files, dict) else {"files": tuple(files)},
        openml=openml or {},
        cached=tuple(cached),
    )


_CIFAR = ("Krizhevsky (2009), OpenML 40927", "free to download", 184_380_000, "cifar10")
_SCIKIT = ("comes with scikit-learn", "CC BY 4.0")
_GITHUB = "GitHub, pytorch/examples"

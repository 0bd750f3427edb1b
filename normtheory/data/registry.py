"""What is known of each data set before it is read: where it comes from, its size and licence, and
where it is on this machine."""

from dataclasses import dataclass, field

from normtheory.data import adult, cifar10, load, mnist, uci
from normtheory.data.sources import cache_directory, cached_openml, data_directory, find_file


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a data set comes from.

    Attributes
    ----------
    text, licence, size : str
        For a reader: who has it, on which terms, and how much it is unpacked.
    folder : str
        Its folder in the data directory and in the cache.
    files : dict of str to sequence of str
        Names of the files in the data directory that each origin of the loader needs.
    openml : dict
        What it is called at OpenML, if it is downloaded from there.
    downloads : tuple of str
        Names in the cache of what is downloaded from elsewhere.
    """

    text: str
    licence: str
    size: str = ""
    folder: str = ""
    files: dict = field(default_factory=dict)
    openml: dict = field(default_factory=dict)
    downloads: tuple = ()

    @property
    def network(self):
        """The origin that downloads it, or None for what is always here."""
        return "openml" if self.openml else "download" if self.downloads else None


def _cifar10(**files):
    return Source(
        text="OpenML 40927 (Krizhevsky 2009)",
        licence="free to download",
        size="184 MB",
        folder="cifar10",
        files={"files": cifar10.BATCHES, **files},
        openml={"data_id": 40927},
    )


def _corpus(size, licence, folder, *files):
    return Source(
        text="GitHub, pytorch/examples",
        licence=licence,
        size=size,
        folder=folder,
        files={"files": files},
        downloads=files,
    )


def _uci(name):
    return Source(
        text="GitHub, hadijomaa/dataset2vec (UCI)",
        licence="CC BY 4.0",
        size="up to 4 MB",
        folder="uci",
        files={"files": (f"{name}.npz",)},
        downloads=tuple(f"{name}-{kind}.dat" for kind in uci.kinds(name)),
    )


# name -> Source, in the order of `normtheory.data.LOADERS`, and after them the UCI sets
SOURCES = {
    "adult": Source(
        text="OpenML 1590 (UCI 2)",
        licence="CC BY 4.0",
        size="6 MB",
        folder="adult",
        files={"files": adult.PUBLISHED},
        openml={"name": "adult", "version": 2},
    ),
    "cifar10": _cifar10(subset=(cifar10.SUBSET,)),
    "cifar10-whole": _cifar10(jpeg=(cifar10.JPEG,)),
    "digits": Source(text="comes with scikit-learn", licence="CC BY 4.0"),
    "mnist": Source(
        text="OpenML 554 (LeCun et al. 1998)",
        licence="CC BY-SA 3.0",
        size="55 MB",
        folder="mnist",
        files={"files": mnist.PUBLISHED},
        openml={"name": "mnist_784", "version": 1},
    ),
    "point-clouds": Source(text="made here", licence="ours"),
    "tiny-shakespeare": _corpus("1.1 MB", "public domain", "tinyshakespeare", "input.txt"),
    "wikitext-2": _corpus("2.4 MB", "CC BY-SA", "wikitext-2", "valid.txt", "test.txt"),
    **{f"uci/{name}": _uci(name) for name in uci.PUBLISHED},
}


def found(name):
    """Where a data set is on this machine: the origin to load it from, and the place; None if it is
    missing, ValueError if `NORMTHEORY_DATA` names no directory.

    >>> found("digits")
    (None, 'comes with scikit-learn')
    """
    source = SOURCES[name]
    if source.network is None:
        return None, source.text
    for origin, names in source.files.items():
        if all(find_file(source.folder, each) for each in names):
            return origin, str(data_directory() / source.folder)
    if source.openml:
        path = cached_openml(**source.openml)
        return None if path is None else ("openml", str(path.parent))
    folder = cache_directory() / source.folder
    if all((folder / each).is_file() for each in source.downloads):
        return "download", str(folder)
    return None


def check(name):
    """Read a data set from where `found` finds it, and compare it with what was published;
    ValueError if it is damaged or another one."""
    origin, place = found(name)
    loaded = load(name, origin)
    # the loader takes any set with splits, since the folder is the user's own
    member = name.removeprefix("uci/")
    if member not in uci.PUBLISHED:
        return
    parts = (loaded.parts == part for part in (2, 1))
    if uci.digest(loaded.x, loaded.y, *parts) != uci.PUBLISHED[member]:
        raise ValueError(f"{place} must hold {name} as published, but its checksum differs")

"""What all data sets share: a name, where they come from, and a fingerprint of what is used."""

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A data set ready for training; what a kind of data adds are the arrays that are used.

    Attributes
    ----------
    name, origin : str
        Which data set, and where it comes from: "files" of the data directory, which may hold a
        "subset" or "jpeg" images alone, "openml", "download", "bundled" with scikit-learn, or
        "made" here.
    note : str
        One sentence for captions; for a stand-in it begins with "STAND-IN".

    Examples
    --------
    >>> import numpy as np
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Rows(DataSet):
    ...     x: np.ndarray
    >>> Rows(name="toy", origin="made", note="three zeros", x=np.zeros(3)).fingerprint
    'toy-dc638eae15f77234'
    """

    name: str
    origin: str
    note: str

    @property
    def stand_in(self) -> bool:
        """Whether this is another data set than the one asked for."""
        return self.note.startswith("STAND-IN")

    @cached_property
    def fingerprint(self):
        """The name and 16 digits, which change with any number, type or shape that is used.

        It is of the arrays after split and scaling, since these decide a result, too, and is the
        same wherever they come from.
        """
        digest = hashlib.sha256()
        for used in sorted({each.name for each in fields(self)} - set(DataSet.__annotations__)):
            array = np.asarray(getattr(self, used))
            digest.update(f"{used} {array.dtype.str} {array.shape} ".encode())
            digest.update(np.ascontiguousarray(array))
        return f"{self.name}-{digest.hexdigest()[:16]}"

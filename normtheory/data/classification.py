"""A classification data set ready for training, with where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from normtheory.data.dataset import DataSet


@dataclass(frozen=True, kw_only=True)
class Classification(DataSet):
    """Train and test parts of a classification data set.

    Attributes
    ----------
    name, origin, note : str
        As in `DataSet`.
    x_train, x_test : ndarray of float32, shape (rows, features) or (rows, channels, side, side)
    y_train, y_test : ndarray of int64, shape (rows,)
        Classes 0, 1, ...
    classes : int
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: int

    @classmethod
    def of(cls, parts: Sequence[ArrayLike], classes: int = 10, **source: str) -> Self:
        """Of x_train, y_train, x_test and y_test, whatever the types of their numbers."""
        names = ("x_train", "y_train", "x_test", "y_test")
        types = 2 * (np.float32, np.int64)
        arrays = (np.asarray(part).astype(kind) for part, kind in zip(parts, types, strict=True))
        return cls(**source, **dict(zip(names, arrays, strict=True)), classes=classes)

    def resized(self, name: str, side: int, note: str, channels: int = 1) -> Self:
        """These images under another name, enlarged to `side` by repeating pixels and padded with
        zeros, a single grey channel copied: x of shape (rows, channels, side, side)."""
        factor, before = divmod(side, self.x_train.shape[-1])
        if not factor:
            raise ValueError(f"side must be at least {self.x_train.shape[-1]}, got {side!r}")

        def enlarged(images):
            big = images.repeat(factor, axis=-2).repeat(factor, axis=-1)
            edge = (before // 2, before - before // 2)
            return np.pad(big, ((0, 0), (0, 0), edge, edge)).repeat(channels, axis=1)

        return replace(
            self, name=name, note=note, x_train=enlarged(self.x_train), x_test=enlarged(self.x_test)
        )


def standardized(train, *others):
    """Arrays shifted and scaled per feature by the statistics of `train`; constant features
    become 0.

    Examples
    --------
    >>> import numpy as np
    >>> standardized(np.array([[0.0], [2.0]]), np.array([[3.0]]))[1]
    array([[2.]])
    """
    mean, spread = train.mean(0), train.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    return tuple((values - mean) / spread for values in (train, *others))

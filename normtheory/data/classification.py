"""A classification data set ready for training, with where it came from."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

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

    def resized(self, name: str, side: int, note: str, channels: int = 1) -> Self:
        """These images under another name, enlarged by repeating pixels and padded with zeros.

        Parameters
        ----------
        name, note : str
        side : int
            At least the present side.
        channels : int
            Copies of a single grey channel.

        Returns
        -------
        Classification
            x of shape (rows, channels, side, side).
        """
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

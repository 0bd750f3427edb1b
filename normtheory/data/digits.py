"""scikit-learn's bundled digits (UCI Optical Recognition, Alpaydin & Kaynak): 1,797 of 8 x 8."""

from typing import Literal

import numpy as np

from normtheory.data.classification import Classification


def load_digits(origin: Literal["bundled"] | None = None) -> Classification:
    """The bundled digits: every fourth row is held out.

    Parameters
    ----------
    origin : {None, "bundled"}

    Returns
    -------
    Classification
        x of shape (rows, 1, 8, 8) in [0, 1], float32.
    """
    if origin not in (None, "bundled"):
        raise ValueError(f"origin must be None or bundled, got {origin!r}")
    from sklearn import datasets

    bunch = datasets.load_digits()
    x = (bunch.images[:, None] / 16).astype(np.float32)
    y = bunch.target.astype(np.int64)
    # the rows come by writer: a run of one writer's digits must not fall into one part
    held_out = np.arange(len(y)) % 4 == 3
    return Classification(
        name="digits",
        origin="bundled",
        note="scikit-learn's digits, every fourth row held out",
        x_train=x[~held_out],
        y_train=y[~held_out],
        x_test=x[held_out],
        y_test=y[held_out],
        classes=10,
    )

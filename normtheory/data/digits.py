"""scikit-learn's bundled digits (UCI Optical Recognition, Alpaydin & Kaynak): 1,797 of 8 x 8."""

from typing import Literal

import numpy as np

from normtheory.data.classification import Classification


def load_digits(origin: Literal["bundled"] | None = None) -> Classification:
    """The bundled digits, every fourth row held out: x (rows, 1, 8, 8) in [0, 1], float32."""
    if origin not in (None, "bundled"):
        raise ValueError(f"origin must be None or bundled, got {origin!r}")
    from sklearn import datasets

    bunch = datasets.load_digits()
    x, y = bunch.images[:, None] / 16, bunch.target
    # the rows come by writer: a run of one writer's digits must not fall into one part
    held_out = np.arange(len(y)) % 4 == 3
    parts = x[~held_out], y[~held_out], x[held_out], y[held_out]
    note = "scikit-learn's digits, every fourth row held out"
    return Classification.of(parts, name="digits", origin="bundled", note=note)

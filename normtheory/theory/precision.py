"""The one table of floating-point tolerances, by dtype.

Two independent routes to one number agree when their relative difference is below the entry of the
coarser dtype. Each entry is a few hundred units in the last place: what a sum of some thousand
well-conditioned terms loses, and far below any error of a formula.
"""

import numpy as np

TOLERANCE = {
    "float64": 1e-12,
    "float32": 1e-5,
    "bfloat16": 2e-2,
}


def relative_error(value, reference):
    """Largest |value - reference| / max(1, |reference|) over the entries of two arrays."""
    value, reference = np.asarray(value, float), np.asarray(reference, float)
    return float(np.max(np.abs(value - reference) / np.maximum(1.0, np.abs(reference))))

"""What a normalized kernel can still do: its response to waves and to brightness."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points
from normtheory.figures.style import PRINTED, PRINTED_POINT, TRUE, TRUE_POINT
from normtheory.theory.convolution import named_kernel

FREQUENCIES = np.linspace(0, 0.5, 101)
PHASE = np.exp(2j * np.pi * np.outer(FREQUENCIES, [-1, 0, 1]))
BRIGHTNESS = np.linspace(0, 2, 21)
_SUM = (
    "{kernel:s}: the weights add up to {total:.3g}, after the shift to 0; between brightness 1 and "
    "2 the plain output changes by {total:.3g}, "
)
TEXTS = {
    "some": _SUM + "EquiNorm's by 0, an error of at least {least:.3g}.",
    "none": _SUM + "and EquiNorm's has no value: all weights are 0 after the shift.",
}


@explorer(
    "What EquiNorm cannot represent",
    "equinorm.expressivity",
    text=TEXTS,
    presets={
        "counterexample": {"kernel": "box blur"},
        "edge detector": {"kernel": "Sobel"},
        "sharpen": {"kernel": "sharpen"},
    },
)
def equilibrium_expressivity(kernel):
    """Response to horizontal waves and to brightness, plain and with EquiNorm."""
    w = named_kernel(kernel)[0, 0]
    shifted = w - w.mean()
    # a horizontal wave sees the column sums
    plain, normalized = (np.abs(PHASE @ each.sum(axis=0)) for each in (w, shifted))
    total = float(w.sum())
    case = "some" if np.abs(shifted).max() > 1e-12 else "none"
    left = Panel.of(
        "response to horizontal waves",
        ("cycles per pixel", 0, 0.5),
        ("amplitude", 0, 8),
        Curve(FREQUENCIES, plain, **PRINTED, label="plain", label_at=0.9),
        Curve(FREQUENCIES, normalized, **TRUE, label="shifted", label_at=0.5),
        Points([0], [0.0], **TRUE_POINT, size=8),
        Points([0], [abs(total)], **PRINTED_POINT, size=8),
    )
    right = Panel.of(
        "output for flat images",
        ("brightness", 0, 2),
        ("output", -4, 4),
        Curve(BRIGHTNESS, total * BRIGHTNESS, **PRINTED),
        HLine([1.5 * total], **TRUE, label="best EquiNorm for 1 and 2", label_at=0.98),
        Points([1, 2], [total, 2 * total], **PRINTED_POINT, size=8),
    )
    return (left, right), {"total": total, "least": abs(total) / 2}, case

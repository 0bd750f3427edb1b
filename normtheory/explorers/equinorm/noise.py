"""How much noise the batch statistics add to an output, EquiNorm against BatchNorm."""

from functools import lru_cache

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points
from normtheory.figures.style import TRUE, TRUE_POINT
from normtheory.theory.equinorm_statistics import batch_noise

CHANNELS = 2 * np.unique(np.geomspace(1, 256, 24).round()).astype(int)
CORRELATIONS = np.linspace(0, 0.95, 20)
TEXT = (
    "batch {batch:d}, {even:d} channels of correlation {correlation:.3g}: EquiNorm adds variance "
    "{own:.3g} to an output of variance 1 (shift {shift:.3g}, scale {scale:.3g}), BatchNorm "
    "{other:.3g} ({other_shift:.3g}, {other_scale:.3g}): ratio {ratio:.3g}."
)
_PLACES = np.arange(3.0)
# the curves of one setting are points of others'
_noise = lru_cache(maxsize=8192)(batch_noise)


@explorer(
    "Noise of the batch statistics",
    "equinorm.batch-noise",
    text={"even": TEXT, "odd": TEXT.replace("channels", "channels, the next even number,")},
    size=(980, 340),
    presets={
        "few channels": {"channels": 4},
        "correlated channels": {"correlation": 0.4},
        "quarter of the batch": {"batch": 32},
    },
)
def equilibrium_noise(batch, channels, correlation):
    """Added variance by part, by number of channels and by their correlation."""
    even = max(channels + channels % 2, 2)
    noise = _noise(even, correlation)
    parts = np.array(noise) / batch
    own, other = float(parts[:2].sum()), float(parts[2:].sum())
    numbers = {"even": even, "own": own, "other": other, "ratio": noise.ratio}
    names = ("shift", "scale", "other_shift", "other_scale")
    numbers |= dict(zip(names, parts.tolist(), strict=True))
    left = Panel.of(
        "added variance",
        ("purple: EquiNorm, blue: BatchNorm", -0.6, 2.6),
        ("variance of an output", 1e-4, 2, "log"),
        # marks, not bars: a logarithmic axis has no zero to stand on
        Points(_PLACES - 0.12, [*parts[:2], own], color="purple", size=10),
        Points(_PLACES + 0.12, [*parts[2:], other], color="black", marker="s", size=9),
        xticks=((0, "shift"), (1, "scale"), (2, "both")),
    )
    middle = Panel.of(
        "EquiNorm / BatchNorm",
        ("channels $C$", 2, 512, "log"),
        ("ratio of added variances", 0, 2.5),
        HLine([1.0], color="black", dash=":"),
        Curve(
            CHANNELS,
            [_noise(int(c), correlation).ratio for c in CHANNELS],
            **TRUE,
            label="both",
            label_at=0.3,
        ),
        Curve(
            CHANNELS,
            [_noise(int(c), correlation).scale_ratio for c in CHANNELS],
            color="purple",
            dash="--",
            width=1.3,
            label="scale",
            label_at=0.75,
        ),
        Points([even], [noise.ratio], **TRUE_POINT, size=9),
    )
    right = Panel.of(
        "by correlation",
        (r"correlation $\rho$", 0, 0.95),
        ("ratio of added variances", 0, 2.5),
        HLine([1.0], color="black", dash=":"),
        Curve(CORRELATIONS, [_noise(even, float(c)).ratio for c in CORRELATIONS], **TRUE),
        Points([correlation], [noise.ratio], **TRUE_POINT, size=9, drag={"x": "correlation"}),
    )
    return (left, middle, right), numbers, "even" if channels == even else "odd"

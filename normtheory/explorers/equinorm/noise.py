"""How much noise the batch statistics add to an output, EquiNorm against BatchNorm."""

import numpy as np

from normtheory.claims.sentence import filled
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene
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


def equilibrium_noise(**values):
    """Added variance by part, by number of channels and by their correlation."""
    return Explorer(
        name="equilibrium_noise",
        title="Noise of the batch statistics",
        claims=("equinorm.batch-noise",),
        view=_picture,
        presets={
            "few channels": {"channels": 4},
            "correlated channels": {"correlation": 0.4},
            "quarter of the batch": {"batch": 32},
        },
        values=values,
    )


def _picture(batch, channels, correlation):
    even = max(channels + channels % 2, 2)
    noise = batch_noise(even, correlation)
    parts = np.array(noise) / batch
    own, other = float(parts[:2].sum()), float(parts[2:].sum())
    numbers = {"batch": batch, "even": even, "correlation": correlation, "own": own, "other": other}
    names = ("shift", "scale", "other_shift", "other_scale")
    numbers |= dict(zip(names, parts.tolist(), strict=True))
    text = filled(TEXT, numbers | {"ratio": noise.ratio})
    left = Panel(
        title="added variance",
        xlabel="purple: EquiNorm, blue: BatchNorm",
        ylabel="variance of an output",
        xlim=(-0.6, 2.6),
        ylim=(1e-4, 2),
        yscale="log",
        xticks=((0, "shift"), (1, "scale"), (2, "both")),
        # marks, not bars: a logarithmic axis has no zero to stand on
        layers=(
            Points(_PLACES - 0.12, [*parts[:2], own], color="purple", size=10),
            Points(_PLACES + 0.12, [*parts[2:], other], color="black", marker="s", size=9),
        ),
    )
    middle = Panel(
        title="EquiNorm / BatchNorm",
        xlabel="channels $C$",
        ylabel="ratio of added variances",
        xlim=(2, 512),
        ylim=(0, 2.5),
        xscale="log",
        layers=(
            HLine([1.0], color="black", dash=":"),
            Curve(
                CHANNELS,
                [batch_noise(int(c), correlation).ratio for c in CHANNELS],
                **TRUE,
                label="both",
                label_at=0.3,
            ),
            Curve(
                CHANNELS,
                [batch_noise(int(c), correlation).scale_ratio for c in CHANNELS],
                color="purple",
                dash="--",
                width=1.3,
                label="scale",
                label_at=0.75,
            ),
            Points([even], [noise.ratio], **TRUE_POINT, size=9),
        ),
    )
    right = Panel(
        title="by correlation",
        xlabel=r"correlation $\rho$",
        ylabel="ratio of added variances",
        xlim=(0, 0.95),
        ylim=(0, 2.5),
        layers=(
            HLine([1.0], color="black", dash=":"),
            Curve(CORRELATIONS, [batch_noise(even, float(c)).ratio for c in CORRELATIONS], **TRUE),
            Points([correlation], [noise.ratio], **TRUE_POINT, size=9, drag={"x": "correlation"}),
        ),
    )
    return Scene((left, middle, right), text, size=(980, 340))

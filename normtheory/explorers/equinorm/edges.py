"""What strides and paddings do to the balance."""

from functools import lru_cache

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points
from normtheory.figures.style import TRUE, TRUE_POINT
from normtheory.theory.convolution import retained_share
from normtheory.theory.equinorm_statistics import (
    padded_imbalance,
    stride_magnitude,
    strided_imbalance,
)

BLURS = np.linspace(0, 3, 31)
SIZES = np.arange(4, 65)
PADDED = np.array([padded_imbalance(int(size)) for size in SIZES])
SMALL = 1e-5


def _wave(size, smoothness):
    """One row of noise, blurred and centred; standard deviation 1."""
    frequency = np.fft.fftfreq(size)
    # fixed phases: the same row at every smoothness and stride
    phase = 2 * np.pi * ((np.arange(size) * 0.6180339887) % 1)
    spectrum = np.exp(-((2 * np.pi * frequency * smoothness) ** 2) / 2 + 1j * phase)
    spectrum[0] = 0
    row = np.fft.ifft(spectrum).real
    return row / row.std()


@lru_cache(maxsize=256)
def _by_blur(size, stride):
    return np.array([max(strided_imbalance(size, stride, blur), SMALL) for blur in BLURS])


@explorer(
    "Strides and padding against the balance",
    "equinorm.stride equinorm.zero-padding",
    text="{size:d} x {size:d}, stride {stride:d}, blur {smoothness:.3g}: strided outputs keep a "
    "mean of {strided:.3g} % of their size, magnitude {magnitude:.3g} (1 is right). {padding:s} "
    "padding: corner weights meet {corner:.3g} % of a flat image, its mean output is typically "
    "{padded:.3g} %.",
    size=(980, 340),
    presets={
        "rough": {"smoothness": 0.0},
        "size 7, stride 2": {"size": 7, "smoothness": 2.0},
        "size 4": {"size": 4},
        "cyclic, no stride": {"padding": "cyclic", "stride": 1},
    },
)
def equilibrium_edges(stride, smoothness, size, padding):
    """The mean that a stride or zero padding leaves, by smoothness and by size."""
    left_over = strided_imbalance(size, stride, smoothness)
    magnitude = stride_magnitude(size, stride)
    padded = padded_imbalance(size, padding=padding)
    row = _wave(size, smoothness)
    kept = float(retained_share(size, 3, padding)[0, 0])
    numbers = {"strided": round(100 * left_over, 4), "magnitude": magnitude}
    numbers |= {"corner": 100 * kept, "padded": 100 * padded}
    position = np.arange(size) / size
    panels = (
        Panel.of(
            "a row of outputs and its samples",
            ("position", -0.02, 1),
            ("output [std]", -3.5, 3.5),
            Curve(position, row, color="grey"),
            Points(position[::stride], row[::stride], color="purple", size=7),
            HLine([0.0], color="black", dash=":"),
            HLine([row[::stride].mean()], color="purple", label="their mean", label_at=0.97),
        ),
        Panel.of(
            "mean left by the stride",
            (r"blur $\ell$ [pixels]", 0, 3),
            ("share of the output's size", SMALL, 1, "log"),
            HLine([0.05], color="black", dash=":", label="5 %", label_at=0.97),
            Curve(BLURS, _by_blur(size, stride), **TRUE),
            Points(
                [smoothness],
                [max(left_over, SMALL)],
                **TRUE_POINT,
                size=9,
                drag={"x": "smoothness"},
            ),
        ),
        Panel.of(
            "mean left by zero padding",
            ("size $H$ [pixels]", 4, 64),
            ("share of the magnitude", 0, 0.15),
            HLine([0.05], color="black", dash=":", label="5 %", label_at=0.97),
            Curve(SIZES, PADDED, **TRUE),
            Points([size], [padded], **TRUE_POINT, size=9, drag={"x": "size"}),
        ),
    )
    return panels, numbers

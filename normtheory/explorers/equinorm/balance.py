"""EquiNorm on one small image: weights, contributions and outputs before and after."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Bars, Curve, HLine, Panel, Points
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.equinorm import contributions, normalize

TEXTS = {
    "balanced": "{kernel:s}, {input:s}: b = {shift:.3g}, s = {scale:.3g}; an output gets "
    "{positive:.3g} from positive and {negative:.3g} from negative weights on average (before: "
    "{positive_before:.3g} and {negative_before:.3g}).",
    "nothing": "{kernel:s}, {input:s}: the scale has no value; the plain outputs' mean is "
    "{plain:.3g}.",
}
CHANNEL_TEXTS = {
    "balanced": "{kernel:s}, number of input channels {channels:d}: positive weights give an "
    "output {positive:.3g} on average, negative ones {negative:.3g}; batch mean {mean:.1f}, single "
    "images up to {single:.2g} off.",
    "nothing": "{kernel:s}, number of input channels {channels:d}: the scale has no value.",
}


def _stairs(values, left, width):
    """Edges and heights of separate bars at `left` + 0, 1, 2, ..."""
    edges = np.repeat(np.arange(len(values)) + left, 2)
    edges[1::2] += width
    heights = np.zeros(len(edges) - 1)
    heights[::2] = values
    return edges, heights


@explorer(
    "Equilibrium normalization of one kernel",
    "equinorm.zero-mean equinorm.positive-sum",
    text=TEXTS,
    size=(920, 340),
    presets={
        "edge detector": {"kernel": "Sobel"},
        "equal weights": {"kernel": "box blur"},
        "dark image": {"input": "dark"},
        "signed inputs": {"input": "signed texture"},
    },
)
def equilibrium(kernel, input):
    """A kernel before and after normalization, what its signs contribute, and the outputs."""
    w, x = named_kernel(kernel), named_image(input)
    total = x[0].size
    before = [float(part[0]) / total for part in contributions(x, w)]
    plain = convolve(x, w).ravel()
    try:
        normalized = normalize(x, w)
    except ValueError:
        # all weights equal, or no light at all: the scale has no value
        weights, after, y = np.full(9, np.nan), [np.nan, np.nan], np.full(plain.shape, np.nan)
        case, numbers = "nothing", {}
    else:
        weights = normalized.weights.ravel()
        after = [float(part[0]) / total for part in contributions(x, normalized.weights)]
        y = convolve(x, normalized.weights).ravel()
        case = "balanced"
        numbers = {"shift": normalized.shift.item() + 0, "scale": normalized.scale.item()}
        numbers |= {"positive": after[0], "negative": after[1]}
        numbers |= {"positive_before": before[0], "negative_before": before[1]}
    numbers["plain"] = float(plain.mean())
    # outputs that are equal but for rounding stay in their order, on every machine
    order = np.argsort(np.round(plain, 9), kind="stable")
    panels = (
        Panel.of(
            "weights",
            ("position in the kernel", -0.6, 8.6),
            ("weight", -6, 6),
            Bars(*_stairs(w.ravel(), -0.4, 0.4), color="grey", label="before", label_at=0.97),
            Bars(*_stairs(weights, 0.0, 0.4), color="purple"),
            HLine([0.0], color="grey", dash="-", width=1.0),
        ),
        Panel.of(
            "mean contributions",
            ("grey: before, purple: after", -0.6, 1.6),
            ("total / number of outputs", -3, 3),
            HLine([-1.0, 1.0], color="black", dash=":"),
            Bars(*_stairs(before, -0.4, 0.4), color="grey"),
            Bars(*_stairs(after, 0.0, 0.4), color="purple"),
            Points([0.2, 1.2], after, color="purple", size=5),
            xticks=((0, "positive"), (1, "negative")),
        ),
        Panel.of(
            "the 36 outputs, sorted",
            ("rank of the plain output", 0, 35),
            ("value", -4, 4),
            Curve(np.arange(plain.size), plain[order], color="grey", dash="--"),
            Curve(np.arange(plain.size), y[order], color="purple", width=1.5),
            HLine([float(plain.mean())], color="grey", dash=":", label="mean before"),
            HLine([float(y.mean())], color="purple", label="mean after", label_at=0.35),
        ),
    )
    return panels, numbers, case


@explorer(
    "Several input channels",
    "equinorm.full-case",
    text=CHANNEL_TEXTS,
    presets={"one channel": {"channels": 1}, "equal weights": {"kernel": "box blur"}},
)
def equilibrium_channels(channels, kernel):
    """Several input channels: the batch is balanced, its single images are not."""
    x = named_image("texture", channels=channels, batch=8)
    base = named_kernel(kernel)[0, 0]
    w = np.stack([(1 + c % 3) * np.rot90(base, c) for c in range(channels)])[None]
    try:
        weights = normalize(x, w).weights
    except ValueError:
        weights = np.full(w.shape, np.nan)
    usable = np.isfinite(weights).all()
    y = convolve(x, weights) if usable else np.full((8, 1, 6, 6), np.nan)
    means = y.mean(axis=(1, 2, 3))
    v = x.sum(axis=(0, 2, 3)) / x[:, 0].size
    shares = [v * np.clip(s * weights[0], 0, None).sum(axis=(1, 2)) * s for s in (1, -1)]
    numbers = {"positive": float(shares[0].sum()), "negative": float(shares[1].sum())}
    numbers |= {"mean": abs(float(means.mean())), "single": float(np.round(np.abs(means).max(), 9))}
    index = np.arange(channels)
    left = Panel.of(
        "what each channel contributes",
        ("channel (purple: +, green: −)", *((-0.6, 63.6) if channels > 16 else (-0.6, 15.6))),
        ("share of an output", -1.1, 1.1),
        HLine([0.0], color="grey", dash="-", width=1.0),
        Bars(*_stairs(shares[0], -0.35, 0.7), color="purple"),
        Bars(*_stairs(shares[1], -0.35, 0.7), color="green"),
        Points(index, shares[0] + shares[1], color="black", size=4),
        xticks=tuple((k, str(k + 1)) for k in range(0, channels if channels > 16 else 16, 5)),
        # long numbers would push the label off the picture
        yticks=((-1, "−1"), (0, "0"), (1, "1")),
    )
    right = Panel.of(
        "mean output of each of 8 images",
        ("image", -0.6, 7.6),
        ("mean output", -0.2, 0.2),
        HLine([float(means.mean())], color="black", label="batch", label_at=0.9),
        Points(np.arange(8), means, color="purple", size=8),
    )
    return (left, right), numbers, "balanced" if usable else "nothing"

"""Drawings for the note on self-normalizing networks: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, draw_reference, label_lines
from normtheory.figures.style import INKS, METHODS

_ACTIVATIONS = {
    "SELU": METHODS["SELU"],
    "ELU": (METHODS["SELU"][0], ":"),
    "ReLU": METHODS["none"],
    "ReLU+BN": METHODS["BN"],
}
_DROPOUTS = {
    "no dropout": METHODS["none"],
    "alpha": METHODS["SELU"],
    "ordinary": (METHODS["none"][0], ":"),
}


def draw_moment_map(figure, arrays, document):
    """Arrows from (mean, variance) before a layer to after it, paths from the corners, and the
    target as a cross; one panel for each target and weight sum."""
    panels = arrays["panels"][0]
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for index, (mean, variance, omega) in enumerate(panels):
        axis = axes[index]
        start, step = arrays["start"][0, index], arrays["step"][0, index]
        axis.quiver(
            *np.moveaxis(start, -1, 0),
            *np.moveaxis(step - start, -1, 0),
            angles="xy",
            scale_units="xy",
            scale=1,
            width=0.005,
            color=INKS["grey"],
            alpha=0.6,
        )
        for path in np.moveaxis(arrays["path"][0, index], 1, 0):
            axis.plot(*path.T, color=METHODS["SELU"][0], lw=1.5, marker=".", markersize=4)
        axis.plot(mean, variance, "x", color=INKS["black"], markersize=9, mew=2, zorder=5)
        axis.set_title(f"target ({mean:g}, {variance:g}), ω = {omega:g}")
        axis.set_xlabel("mean μ")
        pad = 0.12 * np.ptp(start[..., 0])
        axis.set_xlim(start[..., 0].min() - pad, start[..., 0].max() + pad)
        axis.set_ylim(0, start[..., 1].max() * 1.1)
    axes[0].set_ylabel("variance ν")
    layers = arrays["path"].shape[2] - 1
    figure.suptitle(
        f"arrows: one layer   lines: {layers} layers from the corners   cross: target",
        fontsize=10,
        color=INKS["grey"],
    )


def draw_depth(figure, arrays, document):
    """Median mean and variance by layer with interquartile bands, one line an activation."""
    _draw_moments(figure, arrays, _ACTIVATIONS)


def draw_dropout(figure, arrays, document):
    """Median mean and variance by layer with interquartile bands, one line a kind of dropout."""
    _draw_moments(figure, arrays, _DROPOUTS)
    figure.axes[0].set_title(f"dropout rate {arrays['rate'][0]:g}")


def _draw_moments(figure, arrays, styles):
    axes = figure.subplots(1, 2)
    layers = np.arange(arrays["mean"].shape[2])
    for axis, name in zip(axes, ("mean", "variance"), strict=True):
        ends = [
            draw_band(axis, layers, arrays[name][:, row], *look)
            for row, look in enumerate(styles.values())
        ]
        if name == "variance" and np.ptp(np.log(arrays[name])) > 3:
            axis.set_yscale("log")
            # what falls below has no meaning left; its label stays at the edge
            axis.set_ylim(bottom=max(axis.get_ylim()[0], 1e-8))
            ends = np.maximum(ends, axis.get_ylim()[0] * 2)
        draw_reference(axis, float(name == "variance"), layers)
        axis.set_xlim(0, layers[-1] * 1.35)
        axis.set_xticks(np.linspace(0, layers[-1], 6))
        inks = [ink for ink, _ in styles.values()]
        label_lines(axis, layers[-1] * 1.02, ends, styles, inks, fontsize=10)
        axis.set_xlabel("layer")
        axis.set_ylabel(f"{name} of activations")

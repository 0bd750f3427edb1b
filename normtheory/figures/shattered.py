"""Drawings for the note on shattered gradients: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.labels import draw_band, draw_reference, label_lines
from normtheory.figures.style import INKS, METHODS

_ROWS = (
    ("1 layer", INKS["black"]),
    ("24 layers", INKS["black"]),
    ("24 layers + BN", METHODS["BN"][0]),
    ("resnet, 50 layers, β = 1, BN", METHODS["BN"][0]),
    ("Brownian motion", INKS["grey"]),
    ("white noise", INKS["grey"]),
)
# in the order in which the experiment runs them; the resnets have batch normalization
_NETWORKS = (
    ("2 layers", METHODS["none"][0], ":"),
    ("10 layers", METHODS["none"][0], "--"),
    ("24 layers", METHODS["none"][0], "-"),
    ("24 layers + BN", METHODS["BN"][0], "-"),
    ("resnet 50, β = 1", METHODS["BN"][0], "--"),
    ("resnet 50, β = 0.1", METHODS["BN"][0], ":"),
)


def draw_gradients(figure, arrays, document):
    """The first seed's gradients along the line, one panel for each network and noise, and the
    lag-1 autocorrelation of every seed."""
    axes = figure.subplots(
        len(_ROWS), 2, width_ratios=(3, 1), sharex="col", sharey="col", squeeze=False
    )
    for row, (name, ink) in enumerate(_ROWS):
        left, right = axes[row]
        left.plot(arrays["line"][0], arrays["gradient"][0, row], color=ink, lw=1)
        left.set_title(name, color=ink, loc="left", fontsize=11, pad=2)
        left.set_yticks([])
        values = arrays["lag1"][:, row]
        right.plot(values, np.zeros(len(values)), "|", color=ink, markersize=12)
        right.plot(np.median(values), 0, "o", color=ink)
        right.set(yticks=[], xlim=(-0.3, 1.05), ylim=(-1, 1), xticks=[0, 0.5, 1])
        right.spines["left"].set_visible(False)
    axes[2, 0].set_ylabel("gradient (standardized)")
    axes[-1, 0].set_xlabel("input")
    axes[-1, 1].set_xlabel("autocorrelation, lag 1")


def draw_autocorrelation(figure, arrays, document):
    """Median autocorrelation by lag with interquartile bands, one line for each network."""
    axes = figure.subplots()
    curves = arrays["autocorrelation"]
    lags = np.arange(curves.shape[2])
    ends = [
        draw_band(axes, lags, curves[:, row], ink, dash, alpha=0.1)
        for row, (_, ink, dash) in enumerate(_NETWORKS)
    ]
    draw_reference(axes, 0, lags)
    axes.set_xlim(0, lags[-1] * 1.4)
    axes.set_xticks(np.arange(0, lags[-1] + 1, 5))
    names, inks, _ = zip(*_NETWORKS, strict=True)
    label_lines(axes, lags[-1] * 1.02, ends, names, inks, fontsize=10)
    axes.set_xlabel("lag (grid points)")
    axes.set_ylabel("autocorrelation of the gradient")


def draw_coactivation(figure, arrays, document):
    """Co-active and active shares by layer without and with BN, and the gradients' correlation
    by depth beside the document's 1/2^L."""
    axes = figure.subplots(1, 3)
    layers = np.arange(1, arrays["active"].shape[2] + 1)
    for axis, name, label in (
        (axes[0], "coactive", "share of units active for both"),
        (axes[1], "active", "share of units active"),
    ):
        ends = []
        for row, method in ((0, "none"), (1, "BN")):
            ends.append(draw_band(axis, layers, arrays[name][:, row], METHODS[method][0]))
        stated = np.full(len(layers), document["active"])
        axis.plot(layers, stated, color=INKS["purple"], lw=1.5, ls=(0, (4, 2)))
        axis.set_ylim(0.2, 0.55)
        inks = [METHODS["none"][0], METHODS["BN"][0], INKS["purple"]]
        ends.append(document["active"])
        label_lines(axis, layers[-1] * 1.03, ends, ["no BN", "BN", "note: 1/4"], inks, fontsize=9)
        axis.set_ylabel(label)
    for row, method in ((0, "none"), (1, "BN")):
        curves, ink = arrays["correlation"][:, row], METHODS[method][0]
        # beyond the depth where a quarter of the seeds are negative there is only noise
        noise = np.append(np.quantile(curves, 0.25, axis=0) <= 0, True)
        shown = slice(0, max(int(noise.argmax()), 1))
        end = draw_band(axes[2], layers[shown], curves[:, shown], ink)
        name = {"none": "no BN"}.get(method, method)
        axes[2].text(layers[shown][-1] + 0.7, end, name, color=ink, va="center", fontsize=9)
    stated = 2.0 ** (document["slope"] * layers)
    axes[2].plot(layers, stated, color=INKS["purple"], lw=1.5, ls=(0, (4, 2)))
    axes[2].text(
        layers[-1] + 0.7, stated[-1], "note: 1/2^L", color=INKS["purple"], va="center", fontsize=9
    )
    axes[2].set_yscale("log")
    axes[2].set_ylabel("correlation of gradients")
    for axis in axes:
        axis.set_xlim(1, layers[-1] * 1.45)
        axis.set_xticks([tick for tick in (1, 6, 12, 18, 24) if tick <= layers[-1]])
        axis.set_xlabel("layer")
    axes[2].set_xlabel("depth L")

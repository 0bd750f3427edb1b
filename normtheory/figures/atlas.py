"""Drawing for the atlas: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS, METHODS

_COLUMNS = 5
# those that only this picture has
_MORE = {
    "none+start": (INKS["black"], ":"),
    "RMSNorm": (INKS["blue"], ":"),
    "sphere": (INKS["green"], "--"),
}


def draw_atlas(figure, arrays, document):
    """A map for each method of `document`, depth by rate, medians of the test accuracy over seeds;
    last, the number of rates at which each learns, by depth."""
    names = document["names"]
    rates, depths = np.log2(arrays["rate"][0]), arrays["depth"][0]
    ticks = np.linspace(0, len(rates) - 1, 3).astype(int)
    places = figure.subplots(-(-(len(names) + 1) // _COLUMNS), _COLUMNS).ravel()
    for axis, name, accuracy in zip(places, names, np.median(arrays["accuracy"], 0), strict=False):
        image = axis.imshow(100 * accuracy, vmin=10, vmax=100, cmap="viridis", aspect="auto")
        axis.set_title(name, fontsize=10)
        axis.set_xticks(ticks, [f"$2^{{{rates[tick]:.0f}}}$" for tick in ticks])
        axis.set_yticks(range(len(depths)), depths)
        axis.set_xlabel("rate", fontsize=9)
        axis.tick_params(labelsize=8)
    for axis in places[len(names) + 1 :]:
        axis.set_axis_off()
    figure.colorbar(image, ax=places[-1], label="test accuracy (%)")
    last = places[len(names)]
    learns = np.sum(arrays["accuracy"] > document["learns"], axis=-1)
    for name, octaves in zip(names, np.median(learns, 0), strict=True):
        ink, dash = {**METHODS, **_MORE}[name]
        last.plot(depths, octaves, dash, color=ink, lw=1.2)
    last.set_xlabel("depth", fontsize=9)
    last.set_title("octaves that learn", fontsize=10)
    last.set_xticks(depths)
    last.tick_params(labelsize=8)

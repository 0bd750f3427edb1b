"""Drawing for the atlas: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS

_COLUMNS = 5


def draw_atlas(figure, arrays, document):
    """A map for each method of `document`, depth by rate, medians of the test accuracy over seeds;
    last, the number of rates at which each learns, at the least depth and at the largest."""
    names = document["names"]
    rates, depths = np.log2(arrays["rate"][0]), arrays["depth"][0]
    ticks = np.linspace(0, len(rates) - 1, 3).astype(int)
    rows = -(-len(names) // _COLUMNS)
    maps, bands = figure.subfigures(1, 2, width_ratios=[3, 1])
    places = maps.subplots(rows, _COLUMNS).ravel()
    for axis, name, accuracy in zip(places, names, np.median(arrays["accuracy"], 0), strict=False):
        image = axis.imshow(100 * accuracy, vmin=10, vmax=100, cmap="viridis", aspect="auto")
        axis.set_title(name, fontsize=9)
        axis.set_xticks(ticks, [f"$2^{{{rates[tick]:.0f}}}$" for tick in ticks], fontsize=8)
        axis.set_yticks(range(len(depths)), depths, fontsize=8)
        axis.set_xlabel("rate", fontsize=8)
    for axis in places[::_COLUMNS]:
        axis.set_ylabel("layers", fontsize=8)
    for axis in places[len(names) :]:
        axis.set_axis_off()
    bar = maps.colorbar(image, cax=places[-2].inset_axes([0.1, 0, 0.15, 1]))
    bar.set_label("test accuracy (%)", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    axis, rows = bands.subplots(), np.arange(len(names))
    learns = np.median(np.sum(arrays["accuracy"] > document["learns"], axis=-1), 0)
    for column, ink in dict(zip((0, len(depths) - 1), ("orange", "blue"), strict=True)).items():
        axis.plot(learns[:, column], rows, "o", color=INKS[ink], label=f"{depths[column]} layers")
    axis.set_yticks(rows, names, fontsize=8)
    axis.invert_yaxis()
    apart = "octaves" if rates[1] - rates[0] == 1 else "rates"
    axis.set_xlabel(f"{apart} that learn", fontsize=8)
    axis.set_xlim(-0.5, len(rates) + 0.5)
    axis.tick_params(axis="x", labelsize=8)
    axis.grid(axis="x", alpha=0.3)
    bands.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=8)

"""Drawing for the experiments of the suite: arrays in, matplotlib axes out."""

import numpy as np

from normtheory.figures.style import INKS, METHODS

# those of every picture, and of methods that only these have
_LOOKS = METHODS | {
    "none+start": (INKS["black"], "--"),
    "RMSNorm": (INKS["sky"], "-."),
    "sphere": (INKS["green"], "--"),
    "pre-LN": METHODS["LN"],
    "post-LN": (INKS["blue"], ":"),
}
_CYCLE = [INKS[name] for name in ("blue", "orange", "green", "purple", "vermilion", "black")]


def draw_transformer(figure, arrays, document):
    """Perplexity over the rate for each method of `document`, medians over seeds; beside it the
    costs of a step and of inference."""
    curves, costs = figure.subplots(1, 2, width_ratios=[3, 2])
    names = document["names"]
    _curves(curves, arrays["rate"][0], np.median(arrays["test"], 0), names)
    curves.axhline(document["learns"], color="grey", lw=0.8)
    curves.set(xlabel="learning rate", ylabel="test perplexity", ylim=(10, 30))
    rows = np.arange(len(names))
    for shift, name in ((-0.2, "step"), (0.2, "inference")):
        times = np.median(arrays[f"{name} cost"], 0)
        costs.barh(rows + shift, times, 0.38, color=_CYCLE[shift > 0], label=name)
    costs.set_yticks(rows, names, fontsize=8)
    costs.invert_yaxis()
    costs.set(xlabel="time over that of none")
    costs.axvline(1, color="grey", lw=0.8)
    costs.legend(fontsize=8)


def _curves(axes, x, rows, names):
    """A line for each method over octaves."""
    for row, name in zip(rows, names, strict=True):
        ink, dash = _LOOKS[name]
        axes.plot(x, row, dash, color=ink, marker=".", lw=1.5, label=name)
    axes.set_xscale("log", base=2)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, ncols=2)


def draw_batch_sizes(figure, arrays, document):
    """Test accuracy over the batch size for each method of `document`, at equal samples and at
    equal steps, each seed at the rate that is best on rows held out; medians over seeds."""
    places = figure.subplots(1, 2, sharey=True)
    best = arrays["held"].argmax(3, keepdims=True)
    accuracy = np.take_along_axis(arrays["accuracy"], best, 3)[:, :, :, 0]
    for equal, (axes, name) in enumerate(zip(places, ("samples", "steps"), strict=True)):
        shown = 100 * np.median(accuracy[..., equal], 0)
        _curves(axes, arrays["size"][0], shown, document["names"])
        axes.set(title=f"equal {name}", xlabel="batch size")
    places[0].set_ylabel("test accuracy (%)")


def draw_weights(figure, arrays, document):
    """Test accuracy over the weight for each loss of `document`, in the narrowest and the widest
    network and at the least and the largest batch, medians over seeds; dotted, without a loss."""
    places = figure.subplots(1, len(document["names"]), sharey=True)
    accuracy, plain = (100 * np.median(arrays[name], 0) for name in ("accuracy", "plain"))
    for axes, name, found in zip(places, document["names"], accuracy, strict=True):
        for width, ink in ((0, _CYCLE[0]), (-1, _CYCLE[4])):
            for batch, dash in ((0, "--"), (-1, "-")):
                label = f"{('narrow', 'wide')[width]}, {('small', 'large')[batch]} batch"
                curve = found[width, batch]
                axes.plot(arrays["weight"][0], curve, dash, color=ink, lw=1.3, label=label)
                axes.axhline(plain[width, batch], color=ink, lw=0.8, ls=":")
        axes.set_xscale("log")
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("weight")
        axes.grid(alpha=0.3)
    places[0].set_ylabel("test accuracy (%)")
    places[0].legend(fontsize=7)


def draw_inference(figure, arrays, document):
    """Left the test accuracy of each method of `document` by regime, right the time of one row over
    none's, as trained and folded; medians over seeds."""
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    names, rows = document["names"], np.arange(len(document["names"]))
    accuracy = 100 * np.median(arrays["accuracy"], 0)
    for column, (regime, mark) in enumerate(zip(document["regimes"], "os^vDP", strict=True)):
        ink = _CYCLE[column]
        left.plot(accuracy[:, column], rows, mark, color=ink, ms=6, alpha=0.8, label=regime)
    left.set_xlabel("test accuracy (%)")
    times = np.median(arrays["inference cost"], 0)[:, 0]
    for column, (name, mark) in enumerate((("as trained", "o"), ("folded", "x"))):
        right.plot(times[:, column], rows, mark, color=_CYCLE[column], label=name)
    right.axvline(1, color="grey", lw=0.8)
    right.set_xlabel("time of one row over none's")
    for axes in (left, right):
        axes.set_yticks(rows, names, fontsize=8)
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        axes.legend(fontsize=7)

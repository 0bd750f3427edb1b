"""Drawing for the experiments of the suite: arrays in, matplotlib axes out."""

import numpy as np


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
        costs.barh(rows + shift, times, 0.38, label=name)
    costs.set_yticks(rows, names, fontsize=8)
    costs.invert_yaxis()
    costs.set(xlabel="time over that of none")
    costs.axvline(1, color="grey", lw=0.8)
    costs.legend(fontsize=8)


def _curves(axes, x, rows, names):
    """A line for each method over octaves, told apart by colour and by mark."""
    marks = "os^vDP*X<>hdp"
    for row, name, mark in zip(rows, names, marks, strict=False):
        axes.plot(x, row, marker=mark, ms=4, lw=1.2, label=name)
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

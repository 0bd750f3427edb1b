"""All systems on one task: what each does to the activations, by layer and step."""

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene, Text, VLine
from normtheory.figures.style import METHODS, NAMES

# quantity -> axis label, limits, scale, value of the standard normal distribution
_AXES = {
    "kurtosis": ("kurtosis of a unit", (2.0, 4.5), "linear", 3.0),
    "distance": ("sliced W₁ to N(0, I)", (0.05, 10.0), "log", None),
    "variance": ("variance of a unit", (0.02, 100.0), "log", 1.0),
    "mean": ("|mean| of a unit", (0.0, 4.0), "linear", 0.0),
}
_LAWS = {"variance": "variance", "kurtosis": "kurtosis", "distance": "sliced W₁ to N(0, I)"}


def side_by_side(result, **values):
    """The stored comparison of all systems, by layer and by step, and accuracy against cost.

    Parameters
    ----------
    result : object with `arrays`
        Such as ``experiments.show("suite.side-by-side")``.
    **values
        Where the sliders start: `quantity`, `layer`, `step`.
    """
    arrays = {name: np.median(array, axis=0) for name, array in result.arrays.items()}
    methods = _methods(arrays)
    layers, last = arrays["kurtosis"].shape[1], int(arrays["step"][-1])
    explorer = Explorer(
        name="side_by_side",
        title="Every system on one task",
        view=lambda quantity, layer, step: _picture(arrays, methods, quantity, layer, step),
        parameters=(
            Parameter("quantity", "q", "of the activations", "kurtosis", choices=tuple(_AXES)),
            Parameter.count("layer", r"\ell", "hidden layer", layers, (1, layers), (1, layers)),
            Parameter.count(
                "step",
                "t",
                "training step, the nearest that was recorded",
                last,
                (0, last),
                (0, last),
            ),
        ),
        presets={
            "at the start": {"step": 0},
            "distance to N(0, I)": {"quantity": "distance"},
            "variance": {"quantity": "variance"},
        },
        values=values,
    )
    explorer.spec = {**explorer.spec, "given": 'experiments.show("suite.side-by-side")'}
    return explorer


def comparison_table(result, *, layer=None, step=None):
    """The stored comparison in numbers: medians over seeds, with the quartiles. A table in a
    notebook, text elsewhere.

    Parameters
    ----------
    result : object with `arrays`
        Such as ``experiments.show("suite.side-by-side")``.
    layer : int, optional
        Hidden layer, counted from 1; the last by default.
    step : int, optional
        A recorded training step; the last by default.
    """
    return ComparisonTable(result.arrays, layer, step)


class ComparisonTable:
    """One row for each system: accuracy, cost and one layer's activations."""

    def __init__(self, arrays, layer, step):
        methods, steps = _methods(arrays), arrays["step"][0].tolist()
        layers = arrays["kurtosis"].shape[2]
        self.layer = layers if layer is None else layer
        self.step = steps[-1] if step is None else step
        if not 1 <= self.layer <= layers:
            raise ValueError(f"layer must lie between 1 and {layers}, got {layer!r}")
        if self.step not in steps:
            raise ValueError(f"step must be one of {', '.join(map(str, steps))}, got {step!r}")
        column, seeds = steps.index(self.step), len(arrays["step"])
        where = f"Step {self.step}, layer {self.layer} of {layers}"
        self.caption = f"{where}; median and quartiles of {seeds} seeds."
        laws = [arrays[name][:, :, self.layer - 1, column] for name in _LAWS]
        columns = [100 * arrays["accuracy"][:, :, column], arrays["cost"], *laws]
        self.quartiles = np.percentile(columns, [25, 50, 75], axis=1)  # (3, columns, systems)
        self.rows = [("system", "accuracy (%)", "time of a step, none = 1", *_LAWS.values())]
        for row, name in enumerate(methods):
            cells = self.quartiles[:, :, row].T
            self.rows.append(
                (name, *(f"{m:.3g} [{low:.3g}, {high:.3g}]" for low, m, high in cells))
            )

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(*self.rows, strict=True)]
        lines = (
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in self.rows
        )
        return "\n".join([self.caption, *lines])

    def _repr_markdown_(self):
        head, *rows = ("| " + " | ".join(row) + " |" for row in self.rows)
        rule = "|" + "---|" * len(self.rows[0])
        return "\n".join([f"*{self.caption}*", "", head, rule, *rows])


def _methods(arrays):
    # the methods of the style, less the one that needs channels
    methods = tuple(name for name in METHODS if name != "GN")
    found = arrays["cost"].shape[-1]
    if found != len(methods):
        raise ValueError(f"result must compare {', '.join(methods)}, got {found} methods")
    return methods


def _picture(arrays, methods, quantity, layer, step):
    column = int(np.argmin(np.abs(arrays["step"] - step)))
    found = arrays[quantity]
    at = found[:, layer - 1, column]
    shares = ", ".join(f"{m} {v:.3g}" for m, v in zip(methods, at, strict=True))
    text = (
        f"{quantity} in layer {layer} of {found.shape[1]} at step {arrays['step'][column]:.0f}, "
        f"medians over seeds: {shares}."
    )
    label, limits, scale, normal = _AXES[quantity]
    reference = [HLine([np.nan if normal is None else normal], dash=":")]
    depths, steps = np.arange(1, found.shape[1] + 1), arrays["step"]
    look = [(name, NAMES[METHODS[name][0]], METHODS[name][1]) for name in methods]
    by_layer = [
        Curve(depths, np.clip(found[row, :, column], *limits), color=color, dash=dash, label=name)
        for row, (name, color, dash) in enumerate(look)
    ]
    by_step = [
        Curve(steps, np.clip(found[row, layer - 1], *limits), color=color, dash=dash)
        for row, (_, color, dash) in enumerate(look)
    ]
    reached = 100 * arrays["accuracy"][:, column]
    # one line for each system, the cheapest on top: on one task all are about as accurate
    order = np.argsort(arrays["cost"], kind="stable")[::-1]
    dots = []
    for line, (row, (name, color, dash)) in enumerate((row, look[row]) for row in order):
        marker = "o" if dash == "-" else "s"
        dots += [
            Points([max(reached[row], 90.0)], [line], color=color, marker=marker, size=8),
            Text([82.2], [line], label=f"{name}, {arrays['cost'][row]:.1f}", color=color),
        ]
    common = {"ylim": limits, "yscale": scale, "ylabel": label}
    return Scene(
        (
            Panel(
                title="by layer, at this step",
                xlabel="layer",
                # room for the names
                xlim=(1, depths[-1] * 1.95),
                xticks=tuple((float(d), str(d)) for d in depths),
                layers=[*reference, VLine([layer], dash=":"), *by_layer],
                legend="center right",
                **common,
            ),
            Panel(
                title="by step, in this layer",
                xlabel="training step",
                xlim=(0, float(steps[-1])),
                layers=[*reference, VLine([steps[column]], dash=":"), *by_step],
                **common,
            ),
            Panel.of(
                "system, time of a step",
                ("test accuracy (%), from 90 on", 82, 100.3),
                ("", -0.5, len(methods) - 0.5),
                VLine([90.0], dash=":"),
                *dots,
                xticks=tuple((float(at), str(at)) for at in (90, 95, 100)),
                yticks=tuple((float(line), "") for line in range(len(methods))),
            ),
        ),
        text,
        widths=(1.4, 1, 1.1),
        size=(980, 380),
    )

"""All systems on one task: what each does to the law of the activations, by layer and step."""

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, Scene, VLine
from normtheory.figures.style import INKS, METHODS

# quantity -> axis label, limits, scale, value of the standard normal law
_AXES = {
    "kurtosis": ("kurtosis of a unit", (2.0, 4.5), "linear", 3.0),
    "distance": ("sliced W₁ to N(0, I)", (0.05, 10.0), "log", None),
    "variance": ("variance of a unit", (0.02, 100.0), "log", 1.0),
    "mean": ("|mean| of a unit", (0.0, 4.0), "linear", 0.0),
}
_COLORS = {code: name for name, code in INKS.items()}


def side_by_side(result, **values):
    """The stored comparison of all systems: law by layer and by step, accuracy against cost.

    Parameters
    ----------
    result : object with `arrays`
        Such as ``experiments.show("suite.side-by-side")``.
    **values
        Where the sliders start: `quantity`, `layer`, `step`.

    Returns
    -------
    Explorer
    """
    arrays = {name: np.median(array, axis=0) for name, array in result.arrays.items()}
    # the methods of the style, less the one that needs channels
    methods = tuple(name for name in METHODS if name != "GN")
    if len(arrays["cost"]) != len(methods):
        raise ValueError(
            f"result must compare {', '.join(methods)}, got {len(arrays['cost'])} methods"
        )
    layers, last = arrays["kurtosis"].shape[1], int(arrays["step"][-1])
    explorer = Explorer(
        name="side_by_side",
        title="Every system on one task",
        view=lambda quantity, layer, step: _picture(arrays, methods, quantity, layer, step),
        parameters=(
            Parameter(
                name="quantity",
                symbol="q",
                meaning="of the activations",
                default="kurtosis",
                choices=tuple(_AXES),
            ),
            Parameter(
                name="layer",
                symbol=r"\ell",
                meaning="hidden layer",
                default=layers,
                domain=(1, layers),
                closed=True,
                integer=True,
            ),
            Parameter(
                name="step",
                symbol="t",
                meaning="training step, the nearest that was recorded",
                default=last,
                domain=(0, last),
                closed=True,
                integer=True,
            ),
        ),
        presets={
            "at the start": {"step": 0},
            "distance to N(0, I)": {"quantity": "distance"},
            "variance": {"quantity": "variance"},
        },
        values=values,
    )
    # no document compares them all: there are no paper values
    presets = {label: at for label, at in explorer.presets.items() if label != "paper values"}
    given = 'experiments.show("suite.side-by-side")'
    explorer.spec = {**explorer.spec, "presets": presets, "given": given}
    return explorer


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
    look = [(name, _COLORS[METHODS[name][0]], METHODS[name][1]) for name in methods]
    by_layer = [
        Curve(depths, np.clip(found[row, :, column], *limits), color=color, dash=dash, label=name)
        for row, (name, color, dash) in enumerate(look)
    ]
    by_step = [
        Curve(steps, np.clip(found[row, layer - 1], *limits), color=color, dash=dash)
        for row, (_, color, dash) in enumerate(look)
    ]
    reached = 100 * arrays["accuracy"][:, column]
    dots = [
        Points(
            [arrays["cost"][row]],
            [max(reached[row], 90.0)],
            color=color,
            marker="o" if dash == "-" else "s",
            size=8,
        )
        for row, (_, color, dash) in enumerate(look)
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
            Panel(
                title="accuracy at this step",
                xlabel="time of a step, none = 1",
                ylabel="test accuracy (%), 90 or less below",
                xlim=(0.5, 8),
                ylim=(89.5, 100),
                layers=[VLine([1.0], dash=":"), *dots],
            ),
        ),
        text,
        widths=(1.5, 1, 1),
        size=(980, 380),
    )

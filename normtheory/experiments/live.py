"""Small training runs to be watched: a picture before the start, and a generator of pictures.

Nothing trains until somebody asks the generator for its next picture, and it stops when it is no
longer asked. `normtheory.explorers.watch` shows one with a start button.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from normtheory.experiments.devices import resolve_device
from normtheory.experiments.side_by_side import METHODS, QUANTITIES
from normtheory.figures import style
from normtheory.figures.scene import Curve, HLine, Panel, Scene

_SETTINGS = {"width": 64, "momentum": 0.9, "batch": 64}
_STEPS = 300
_POINTS = 30
_SLICES = 32
_LABELLED = 4  # curves that have room for a name on the spot
# quantity -> axis label, limits, scale, value of the standard normal distribution
_AXES = {
    "mean": ("|mean| of a unit", (0.0, 4.0), "linear", 0.0),
    "variance": ("variance of a unit", (1e-3, 1e3), "log", 1.0),
    "kurtosis": ("kurtosis of a unit", (1.0, 9.0), "linear", 3.0),
    "distance": ("sliced W₁ to N(0, I)", (1e-2, 1e2), "log", None),
}
ALL = "all"
SEEDS = (0, 1, 2)  # of what the project records


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """A training run to be watched.

    Attributes
    ----------
    title : str
    knobs : tuple of dict
        What the reader may set before the start: the fields of a parameter (name, symbol, meaning,
        default, domain, ...).
    picture : callable
        ``picture(**values) -> Scene``: what is shown before the start.
    points : callable
        ``points(steps, **values)`` trains, and yields the numbers of a picture, by name, now and
        then; one of them is ``step``.
    draw : callable
        ``draw(found, steps, **values) -> Scene`` of the points so far, joined along a first axis.
        Where there are `parts`, ``drawn=`` draws one of them alone.
    steps : int
        Of a whole run.
    call : str
        The line of Python that makes it.
    what : str
        Data and sizes in a few words.
    recorded : dict of str to tuple
        Values of knobs at which the project keeps a recording.
    parts : tuple of str
        What of the picture can be drawn alone.
    clock, again, place : str
        What its points are counted in, what trains it anew, and what a link calls its recording.
    """

    title: str
    knobs: tuple[dict[str, Any], ...]
    picture: Callable[..., Scene]
    points: Callable[..., Iterator[dict[str, Any]]]
    draw: Callable[..., Scene]
    steps: int
    call: str
    what: str
    recorded: dict[str, tuple]
    parts: tuple[str, ...] = ()
    clock: str = "step"
    again: str = "A notebook trains anew."
    place: str = "recording"
    brief: dict[str, int] = field(default_factory=lambda: {"steps": 12})

    def train(self, steps=None, **values):
        """Yield ``(fraction done, Scene)``; for so many steps instead of all."""
        steps, found = steps or self.steps, []
        for point in self.points(steps, **values):
            found.append(point)
            yield point["step"] / steps, self.draw(joined(found), steps, **values)

    def recordings(self, **values):
        """The settings at which the project has recorded the run that starts at these values, and
        of each the numbers of its points by name."""
        from normtheory.experiments import recorded

        return recorded.settings(self, values), recorded.load(self, values)


def joined(points):
    """The numbers of all points by name, along a first axis."""
    return {name: np.array([point[name] for point in points]) for name in points[0]}


def knob(name, symbol, meaning, default, **options):
    """The fields of a parameter that the reader may set."""
    return {"name": name, "symbol": symbol, "meaning": meaning, "default": default} | options


SEED = knob(
    "seed", "s", "seed of weights and batches", 0, domain=(0, 99), closed=True, integer=True
)


def digits_run(*methods, quantity="variance", depth=6, device="auto"):
    """Systems of the suite trained side by side on scikit-learn's digits, on the same batches.

    Parameters
    ----------
    *methods : str
        Of `METHODS`; all of them when there are none.
    quantity : {"mean", "variance", "kurtosis", "distance"}
        Of the last hidden layer's activations on the test rows, drawn on the right.
    depth : int
        Hidden layers at the start, from 1 to 16.
    device : {"cpu", "cuda", "auto"}

    Returns
    -------
    LiveRun

    Raises
    ------
    ValueError
        For an unknown method, quantity or device, or a depth outside its range.

    Examples
    --------
    >>> run = digits_run("none", "BN")
    >>> fraction, scene = next(run.train(rate=0.02, depth=2, seed=0, steps=4))
    >>> scene.text
    'Step 0 of 4: none accuracy 8 %, variance 0.1; BN accuracy 8 %, variance 1.'
    """
    methods = methods or METHODS
    for method in methods:
        if method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity must be one of {', '.join(QUANTITIES)}, got {quantity!r}")
    if not 1 <= depth <= 16:
        raise ValueError(f"depth must lie between 1 and 16, got {depth!r}")
    if device != "auto":  # which would load torch before anything trains
        resolve_device(device)

    def picture(rate, depth, seed):
        empty = {
            name: np.full((len(methods), 1), np.nan) for name in ("loss", "accuracy", quantity)
        }
        text = f"Not started: {', '.join(methods)} with {depth} layers wait for the start button."
        return _digits_scene(methods, quantity, np.zeros(1), empty, _STEPS, text)

    def points(steps, rate, depth, seed):
        import torch

        from normtheory.experiments.race import contestants, digits
        from normtheory.experiments.systems import moments
        from normtheory.experiments.training import batches
        from normtheory.theory.slices import random_directions

        configuration = {**_SETTINGS, "rate": rate, "depth": depth}
        x, y, x_test, y_test = digits(configuration, resolve_device(device))
        systems = contestants(methods, configuration, x, seed)
        rng = np.random.default_rng(seed)
        theta = random_directions(_SETTINGS["width"], _SLICES, rng, dtype="float32")
        generator = torch.Generator().manual_seed(seed)
        stream = batches(x, y, _SETTINGS["batch"], steps, generator)
        every = max(1, steps // _POINTS)
        recent = np.full(len(methods), np.nan)
        for step in range(0, steps + 1, every):
            laws = [moments(system.activations(x_test)[-1:], theta) for system in systems]
            yield {
                "step": step,
                "loss": recent,
                "accuracy": [system.accuracy(x_test, y_test) for system in systems],
                quantity: [law[quantity][0] for law in laws],
            }
            losses = [
                torch.stack([system.step(inputs, targets) for system in systems])
                for inputs, targets in islice(stream, every)
            ]
            if losses:
                recent = torch.stack(losses).mean(0).cpu().numpy()

    def draw(found, steps, rate, depth, seed, drawn=ALL):
        kept = [drawn in (ALL, method) for method in methods]
        rows = {
            name: np.where(kept, found[name], np.nan).T for name in ("loss", "accuracy", quantity)
        }
        text = _told(methods, quantity, rows, kept, found["step"][-1], steps)
        return _digits_scene(methods, quantity, found["step"], rows, steps, text)

    named = ", ".join(f'"{method}"' for method in methods)
    return LiveRun(
        title=f"Training now: {', '.join(methods)}",
        knobs=(
            knob(
                "rate",
                r"\eta",
                "learning rate",
                0.02,
                domain=(0.0, 10.0),
                typical=(0.001, 1.0),
                log=True,
            ),
            knob("depth", "L", "hidden layers", depth, domain=(1, 16), closed=True, integer=True),
            SEED,
        ),
        picture=picture,
        points=points,
        draw=draw,
        steps=_STEPS,
        call=f'experiments.digits_run({named}, quantity="{quantity}", depth={depth})',
        what="scikit-learn's digits, 64 units a layer, batches of 64",
        recorded={"seed": SEEDS},
        parts=(ALL, *methods) if len(methods) > 1 else (),
    )


def _told(methods, quantity, rows, kept, step, steps):
    parts = []
    for row, method in enumerate(methods):
        if not kept[row]:
            continue
        if np.isnan(rows[quantity][row, -1]):
            parts.append(f"{method} diverged")
        else:
            share, value = rows["accuracy"][row, -1], rows[quantity][row, -1]
            parts.append(f"{method} accuracy {100 * share:.0f} %, {quantity} {value:.2g}")
    return f"Step {step} of {steps}: {'; '.join(parts)}."


def _digits_scene(methods, quantity, step, rows, steps, text):
    label, limits, scale, normal = _AXES[quantity]
    panels = (
        ("loss", "training loss", "cross entropy (nats)", (1e-3, 10.0), "log"),
        ("accuracy", "test accuracy", "share of rows", (0.0, 1.0), "linear"),
        (quantity, "last hidden layer", label, limits, scale),
    )
    room, legend = (1.45, "") if len(methods) <= _LABELLED else (2.3, "center right")
    made = []
    for name, title, ylabel, ylim, yscale in panels:
        layers = [] if name != quantity or normal is None else [HLine([normal], dash=":")]
        for row, method in enumerate(methods):
            code, dash = style.METHODS[method]
            layers.append(
                Curve(
                    step,
                    _inside(rows[name][row], ylim),
                    color=style.NAMES[code],
                    dash=dash,
                    label=method if name == quantity else "",
                )
            )
        made.append(
            Panel.of(
                title,
                # room for the names behind the curves' ends
                ("step", 0, steps * (room if name == quantity else 1.0)),
                (ylabel, *ylim, yscale),
                *layers,
                legend=legend if name == quantity else "",
            )
        )
    return Scene(made, text, widths=(1, 1, 1.35), size=(920, 360))


def _inside(values, limits):
    """What leaves the axis stays visible at its edge."""
    return np.clip(np.asarray(values, dtype=float), *limits)

"""Stored training runs as they went: a result's arrays over epochs or steps, to be played."""

import itertools

import numpy as np

from normtheory.experiments import stored
from normtheory.experiments.live import ALL, knob
from normtheory.figures import weightnorm
from normtheory.figures.scene import Band, Curve, Panel, Scene
from normtheory.figures.style import METHODS, NAMES

_MIXING = zip(("", ", mixup", ", manifold mixup"), ("-", "--", ":"), strict=True)
_THREE = tuple((name, *METHODS[name]) for name in ("BN", "GN", "EquiNorm"))
_STDLOSS = tuple((name, *METHODS[name]) for name in ("none", "BN", "standardization"))
# result -> what its points are counted in, and name, ink and dash of its systems
COURSES = {
    "equinorm.fig2": ("epoch", _THREE),
    "equinorm.fig3": ("epoch", _THREE[::2]),
    "equinorm.fig4": ("epoch", _THREE),
    "equinorm.mixup": (
        "epoch",
        tuple(
            (f"{name}{kind}", METHODS[name][0], dash)
            for name, (kind, dash) in itertools.product(("BN", "EquiNorm"), _MIXING)
        ),
    ),
    "equinorm.quarter-batch": ("epoch", (*_THREE[::2], ("quarter batch", _THREE[2][1], "--"))),
    **{f"stdloss.fig{k}": ("step", _STDLOSS) for k in range(1, 6)},
    "weightnorm.training": ("step", weightnorm.LOOKS),
}
# array -> title, unit, how many of it are 1 of the array's, scale of the axis
_AXES = {
    "train": ("training loss", "nats", 1, "log"),
    "loss": ("training loss", "nats", 1, "log"),
    "test": ("test loss", "nats", 1, "linear"),
    "accuracy": ("test accuracy", "%", 100, "linear"),
}


def course(id, directory=None):
    """The training runs of a stored result, for `explorers.recording` to play.

    Parameters
    ----------
    id : str
        Of an experiment whose arrays hold its systems' losses or accuracies on the way.
    directory : path-like, optional
        Where the results are; by default the project's own.

    Returns
    -------
    Course

    Raises
    ------
    ValueError
        If `id` names no such experiment, nothing is stored for it, or its files are damaged.

    Examples
    --------
    >>> course("equinorm.fig3").steps  # epochs
    30
    """
    if id not in COURSES:
        raise ValueError(f"id must be one of {', '.join(COURSES)}, got {id!r}")
    arrays = stored.arrays(id, directory)
    return Course(stored.show(id, directory).content, arrays)


class Course:
    """A stored result with what `explorers.recording` asks of a run, see `live.LiveRun`."""

    parts = ()

    def __init__(self, content, arrays):
        self.place, self.title = content["experiment"], content["title"]
        self.clock, self._looks = COURSES[self.place]
        self._arrays = {name: arrays[name] for name in _AXES if name in arrays}
        _, systems, points = next(iter(self._arrays.values())).shape
        self._looks = self._looks[:systems]  # a control is last, where there is one
        self._at = arrays["step"][0] if "step" in arrays else np.arange(points)
        self.steps, seeds = int(self._at[-1]), content["seeds"]
        self.knobs = (knob("seed", "s", f"one of the {len(seeds)} seeds, or their medians", ALL),)
        self.recorded = {"seed": (ALL, *seeds)}
        self.call = f'experiments.course("{self.place}")'
        self.what = "; ".join([f"{self.place}, {content['scale']} scale", *content["notes"]])
        self.again = f"normtheory figures {self.place} trains anew."

    def recordings(self):
        """The settings that are stored, and of each the quartiles of its seeds by name."""
        settings = [{"seed": seed} for seed in self.recorded["seed"]]
        return settings, [self._quartiles(seed) for seed in self.recorded["seed"]]

    def _quartiles(self, seed):
        rows = slice(None) if seed == ALL else [self.recorded["seed"].index(seed) - 1]
        laws = {n: np.quantile(a[rows], (0.25, 0.5, 0.75), axis=0) for n, a in self._arrays.items()}
        return {"step": self._at} | {n: np.moveaxis(law, -1, 0) for n, law in laws.items()}

    def draw(self, found, steps, seed):
        """The picture of the points so far: medians with the quartiles, or one seed's curves."""
        *_, told = self._arrays
        title, unit, factor, _ = _AXES[told]
        last = zip(self._looks, factor * found[told][-1, 1], strict=True)
        numbers = "; ".join(f"{name} {value:.3g}" for (name, *_), value in last)
        count = len(self.recorded["seed"]) - 1
        whose = f"medians of {count} seeds" if seed == ALL else f"seed {seed}"
        at = f"{self.clock.title()} {found['step'][-1]:.0f} of {steps}, {whose}"
        return Scene(
            [self._panel(name, found, name == told) for name in self._arrays],
            f"{at}. {title.capitalize()} in {unit}: {numbers}.",
            widths=(*[1] * (len(self._arrays) - 1), 1.6),
            size=(920, 360),
        )

    def _panel(self, name, found, labelled):
        title, unit, factor, scale = _AXES[name]
        least, most = factor * self._arrays[name].min(), factor * self._arrays[name].max()
        room, layers = (1.5 if len(self._arrays) == 1 else 1.9) if labelled else 1, []
        for row, (label, ink, dash) in enumerate(self._looks):
            low, middle, high = factor * found[name][:, :, row].T
            color, label = NAMES[ink], label if labelled else ""
            layers += [
                Band(found["step"], low, high, color=color),
                Curve(found["step"], middle, color=color, dash=dash, label=label),
            ]
        return Panel.of(
            title,
            (self.clock, 0, room * self.steps),
            (unit, 0.8 * least, 1.25 * most, scale) if scale == "log" else (unit, 0, 1.05 * most),
            *layers,
            legend="center right" if labelled else "",
        )

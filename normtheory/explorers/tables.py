"""An explorer's picture at any setting, from a few hundred, for a page without a kernel.

A picture is taken apart into arrays, the numbers of its sentences, and words (its axes, the case of
each sentence). Each part is tabulated over the sliders that it depends on: at all stops of
one slider, on a grid of several. Between stops numbers are interpolated, on a logarithmic axis or
slider by their logarithms, and words are the nearest stop's. Along each slider through the defaults
all stops are held, and what they show between the grid's is added to its interpolation, which makes
these lines exact. `Tables.error` says what interpolation costs at settings that are not held.
"""

import itertools
import math
from bisect import bisect_right

import numpy as np

from normtheory.explorers import controls
from normtheory.explorers.parts import interpolated, mark, off, taken_apart

POSITIONS = 50  # of a slider: half as many as in a notebook, for the size of the page
PICTURES = 400  # of a grid, at most
# of an explorer whose pictures take some 50 ms, of one whose sliders are whole numbers, and of one
# that has nothing between its stops
OWN = {"repulsion": 64, "trained_phases": 216, "equilibrium_edges": 1600, "recording": 2000}
TRIED = 16  # random settings at which the error is measured


class Table:
    """Some parts of the pictures over the sliders on which they depend: a grid, then lines."""

    def __init__(self, sliders, stops):
        self.sliders, self.stops = sliders, stops
        home = {p.name: p.default for p in sliders}
        self.settings = [
            dict(zip(stops, values, strict=True)) for values in itertools.product(*stops.values())
        ]
        grid = {tuple(setting.values()): k for k, setting in enumerate(self.settings)}
        self.lines = {}
        for p in sliders:
            every = controls.positions(p, POSITIONS)
            if not p.choices and len(every) > len(stops[p.name]):
                axis = [grid[tuple({**home, p.name: s}.values())] for s in stops[p.name]]
                self.lines[p.name] = {"stops": every, "first": len(self.settings), "axis": axis}
                self.settings += [{**home, p.name: stop} for stop in every]

    def weights(self, values):
        """Entries around a setting with their shares: of the grid, and of the lines."""
        away = [p for p in self.sliders if values[p.name] != p.default]
        if len(away) == 1 and away[0].name in self.lines:
            line = self.lines[away[0].name]
            ends = _around(away[0], line["stops"], values[away[0].name])
            return [(line["first"] + k, t) for k, t in ends], []
        corners, lines = [(0, 1.0)], []
        for p in self.sliders:
            stops = self.stops[p.name]
            ends = _around(p, stops, values[p.name])
            corners = [(at * len(stops) + k, w * t) for at, w in corners for k, t in ends]
        if all(values[p.name] == p.default for p in self.sliders if p.choices):
            for p in self.sliders:
                coarse = _around(p, self.stops[p.name], values[p.name])
                if p.name in self.lines and len(coarse) > 1:
                    line = self.lines[p.name]
                    lines += [(line["axis"][k], -t) for k, t in coarse]
                    fine = _around(p, line["stops"], values[p.name])
                    lines += [(line["first"] + k, t) for k, t in fine]
        return corners, lines


def _around(parameter, stops, value):
    """The stops around a value, and the share of each."""
    if parameter.choices:
        return [(stops.index(value), 1.0)]
    k = max(bisect_right(stops, value) - 1, 0)
    if k == len(stops) - 1 or value <= stops[k]:
        return [(k, 1.0)]
    scale = math.log if parameter.log else float
    low, here, high = (scale(v) for v in (stops[k], value, stops[k + 1]))
    share = (here - low) / (high - low)
    return [(k, 1 - share), (k + 1, share)]


class Tables:
    """All tables of an explorer, and its presets, which are held as they are.

    Attributes
    ----------
    exact : list of dict
        Settings that are held whole: where the explorer starts, its presets, where claims fail; of
        a formula, its looks; of a question, its right answers.
    kept : dict
        By name of a part, its values at `exact`.
    tables : list of (Table, dict)
        A table, and by name of a part its values at the table's settings.
    logs : set
        Names of the parts that are interpolated by their logarithms.
    error : tuple of float or None
        Median and largest distance from the true picture, over `TRIED` random settings: the mean
        distance of an array's elements in shares of its axis, of the worst array. None where there
        is nothing between the stops, and for a question, whose one slider has all its stops.
    """

    def __init__(self, explorer):
        self.explorer, self.scenes = explorer, {}
        self._held, self._marks = {}, {}  # the parts of each picture, and what tells them apart
        self.sliders, self.presets = list(explorer.parameters.values()), []
        asked, self.home = explorer.spec.get("question"), explorer.complete({})
        if explorer.formula:
            others = explorer.looks
        elif asked:
            self.sliders, self.home = [explorer.parameters[asked["name"]]], explorer.values
            others = [{**self.home, asked["name"]: right} for right in asked["right"]]
        else:
            self.presets = list(explorer.presets.values())
            breaks = [explorer.complete(claim.breaks) for claim in explorer.claims if claim.breaks]
            others = [*self.presets, *breaks]
        self.exact = [explorer.values, *others]
        self.kept = _columns([self.parts(values) for values in self.exact])
        self.tables, self.logs, self.error = [], set(), None
        if explorer.formula:
            return
        needs = self._needs()
        self._fill(needs)
        # what no probe has moved, one of the tables' settings may have
        while (found := self._seen(needs)) != needs:
            needs, self.tables = found, []
            self._fill(needs)
        self.logs = self._logarithmic()
        if not asked and any(not p.choices for p in self.sliders):
            self.error = self._error()

    def _fill(self, needs):
        """Make the tables."""
        explorer = self.explorer
        for names in sorted(set(needs.values()), key=lambda names: (len(names), sorted(names))):
            sliders = [p for p in self.sliders if p.name in names]
            most = OWN.get(explorer.name, PICTURES)
            table = Table(sliders, grid(sliders, most))
            found = _columns([self.parts(each) for each in table.settings], needs, names)
            self.tables.append((table, found))

    def parts(self, values):
        """The parts of the picture at a setting; sliders not named are where they are at home."""
        values = self.explorer.complete(values, self.home)
        key = tuple(values.values())
        if key not in self._held:
            scene, self._held[key] = taken_apart(self.explorer, values)
            self._marks[key] = {name: mark(part) for name, part in self._held[key].items()}
            self.scenes.setdefault(self._held[key]["axes"][0], scene)
        return self._held[key]

    def _marked(self, values):
        """What tells the parts of the picture at a setting from others'."""
        self.parts(values)
        return self._marks[tuple(self.explorer.complete(values, self.home).values())]

    def between(self, values):
        """The parts at a setting as the page shows them, interpolated where it is not held."""
        found = {}
        for table, columns in self.tables:
            corners, lines = table.weights(values)
            for name, entries in columns.items():
                found[name] = interpolated(entries, corners, lines, name in self.logs)
        return found

    def _needs(self):
        """The sliders that each part depends on, found by moving each from several settings."""
        needs, rng = {}, np.random.default_rng(0)
        drawn = [self._drawn(rng) for _ in range(2)]
        for start in [self.home, *self.presets, *drawn]:
            here = self._marked(start)
            for p in self.sliders:
                stops = controls.positions(p, POSITIONS)
                some = (
                    stops if p.choices else [stops[0], stops[rng.integers(len(stops))], stops[-1]]
                )
                for stop in some:
                    there = self._marked({**start, p.name: stop})
                    for name in here.keys() | there.keys():
                        moved = needs.setdefault(name, set())
                        if here.get(name) != there.get(name):
                            moved.add(p.name)
        return self._together(needs)

    def _together(self, needs):
        """What changes its length or its sentence stays with what it belongs to."""
        needs = dict(needs)
        for group in self._groups(needs):
            together = set().union(*(needs[name] for name in group))
            needs |= {name: together for name in group}
        return {name: frozenset(names) for name, names in needs.items()}

    def _seen(self, needs):
        """`needs` with the sliders that move a part from one held setting to the next on a line."""
        found = {name: set(names) for name, names in needs.items()}
        sliders = list(self.explorer.parameters)
        for k, slider in enumerate(sliders):
            lines = {}
            for key, parts in self._marks.items():
                first = lines.setdefault((*key[:k], *key[k + 1 :]), parts)
                for name in (first.keys() | parts.keys()) if first is not parts else ():
                    moved = found.setdefault(name, set())
                    if first.get(name) != parts.get(name):
                        moved.add(slider)
        return self._together(found)

    def _groups(self, needs):
        lengths = {}
        for parts in self._held.values():
            for name, part in parts.items():
                if isinstance(part, np.ndarray):
                    lengths.setdefault(name, set()).add(len(part))
        varying = {name.rpartition(".")[0] for name, found in lengths.items() if len(found) > 1}
        layers = [[n for n in lengths if n.rpartition(".")[0] == layer] for layer in varying]
        told = [n for n in needs if n.startswith(("text", "claim")) and "." not in n]
        cases = [[n for n in needs if n.partition(".")[0] == name] for name in told if needs[name]]
        return layers + cases

    def _drawn(self, rng):
        return self.home | {p.name: p.draw(rng) for p in self.sliders}

    def _logarithmic(self):
        """Arrays along logarithmic axes, and positive numbers that change tenfold."""
        panels = [panel for panel in next(iter(self.scenes.values())).panels]
        found = set()
        for _, columns in self.tables:
            for name, entries in columns.items():
                if isinstance(entries[0], np.ndarray):
                    panel, _, axis = name.split(".")
                    of = panels[int(panel)]
                    log = (of.xscale if axis in ("x", "edges") else of.yscale) == "log"
                else:
                    plain = [e for e in entries if e is not None and not isinstance(e, tuple)]
                    log = bool(plain) and min(plain) > 0 and max(plain) > 10 * min(plain)
                found |= {name} if log else set()
        return found

    def _error(self):
        rng, far = np.random.default_rng(1), []
        for _ in range(TRIED):
            values = self._drawn(rng)
            scene, shown = self.explorer.scene(**values), self.between(values)
            worst = 0.0
            for name, array in scene.arrays().items():
                panel, _, axis = name.split(".")
                of = scene.panels[int(panel)]
                side = "x" if axis in ("x", "edges") else "y"
                ends, log = getattr(of, f"{side}lim"), getattr(of, f"{side}scale") == "log"
                worst = max(worst, off(shown[name], array, ends, log))
            far.append(worst)
        return float(np.median(far)), max(far)


def _columns(entries, needs=None, names=None):
    """By name of a part, its value in each of the entries (None where it is missing)."""
    every = dict.fromkeys(name for parts in entries for name in parts)
    mine = [name for name in every if needs is None or needs.get(name) == names]
    return {name: [parts.get(name) for parts in entries] for name in mine}


def grid(parameters, most=PICTURES):
    """By parameter's name, the stops of each slider in a product of at most so many pictures: its
    default and both ends among them, three at least.
    """
    parameters = list(parameters)
    for steps in range(POSITIONS + 5, 2, -1):
        stops = {p.name: _some(p, steps) for p in parameters}
        if math.prod(map(len, stops.values())) <= most:
            break
    return stops


def _some(parameter, steps):
    """About `steps` of the slider's positions, evenly; all choices of a list."""
    stops = controls.positions(parameter, POSITIONS)
    if parameter.choices or len(stops) <= steps:
        return stops
    default = stops.index(parameter.default)
    even = [round(k * (len(stops) - 1) / (steps - 1)) for k in range(steps)]
    # the default takes the place of its nearest neighbour that is no end
    nearest = min(range(1, steps - 1), key=lambda k: abs(even[k] - default))
    if default not in even:
        even[nearest] = default
    return [stops[k] for k in sorted(set(even))]

"""Where the claims stand along each slider while the others stay: what colours the sliders'
tracks."""

import itertools

from normtheory.explorers import controls

STEPS = 16  # of the first pass


def trace(explorer, values):
    """The claims' states along all sliders: some positions of each, then between those that differ.

    Parameters
    ----------
    explorer : Settings
    values : dict
        The setting from which each slider moves.

    Yields
    ------
    dict or None
        ``name`` of the slider, where the ``others`` stand and the states ``found``, pairs of a
        position and each claim's state; None after each state, so that a caller may stop.
    """
    sliders = {p.name: controls.positions(p) for p in explorer.parameters.values() if not p.choices}
    sliders = {name: stops for name, stops in sliders.items() if len(stops) > 1}
    known = {name: {} for name in sliders}
    for positions in (lambda found, count: _coarse(count), _between):
        for name, stops in sliders.items():
            found = known[name]
            while missing := [k for k in positions(found, len(stops)) if k not in found]:
                for k in missing:
                    standings = explorer.standings(**{**values, name: stops[k]})
                    found[k] = [state for _, state, _ in standings]
                    yield None
            others = {other: v for other, v in values.items() if other != name}
            yield {"name": name, "others": others, "found": sorted(found.items())}


def _coarse(count):
    """Even positions, both ends among them."""
    steps = min(STEPS, count - 1)
    return [round(k * (count - 1) / steps) for k in range(steps + 1)]


def _between(found, count):
    """The middles between neighbours whose states differ."""
    known = sorted(found)
    return [
        (low + high) // 2
        for low, high in itertools.pairwise(known)
        if high - low > 1 and found[low] != found[high]
    ]

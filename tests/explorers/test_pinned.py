"""Every curve, point, band and number of every explorer's picture, against its oracle."""

import zlib

import numpy as np
import pytest
from oracles import Near, equinorm, mixtures, networks, per, selu, stdloss, transport, vcl

from normtheory import explorers

MODULES = (vcl, mixtures, per, transport, stdloss, equinorm, selu, networks)
ORACLES = {
    name: found
    for module in MODULES
    for name, found in vars(module).items()
    if name in explorers.catalogue()
}
# what takes longer is tried at its presets and fewer draws
DRAWS = {"repulsion": 1, "trained_phases": 1, "equilibrium_edges": 1}
# where a number was once lost: few draws, an end of a slider, beyond a table
EDGES = {
    "collapse": [{"start": s, "steps": t} for s, t in ((0.05, 0.3), (1.0, 200.0), (5.0, 6.0))],
    "joint_laws": [{"law": law, "n": n} for law in ("independent", "bimodal") for n in (2, 3)],
    "phase_shift": [{"gap_y": y} for y in (-6.0, 0.5, 6.0)] + [{"gap_x": 0.0}],
    "standardization_batch": [
        {"b": b, "sigma": 1.0, "estimator": e} for b in (5, 32) for e in ("biased", "unbiased")
    ],
    "weight_norm_descent": [{"steps": 500}],
}


def settings(explorer):
    """The presets, random places of all sliders, and the edges."""
    rng = np.random.default_rng(zlib.crc32(explorer.name.encode()))
    for _ in range(DRAWS.get(explorer.name, 3)):
        yield {p.name: p.draw(rng) for p in explorer.parameters.values()}
    yield from explorer.presets.values()
    for edge in EDGES.get(explorer.name, ()):
        yield {**explorer.values, **edge}


def hold(found, expected, what):
    """Raises AssertionError unless the values are those that are expected."""
    if isinstance(expected, str):
        assert found == expected, what
        return
    rtol, atol = 1e-9, 1e-11
    if isinstance(expected, Near):
        expected, *tolerance = expected
        rtol, atol = (max(pair) for pair in zip(tolerance, (rtol, atol), strict=True))
    expected = np.asarray(expected, float)
    assert np.shape(found) == expected.shape, what
    np.testing.assert_allclose(found, expected, rtol, atol, err_msg=what)


def pairs(scene, answer, values):
    """What each number of the text and each array is called, is, and is to the oracle."""
    numbers, panels = answer
    for name, number in scene.text.numbers.items():
        # what has a slider's name is where the slider stands
        yield f"{name} at {values}", number, values[name] if name in values else numbers[name]
    for i, (panel, layers) in enumerate(zip(scene.panels, panels, strict=True)):
        for j, (layer, expected) in enumerate(zip(panel.layers, layers, strict=True)):
            names = layer.array_names()
            arrays = (expected,) if len(names) == 1 else expected
            for name, array in zip(names, arrays, strict=True):
                yield f"{i}.{j}.{name} at {values}", getattr(layer, name), array


def test_what_is_drawn_and_said_is_what_an_independent_computation_finds(explorer):
    for values in settings(explorer):
        answer = ORACLES[explorer.name](**values)
        for what, found, expected in pairs(explorer.scene(**values), answer, values):
            hold(found, expected, what)


def test_what_is_off_by_a_hundredth_is_refused(explorer):
    values = explorer.values
    answer = ORACLES[explorer.name](**values)
    for what, found, expected in pairs(explorer.scene(**values), answer, values):
        if isinstance(found, str):
            wrong = [found + "?"]
        elif not (np.abs(found) >= 1e-3).any():
            continue  # nothing, or rounding errors
        else:
            wrong = [1.015 * np.asarray(found), 0.985 * np.asarray(found)]
        for each in wrong:
            with pytest.raises(AssertionError):
                hold(each, expected, what)
                pytest.fail(what)

"""Pictures between those that a page without a kernel holds."""

import numpy as np
import pytest

from normtheory.claims.claim import Parameter
from normtheory.claims.sentence import filled
from normtheory.explorers import controls, parts, tables
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, Panel, Points, Scene

X = np.linspace(0, 1, 5)
TEXTS = {"below": "{a:g} is below, {twice:.3f} is twice.", "above": "{twice:.3f} is twice."}


def view(a, b, kind, wave=0.0):
    """Lines that depend on one slider each or on two, of which `wave` bends one, and a power."""
    line = Panel(
        xlim=(0, 1),
        ylim=(0, 10),
        layers=(
            Curve(X, a * X + (1 if kind == "up" else 0)),
            Curve(X, a * np.log(b) * X + wave * np.sin(40 * a)),
            Points([a], [1.0]),
        ),
    )
    power = Panel(xlim=(0, 1), ylim=(0.01, 100), yscale="log", layers=(Curve(X, b**2 + 0 * X),))
    case = "below" if a < 1 else "above"
    return Scene((line, power), filled(TEXTS[case], {"a": a, "twice": 2 * a}))


def made(view=view, **values):
    return Explorer(
        name="imagined",
        title="Imagined",
        view=view,
        parameters=(
            Parameter("a", "a", "a slope", 1.0, (0, 3), True, (0, 2)),
            Parameter("b", "b", "a base", 1.0, (0, 20), typical=(0.1, 10), log=True),
            Parameter("kind", "k", "which way", "up", choices=("up", "down")),
        ),
        values=values,
    )


@pytest.fixture
def thin(monkeypatch):
    """Few stops and pictures."""
    monkeypatch.setattr(tables, "POSITIONS", 11)
    monkeypatch.setattr(tables, "PICTURES", 20)


@pytest.fixture
def held(thin):
    return tables.Tables(made())


def test_each_part_is_held_over_the_sliders_that_it_depends_on(held):
    on = {n: {p.name for p in table.sliders} for table, columns in held.tables for n in columns}
    assert on["0.0.x"] == on["look"] == on["axes"] == set()
    assert on["0.0.y"] == {"a", "kind"} and on["0.1.y"] == {"a", "b"}
    assert on["1.0.y"] == {"b"} and on["0.2.x"] == {"a"}
    # the number stays with the sentence that prints it
    assert on["text"] == on["text.twice"] == {"a"}
    assert held.logs == {"1.0.y"}


def test_a_slider_that_no_probe_has_seen_is_found_among_the_pictures_held(held):
    needs = {n: frozenset(p.name for p in t.sliders) for t, columns in held.tables for n in columns}
    assert held._seen(needs) == needs
    assert held._seen({**needs, "0.1.y": frozenset({"a"})}) == needs


def test_what_is_linear_along_sliders_and_axes_is_exact_between_the_stops(held):
    rng = np.random.default_rng(0)
    explorer = held.explorer
    for values in (held._drawn(rng) for _ in range(20)):
        shown = held.between(values)
        for name, array in explorer.scene(**values).arrays().items():
            np.testing.assert_allclose(shown[name], array, atol=1e-12, err_msg=f"{name} {values}")
        assert shown["text.twice"] == pytest.approx(2 * values["a"])
    assert max(held.error) < 1e-9


def test_lines_through_the_defaults_are_exact_where_the_grid_has_no_stop(thin):
    bent = tables.Tables(made(lambda a, b, kind: view(a, b, kind, wave=0.5)))
    explorer = bent.explorer
    stops = controls.positions(explorer.parameters["a"], tables.POSITIONS)
    (table,) = (table for table, columns in bent.tables if "0.1.y" in columns)
    assert set(stops) > set(table.stops["a"])
    for a in stops:
        shown, true = bent.between({**explorer.values, "a": a}), explorer.scene(a=a).arrays()
        np.testing.assert_allclose(shown["0.1.y"], true["0.1.y"], atol=1e-12)


def test_the_error_is_what_is_seen_between_the_stops(thin):
    bent = tables.Tables(made(lambda a, b, kind: view(a, b, kind, wave=0.5)))
    rng, far = np.random.default_rng(1), []
    for values in (bent._drawn(rng) for _ in range(tables.TRIED)):
        off = bent.between(values)["0.1.y"] - bent.explorer.scene(**values).arrays()["0.1.y"]
        far.append(np.abs(off).mean() / 10)
    # what lies below the axis is not drawn
    assert 0.005 < bent.error[1] <= max(far) + 1e-9


def test_a_claim_that_stands_apart_on_both_sides_is_undecided():
    entries = [("holds", "it does"), ("holds", "just"), ("fails", "no")]
    assert parts.interpolated(entries, [(0, 0.4), (1, 0.6)], [], False) == entries[1]
    assert parts.interpolated(entries, [(1, 0.4), (2, 0.6)], [], False)[0] == "undecided"


def test_what_is_not_there_at_the_nearest_stop_is_not_there():
    entries = [np.array([1.0, np.nan]), np.array([3.0, 5.0])]
    near, far = ([(0, w), (1, 1 - w)] for w in (0.75, 0.25))
    np.testing.assert_allclose(parts.interpolated(entries, near, [], False), [1.5, np.nan])
    np.testing.assert_allclose(parts.interpolated(entries, far, [], False), [2.5, 5.0])
    # an array of another length has another number of points
    entries[1] = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(parts.interpolated(entries, near, [], False), entries[0])


def test_a_grid_holds_both_ends_and_the_default_and_is_not_too_large():
    parameters = made().parameters.values()
    stops = tables.grid(parameters)
    for each in parameters:
        every = controls.positions(each, tables.POSITIONS)
        assert stops[each.name][0] == every[0] and stops[each.name][-1] == every[-1]
        assert each.default in stops[each.name]
    count = np.prod([len(each) for each in stops.values()])
    assert tables.PICTURES / 2 < count <= tables.PICTURES
    one = tables.grid(list(parameters)[:1])
    assert one == {"a": controls.positions(made().parameters["a"], tables.POSITIONS)}


def test_parts_are_told_apart_by_their_values_alone():
    nothing = np.array([0.0, np.nan])
    assert parts.mark(nothing) == parts.mark(np.array([-0.0, -np.nan]))
    assert parts.mark(nothing) != parts.mark(np.array([1e-300, np.nan]))
    assert parts.mark(float("nan")) == parts.mark(np.float64("nan")) != parts.mark(0.0)

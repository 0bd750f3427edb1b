"""What colours the sliders' tracks: where the claims stand along each, the other sliders held."""

import pytest
from patience import until

from normtheory import explorers
from normtheory.explorers import controls, tracks


@pytest.fixture(scope="module")
def explorer():
    return explorers.collapse()


def parts(explorer, values):
    return [each for each in tracks.trace(explorer, values) if each]


def test_the_states_are_those_of_the_claims_with_the_other_sliders_held(explorer):
    values = {**explorer.values, "start": 2.0}
    for part in parts(explorer, values):
        name, stops = part["name"], controls.positions(explorer.parameters[part["name"]])
        assert part["others"] == {n: v for n, v in values.items() if n != name}
        for k, states in part["found"]:
            at = {**values, name: stops[k]}
            assert states == [state for _, state, _ in explorer.standings(**at)]


def test_a_few_positions_of_every_slider_come_first_and_then_the_borders(explorer):
    found = parts(explorer, explorer.values)
    names = [part["name"] for part in found]
    assert names == 2 * list(explorer.parameters)
    changes = 0
    for first, last in zip(found[: len(names) // 2], found[len(names) // 2 :], strict=True):
        stops = controls.positions(explorer.parameters[first["name"]])
        assert len(first["found"]) >= 16 and first["found"][0][0] == 0
        assert first["found"][-1][0] == len(stops) - 1
        for (low, one), (high, other) in zip(last["found"], last["found"][1:], strict=False):
            changes += one != other
            assert one == other or high - low == 1, "a border between two positions is not found"
    assert changes


def test_choices_have_no_track_and_a_slider_of_two_positions_has():
    explorer = explorers.equilibrium_denominator()
    assert {part["name"] for part in parts(explorer, explorer.values)} == {"passes"}


def test_the_browser_is_sent_what_it_asks_for_and_the_newest_setting_wins(explorer, monkeypatch):
    sent, asked = [], []
    monkeypatch.setattr(explorer, "send", lambda content: sent.append(content))
    for start in (0.5, 2.0):
        message = {"type": "tracks", "values": {**explorer.values, "start": start}}
        explorer._on_message(explorer, message, [])
        asked.append(explorer._tracer._stopped)
    until(lambda: explorer._tracer.wait(0.1), "the tracks")
    assert asked[0].is_set() and not asked[1].is_set()
    expected = parts(explorer, {**explorer.values, "start": 2.0})
    assert sent[-len(expected) :] == [{"type": "tracks", **part} for part in expected]


def test_what_was_asked_once_is_not_computed_again(explorer, monkeypatch):
    claim, calls = explorer.claims[0], []
    at = claim.at
    monkeypatch.setattr(claim, "at", lambda **values: calls.append(values) or at(**values))
    # `scale` is not this claim's: its whole track is one answer
    values = {**explorer.values, "start": 1.23456}
    list(tracks.trace(explorer, values))
    assert sum(call["start"] == 1.23456 for call in calls) == len(
        {call["steps"] for call in calls if call["start"] == 1.23456}
    )

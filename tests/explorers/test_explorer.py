"""Explorers in Python: values, presets, errors, workers and what reaches the browser."""

import gc
import threading
import tracemalloc

import numpy as np
import pytest
from patience import until

from normtheory import explorers
from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer
from normtheory.figures.scene import Curve, Panel, Scene, VLine
from tests.refused import refuses

X = np.linspace(0, 1, 11)
KNOBS = (
    Parameter(name="a", symbol="a", meaning="slope", default=1.0, domain=(0, 5), closed=True),
    Parameter(name="kind", symbol="k", meaning="kind", default="up", choices=("up", "down")),
)


def line(a, kind):
    if a == 5:
        raise ArithmeticError("five is too much\nfor this view")
    y = a * X if kind == "up" else -a * X
    layers = (Curve(X, y), VLine([0.5]))
    top = 10.0 if a > 4 else 5.0
    return Scene((Panel(xlim=(0, 1), ylim=(-top, top), layers=layers),), f"slope {a:g} {kind}")


def make(**changed):
    given = {"name": "line", "title": "A line", "view": line, "parameters": KNOBS}
    return Explorer(**{**given, "presets": {"steep": {"a": 3}}, **changed})


def ask(explorer, seq=1.0, drawn=False, settled=False, **values):
    """What the browser sends when a slider moves."""
    values = {**explorer.values, **values}
    explorer.request = {"values": values, "seq": seq, "drawn": drawn, "settled": settled}


def curve(explorer):
    """The first curve's y as it reaches the browser."""
    start, stop = explorer.picture["panels"][0][0]["arrays"]["y"]
    return np.frombuffer(explorer.picture["data"], "<f4")[start:stop]


def test_values_start_at_the_defaults_or_where_they_are_asked_to():
    assert make().values == {"a": 1.0, "kind": "up"}
    assert make(values={"a": 2}).values == {"a": 2.0, "kind": "up"}
    assert make().presets == dict(defaults={"a": 1.0, "kind": "up"}, steep={"a": 3.0, "kind": "up"})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": {"b": 1}}, "'b'"),
        ({"values": {"a": 7}}, "a must lie"),
        ({"presets": {"wrong": {"a": 7}}}, "a must lie"),
        ({"view": lambda a: None}, "view must take"),
        ({"claims": ("vcl.phase",)}, "nearest"),
    ],
)
def test_a_wrong_explorer_is_refused(changed, message):
    refuses(ValueError, message, make, **changed)


def test_moving_in_python_shows_the_picture_and_raises():
    explorer = make().move(a=2)
    np.testing.assert_array_equal(curve(explorer), (2 * X).astype("f4"))
    with pytest.raises(ArithmeticError):
        explorer.move(a=5)


def test_a_request_of_the_browser_is_answered_with_the_picture():
    explorer = make()
    ask(explorer, seq=7.5, a=3, kind="down")
    np.testing.assert_array_equal(curve(explorer), (-3 * X).astype("f4"))
    assert explorer.picture["seq"] == explorer.answered == 7.5
    assert explorer.picture["values"] == {"a": 3.0, "kind": "down"} == explorer.values


def test_what_the_browser_drew_itself_is_not_sent_again():
    explorer = make()
    before = explorer.picture
    ask(explorer, drawn=True, a=3)
    assert explorer.picture is before and explorer.answered == 1.0
    assert explorer.values["a"] == 3.0


def test_an_error_is_shown_in_one_sentence_and_raised():
    explorer = make()
    with pytest.raises(ArithmeticError):
        ask(explorer, a=5)
    assert explorer.error == "ArithmeticError: five is too much"
    assert explorer.answered == 1.0
    ask(explorer, seq=2.0, a=1)
    assert explorer.error == ""


def test_a_sweep_visits_every_slider_and_raises():
    with pytest.raises(ArithmeticError):
        make().sweep()
    tame = (Parameter(name="a", symbol="a", meaning="slope", default=1.0, domain=(0, 4)), KNOBS[1])
    text = repr(make(parameters=tame).sweep())
    assert text == repr(make(parameters=tame).sweep())
    for part in ("defaults", "steep", "a = 0.05", "a = 2", "a = 3.95", "kind = down"):
        assert f"\n{part} " in text


def test_the_frame_changes_only_with_the_limits():
    explorer = make()
    frame = explorer.frame
    explorer.move(a=2)
    assert explorer.frame == frame
    explorer.move(a=4.5)
    assert explorer.frame["key"] != frame["key"]
    assert explorer.frame["axes"][0]["ylim"] == (-10, 10)


def test_touching_a_slider_sends_the_pictures_along_it_nearest_first(monkeypatch):
    explorer = make(view=lambda a, kind: line(min(a, 4.9), kind), values={"a": 2})
    sent = []
    monkeypatch.setattr(explorer, "send", lambda content, buffers: sent.append((content, buffers)))
    touch = {"type": "touch", "name": "a", "values": explorer.values}
    explorer._on_message(explorer, touch, [])
    until(lambda: explorer._tabulator.wait(0.1), "the table")
    entries = [e for content, _ in sent for e in content["entries"]]
    buffers = [b for _, chunk in sent for b in chunk]
    stops = explorer.spec["controls"][0]["positions"]
    assert sorted(e["position"] for e in entries) == list(range(len(stops)))
    assert stops[entries[0]["position"]] == 2
    for entry, data in zip(entries, buffers, strict=True):
        start, stop = entry["panels"][0][0]["arrays"]["y"]
        y = np.frombuffer(data, "<f4")[start:stop]
        np.testing.assert_allclose(y, min(stops[entry["position"]], 4.9) * X, rtol=1e-6)
    # the other limits' frame came along once
    assert len([f for content, _ in sent for f in content["frames"]]) == 1


def test_a_table_stops_when_another_slider_moves(monkeypatch):
    reached, go_on = threading.Event(), threading.Event()

    def slow(a, kind):
        if threading.current_thread() is not threading.main_thread():
            reached.set()
            until(lambda: go_on.wait(0.1), "permission")
        return line(min(a, 4.9), kind)

    explorer = make(view=slow)
    sent = []
    monkeypatch.setattr(explorer, "send", lambda content, buffers: sent.append(content))
    touch = {"type": "touch", "name": "a", "values": explorer.values}
    explorer._on_message(explorer, touch, [])
    until(lambda: reached.wait(0.1), "the table's begin")
    ask(explorer, kind="down")
    go_on.set()
    until(lambda: explorer._tabulator.wait(0.1), "the table")
    assert sum(len(content["entries"]) for content in sent) <= 8


def test_a_table_goes_on_while_the_hand_moves_along_it():
    explorer = make(view=lambda a, kind: line(min(a, 4.9), kind))
    touch = {"type": "touch", "name": "a", "values": explorer.values}
    explorer._on_message(explorer, touch, [])
    ask(explorer, drawn=True, a=3)
    assert not explorer._tabulator._stopped.is_set()
    until(lambda: explorer._tabulator.wait(0.1), "the table")


def refine(a, kind):
    for k in range(1, 5):
        yield k / 4, Scene(line(a, kind).panels, f"round {k}")


def test_a_refinement_starts_at_rest_and_reports_progress():
    explorer = make(refine=refine)
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), "progress")
    explorer.observe(lambda change: seen.append("answered"), "answered")
    ask(explorer, a=2)
    assert explorer.picture["text"] == "slope 2 up" and not seen
    ask(explorer, a=2, settled=True)
    until(lambda: explorer._refiner.wait(0.1), "the refinement")
    assert explorer.picture["text"] == "round 4"
    # the last picture before the last word
    assert seen == [0.25, 0.5, 0.75, 1.0, "answered", -1.0]


def test_the_next_move_cancels_a_refinement():
    started, go_on = threading.Event(), threading.Event()

    def endless(a, kind):
        for k in range(10**6):
            started.set()
            until(lambda: go_on.wait(0.1), "permission")
            yield 0.5, Scene(line(a, kind).panels, f"round {k}")

    explorer = make(refine=endless)
    ask(explorer, a=2, settled=True)
    until(lambda: started.wait(0.1), "the refinement's begin")
    ask(explorer, seq=2.0, a=3)
    go_on.set()
    until(lambda: explorer._refiner.wait(0.1), "the refinement")
    assert explorer.picture["text"] == "slope 3 up"
    assert explorer.answered == 0, "a refinement is still to come"


def test_an_error_in_a_worker_is_shown(monkeypatch):
    def broken(a, kind):
        yield 0.5, line(a, kind)
        raise ValueError("no more")

    raised = []
    monkeypatch.setattr(threading, "excepthook", lambda args: raised.append(args.exc_value))
    explorer = make(refine=broken)
    ask(explorer, a=2, settled=True)
    until(lambda: explorer._refiner.wait(0.1), "the refinement")
    assert explorer.error == "ValueError: no more"
    assert (explorer.answered, explorer.progress) == (1.0, -1.0)
    assert [str(e) for e in raised] == ["no more"]


def test_saving(tmp_path, monkeypatch):
    explorer = make()
    assert explorer.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert explorer.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert b"<svg" in explorer.save(tmp_path / "a.svg").read_bytes()
    assert explorer.save(tmp_path / "a.csv").read_text().startswith("panel,layer")
    refuses(ValueError, "format must be one of", explorer.save, tmp_path / "a.bmp")
    sent = []
    monkeypatch.setattr(explorer, "send", lambda content, buffers: sent.append((content, buffers)))
    explorer._on_message(explorer, {"type": "save", "format": "csv"}, [])
    ((content, (data,)),) = sent
    assert content == {"type": "file", "name": "line.csv", "mime": "text/csv"}
    assert data == explorer.scene().csv().encode()


def test_a_page_without_widgets_shows_picture_and_text():
    explorer = make()
    data, _ = explorer._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == repr(explorer) == "A line (a=1, kind=up)\nslope 1 up"


def test_two_explorers_share_a_channel_for_one_parameter():
    one, two = make(), make()
    explorers.link(one, two, "a")
    assert one.links == two.links and set(one.links) == {"a"}
    refuses(ValueError, "'b'", explorers.link, one, two, "b")


def test_a_thousand_moves_leave_nothing_behind():
    explorer = make()
    held = []
    tracemalloc.start()
    for block in range(3):
        for k in range(400):
            ask(explorer, seq=400.0 * block + k, a=k % 40 / 10)
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    # a leak of one picture a move would be hundreds of kilobytes
    assert held[2] - held[1] < 50_000

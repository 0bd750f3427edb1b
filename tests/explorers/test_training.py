"""The widget of a training run: start, stop, errors, and nothing before the start."""

import threading

import numpy as np
import pytest
from patience import until
from refused import refuses

from normtheory.explorers import watch
from normtheory.figures.scene import Curve, Panel, Scene


class Run:
    """A run of five pictures that waits for permission before each."""

    title = "A run"
    call = 'experiments.some_run("a")'

    def __init__(self, fails_at=None):
        slope = {"name": "a", "symbol": "a", "meaning": "slope", "default": 1.0, "domain": (0, 5)}
        self.knobs, self.brief = (slope,), {"steps": 2}
        self.allowed, self.begun, self.fails_at = threading.Semaphore(0), 0, fails_at

    def picture(self, a):
        return self.scene(a, "Not started.")

    def train(self, a, steps=5):
        self.begun += 1
        for step in range(steps + 1):
            if steps == 5:
                until(lambda: self.allowed.acquire(timeout=0.1), "permission")
            if step == self.fails_at:
                raise ArithmeticError("the loss is no number\nat all")
            yield step / steps, self.scene(a * step, f"step {step} at {a:g}")

    def scene(self, slope, text):
        x = np.linspace(0, 1, 3)
        return Scene((Panel(xlim=(0, 1), ylim=(0, 30), layers=(Curve(x, slope * x),)),), text)


def press(widget, kind, **values):
    """What the browser sends when a button is pressed."""
    widget._on_message(widget, {"type": kind, "values": {**widget.values, **values}}, [])


def test_nothing_runs_before_the_start():
    run = Run()
    widget = watch(run, a=2)
    assert widget.values == {"a": 2.0}
    repr(widget), widget._repr_mimebundle_(), widget.move(a=3)
    widget.request = {"values": {"a": 4.0}, "seq": 1.0, "drawn": False, "settled": True}
    assert run.begun == 0
    assert widget.scene().text == "Not started."
    assert widget.spec["starts"] and widget.spec["presets"] == {}
    assert widget.spec["given"] == run.call


def test_start_runs_to_the_end_with_progress():
    run = Run()
    widget = watch(run)
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "progress")
    press(widget, "start", a=3.0)
    run.allowed.release(6)
    until(lambda: widget.wait(0.1), "the end of the run")
    assert widget.scene().text == widget.picture["text"] == "step 5 at 3"
    assert seen == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, -1.0]
    # at rest the picture stays, as long as the sliders do
    widget.request = {"values": {"a": 3.0}, "seq": 2.0, "drawn": False, "settled": True}
    assert widget.scene().text == "step 5 at 3"
    assert widget.move(a=1).scene().text == "Not started."


@pytest.mark.parametrize("way", ["stop", "move", "request"])
def test_stop_and_moving_a_slider_end_the_run(way):
    run = Run()
    widget = watch(run)
    shown = threading.Event()
    widget.observe(lambda change: shown.set(), "picture")
    press(widget, "start")
    run.allowed.release()
    until(lambda: shown.wait(0.1), "a picture")
    if way == "stop":
        press(widget, "stop")
    elif way == "move":
        widget.move(a=2)
    else:
        widget.request = {"values": {"a": 2.0}, "seq": 3.0, "drawn": False, "settled": False}
    run.allowed.release(5)
    until(lambda: widget.wait(0.1), "the end of the run")
    assert widget.progress == -1.0
    assert widget.scene().text == ("step 0 at 1" if way == "stop" else "Not started.")
    press(widget, "start")
    run.allowed.release(6)
    until(lambda: widget.wait(0.1), "the end of the run")
    assert run.begun == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_is_shown_in_one_sentence_and_ends_the_run():
    run = Run(fails_at=1)
    widget = watch(run)
    press(widget, "start")
    run.allowed.release(6)
    until(lambda: widget.wait(0.1), "the end of the run")
    assert widget.error == "ArithmeticError: the loss is no number"
    assert widget.progress == -1.0
    run.fails_at = None
    press(widget, "start")
    run.allowed.release(6)
    until(lambda: widget.wait(0.1), "the end of the run")
    assert widget.error == ""


def test_a_sweep_trains_briefly_and_raises():
    text = repr(watch(Run()).sweep())
    assert [line.split("  ")[-1].strip() for line in text.splitlines()] == [
        "A run",
        "Not started.",
        "step 0 at 1",
        "step 2 at 1",
    ]
    with pytest.raises(ArithmeticError):
        watch(Run(fails_at=2)).sweep()


def test_a_wrong_value_is_refused():
    refuses(ValueError, "a must lie", watch, Run(), a=7)
    refuses(ValueError, "run must be a training run, .* got 'digits'", watch, "digits")
    widget = watch(Run())
    refuses(ValueError, "a must lie", press, widget, "start", a=7)
    assert "a must lie" in widget.error

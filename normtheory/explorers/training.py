"""A small training run that the reader starts, watches and stops."""

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer
from normtheory.explorers.sweep import Sweep


class Watch(Explorer):
    """A training run (a LiveRun, or what has its `title`, `knobs`, `picture`, `train`, `call` and
    `brief`) as an explorer, with a start and a stop button.

    The sliders say what will be trained. Nothing runs before the start button is pressed; moving a
    slider stops a run.
    """

    def __init__(self, run, values=None):
        self._run, self._reached = run, None
        super().__init__(
            name="watch",
            title=run.title,
            view=run.picture,
            parameters=[Parameter(**knob) for knob in run.knobs],
            values=values,
        )
        # no document says how to train this: its first values are no defaults to go back to
        self.spec = {**self.spec, "presets": {}, "starts": True, "given": run.call}

    def scene(self, **values):
        """The picture that the run has reached, or the one before its start."""
        reached = self._reached
        if reached is None or self.complete(values, self.values) != self.values:
            return super().scene(**values)
        return reached

    def start(self):
        """Start the run at the present values, in the background; a present run stops."""
        with self._lock:
            values, seq = dict(self.values), self.request.get("seq", 0)
            self._reached = None
            self._refiner.start(lambda stopped: self._train(values, seq, stopped))
        return self

    def stop(self):
        """Stop the run after its next picture; what it reached stays."""
        with self._lock:
            self._refiner.cancel()
            self.progress = -1.0
        return self

    def wait(self, timeout=None):
        """Wait until the run has ended; whether it has."""
        return self._refiner.wait(timeout)

    def move(self, **values):
        self._reached = None
        self.progress = -1.0
        return super().move(**values)

    def sweep(self):
        """Train for a few steps at the present values, here and now: the picture's words before, at
        the first and at the last step.
        """
        scenes = [scene for _, scene in self._run.train(**self.values, **self._run.brief)]
        return Sweep(
            self.title,
            [
                ("before", super().scene().text),
                ("first", scenes[0].text),
                ("last", scenes[-1].text),
            ],
        )

    def _train(self, values, seq, stopped):
        try:
            with self._told():
                for fraction, scene in self._run.train(**values):
                    with self._lock:
                        if stopped.is_set():
                            return
                        self._reached = scene
                        self.progress = float(fraction)
                        self._show(scene, seq=seq)
        finally:
            with self._lock:
                # a run that was stopped leaves the bar to whoever stopped it
                if not stopped.is_set():
                    self.progress = -1.0

    def _on_request(self, change):
        if change["new"]["values"] == self.values:
            self._answer(change["new"]["seq"])
            return  # a slider came to rest, or moved nothing: the run goes on
        with self._lock:
            self._reached = None
            self.progress = -1.0
        super()._on_request(change)

    def _on_message(self, widget, content, buffers):
        if content["type"] == "start":
            with self._told():
                with self._lock:
                    self.values = self.complete(content["values"])
                self.start()
        elif content["type"] == "stop":
            self.stop()
        elif content["type"] != "touch":  # there are no pictures ahead of a training run
            super()._on_message(widget, content, buffers)


def watch(run, **values):
    """A training run with a start button, live curves and a stop button.

    Parameters
    ----------
    run : LiveRun
        Such as ``experiments.digits_run("none", "BN")``.
    **values
        Where its sliders start.
    """
    if not hasattr(run, "train"):
        raise ValueError(
            f"run must be a training run, such as experiments.digits_run(), got {run!r}"
        )
    return Watch(run, values)

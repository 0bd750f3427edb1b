"""A small experiment for tests of the machinery: seeded numbers, after a pause, without torch."""

import sys
import time

import numpy as np

from normtheory.experiments import catalogue
from normtheory.experiments.effects import Effect, above
from normtheory.experiments.experiment import Difference, Experiment, Lesson, Scale
from normtheory.experiments.findings import Finding


def run(configuration, seed, device):
    time.sleep(configuration["pause"])
    values = np.random.default_rng(seed).normal(configuration["mean"], 1.0, size=200)
    return {"values": values, "mean": values.mean()}


def draw(figure, arrays, document):
    """A picture that takes little time: it is drawn hundreds of times."""
    figure.text(0.1, 0.5, f"{arrays['values'].sum()}, {document['mean']}")


def made(pause=0.0, mean=2.0, revision=1, effect=0.1, seconds=1.0, gpu=False, **options):
    made_up = Difference("numbers", "measured", "made up")
    scale = Scale({"pause": pause, "mean": mean}, (made_up,), seeds=5, seconds=seconds, gpu=gpu)
    return Experiment(
        id="sample.normal",
        title="A sample",
        source="nowhere, Figure 1",
        says="the mean is positive",
        scales={"smoke": scale, "toy": scale},
        run=run,
        document={"mean": mean},
        revision=revision,
        **{"draw": draw, "size": (1.0, 1.0), **options},
        findings=(
            Finding(
                name="positive",
                sentence="the mean is positive",
                quantity="mean",
                measure=lambda arrays: arrays["mean"],
                region=above(Effect(effect, "made up, too")),
                mutant=lambda arrays: {**arrays, "mean": -arrays["mean"]},
            ),
        ),
        lesson=Lesson("The mean is {positive}.", reproduced="positive"),
    )


def register(experiment):
    """Make `experiment` known to the catalogue of this process."""
    catalogue._HOME[experiment.id] = __name__
    sys.modules[__name__] = sys.modules.get(__name__) or sys.modules["__main__"]
    sys.modules[__name__].EXPERIMENTS = (experiment,)

"""One system of the suite trained on the digits, looked at after so many steps."""

import math

import torch

from normtheory.experiments import systems
from normtheory.experiments.training import batches

# a network that has left the numbers does not come back; how often to look
_LOOK = 20


def looks(method, configuration, tensors, seed, marks):
    """Yield one `System` after each of `marks`, ascending numbers of steps; the first rows, as many
    as are "held" out, are in no batch, and a network that left the numbers is trained no more.

    The configuration has "width", "depth", "momentum", "rate", "weight" (None: the loss's own),
    "batch", and "side" for convolutions; the tensors are those of `race.digits`.
    """
    (x, y, *_), held = tensors, configuration["held"]
    generator = torch.Generator().manual_seed(seed)
    settings = ("width", "depth", "momentum", "rate", "weight")
    system = systems.System(
        *(method, x[held:], 10),
        **{name: configuration[name] for name in settings},
        side=configuration.get("side"),
        standardized=True,
        generator=generator,
    )
    stream = batches(x[held:], y[held:], configuration["batch"], marks[-1], generator)
    step, lost = 0, False
    for mark in marks:
        while step < mark and not lost:
            loss = system.step(*next(stream))
            lost = step % _LOOK == 0 and not math.isfinite(loss)
            step += 1
        yield system


def shares(system, configuration, tensors):
    """Shares of the test rows and of the rows held out that a system classifies rightly."""
    x, y, x_test, y_test = tensors
    held = configuration["held"]
    return system.accuracy(x_test, y_test), system.accuracy(x[:held], y[:held])

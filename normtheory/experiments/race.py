"""Every system of the suite trained on one task: one by itself, looked at after so many steps, or
all on the same batches, and timed side by side."""

import math

import numpy as np
import torch

from normtheory.experiments.cifar_training import images
from normtheory.experiments.side_by_side import METHODS, QUANTITIES, TOY
from normtheory.experiments.systems import System, moments
from normtheory.experiments.training import batches, on_device, timed
from normtheory.theory.slices import random_directions

# a network that has left the numbers does not come back; how often to look
_LOOK = 20


def digits(configuration, device):
    """The bundled digits as flat tensors on `device`: x_train, y_train, x_test, y_test."""
    x, y, x_test, y_test = on_device("digits", configuration, device)
    return x.flatten(1), y, x_test.flatten(1), y_test


def _small_images(configuration, device):
    """CIFAR-10 as flat, small images, black at 0, which EquiNorm asks for; as `digits`."""
    x, y, x_test, y_test = images(configuration, "cifar10-whole", device)
    black = x.amin((0, 2, 3), keepdim=True)
    return (x - black).flatten(1), y, (x_test - black).flatten(1), y_test


def _best_rate(method, configuration, x, y, seed):
    """The rate at which a method is best on rows held out, after the steps of the run."""
    held = configuration["held"]

    def reached(rate):
        (system,) = contestants([method], {**configuration, "rate": rate}, x, seed)
        stream = batches(
            x[held:],
            y[held:],
            configuration["batch"],
            configuration["checkpoints"][-1],
            torch.Generator().manual_seed(seed),
        )
        for inputs, targets in stream:
            system.step(inputs, targets)
        return system.accuracy(x[:held], y[:held])

    return max(configuration["rates"], key=reached)


def contestants(methods, configuration, x, seed):
    """One `System` for each method, from the same draw of weights."""
    settings = {name: configuration[name] for name in ("width", "depth", "rate", "momentum")}
    settings |= {name: configuration.get(name) for name in ("summed", "standardized")}
    return [
        System(method, x, 10, **settings, generator=torch.Generator().manual_seed(seed))
        for method in methods
    ]


def looks(method, configuration, tensors, seed, marks):
    """Yield one `System` after each of `marks`, ascending numbers of steps; the first rows, as many
    as are "held" out, are in no batch, and a network that left the numbers is trained no more.

    The configuration has "width", "depth", "momentum", "rate", "weight" (None: the loss's own),
    "batch", and "side" for convolutions; the tensors are those of `race.digits`.
    """
    (x, y, *_), held = tensors, configuration["held"]
    generator = torch.Generator().manual_seed(seed)
    settings = ("width", "depth", "momentum", "rate", "weight")
    system = System(
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


def learners(*methods, rate, depth=6, steps=100, seed=0, above=0.3):
    """Which systems learn the digits at a learning rate.

    Parameters
    ----------
    *methods : str
        Of `METHODS`; all of them when there are none.
    rate : float
    depth, steps, seed : int
        Hidden layers of 64 units, batches of 64, and the draw of weights and batches.
    above : float
        Least share of the test rows that counts as learning; guessing has 0.1.

    Returns
    -------
    tuple of str
        Those of the methods that end above it: which they are does not hang on a processor's
        rounding, as an accuracy does.

    Raises
    ------
    ValueError
        For an unknown method.

    Examples
    --------
    >>> learners("none", "BN", rate=0.05, depth=2, steps=40)
    ('none', 'BN')
    """
    methods = methods or METHODS
    for method in methods:
        if method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    configuration = {**TOY, "rate": rate, "depth": depth}
    x, y, x_test, y_test = digits(configuration, torch.device("cpu"))
    systems = contestants(methods, configuration, x, seed)
    generator = torch.Generator().manual_seed(seed)
    for inputs, targets in batches(x, y, configuration["batch"], steps, generator):
        for system in systems:
            system.step(inputs, targets)
    reached = [system.accuracy(x_test, y_test) for system in systems]
    return tuple(m for m, share in zip(methods, reached, strict=True) if share > above)


def raced(configuration, seed, device):
    """The arrays of `side_by_side.run`."""
    tuned = "rates" in configuration
    x, y, x_test, y_test = (_small_images if tuned else digits)(configuration, device)
    if tuned:
        # the rows held out are in no batch
        systems = [
            system
            for method in METHODS
            for system in contestants(
                [method],
                {**configuration, "rate": _best_rate(method, configuration, x, y, seed)},
                x,
                seed,
            )
        ]
        x, y = x[configuration["held"] :], y[configuration["held"] :]
    else:
        systems = contestants(METHODS, configuration, x, seed)
    theta = random_directions(
        configuration["width"],
        configuration["slices"],
        np.random.default_rng(seed),
        dtype="float32",
    )
    checkpoints = configuration["checkpoints"]
    stream = batches(
        x, y, configuration["batch"], checkpoints[-1], torch.Generator().manual_seed(seed)
    )
    rights, rows, step = [], [], 0
    for checkpoint in checkpoints:
        while step < checkpoint:
            inputs, targets = next(stream)
            for system in systems:
                system.step(inputs, targets)
            step += 1
        rights.append([system.right(x_test, y_test) for system in systems])
        rows.append([moments(system.activations(x_test), theta) for system in systems])
    laws = {
        name: np.stack([[found[name] for found in row] for row in rows], axis=-1)
        for name in QUANTITIES
    }
    right = np.array(rights).swapaxes(0, 1)
    size = configuration["batch"]
    steps = [system.step for system in systems]
    times = timed(steps, x[:size], y[:size], configuration["rounds"], configuration["timed"])
    return {
        "step": np.array(checkpoints),
        "accuracy": right.mean(-1),
        **({"accuracy right": right} if configuration.get("right") else {}),
        **laws,
        "cost": np.median(times / times[:, :1], axis=0),
    }

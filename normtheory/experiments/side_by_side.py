"""Every system of the suite on one task, measured in one run: accuracy, cost of a step, and the law
of the activations by layer and step."""

import time

import numpy as np
import torch

from normtheory.experiments.experiment import Experiment, Scale
from normtheory.experiments.findings import Finding, exchanged
from normtheory.experiments.systems import METHODS, QUANTITIES, System, moments
from normtheory.experiments.training import batches, on_device
from normtheory.figures.side_by_side import draw_side_by_side
from normtheory.theory.slices import random_directions

_TOY = {
    "width": 64,
    "depth": 6,
    "rate": 0.02,
    "momentum": 0.9,
    "batch": 64,
    "checkpoints": [0, 25, 50, 100, 200, 400, 600],
    "slices": 64,
    "rounds": 5,
    "timed": 20,
}


def digits(configuration, device):
    """The bundled digits as flat tensors on `device`: x_train, y_train, x_test, y_test."""
    x, y, x_test, y_test = on_device("digits", configuration, device)
    return x.flatten(1), y, x_test.flatten(1), y_test


def contestants(methods, configuration, x, seed):
    """One `System` for each method, from the same draw of weights."""
    settings = {name: configuration[name] for name in ("width", "depth", "rate", "momentum")}
    return [
        System(method, x, 10, **settings, generator=torch.Generator().manual_seed(seed))
        for method in methods
    ]


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
    configuration = {**_TOY, "rate": rate, "depth": depth}
    x, y, x_test, y_test = digits(configuration, torch.device("cpu"))
    systems = contestants(methods, configuration, x, seed)
    generator = torch.Generator().manual_seed(seed)
    for inputs, targets in batches(x, y, configuration["batch"], steps, generator):
        for system in systems:
            system.step(inputs, targets)
    reached = [system.accuracy(x_test, y_test) for system in systems]
    return tuple(m for m, share in zip(methods, reached, strict=True) if share > above)


def run(configuration, seed, device):
    """Train all systems on the same batches, look at them at every checkpoint, then time them.

    Returns
    -------
    dict
        ``step`` (C,); ``accuracy`` (methods, C) on the test rows; ``mean`` (absolute),
        ``variance``, ``kurtosis`` and ``distance`` (methods, layers, C), see `moments`, on the test
        rows; ``cost`` (methods,): time of a training step over that of "none", the only numbers
        here that the seed does not decide.
    """
    x, y, x_test, y_test = digits(configuration, device)
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
    accuracies, rows, step = [], [], 0
    for checkpoint in checkpoints:
        while step < checkpoint:
            inputs, targets = next(stream)
            for system in systems:
                system.step(inputs, targets)
            step += 1
        accuracies.append([system.accuracy(x_test, y_test) for system in systems])
        rows.append([moments(system.activations(x_test), theta) for system in systems])
    laws = {
        name: np.stack([[found[name] for found in row] for row in rows], axis=-1)
        for name in QUANTITIES
    }
    return {
        "step": np.array(checkpoints),
        "accuracy": np.array(accuracies).T,
        **laws,
        "cost": _cost(systems, x, y, configuration),
    }


def _cost(systems, x, y, configuration):
    """Time of a step over that of the first system, systems taking turns on one machine."""
    inputs, targets = x[: configuration["batch"]], y[: configuration["batch"]]
    clock = time.process_time if x.device.type == "cpu" else time.perf_counter
    found = []
    for _ in range(configuration["rounds"]):
        row = []
        for system in systems:
            start = clock()
            for _ in range(configuration["timed"]):
                loss = system.step(inputs, targets)
            # waits for the device
            loss.item()
            row.append(clock() - start)
        found.append(row)
    found = np.array(found)
    return np.median(found / found[:, :1], axis=0)


_ROW = {method: row for row, method in enumerate(METHODS)}


def _last(arrays, name, method):
    """Mean over layers at the last step."""
    return np.mean(arrays[name][_ROW[method], :, -1])


def _accuracy_gap(first, second, column):
    return lambda arrays: (
        100 * (arrays["accuracy"][_ROW[first], column] - arrays["accuracy"][_ROW[second], column])
    )


def _nearer(method, sentence):
    return Finding(
        name=f"distance-{method}",
        sentence=sentence,
        quantity=f"sliced W1 to N(0, I) at the end, mean over layers, {method} less none",
        measure=lambda arrays: (
            _last(arrays, "distance", method) - _last(arrays, "distance", "none")
        ),
        region=(-np.inf, 0.0),
        mutant=exchanged(_ROW[method], _ROW["none"], "distance"),
    )


def _selu_gap(arrays):
    # of the last layer: the first one's variance is that of the pixels
    return np.abs(np.log2(arrays["variance"][_ROW["SELU"], -1, -1]))


_SMALL = (
    "6-layer rectified network of width 64 on 8 x 8 digits: no document uses it",
    "rate, momentum and the weight of the standardization loss are ours, the same for all",
)

EXPERIMENTS = (
    Experiment(
        id="suite.side-by-side",
        title="Every system on one task",
        source="this suite, after all five documents",
        says=(
            "What each system does to accuracy, to the cost of a step, and to the law of the "
            "activations, measured in one run."
        ),
        scales={
            "smoke": Scale(
                configuration={
                    **_TOY,
                    "width": 16,
                    "depth": 3,
                    "checkpoints": [0, 5, 10],
                    "rounds": 1,
                    "timed": 2,
                },
                seeds=2,
                seconds=1,
                deviations=(*_SMALL, "3 layers of width 16, 10 steps"),
            ),
            "toy": Scale(configuration=_TOY, seeds=5, seconds=12, deviations=_SMALL),
            "paper": Scale(
                configuration={**_TOY, "checkpoints": [*_TOY["checkpoints"], 2000]},
                seeds=10,
                seconds=40,
                deviations=_SMALL,
            ),
        },
        run=run,
        draw=draw_side_by_side,
        size=(11.0, 4.8),
        data=("digits",),
        findings=(
            Finding(
                name="bn-early",
                sentence="batch normalization speeds up training",
                quantity="test accuracy after 50 steps, BN less none",
                unit="points",
                measure=lambda arrays: _accuracy_gap("BN", "none", _early(arrays))(arrays),
                region=(0.0, np.inf),
                mutant=exchanged(_ROW["BN"], _ROW["none"], "accuracy"),
            ),
            Finding(
                name="equinorm-bn",
                sentence="EquiNorm performs as well as batch normalization or better",
                quantity="test accuracy at the end, EquiNorm less BN",
                unit="points",
                measure=_accuracy_gap("EquiNorm", "BN", -1),
                region=(0.0, np.inf),
                mutant=exchanged(_ROW["EquiNorm"], _ROW["BN"], "accuracy"),
            ),
            _nearer("PER", "PER keeps activations near the standard normal law"),
            _nearer("standardization", "the standardization loss pushes towards N(0, 1)"),
            Finding(
                name="vcl-kurtosis",
                sentence="VCL gives hidden units of lower kurtosis than batch normalization",
                quantity="kurtosis at the end, mean over layers, log ratio of VCL over BN",
                measure=lambda arrays: np.log(
                    _last(arrays, "kurtosis", "VCL") / _last(arrays, "kurtosis", "BN")
                ),
                region=(-np.inf, 0.0),
                mutant=exchanged(_ROW["VCL"], _ROW["BN"], "kurtosis"),
            ),
            Finding(
                name="selu-variance",
                sentence="SELU keeps the variance of the activations near 1 without normalization",
                quantity="|log2 variance| in the last hidden layer at the end of training, SELU",
                measure=_selu_gap,
                region=(0.0, 1.0),
                mutant=lambda arrays: {
                    **arrays,
                    "variance": np.full_like(
                        arrays["variance"], 1.0 if _selu_gap(arrays) > 1 else 8.0
                    ),
                },
            ),
            Finding(
                name="bn-cost",
                sentence="batch normalization makes a step slower",
                quantity="time of a step, BN over none",
                measure=lambda arrays: arrays["cost"][_ROW["BN"]],
                region=(1.0, np.inf),
                mutant=lambda arrays: {**arrays, "cost": 1 / arrays["cost"]},
            ),
            Finding(
                name="wn-cost",
                sentence="weight normalization is cheaper than batch normalization",
                quantity="time of a step, BN over WN",
                measure=lambda arrays: arrays["cost"][_ROW["BN"]] / arrays["cost"][_ROW["WN"]],
                region=(1.0, np.inf),
                mutant=exchanged(_ROW["BN"], _ROW["WN"], "cost"),
            ),
        ),
    ),
)


def _early(arrays):
    """The checkpoint at step 50, or the nearest."""
    return int(np.argmin(np.abs(arrays["step"] - 50)))

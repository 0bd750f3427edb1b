"""Experiment for the note on weight normalization (Salimans & Kingma 2016): a small network on
MNIST with weight normalization, with and without its data-dependent start, with mean-only batch
normalization on top, with batch normalization, and with nothing.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from normtheory.experiments.experiment import Experiment, Scale
from normtheory.experiments.findings import Finding, exchanged
from normtheory.experiments.training import accuracy, batches, on_device
from normtheory.figures.weightnorm import draw_training
from normtheory.nn import MeanOnlyBatchNorm1d, data_dependent_init_

METHODS = ("none", "BN", "WN", "WN+init", "WN+init+mean")
_TOY = {
    "width": 100,
    "layers": 3,
    "spread": 0.05,
    "rate": 0.03,
    "momentum": 0.9,
    "batch": 128,
    "steps": 1000,
    "bin": 25,
    "rounds": 5,
    "timed": 40,
}


def network(method, configuration, features, classes, generator):
    """The rectified network of one method; weights (directions v) are drawn N(0, spread²)."""
    width = configuration["width"]
    layers, before = [nn.Flatten()], features
    for _ in range(configuration["layers"]):
        layer = _linear(before, width, configuration["spread"], generator)
        layers.append(weight_norm(layer) if method.startswith("WN") else layer)
        if method == "BN":
            layers.append(nn.BatchNorm1d(width))
        if method.endswith("mean"):
            layers.append(MeanOnlyBatchNorm1d(width))
        layers.append(nn.ReLU())
        before = width
    layers.append(_linear(before, classes, configuration["spread"], generator))
    return nn.Sequential(*layers)


def _linear(before, after, spread, generator):
    layer = nn.Linear(before, after)
    with torch.no_grad():
        layer.weight.normal_(0, spread, generator=generator)
        layer.bias.zero_()
    return layer


def run(configuration, seed, device):
    """Train one network for each method, then time all of them side by side.

    Returns
    -------
    dict
        ``loss`` (methods, bins): mean training loss of the `bin` steps up to ``step`` (bins,);
        ``final`` (methods,): test accuracy; ``variance`` (methods,): of the first layer's units on
        the test rows after training, median over units; ``milliseconds`` (methods,): median of a
        training step, the only numbers here that the seed does not decide.
    """
    x_train, y_train, x_test, y_test = on_device("mnist", configuration, device)
    steppers, losses, final, variance = [], [], [], []
    for method in METHODS:
        generator = torch.Generator().manual_seed(seed)
        features = x_train[0].numel()
        model = network(method, configuration, features, 10, generator).to(device)
        if "init" in method:
            data_dependent_init_(model, x_train[: 4 * configuration["batch"]])
        step = _stepper(model, configuration)
        steps = batches(x_train, y_train, configuration["batch"], configuration["steps"], generator)
        found = torch.stack([step(x, y) for x, y in steps]).cpu().numpy()
        losses.append(found.reshape(-1, configuration["bin"]).mean(1))
        final.append(accuracy(model, x_test, y_test))
        with torch.no_grad():
            model.eval()
            hidden = model[: 3 if method in ("BN", "WN+init+mean") else 2](x_test[:2000])
            model.train()
        variance.append(hidden.var(0).median().item())
        steppers.append(step)
    return {
        "step": np.arange(configuration["bin"], configuration["steps"] + 1, configuration["bin"]),
        "loss": np.array(losses),
        "final": np.array(final),
        "variance": np.array(variance),
        "milliseconds": _timed(steppers, x_train, y_train, configuration),
    }


def _stepper(model, configuration):
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=configuration["rate"],
        momentum=configuration["momentum"],
        fused=True,
    )

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _timed(steppers, x_train, y_train, configuration):
    """Median milliseconds of a step, methods taking turns so that all meet the same machine."""
    x, y = x_train[: configuration["batch"]], y_train[: configuration["batch"]]
    clock = time.process_time if x.device.type == "cpu" else time.perf_counter
    found = []
    for _ in range(configuration["rounds"]):
        row = []
        for step in steppers:
            start = clock()
            for _ in range(configuration["timed"]):
                loss = step(x, y)
            # waits for the device
            loss.item()
            row.append(1000 * (clock() - start) / configuration["timed"])
        found.append(row)
    return np.median(found, axis=0)


def _reversed(name):
    return lambda arrays: {**arrays, name: arrays[name][::-1]}


def _less(name, sentence, quantity, better, worse, bins):
    """A finding that the loss of `better` lies below that of `worse` over a slice of bins."""
    rows = METHODS.index(worse), METHODS.index(better)
    return Finding(
        name=name,
        sentence=sentence,
        quantity=quantity,
        measure=lambda arrays: np.subtract(*arrays["loss"][list(rows), bins].mean(1)),
        region=(0.0, np.inf),
        mutant=exchanged(*rows, "loss"),
    )


_OURS = "network, data (MNIST) and rates are ours: the note speaks of CIFAR-10"
_EARLY, _LATE = slice(0, 4), slice(-4, None)

EXPERIMENTS = (
    Experiment(
        id="weightnorm.training",
        title="Weight normalization, its data-dependent start, and batch normalization",
        source="note on Weight Normalization",
        says=(
            "Weight normalization speeds up SGD, BN progresses better at first but is 16 % slower; "
            "the start makes variance normalization unnecessary."
        ),
        scales={
            "smoke": Scale(
                configuration={**_TOY, "steps": 50, "rounds": 1, "timed": 3},
                seeds=2,
                seconds=1,
                deviations=(_OURS, "50 steps"),
            ),
            "toy": Scale(configuration=_TOY, seeds=5, seconds=20, deviations=(_OURS,)),
            "paper": Scale(configuration=_TOY, seeds=10, seconds=20, deviations=(_OURS,)),
        },
        run=run,
        draw=draw_training,
        size=(11.0, 4.2),
        data=("mnist",),
        document={"BN over WN": 1.16},
        findings=(
            _less(
                "faster",
                "weight normalization gives faster convergence",
                "training loss of the last 100 steps, none less WN with its start",
                "WN+init",
                "none",
                _LATE,
            ),
            _less(
                "faster-without-start",
                "weight normalization gives faster convergence",
                "training loss of the last 100 steps, none less WN without its start",
                "WN",
                "none",
                _LATE,
            ),
            _less(
                "initial",
                "BN yields better progress especially for initial iterations",
                "training loss of the first 100 steps, WN with its start less BN",
                "BN",
                "WN+init",
                _EARLY,
            ),
            Finding(
                name="variance",
                sentence="variance normalization can be skipped: the start already applied it",
                quantity="log2 variance of first-layer units after training, mean-only BN",
                measure=lambda arrays: np.log2(arrays["variance"][METHODS.index("WN+init+mean")]),
                region=(-1.0, 1.0),
                mutant=lambda arrays: {
                    **arrays,
                    "variance": np.where(np.abs(np.log2(arrays["variance"])) > 1, 1.0, 8.0),
                },
            ),
            Finding(
                name="cost",
                sentence="BN is slower than WN",
                quantity="time of a step, BN over WN (16 % more in the note)",
                measure=lambda arrays: arrays["milliseconds"][1] / arrays["milliseconds"][2],
                region=(1.0, np.inf),
                document=1.16,
                mutant=lambda arrays: {
                    **arrays,
                    "milliseconds": arrays["milliseconds"][[0, 2, 1, 3, 4]],
                },
            ),
        ),
    ),
)

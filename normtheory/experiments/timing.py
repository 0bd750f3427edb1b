"""Time of a training step: the VCL paper's Table 1 and section 4.3.1 of the PER paper.

Both papers time large networks on their own machines; here a small ELU network on random images of
3 x 32 x 32 is timed wherever this runs. Methods take turns, so that all meet the same machine, and
on a CPU it is the process's own time that counts. No seed decides these numbers.
"""

import os
from functools import partial

import numpy as np

from normtheory.experiments.devices import trains
from normtheory.experiments.effects import STEP_TIME, above, between
from normtheory.experiments.experiment import Difference, Experiment, Finding, Lesson, Scale
from normtheory.figures.timing import draw_times

METHODS = ("none", "BN", "VCL", "PER", "PER, 256 slices")
_TOY = {
    "methods": list(METHODS),
    "channels": [3, 16, 16, 32, 32],
    "batch": 64,
    "n": 5,
    "slices": 256,
    "rounds": 5,
    "steps": 3,
}


@trains
def run(configuration, seed, device):
    """Median ``milliseconds`` (methods,) of a training step over the rounds, and the machine's
    ``load``, its mean number of running processes, while they were timed."""
    import torch

    from normtheory.experiments.training import timed

    torch.manual_seed(seed)
    batch = configuration["batch"]
    x = torch.randn(batch, 3, 32, 32).to(device, memory_format=torch.channels_last)
    y = torch.randint(10, (batch,)).to(device)
    steps = [_stepper(method, configuration, seed, device) for method in configuration["methods"]]
    for step in steps:
        step(x, y)
    found = timed(steps, x, y, configuration["rounds"], configuration["steps"])
    return {"milliseconds": np.median(found, axis=0), "load": np.array(_load())}


def _load():
    """Where the system tells it, else NaN."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else np.nan


def _stepper(method, configuration, seed, device):
    import torch
    from torch import nn

    from normtheory.experiments.training import step
    from normtheory.nn import ProjectedErrorLoss, VarianceConstancyLoss, regularize

    channels, layers = configuration["channels"], []
    for index in range(len(channels) - 1):
        # every second convolution halves the picture
        layers.append(nn.Conv2d(channels[index], channels[index + 1], 3, 1 + index % 2, 1))
        if method == "BN":
            layers.append(nn.BatchNorm2d(channels[index + 1]))
        layers.append(nn.ELU())
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.append(nn.Linear(channels[-1], 10))
    model = model.to(device, memory_format=torch.channels_last)
    loss = {
        "VCL": lambda units: VarianceConstancyLoss(units, n=configuration["n"], device=device),
        "PER": ProjectedErrorLoss(),
        "PER, 256 slices": ProjectedErrorLoss(
            configuration["slices"], generator=torch.Generator(device).manual_seed(seed)
        ),
    }.get(method)
    handle = None if loss is None else regularize(model, loss)
    parameters = [*model.parameters(), *(() if handle is None else handle.parameters())]
    optimizer = torch.optim.SGD(parameters, lr=1e-4, momentum=0.9, fused=True)
    return partial(step, model, optimizer, handle=handle, weight=1e-4)


_SLOWER = above(STEP_TIME, 1.0)


def _ratio(name, sentence, pair, document, region=_SLOWER, **options):
    first, second = map(METHODS.index, pair.split(" over "))

    def measure(arrays):
        return arrays["milliseconds"][first] / arrays["milliseconds"][second]

    return Finding(
        name=name,
        sentence=sentence,
        quantity=f"time of a step, {pair}",
        measure=measure,
        region=region,
        document=document,
        **options,
    )


_LESS_THAN_HALF = between(1.0, 1.5, "what the paper's own ratios leave room for, one and a third")
_SETTING = (
    Difference("network", "11-layer CNN on CIFAR-10", "4-layer CNN on random images"),
    Difference("machine", "their own, CPU and GPU", "one CPU thread of this one"),
)


def _scales(methods):
    toy = {**_TOY, "methods": methods}
    # many rounds in one run, methods taking turns
    many = {**toy, "rounds": 40}
    same = Scale(many, _SETTING, seeds=7, seconds=12 * len(methods))
    return {
        "smoke": Scale(
            {**toy, "batch": 16, "rounds": 1, "steps": 1, "channels": [3, 4, 4]},
            (*_SETTING, Difference("smaller", "", "2 layers, one step")),
        ),
        "toy": Scale(toy, _SETTING, seeds=5, seconds=11),
        "paper": same,
    }


_OF_VCL, _OF_PER = ["none", "BN", "VCL"], list(METHODS)

EXPERIMENTS = (
    Experiment(
        id="vcl.table1",
        title="Time of a step: batchnorm and VCL",
        source="Littwin & Wolf 2018, Table 1",
        says="On a CPU batchnorm takes 1.91 times the plain step, VCL 1.09 times.",
        scales=_scales(_OF_VCL),
        run=run,
        draw=draw_times,
        size=(5.6, 3.8),
        document={"names": _OF_VCL, "ratio": [1.0, 702.3 / 367.1, 400.1 / 367.1]},
        findings=(
            _ratio("bn-over-vcl", "VCL costs less than BN", "BN over VCL", 702.3 / 400.1),
            _ratio("vcl-over-none", "VCL costs more than nothing", "VCL over none", 400.1 / 367.1),
        ),
        lesson=Lesson(
            "On one CPU thread a step with batchnorm takes {bn-over-vcl} times one with VCL, which "
            "takes {vcl-over-none} times the plain one. Such a ratio is that of one occasion: in "
            "per.timing the two differ by less than matters.",
            reproduced="bn-over-vcl vcl-over-none",
            scales=("toy", "core"),
        ),
    ),
    Experiment(
        id="per.timing",
        title="Time of a step: vanilla, BN, VCL and PER",
        source="Joo, Kang & Kim 2020, 4.3.1",
        says="A step takes 0.071, 0.083, 0.087 and 0.093 s: vanilla, BN, VCL, PER.",
        scales=_scales(_OF_PER),
        run=run,
        draw=draw_times,
        size=(6.6, 3.8),
        document={
            "names": _OF_PER,
            # the paper timed slices, not the closed form
            "ratio": [1.0, 83 / 71, 87 / 71, None, 93 / 71],
        },
        findings=(
            _ratio("vcl-over-bn", "VCL costs more than BN", "VCL over BN", 87 / 83),
            _ratio("per-over-vcl", "PER costs more than VCL", "PER, 256 slices over VCL", 93 / 87),
            _ratio(
                "per-over-none",
                "PER adds less than a half to the vanilla step",
                "PER, 256 slices over none",
                93 / 71,
                _LESS_THAN_HALF,
                beyond=dict.fromkeys(
                    ("toy", "core"), "a CPU, where slices cost what they count; the paper has a GPU"
                ),
            ),
            _ratio(
                "exact",
                "PER in closed form adds less than a half to the vanilla step",
                "PER over none",
                None,
                _LESS_THAN_HALF,
            ),
        ),
        lesson=Lesson(
            "In closed form PER adds less than a half to a step ({exact} of the plain one's time); "
            "with the paper's 256 slices it takes {per-over-none} times as long on a CPU.",
            reproduced="exact",
            not_reproduced="per-over-none",
            scales=("toy", "core"),
        ),
    ),
)

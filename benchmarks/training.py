"""Steps of the experiments' own training loop, beside a plain PyTorch loop with a DataLoader.

A call is one epoch of 100 steps: MNIST's first 12,800 images, the CNN of the standardization
paper's A.1, batch 128, with building the model and the last look at it. One seed is measured in CPU
time of one thread, as everywhere in the table. Several seeds train in a process each, as
``normtheory figures --jobs`` has them, against one plain loop on one thread, in wall time: a plain
loop on several threads waits for itself as soon as anything else runs on the machine.
"""

import os
import statistics
import time
from functools import lru_cache

import joblib
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.row import ratio_row
from benchmarks.timing import Ratio, race
from normtheory import data
from normtheory.experiments.stdloss.mnist import EXPERIMENTS
from normtheory.experiments.stdloss.networks import network, trained

STEPS = 100
TARGET = 3
A1 = {**EXPERIMENTS[0].scale("toy").configuration, "steps": STEPS, "every": STEPS, "rows": 1}


@lru_cache(maxsize=1)
def images():
    """One epoch of training images with their labels, and what they are."""
    rows = STEPS * A1["batch"]
    try:
        loaded = data.load("mnist", "files")
    except ValueError:
        generator = torch.Generator().manual_seed(0)
        return torch.rand(rows, 1, 28, 28, generator=generator), torch.arange(rows) % 10, "noise"
    return torch.from_numpy(loaded.x_train[:rows]), torch.from_numpy(loaded.y_train[:rows]), "MNIST"


def ours(seed=0):
    """The loop of the experiments' own, for one epoch."""
    x, y, _ = images()
    trained("none", A1, (x, y, x[:1], y[:1]), seed)


def plain(seed=0):
    """The same epoch as a tutorial writes it."""
    x, y, _ = images()
    loader = DataLoader(TensorDataset(x, y), batch_size=A1["batch"], shuffle=True)
    torch.manual_seed(seed)
    model = network("cnn", False).to(memory_format=torch.contiguous_format)
    optimizer = torch.optim.SGD(model.parameters(), lr=A1["rate"], weight_decay=A1["decay"])
    criterion = nn.CrossEntropyLoss()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()


def multiplications():
    """Multiplications of one step in the three convolutions: forward, and backward for the weights
    and, but for the first, for the input."""
    layers = [layer for layer in network("cnn", False) if isinstance(layer, nn.Conv2d)]
    total, side = 0, 28
    for number, layer in enumerate(layers):
        side = (side + 1) // 2
        total += (3 if number else 2) * A1["batch"] * side**2 * layer.weight.numel()
    return total


def seeds_at_once(count, rounds):
    """Steps a second of `count` seeds in a process each over those of one plain loop, in wall
    time, and milliseconds a step of the former."""
    found = []
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=count)
        for _ in range(rounds + 1):
            started = time.perf_counter()
            parallel(joblib.delayed(ours)(seed) for seed in range(count))
            between = time.perf_counter()
            plain()
            found.append((time.perf_counter() - between, (between - started) / count))
    # in the first round the processes start and read the data
    low, median, high = statistics.quantiles([a / b for a, b in found[1:]], n=4)
    seconds = statistics.median(b for _, b in found[1:])
    return Ratio(median, low, high), 1e3 * seconds / STEPS


def rows(*, rounds=9, cores=None):
    """The plain loop's time over ours, for one seed and for one on each core, and over that of the
    convolutions' multiplications alone, done as large matrix products: the floor."""
    _, _, name = images()
    what = f"training step, MNIST CNN (A.1), b = {A1['batch']}, on {name}"
    square = torch.ones(1024, 1024)
    # as many products as an epoch has multiplications
    products = round(STEPS * multiplications() / 1024**3)

    def arithmetic():
        for _ in range(products):
            square @ square

    found = race({"plain": plain, "ours": ours, "arithmetic": arithmetic}, rounds=rounds, seconds=0)
    table = [
        ratio_row(
            f"{what}, one seed",
            "plain loop with a DataLoader",
            found.ratio("plain", "ours"),
            sense="at least",
            target=TARGET,
            milliseconds=1e3 * found.median("ours") / STEPS,
        ),
        ratio_row(
            "its convolutions' multiplications as 1024x1024 products",
            "plain loop with a DataLoader",
            found.ratio("plain", "arithmetic"),
            milliseconds=1e3 * found.median("arithmetic") / STEPS,
        ),
    ]
    cores = os.cpu_count() if cores is None else cores
    if cores > 1:
        ratio, milliseconds = seeds_at_once(cores, rounds)
        table.append(
            ratio_row(
                f"{what}, {cores} seeds at once, a process each (wall time)",
                "plain loop with a DataLoader, one seed",
                ratio,
                sense="at least",
                target=TARGET,
                milliseconds=milliseconds,
            )
        )
    return table

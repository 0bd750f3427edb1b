"""Steps of the experiments' own training loop, beside plain PyTorch loops with a DataLoader.

There are two plain loops. One finds its images as a `TensorDataset` of scaled floats in memory,
which is the least that a DataLoader can cost; the other, as tutorials have it, as a data set of
pictures of which each is opened and scaled when it is asked for.

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
import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

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


class Pictures(Dataset):
    """The images as bytes; an item is decoded by Pillow and scaled to [0, 1]: what torchvision's
    MNIST with its ToTensor does, in the same steps."""

    def __init__(self):
        x, self.labels, _ = images()
        self.bytes = (x[:, 0] * 255).round().to(torch.uint8).numpy()

    def __len__(self):
        return len(self.bytes)

    def __getitem__(self, index):
        picture = np.array(Image.fromarray(self.bytes[index]))
        picture = torch.from_numpy(picture).view(28, 28, 1).permute(2, 0, 1).contiguous()
        return picture.to(torch.float32).div(255), int(self.labels[index])


def plain(seed=0):
    """The same epoch as a tutorial writes it, with the images in memory as floats."""
    x, y, _ = images()
    _plain(TensorDataset(x, y), seed)


def plain_of_pictures(seed=0):
    """The same, with a data set of pictures."""
    _plain(Pictures(), seed)


def _plain(dataset, seed):
    loader = DataLoader(dataset, batch_size=A1["batch"], shuffle=True)
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
    """Steps a second of `count` seeds in a process each over those of one plain loop of either
    kind, in wall time, and milliseconds a step of the former."""
    found = {loop: [] for loop in (plain, plain_of_pictures)}
    seconds = []
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=count)
        for _ in range(rounds + 1):
            together = _wall(lambda: parallel(joblib.delayed(ours)(seed) for seed in range(count)))
            seconds.append(together / count)
            for loop, ratios in found.items():
                ratios.append(_wall(loop) / seconds[-1])
    # in the first round the processes start and read the data
    ratios = []
    for each in found.values():
        low, median, high = statistics.quantiles(each[1:], n=4)
        ratios.append(Ratio(median, low, high))
    return ratios, 1e3 * statistics.median(seconds[1:]) / STEPS


def _wall(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def rows(*, rounds=9, cores=None):
    """Each plain loop's time over ours, for one seed and for one on each core, and over that of the
    convolutions' multiplications alone, done as large matrix products: the floor."""
    _, _, name = images()
    what = f"training step, MNIST CNN (A.1), b = {A1['batch']}, on {name}"
    against = "plain loop, DataLoader of tensors", "plain loop, DataLoader of pictures"
    square = torch.ones(1024, 1024)
    # as many products as an epoch has multiplications
    products = round(STEPS * multiplications() / 1024**3)

    def arithmetic():
        for _ in range(products):
            square @ square

    loops = {"tensors": plain, "pictures": plain_of_pictures}
    contestants = {**loops, "ours": ours, "arithmetic": arithmetic}
    found = race(contestants, rounds=rounds, seconds=0)
    milliseconds = 1e3 * found.median("ours") / STEPS
    asked = {"sense": "at least", "target": TARGET}
    table = [
        ratio_row(
            f"{what}, one seed", loop, found.ratio(kind, "ours"), milliseconds=milliseconds, **asked
        )
        for kind, loop in zip(loops, against, strict=True)
    ]
    table.append(
        ratio_row(
            "its convolutions' multiplications as 1024x1024 products",
            against[0],
            found.ratio("tensors", "arithmetic"),
            milliseconds=1e3 * found.median("arithmetic") / STEPS,
        )
    )
    cores = os.cpu_count() if cores is None else cores
    if cores > 1:
        ratios, milliseconds = seeds_at_once(cores, rounds)
        for loop, ratio in zip(against, ratios, strict=True):
            table.append(
                ratio_row(
                    f"{what}, {cores} seeds at once, a process each (wall time)",
                    f"{loop}, one seed",
                    ratio,
                    milliseconds=milliseconds,
                    **asked,
                )
            )
    return table

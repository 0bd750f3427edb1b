"""Training loops for small networks: data on the device once, no loader, one thread.

What costs time in a small network is not arithmetic but everything around it, so an epoch is
shuffled by one gather and a step does nothing but forward, backward and a fused update.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from normtheory import data


def on_device(name, configuration, device):
    """(x_train, y_train, x_test, y_test) of a data set, from where `configuration` says."""
    loaded = data.load(name, configuration.get("data", {}).get(name))
    return tuple(
        torch.from_numpy(array).to(device)
        for array in (loaded.x_train, loaded.y_train, loaded.x_test, loaded.y_test)
    )


def batches(inputs, targets, size, steps, generator):
    """Yield `steps` pairs of mini-batches of `size` rows, already on their device, reshuffled each
    epoch; the last, short one is left out. `generator` is on the CPU, so that every device sees
    the same order.
    """
    rows = len(inputs)
    if not 1 <= size <= rows:
        raise ValueError(f"size must lie between 1 and {rows}, the number of rows, got {size!r}")
    done = 0
    while done < steps:
        order = torch.randperm(rows, generator=generator).to(inputs.device)
        shuffled_inputs, shuffled_targets = inputs[order], targets[order]
        for start in range(0, rows - size + 1, size):
            if done == steps:
                return
            yield shuffled_inputs[start : start + size], shuffled_targets[start : start + size]
            done += 1


def step(model, optimizer, x, y, *, handle=None, weight=1.0, clipped=(), clip=1.0):
    """One step on a mini-batch: cross entropy, which is returned, and beside it `weight` times the
    loss on the activations of `handle`, from `normtheory.nn.regularize`. The gradients of the
    layers that are `clipped` get norms of at most `clip`.
    """
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    (loss if handle is None else loss + weight * handle.penalty()).backward()
    for layer in clipped:
        nn.utils.clip_grad_norm_(layer, clip)
    optimizer.step()
    return loss.detach()


def timed(steps, x, y, rounds, count):
    """Milliseconds of a step, each of `rounds` the mean of `count` steps, shape (rounds, steps).

    Steps take turns, so that all meet the same machine, and on a CPU it is the process's own time
    that counts.
    """
    clock = time.process_time if x.device.type == "cpu" else time.perf_counter

    def milliseconds(step):
        start = clock()
        for _ in range(count):
            loss = step(x, y)
        # waits for the device
        loss.item()
        return 1000 * (clock() - start) / count

    return np.array([[milliseconds(step) for step in steps] for _ in range(rounds)])


def scores(model, inputs, size):
    """What `model` says of each row, in evaluation mode, `size` rows at a time."""
    training = model.training
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(rows) for rows in inputs.split(size)])
    model.train(training)
    return found


def right(model, inputs, targets, size=4096):
    """Which rows `model` classifies rightly, in evaluation mode: bool Tensor, shape (rows,)."""
    return scores(model, inputs, size).argmax(1) == targets


def accuracy(model, inputs, targets, size=4096):
    """Share of rows that `model` classifies rightly, in evaluation mode."""
    return int(right(model, inputs, targets, size).sum()) / len(inputs)


def evaluated(model, inputs, targets, size=1000):
    """Cross entropy (nats) and share of rows classified rightly, in evaluation mode."""
    found = scores(model, inputs, size)
    share = (found.argmax(1) == targets).float().mean()
    return F.cross_entropy(found, targets).item(), share.item()

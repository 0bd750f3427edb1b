"""On a GPU: absolute times of the losses, forward and backward, as batch and dimension grow."""

import statistics
import time

import torch
from torch import nn

from benchmarks.row import Row
from normtheory import nn as ours

SHAPES = ((128, 256), (1024, 256), (8192, 256), (1024, 1024), (1024, 8192), (1024, 65536))


def milliseconds(call, device, rounds):
    """Median wall-clock time of one call, the device's queue drained before and after."""
    measured = []
    for turn in range(rounds + 3):
        _drain(device)
        started = time.perf_counter()
        call()
        _drain(device)
        if turn >= 3:
            measured.append(1e3 * (time.perf_counter() - started))
    low, middle, high = statistics.quantiles(measured, n=4)
    return low, middle, high


def contestants(b, d, device):
    """Losses and batch normalization on one batch, by name."""
    h = torch.randn(b, d, device=device, requires_grad=True)
    generator = torch.Generator(device).manual_seed(0)
    kinds = {
        "VCL": ours.VarianceConstancyLoss(d, n=5, device=device),
        "exact PER": ours.ProjectedErrorLoss(),
        "PER, 256 slices": ours.ProjectedErrorLoss(256, generator=generator),
        "standardization loss": ours.StandardizationLoss(),
        "sliced Wasserstein, 256 slices": ours.SlicedWassersteinLoss(256, generator=generator),
    }
    calls = {k: lambda loss=loss: torch.autograd.grad(loss(h), h) for k, loss in kinds.items()}
    norm, up = nn.BatchNorm1d(d, device=device), torch.randn(b, d, device=device)
    calls["BatchNorm1d"] = lambda: torch.autograd.grad(norm(h), h, up)
    return calls


def rows(*, rounds=15, seconds=None, device="cuda", shapes=SHAPES):
    """One row for each loss and shape; none without a GPU."""
    if torch.device(device).type == "cuda" and not torch.cuda.is_available():
        return []
    torch.manual_seed(0)
    table = []
    for b, d in shapes:
        for name, call in contestants(b, d, device).items():
            low, middle, high = milliseconds(call, device, rounds)
            what = f"{name}, forward + backward, {b}x{d}, float32"
            table.append(Row(what, str(device), middle, low, high, unit=" ms"))
    return table


def _drain(device):
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)

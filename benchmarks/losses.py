"""The exact PER loss in torch, forward and backward, beside its Monte Carlo version and others."""

import math

import torch
from torch import nn

from benchmarks.row import ratio_row
from benchmarks.timing import race
from normtheory import nn as ours

SLICES = 256
# (batch, units, ratio to ask for over Monte Carlo, share of BatchNorm1d to ask for)
SHAPES = ((256, 64, 6, None), (256, 512, 12, 0.85), (1024, 1024, 12, 0.85))


def monte_carlo(h):
    """The document's Eq. 5 over 256 random directions, as autograd differentiates it."""
    theta = torch.randn(SLICES, h.shape[1])
    theta = theta / theta.norm(dim=1, keepdim=True)
    c = h @ theta.T
    terms = c * torch.erf(c / math.sqrt(2))
    return (terms + math.sqrt(2 / math.pi) * torch.exp(-c.square() / 2)).mean()


def forward_and_backward(function, h, *parameters):
    """A callable that computes a number and its gradient."""

    def run():
        torch.autograd.grad(function(h), (h, *parameters))

    return run


def rows(*, rounds=15, seconds=0.05):
    """CPU time of value and gradient, float32."""
    table = []
    for b, d, target, share in SHAPES:
        torch.manual_seed(0)
        h = torch.randn(b, d, requires_grad=True)
        norm, up = nn.BatchNorm1d(d), torch.randn(b, d)
        found = race(
            {
                "exact": forward_and_backward(ours.ProjectedErrorLoss(), h),
                "sampled": forward_and_backward(monte_carlo, h),
                "BatchNorm": _normalization(norm, h, up),
                "L2": forward_and_backward(ours.ActivationPenalty(2), h),
            },
            rounds=rounds,
            seconds=seconds,
        )
        shape, cost = f"{b}x{d}, float32", 1e3 * found.median("exact")
        table.append(
            ratio_row(
                f"exact PER, forward + backward, {shape}",
                "256-slice Monte Carlo by autograd",
                found.ratio("sampled", "exact"),
                sense="at least",
                target=target,
                milliseconds=cost,
            )
        )
        asked = {"sense": "at most", "target": share} if share else {}
        for peer, fields in (("BatchNorm", asked), ("L2", {})):
            name = {"BatchNorm": "BatchNorm1d", "L2": "L2 penalty"}[peer]
            table.append(
                ratio_row(f"exact PER, {shape}", name, found.ratio("exact", peer), **fields)
            )
    return table


def _normalization(norm, h, upstream):
    def run():
        torch.autograd.grad(norm(h), (h, norm.weight, norm.bias), upstream)

    return run

"""The sliced Wasserstein distance of order one from a batch of activations to N(0, I)."""

import functools
import math
import statistics
from typing import Any

import numpy as np
import torch
from torch import Tensor

from normtheory.nn.losses.activation_loss import Activations, Reduction, Spatial
from normtheory.nn.losses.directions import Sliced
from normtheory.nn.precision import constant_in_graphs
from normtheory.theory.arguments import require_integer


class SlicedWassersteinLoss(Sliced):
    r"""Mean over random directions of the exact :math:`W_1` from the projected batch to N(0, 1).

    The target is the normal distribution itself, not a sample of it: the distance between a step
    and a smooth distribution function is a sum over quantile bins, whose gradient is
    :math:`2\Phi(c_i) - (2i-1)/b` for the i-th smallest projection, :math:`c_i` being the projection
    clipped to its bin.

    Parameters
    ----------
    slices : int
        Directions drawn anew in each call.
    generator : torch.Generator
        Where directions are drawn from, on its own device.
    spatial : {None, "features", "samples"}
        Whether positions are further units of a sample or further samples, as in
        `ProjectedErrorLoss`.
    dim : int, optional
        The axis of the units, as in `ActivationLoss`.
    reduction : {"mean", "sum", "none"}
        Over slices; "none" returns shape (slices,).

    Notes
    -----
    Joo, Kang & Kim, ICLR 2020, Eq. 4; Rabin et al., 2011. With a mask the samples that count are
    picked out, which neither `torch.vmap` nor a compiled graph can do. Under data parallelism each
    worker sorts its own shard.

    Examples
    --------
    >>> import torch
    >>> generator = torch.Generator().manual_seed(0)
    >>> loss = SlicedWassersteinLoss(4, generator=generator)
    >>> round(float(loss(torch.zeros(3, 2))), 6)  # E|Z| = sqrt(2/pi)
    0.797885
    """

    each = "slice"

    def __init__(
        self,
        slices: int,
        *,
        generator: torch.Generator,
        spatial: Spatial = None,
        dim: int | None = None,
        reduction: Reduction = "mean",
    ) -> None:
        slices = require_integer("slices", slices, minimum=1)
        super().__init__(slices, generator, spatial, dim=dim, reduction=reduction)
        constant_in_graphs(_quantile_bins)

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        return _wasserstein_to_normal(losses[0].projected(activations.counted_points))


def _wasserstein_to_normal(projected):
    """W1 of each slice of (layers, samples, slices) to N(0, 1), by one sort."""
    rows = projected.mT.sort(dim=2).values
    count = rows.shape[2]
    edges, density, middle = _quantile_bins(count, rows.dtype, rows.device)
    levels = (2 * torch.arange(1, count + 1, device=rows.device, dtype=rows.dtype) - 1) / count
    # Outside its own bin a point pays |x - m|/b exactly: no cancellation between large sums,
    # so that float32 keeps its digits. Inside, all terms are of the size of the bin.
    outside = (rows - middle).abs() / count
    slope = 2 * torch.special.ndtr(rows) - levels
    bump = torch.exp(-0.5 * rows * rows) * math.sqrt(2 / math.pi)
    inside = rows * slope + bump - density[:-1] - density[1:]
    return torch.where((rows >= edges[:-1]) & (rows <= edges[1:]), inside, outside).sum(2)


def _quantile_bins(*key):
    # a function of its own: the compiler looks through a cache and would trace what is behind
    return _cached_quantile_bins(*key)


@functools.lru_cache(maxsize=16)
def _cached_quantile_bins(count, dtype, device):
    """Edges of `count` equally likely bins of N(0, 1), the density there, and each bin's mean."""
    quantile = statistics.NormalDist().inv_cdf
    below = np.array([-np.inf, *(quantile(i / count) for i in range(1, count // 2 + 1))])
    # the upper half by reflection: 1 - i/b rounds, i/b for small i does not
    edges = np.concatenate([below, -below[: (count + 1) // 2][::-1]])
    density = np.exp(-0.5 * edges * edges) / math.sqrt(2 * math.pi)
    bins = edges, density, count * -np.diff(density)
    # rounded by numpy: there are devices without float64
    kind = np.float64 if dtype == torch.float64 else np.float32
    return tuple(torch.from_numpy(each.astype(kind)).to(device) for each in bins)

"""The sliced Wasserstein distance of order one from a batch of activations to N(0, I)."""

import functools
import math

import torch

from normtheory.nn.losses.activation_loss import (
    ActivationLoss,
    divisor,
)
from normtheory.nn.losses.directions import (
    SPATIAL,
    as_vectors,
    random_directions,
    require_generator,
)
from normtheory.nn.losses.first_order import first_order
from normtheory.nn.precision import in_full_precision
from normtheory.theory.arguments import require_choice, require_integer


class SlicedWassersteinLoss(ActivationLoss):
    r"""Mean over random directions of the exact :math:`W_1` from the projected batch to N(0, 1).

    The target is the normal law itself, not a sample of it: the distance between a step
    and a smooth distribution function is a sum over quantile bins, whose gradient is
    :math:`2\Phi(c_i) - (2i-1)/b` for the i-th smallest projection, :math:`c_i` being the projection
    clipped to its bin.

    Parameters
    ----------
    slices : int
        Directions drawn anew in each call.
    generator : torch.Generator
        Where directions are drawn from, on its own device.
    spatial : {"features", "samples"}
        Whether positions of a feature map are further units of a sample or further samples.
    reduction : {"mean", "sum", "none"}
        Over slices; "none" returns shape (slices,).

    Notes
    -----
    Joo, Kang & Kim, ICLR 2020, Eq. 4; Rabin et al., 2011. The gradient is written by hand (a
    second derivative raises). Under data parallelism each worker sorts its own shard.

    Examples
    --------
    >>> import torch
    >>> generator = torch.Generator().manual_seed(0)
    >>> loss = SlicedWassersteinLoss(4, generator=generator)
    >>> round(float(loss(torch.zeros(3, 2))), 6)  # E|Z| = sqrt(2/pi)
    0.797885
    """

    def __init__(self, slices, *, generator, spatial="features", reduction="mean"):
        super().__init__(reduction)
        self.slices = require_integer("slices", slices, minimum=1)
        self.spatial = require_choice("spatial", spatial, SPATIAL)
        self.generator = require_generator(generator)

    def group(self, input):
        return self.slices, self.spatial, id(self.generator), *super().group(input)

    @staticmethod
    def terms(losses, inputs, injections):
        first, terms = losses[0], []
        for input in inputs:
            points = as_vectors(input, first.spatial)
            theta = random_directions(points, first.slices, first.generator)
            projected = in_full_precision(points) @ theta.T
            distances = _WassersteinToNormal.apply(projected.T)
            terms.append(distances)
        if first.reduction == "none":
            return torch.stack(terms)
        return sum(t.sum() for t in terms) / divisor(first.reduction, first.slices)

    def extra_repr(self):
        return f"{self.slices}, spatial={self.spatial!r}, {super().extra_repr()}"


class _WassersteinToNormal(torch.autograd.Function):
    """W1 of each row (s, b) to N(0, 1), by one sort."""

    @staticmethod
    def forward(ctx, rows):
        ordered, rank = rows.sort(dim=1)
        count = rows.shape[1]
        edges, density, middle = (
            each.to(rows.device, rows.dtype) for each in _quantile_bins(count)
        )
        levels = (2 * torch.arange(1, count + 1, device=rows.device, dtype=rows.dtype) - 1) / count
        clipped = torch.clamp(ordered, edges[:-1], edges[1:])
        slope = 2 * torch.special.ndtr(clipped) - levels
        # Outside its own bin a point pays |x - m|/b exactly: no cancellation between large sums,
        # so that float32 keeps its digits. Inside, all terms are of the size of the bin.
        outside = (ordered - middle).abs() / count
        bump = torch.exp(-0.5 * ordered * ordered) * math.sqrt(2 / math.pi)
        inside = ordered * slope + bump - density[:-1] - density[1:]
        costs = torch.where(clipped == ordered, inside, outside)
        ctx.save_for_backward(slope, rank)
        return costs.sum(1)

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        slope, rank = ctx.saved_tensors
        return torch.empty_like(slope).scatter_(1, rank, slope * upstream.unsqueeze(1))


@functools.lru_cache(maxsize=16)
def _quantile_bins(count):
    """Edges of `count` equally likely bins of N(0, 1), the density there, and each bin's mean."""
    below = torch.special.ndtri(torch.arange(count // 2 + 1, dtype=torch.float64) / count)
    # the upper half by reflection: 1 - i/b rounds, i/b for small i does not
    edges = torch.cat([below, -below[: (count + 1) // 2].flip(0)])
    density = torch.exp(-0.5 * edges * edges) / math.sqrt(2 * math.pi)
    return edges, density, count * (density[:-1] - density[1:])

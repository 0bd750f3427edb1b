"""Distances of a batch to N(0, I) over all directions, exactly: PER repaired, and SIGReg."""

import functools
import math
from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from normtheory.nn.losses.activation_loss import Activations, Options, Spatial
from normtheory.nn.losses.directions import Drawing
from normtheory.nn.losses.projected_error import LARGE, chebyshev_sum, projected_error
from normtheory.nn.precision import constant_in_graphs
from normtheory.theory import arguments as require

# dimensions up to which differences cost no more than a Gram matrix, which loses digits of the
# near neighbours that many points on a line or in a plane have
FEW = 4
# past it K_d(z) is 0 in either dtype for all that a sum of others shows
FAR = 1e30


class SphereDivergenceLoss(Drawing):
    r"""Squared distance of a batch to N(0, I) in characteristic functions, over all directions.

    :math:`E_\theta\int|\varphi_n(t) - e^{-t^2/2}|^2 w(t)\,dt`, where :math:`\varphi_n` is the
    empirical characteristic function of :math:`\langle\theta, h\rangle`. The mean over the sphere
    is taken exactly. Of infinite batches only N(0, I) has 0: unlike PER it does not collapse.

    Parameters
    ----------
    bandwidth : float, optional
        s > 0 of the weight :math:`e^{-st^2/2}`; s = 1 is what SIGReg estimates by random slices.
        By default the weight is :math:`1/2\pi t^2`, all bandwidths at once: the energy distance,
        which is PER less half the mean projected distance of two samples.
    pairs : int, optional
        Take for each sample so many random others instead of all, which is unbiased: O(b·pairs·d)
        instead of O(b²·d).
    generator : torch.Generator, optional
        Where pairs are drawn from; needed with `pairs`, refused without.
    unbiased : bool
        Leave a sample's pair with itself out: the mean over batches is then that of an infinite
        batch, as it should be where gradients of small shards are averaged; a value may be below 0.
    spatial, dim, process_group
        As in `ProjectedErrorLoss`.

    Raises
    ------
    ValueError
        If `bandwidth` is not positive or `pairs` less than 1; in a call, if a batch of one sample
        comes to an `unbiased` loss.

    Notes
    -----
    Derived in `normtheory.theory.characteristic_distance`; Székely & Rizzo, 2013; Epps & Pulley,
    1983; Balestriero & LeCun, 2025 (LeJEPA). In float32 the value is within 1e-6 of its largest
    term, :math:`\sqrt{2\pi/s}`, and the gradient within 1e-5 of its largest entry, for samples that
    are not much nearer to each other than to their mean. With a mask the samples that count are
    picked out, which neither `torch.vmap` nor a compiled graph can do.

    Examples
    --------
    >>> import torch
    >>> h = torch.randn(500, 3, generator=torch.Generator().manual_seed(0))
    >>> sigreg = SphereDivergenceLoss(bandwidth=1)
    >>> [round(float(sigreg(scale * h)), 3) for scale in (0, 1, 2)]
    [0.409, 0.002, 0.238]
    """

    each = "slice"  # the one mean over all of them
    settings = ("bandwidth", "pairs", "unbiased", *Drawing.settings)

    def __init__(
        self,
        bandwidth: float | None = None,
        *,
        pairs: int | None = None,
        generator: torch.Generator | None = None,
        unbiased: bool = False,
        spatial: Spatial = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__("pairs", pairs, generator, spatial, **options)
        self.bandwidth = None if bandwidth is None else require.positive("bandwidth", bandwidth)
        self.unbiased = require.flag("unbiased", unbiased)

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        loss, points = losses[0], activations.counted_points
        b, d = points.shape[1:]
        if loss.unbiased and b < 2:
            raise ValueError(f"input must hold at least 2 samples when unbiased, got {b}")
        if loss.bandwidth is None:
            away = projected_error(points, (2,)).mean((1, 2))
            between = loss.mean_of_pairs(points, _root)
            return (away - _half_slope(d) * between - 1 / math.sqrt(math.pi))[:, None]
        s = loss.bandwidth
        near, far, level = (math.sqrt(2 * math.pi / (s + k)) for k in (0, 1, 2))
        double = points.dtype == torch.float64
        away = _missing(points.square().sum(2) / (2 * (s + 1)), d, double).mean(1)
        between = loss.mean_of_pairs(
            points, lambda square, unit: _missing(square * unit * unit / (2 * s), d, double)
        )
        return (near - 2 * far + level - near * between + 2 * far * away)[:, None]

    def mean_of_pairs(self, points: Tensor, function: Callable[..., Any]) -> Tensor:
        """For each layer the mean over pairs of points, when unbiased of different ones, of a
        function of their squared distance in some unit, and of that unit; it is 0 at 0."""
        b = points.shape[1]
        # distances do not change, and Gram matrices keep their digits
        centred = points - points.mean(1, keepdim=True)
        largest = torch.linalg.vector_norm(centred.detach(), math.inf, dim=(1, 2), keepdim=True)
        unit = (largest / LARGE).clamp(min=1)
        centred = centred / unit
        if self.pairs is None or self.pairs >= b - 1:
            return function(_squares(centred), unit).sum((1, 2)) / (
                b * (b - 1 if self.unbiased else b)
            )
        total = 0.0
        for partner in self.drawn("pairs", points, self.pairs, b).unbind(1):
            other = torch.take_along_dim(centred, partner[:, :, None], 1)
            apart = (centred - other).square().sum(2)
            total = total + function(apart, unit[:, :, 0]).mean(1)
        share = 1.0 if self.unbiased else (b - 1) / b
        return share * total / self.pairs


def _squares(points):
    """Squared distances (layers, b, b) of points (layers, b, d)."""
    if points.shape[2] <= FEW:
        return (points[:, :, None] - points[:, None]).square().sum(3)
    gram = points @ points.mT
    squares = gram.diagonal(dim1=1, dim2=2)
    return (squares[:, :, None] + squares[:, None] - 2 * gram).clamp(min=0)


def _root(square, unit):
    """Distances, whose derivatives at 0 are 0: coinciding samples repel in no direction."""
    apart = square > 0
    return torch.where(apart, torch.where(apart, square, 1.0).sqrt(), 0.0) * unit


def _missing(z, d, double):
    """1 - K_d(z), K_d(z) being the mean over the sphere of exp(-z·θ₁²)."""
    z = z.clamp(max=FAR)
    if d == 1:
        return -torch.expm1(-z)
    whole = d + 2 * z
    return 2 * z / whole * chebyshev_sum(_series(d, double), 2 * (d / whole).sqrt() - 1)


@constant_in_graphs(512)
def _series(d, double):
    """The Chebyshev coefficients of (1 - K_d)/(1 - w²) in 2w - 1."""
    from normtheory.theory.characteristic_distance import sphere_kernel_coefficients

    return tuple(sphere_kernel_coefficients(d, "float64" if double else "float32").tolist())


@functools.lru_cache(maxsize=512)
def _half_slope(d):
    """Half the mean length of a unit vector's projection, E|θ₁|/2."""
    from normtheory.theory.sphere_average import mean_projection

    return mean_projection(d) / 2

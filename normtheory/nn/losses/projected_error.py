"""The projected error function regularization (PER), exactly or by Monte Carlo."""

import math
from typing import Any, Unpack

import torch
from torch import Tensor

from normtheory.nn.losses.activation_loss import Activations, Options, Spatial
from normtheory.nn.losses.directions import Drawing
from normtheory.nn.precision import constant_in_graphs, known

# entries past this, whose squares may leave the range of the dtype, are taken in larger units
LARGE = 2.0**52


class ProjectedErrorLoss(Drawing):
    r"""Upper bound of the sliced Wasserstein distance to N(0, I) that needs no sorting.

    Per sample :math:`E_\theta[c\,\mathrm{erf}(c/\sqrt2) + \sqrt{2/\pi}\,e^{-c^2/2}]` with
    :math:`c = \langle\theta, h\rangle`. By default the expectation over the sphere is taken
    exactly: it is a function of :math:`\|h\|` alone, :math:`E|\theta_1|\,E\|h + Z\|`.

    Parameters
    ----------
    slices : int, optional
        Monte Carlo over so many directions, drawn anew in each call, as in the paper's Algorithm 1.
    generator : torch.Generator, optional
        Where directions are drawn from; needed with `slices`, refused without.
    spatial : {None, "features", "samples"}
        Whether positions are further units of a sample or further samples. By default units in a
        feature map (the paper's reading), samples (tokens) where the units are the last axis.
    reduction : {"mean", "sum", "none"}
        Over samples. Eq. 5 and 6 take the mean; Algorithm 1, whose gradient has no 1/b, the sum.
        "none" returns shape (b,), or (b, \*positions) where positions are samples.
    dim, process_group
        As in `ActivationLoss`.

    Notes
    -----
    Joo, Kang & Kim, ICLR 2020, Eq. 5, 6 and Algorithm 1; the closed form is derived in
    `normtheory.theory.sphere_average`. Relative error at most 5e-7 of the value and 2e-6 of the
    gradient in float32, 1e-13 and 2e-11 in float64, while the samples' lengths add up to a number
    that the dtype holds and the gradient's entries have all their digits in it. Samples do not
    interact, so that under data parallelism the shards' mean is the batch's.

    Examples
    --------
    >>> import torch
    >>> h = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    >>> loss = ProjectedErrorLoss(reduction="none")(h)
    >>> [round(value, 4) for value in loss.tolist()]  # sqrt(2/pi) at 0, about 2/pi * 5 far away
    [0.7979, 3.2474]
    >>> loss.sum().backward()
    >>> bool(torch.allclose(h.grad[1, 0] / h.grad[1, 1], torch.tensor(0.75)))
    True
    """

    each = "sample"
    settings = ("slices", *Drawing.settings)

    def __init__(
        self,
        slices: int | None = None,
        *,
        generator: torch.Generator | None = None,
        spatial: Spatial = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__("slices", slices, generator, spatial, **options)

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        loss, h = losses[0], activations.h
        if loss.slices is None:
            return projected_error(h, activations.units)
        c = loss.projected(activations.points)
        bump = math.sqrt(2 / math.pi) * torch.exp(-0.5 * c * c)
        terms = (c * torch.erf(c * math.sqrt(0.5)) + bump).mean(2)
        shape = [1 if axis in activations.units else n for axis, n in enumerate(h.shape)]
        return terms.view(shape)


def projected_error(h, units):
    """PER of each vector that spans the axes `units`: q·Σ a_k T_k(1 - 2(d + 2)/q²) with
    q² = ‖h‖² + d + 2, all in units of u, which is 1 but for huge vectors."""
    d = math.prod([h.shape[axis] for axis in units])
    series, origin = _series(d, h.dtype == torch.float64), d + 2
    square = (h * h).sum(units, keepdim=True)
    if known(square.detach().sum() < math.inf):
        square = square + origin
        return square.sqrt() * chebyshev_sum(series, 1 - 2 * origin / square)
    largest = h.detach().abs().amax(units, keepdim=True)
    u = (largest / LARGE).clamp(min=1)
    origin = origin / u / u
    square = (h / u).square().sum(units, keepdim=True) + origin
    return u * square.sqrt() * chebyshev_sum(series, 1 - 2 * origin / square)


def chebyshev_sum(coefficients, t):
    """Σ_k coefficients[k]·T_k(t) by Clenshaw's recurrence."""
    double, one, two = 2 * t, coefficients[-1], 0
    for c in coefficients[-2:0:-1]:
        one, two = double * one + (c - two), one
    return t * one + (coefficients[0] - two)


@constant_in_graphs(512)
def _series(d, double):
    """The Chebyshev coefficients of the value in d dimensions."""
    from normtheory.theory.sphere_average import projected_error_coefficients

    terms = projected_error_coefficients(d, "float64")[0].tolist()
    if double:
        return tuple(terms)
    # the slope of T_k grows as k²: the gradient needs more terms than the value does
    needed = [k for k, a in enumerate(terms) if k * k * abs(a) > 1e-8 * terms[0]]
    return tuple(terms[: max(needed, default=1) + 1])

"""The projected error function regularization (PER), exactly or by Monte Carlo."""

import functools
import math

import numpy as np
import torch

from normtheory.nn.losses.activation_loss import (
    SMALL,
    ActivationLoss,
    constant,
    divisor,
)
from normtheory.nn.losses.directions import (
    SPATIAL,
    as_vectors,
    random_directions,
    require_generator,
)
from normtheory.nn.losses.first_order import first_order
from normtheory.nn.losses.injection import add_product
from normtheory.nn.precision import in_full_precision
from normtheory.theory.arguments import require_choice, require_integer
from normtheory.theory.sphere_average import projected_error_coefficients

# entries whose squares are added up in single precision: with twice as many, equal numbers would
# already cost 5e-7 of their norm
BLOCK = 256
# terms up to which a series is one of powers, and what the terms left out of it may add up to
SHORT = 8
DROPPED = 1e-7


class ProjectedErrorLoss(ActivationLoss):
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
    spatial : {"features", "samples"}
        Whether positions of a feature map are further units of a sample (the paper's reading) or
        further samples.
    reduction : {"mean", "sum", "none"}
        Over samples. Eq. 5 and 6 take the mean; Algorithm 1, whose gradient has no 1/b, the sum.

    Notes
    -----
    Joo, Kang & Kim, ICLR 2020, Eq. 5, 6 and Algorithm 1; the closed form is derived in
    `normtheory.theory.sphere_average`. Relative error at most 5e-7 in float32 and 1e-13 in
    float64, for norms whose square the dtype holds (float32: up to 1e19; past that the value is
    infinite). The gradient is written by hand (a second derivative raises). Samples do not
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

    def __init__(self, slices=None, *, generator=None, spatial="features", reduction="mean"):
        super().__init__(reduction)
        if slices is None and generator is not None:
            raise ValueError(f"generator must be left out without slices, got {generator!r}")
        self.slices = None if slices is None else require_integer("slices", slices, minimum=1)
        self.generator = None if slices is None else require_generator(generator)
        self.spatial = require_choice("spatial", spatial, SPATIAL)

    @property
    def injects(self):
        """Whether `terms` uses injections."""
        return self.slices is None

    def group(self, input):
        return self.slices, self.spatial, id(self.generator), *super().group(input)

    @staticmethod
    def terms(losses, inputs, injections):
        first = losses[0]
        if first.slices is None:
            return _exact(inputs, first.spatial, first.reduction, injections)
        terms = []
        for input in inputs:
            points = as_vectors(input, first.spatial)
            theta = random_directions(points, first.slices, first.generator)
            terms.append(_ProjectedErrorMonteCarlo.apply(first.reduction, points, theta))
        return torch.stack(terms) if first.reduction == "none" else sum(terms)

    def extra_repr(self):
        slices = "" if self.slices is None else f"slices={self.slices}, "
        return f"{slices}spatial={self.spatial!r}, {super().extra_repr()}"


def _exact(inputs, spatial, reduction, injections):
    """Sum over layers of one shape, or with reduction "none" the values, stacked."""
    shape = inputs[0].shape
    axes = tuple(range(1, len(shape))) if spatial == "features" else (1,)
    d = math.prod([shape[axis] for axis in axes])
    series = _series(d, inputs[0].dtype, inputs[0].device)
    apply = functools.partial(_ProjectedError.apply, axes, reduction, d, series)
    if len(inputs) > 1 and inputs[0].numel() > SMALL:
        values = [apply([each], h) for each, h in zip(injections, inputs, strict=True)]
        return torch.cat(values) if reduction == "none" else sum(values)
    return apply(injections, *inputs)


class _ProjectedError(torch.autograd.Function):
    """One pass over the activations (layers, b, ...) for their norms, one for the gradient;
    between the two a polynomial in one number per sample, whose cost vanishes."""

    @staticmethod
    def forward(ctx, axes, reduction, d, series, injections, *inputs):
        h = torch.stack(inputs) if len(inputs) > 1 else inputs[0].unsqueeze(0)
        axes = tuple([axis + 1 for axis in axes])  # behind the layers
        norms = _norm(h, axes)
        value, slope = _from_norms(norms.flatten(1), series, d)
        # one factor for each vector, to be laid over the axes that it spans
        shape = [1 if axis in axes else size for axis, size in enumerate(h.shape)]
        ctx.injections = injections
        if reduction == "none":
            ctx.save_for_backward(h, slope.to(norms.dtype).view(shape))
            return value.to(norms.dtype)
        scale = constant(1 / divisor(reduction, value.shape[1]), value.dtype, value.device)
        ctx.save_for_backward(h, (slope * scale).to(norms.dtype).view(shape))
        return (value.sum() * scale).to(norms.dtype)

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        h, slope = ctx.saved_tensors
        factor = slope * (upstream.view(slope.shape) if upstream.dim() else upstream)
        # layers evaluated together have one shape: either all of them have an injection or none
        if ctx.injections[0] is not None:
            for injection, *parts in zip(ctx.injections, h, factor, strict=True):
                injection.put(functools.partial(add_product, *parts))
            return None, None, None, None, None, *(None for _ in ctx.injections)
        return None, None, None, None, None, *(h * factor).to(h.dtype).unbind()


def _norm(h, axes):
    """Euclidean norms, of long vectors as norms of the norms of blocks.

    One long float32 sum of squares loses up to 1e-5 of a vector whose entries are alike.
    """
    h = in_full_precision(h)
    size = math.prod([h.shape[axis] for axis in axes])
    if h.dtype == torch.float64 or size <= BLOCK:
        return torch.linalg.vector_norm(h, dim=axes)
    if len(axes) > 1:
        # all axes of a sample, as they lie in memory: a view
        h = h.permute(0, 1, *sorted(axes, key=h.stride, reverse=True)).flatten(2)
    axis = axes[0]
    block = _largest_divisor(size, BLOCK)
    wide = torch.float64 if block > BLOCK else None
    blocks = torch.linalg.vector_norm(h.unflatten(axis, (-1, block)), dim=axis + 1, dtype=wide)
    return torch.linalg.vector_norm(blocks, dim=axis, dtype=torch.float64).to(h.dtype)


@functools.lru_cache(maxsize=256)
def _largest_divisor(size, most):
    """The largest divisor that is at most `most`, or `size` itself where all are tiny."""
    largest = max(k for k in range(1, most + 1) if size % k == 0)
    return largest if largest >= 16 else size


def _from_norms(norms, series, d):
    """Value and gradient factor from the norms.

    Long series, in float64: the Chebyshev polynomials T_k(1 - 2s) are cos(2k·asin(√s)), all orders
    in one operation. Short ones: Horner's rule in s, for both sums at once. All their terms but the
    first are small, so that float32 does; a large norm is not squared.
    """
    norms = norms.to(series.dtype)
    origin = constant(math.sqrt(d + 2), norms.dtype, norms.device)
    root = torch.hypot(norms, origin)
    small = origin / root
    if series.dim() == 2:
        orders = torch.arange(0, 2 * len(series), 2, dtype=norms.dtype, device=norms.device)
        value, slope = (torch.cos(torch.asin(small).unsqueeze(-1) * orders) @ series).unbind(-1)
    else:
        small = small * small
        sums, *coefficients = series.unbind()
        for each in coefficients:
            sums = torch.addcmul(each, sums, small)
        value, slope = sums
    return value * root, slope / root


@torch.compiler.assume_constant_result
def _series(d, dtype, device):
    # a function of its own: the compiler looks through a cache and would trace what is behind
    return _cached_series(d, dtype, device)


@functools.lru_cache(maxsize=256)
def _cached_series(d, dtype, device):
    """Chebyshev coefficients of value and gradient factor, as a float64 tensor (terms, 2).

    Where a few terms are enough, those of the powers of s instead, the highest first, as a float32
    tensor (terms, 2, 1, 1): with more terms the change of basis would cost digits.
    """
    pair = projected_error_coefficients(d, "float64" if dtype == torch.float64 else "float32")
    series = np.zeros((max(map(len, pair)), 2))
    for column, terms in enumerate(pair):
        series[: len(terms), column] = terms
    if dtype == torch.float64 or len(series) > SHORT:
        return torch.tensor(series, device=device)
    kept = np.abs(series[::-1]).cumsum(0)[::-1] > DROPPED * series[0]
    powers = np.zeros((kept.any(1).sum(), 2))
    for column, terms in enumerate(series[: len(powers)].T):
        chebyshev = np.polynomial.Chebyshev(terms, domain=[1, 0])
        found = chebyshev.convert(kind=np.polynomial.Polynomial).coef
        powers[: len(found), column] = found
    powers = powers[::-1, :, None, None].astype(np.float32)
    return torch.tensor(powers, device=device)


class _ProjectedErrorMonteCarlo(torch.autograd.Function):
    """Algorithm 1 with its value: erf of the projections is kept for the gradient."""

    @staticmethod
    def forward(ctx, reduction, points, theta):
        projected = in_full_precision(points) @ theta.T
        slope = torch.special.erf(projected * math.sqrt(0.5))
        bump = torch.exp(projected.square() * -0.5).mul_(math.sqrt(2 / math.pi))
        value = torch.addcmul(bump, projected, slope).mean(1)
        ctx.scale = 1 / (theta.shape[0] * divisor(reduction, points.shape[0]))
        ctx.dtype = points.dtype
        ctx.save_for_backward(slope, theta)
        return value if reduction == "none" else value.sum() / divisor(reduction, points.shape[0])

    @staticmethod
    @first_order
    def backward(ctx, upstream):
        slope, theta = ctx.saved_tensors
        upstream = upstream * ctx.scale
        if upstream.dim():
            return None, ((slope @ theta) * upstream.unsqueeze(1)).to(ctx.dtype), None
        return None, (slope @ (theta * upstream)).to(ctx.dtype), None

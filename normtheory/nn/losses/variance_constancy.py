"""The variance constancy loss (VCL): sample variances of one unit should agree between batches."""

from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn

from normtheory.nn.arguments import Device, placement
from normtheory.nn.losses.activation_loss import ActivationLoss, Activations, Options
from normtheory.theory import arguments as require

PAIRS = ("first", "all")


class VarianceConstancyLoss(ActivationLoss):
    r"""Squared relative difference of a unit's variances over two small sets of samples.

    For each unit :math:`(1 - \hat\sigma^2_{s_1} / (\hat\sigma^2_{s_2} + \beta))^2`, where
    :math:`s_1, s_2` are consecutive sets of `n` samples of the batch and the variances are the
    unbiased ones. Each position of a feature map is a unit of its own; each token is a sample.

    Parameters
    ----------
    num_units : int or tuple of int
        Shape of `beta`: ``d``, ``c`` (all positions of a feature map share it), ``(c, *spatial)``.
    n : int
        Samples in a set, at least 2. The paper uses 2 to 9 on images, 10 on the UCI sets.
    beta : float
        Initial value, at least 0. At 0 a unit that is constant over `s_2` has no loss (NaN).
    learnable : bool
        Whether `beta` is trained with the network, as in the paper. Nothing keeps it positive.
    pairs : {"first", "all"}
        The first two sets of the batch, as in the paper, or the average over all b // (2n) pairs.
    reduction : {"mean", "sum", "none"}
        Over units; "none" returns the shape of one sample's activations.
    dim, process_group
        As in `ActivationLoss`.
    device, dtype
        Of `beta`.

    Raises
    ------
    ValueError
        If the input has units of another shape than `num_units`.

    Notes
    -----
    Littwin & Wolf, NeurIPS 2018, Eq. 17 and Sec. 2.4. The last, short batch of an epoch, of fewer
    than 2n samples, is compared in halves; fewer than four samples have nothing to compare, and
    the loss is 0. With a mask only pairs of whole sets count. In float32 value and gradient are
    within 1e-5 of those in float64. Under data parallelism each worker uses its own first 2n
    samples.

    Examples
    --------
    >>> import torch
    >>> loss = VarianceConstancyLoss(2, n=2, beta=1.0)
    >>> h = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 0.0], [2.0, 0.0]])
    >>> round(loss(h).item(), 6)  # variances 2, 2: (1 - 2/3)**2 = 1/9; constant: 1
    0.555556
    """

    settings = ("num_units", "n", "pairs")

    def __init__(
        self,
        num_units: int | tuple[int, ...],
        *,
        n: int = 5,
        beta: float = 1.0,
        learnable: bool = True,
        pairs: Literal["first", "all"] = "first",
        device: Device = None,
        dtype: torch.dtype | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(**options)
        self.num_units = _units(num_units)
        self.n = require.integer("n", n, minimum=2)
        self.pairs = require.choice("pairs", pairs, PAIRS)
        beta = require.number("beta", beta, at_least=0)
        beta = torch.full(self.num_units, beta, **placement(device, dtype))
        if require.flag("learnable", learnable):
            self.beta = nn.Parameter(beta)
        else:
            self.register_buffer("beta", beta)

    def require(self, input: Tensor, dim: int) -> None:
        units = tuple(input.shape[1:]) if dim == 1 else (input.shape[dim],)
        if self.num_units not in (units, units[:1]):
            raise ValueError(
                f"input must have units of shape {self.num_units}, got {units} on axis {dim} of "
                f"activations of shape {tuple(input.shape)}"
            )

    def group(self) -> tuple[Any, ...]:
        return self.beta.dtype, *super().group()

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        h, _, units, kept = activations
        samples, n = h.shape[1], losses[0].n
        if samples < 2 * n and kept is None:
            n = samples // 2
        pairs = samples // (2 * n) if losses[0].pairs == "all" and n else 1
        if n < 2 or samples < 2 * n:
            return h[:, :1] * 0
        if kept is not None:
            # the samples that count come first, in their order
            order = torch.sort(kept.byte(), dim=1, descending=True, stable=True).indices
            order = order[:, : 2 * n * pairs]
            h, kept = (torch.take_along_dim(x, order, 1) for x in (h, kept))
        beta = torch.stack([loss.beta for loss in losses]) if len(losses) > 1 else losses[0].beta
        beta = beta.to(h.dtype).view(len(losses), 1, *losses[0].beta.shape)
        beta = beta[(..., *(None,) * (len(units) - len(losses[0].beta.shape)))]
        # a part's gradient has the axes in order: of channels last it would be laid out anew
        channels_last = len(units) > 1 and h.stride(2) == 1
        if channels_last:
            h, beta = h.movedim(2, -1), beta.movedim(2, -1)
        sets = h[:, : 2 * n * pairs].unflatten(1, (pairs, 2, n))
        # not torch's var, which is several times slower along a short axis that jumps in memory
        centred = torch.sub(sets, sets.sum(3, keepdim=True), alpha=1 / n)
        sums = (centred * centred).sum(3)
        first, second = sums.unbind(2)  # (layers, pairs, *units)
        gap = 1 - first / (second + (n - 1) * beta)
        terms = gap * gap
        if channels_last:
            terms = terms.movedim(-1, 2)
        if kept is None:
            return terms if pairs == 1 else terms.mean(1, keepdim=True)
        whole = kept.unflatten(1, (pairs, 2 * n)).all(2)
        count = whole.sum(1, keepdim=True).clamp(min=1)
        return torch.where(whole, terms, 0).sum(1, keepdim=True) / count


def _units(num_units):
    shape = num_units if isinstance(num_units, tuple | list) else (num_units,)
    if not shape:
        raise ValueError(f"num_units must name at least one axis, got {num_units!r}")
    return tuple(require.integer("num_units", size, minimum=1) for size in shape)

"""The standardization loss: divergence of each unit's first two moments from mean 0, variance 1."""

from typing import Any, Unpack

import torch
from torch import Tensor

from normtheory.nn.losses.activation_loss import ActivationLoss, Activations, Options
from normtheory.theory import arguments as require


class StandardizationLoss(ActivationLoss):
    r"""Kullback-Leibler divergence from N(0, 1) of the Gaussian with the batch's moments.

    For each unit, or channel of a feature map, :math:`\frac12(\mu^2 + \sigma^2 - 1 - \log\sigma^2)`
    with mean and biased variance over the batch and all positions, as batch normalization
    takes them.

    Parameters
    ----------
    eps : float
        At least 0; added to the variance inside the logarithm. At 0 a constant unit has the loss
        that the mathematics gives it: infinite.
    reduction : {"mean", "sum", "none"}
        Over units; "sum" is the paper's Eq. 2, "none" returns shape (d,) or (c,).
    dim, process_group
        As in `ActivationLoss`.

    Notes
    -----
    Accelerating Training of Deep Neural Networks with a Standardization Loss, Eq. 2. A single value
    (batch 1) has no variance: of such a unit only :math:`\mu^2/2` counts. In float32 value and
    gradient are within 1e-5 of their largest terms of those in float64, the gradient while the
    batch's mean is at most 30 of its standard deviations. A variance beyond the range of the dtype
    (float32: activations past 1e19) gives inf or NaN. Under data parallelism each worker uses the
    statistics of its own shard, as the paper does.

    Examples
    --------
    >>> import torch
    >>> loss = StandardizationLoss(eps=0.0)
    >>> float(loss(torch.tensor([[-1.0], [1.0]])))
    0.0
    >>> round(float(loss(torch.tensor([[0.0], [2.0]]))), 6)  # mean 1, variance 1
    0.5
    """

    positions = "samples"
    settings = ("eps",)

    def __init__(self, *, eps: float = 1e-5, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.eps = require.number("eps", eps, at_least=0)

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        h, eps, count = activations.h, losses[0].eps, activations.count
        mean, masked = activations.mean(h), activations.kept is not None
        if not masked and count < 2:
            return 0.5 * (mean * mean)
        # about a constant: the derivative through the mean, two passes over h, adds up to nothing
        level = mean.detach()
        centred, shift = h - level, mean - level
        variance = activations.mean(centred * centred) - shift * shift
        variance = torch.where(count > 1, variance, 1) if masked else variance
        spread = variance - torch.log(variance + eps) - 1
        spread = torch.where(count > 1, spread, 0) if masked else spread
        return 0.5 * (mean * mean + spread)

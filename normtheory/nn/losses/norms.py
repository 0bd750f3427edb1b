"""Lᵖ penalties on activations: the baselines that PER is compared with."""

from typing import Any, Literal, Unpack

from torch import Tensor

from normtheory.nn.losses.activation_loss import ActivationLoss, Activations, Options
from normtheory.theory import arguments as require


class ActivationPenalty(ActivationLoss):
    r"""Mean of :math:`|h|^p` over the batch: the activation norm, :math:`\|f\|_p^p`.

    Parameters
    ----------
    p : {1, 2}
        The gradient of :math:`|h|` at 0 is 0.
    reduction : {"mean", "sum", "none"}
        Over units; "sum" is the norm as the paper writes it, "none" returns the shape of one
        sample's activations.
    dim, process_group
        As in `ActivationLoss`.

    Notes
    -----
    Joo, Kang & Kim, ICLR 2020, Sec. 3.1; Merity et al., 2017. In float32 value and gradient are
    within 2e-6 of those in float64.

    Examples
    --------
    >>> import torch
    >>> h = torch.tensor([[1.0, -2.0], [3.0, 0.0]])
    >>> float(ActivationPenalty(p=1)(h)), round(float(ActivationPenalty(p=2)(h)), 6)
    (1.5, 3.5)
    """

    settings = ("p",)

    def __init__(self, p: Literal[1, 2] = 2, **options: Unpack[Options]) -> None:
        super().__init__(**options)
        self.p = require.choice("p", p, (1, 2))

    @staticmethod
    def terms(losses: list[Any], activations: Activations) -> Tensor:
        h, loss = activations.h, losses[0]
        power = h.abs() if loss.p == 1 else h * h
        if activations.kept is not None or loss.reduction == "none":
            return activations.mean(power)
        # all units at once: sums along one axis of a large tensor take several times as long
        total = power.sum(tuple(range(1, h.dim())), keepdim=True)
        entries = h[0].numel() if loss.reduction == "mean" else activations.count
        return total / entries

"""Weights in equilibrium: the one formula behind the EquiNorm layers."""

import torch

PASSES = (1, 2)


def equilibrium_weight(weight, mean, share=1.0, *, passes=2, groups=1):
    """Weights in equilibrium, differentiable in `weight` and `mean`.

    Parameters
    ----------
    weight : Tensor, (out, in / groups) or (out, in / groups, positions)
    mean : Tensor, (in,)
        Mean of each input channel.
    share : float
        Outputs times stride² per input position: 1 where they are as many.
    passes : {1, 2}
    groups : int

    Returns
    -------
    Tensor
        Of the shape of `weight`.

    Raises
    ------
    ValueError
        If a denominator vanishes to rounding.

    Examples
    --------
    >>> import torch
    >>> equilibrium_weight(torch.tensor([[1.0, 2.0, 6.0]]), torch.ones(3))
    tensor([[-0.6667, -0.3333,  1.0000]])
    """
    flat = weight.unsqueeze(2) if weight.dim() == 2 else weight  # (out, in / groups, positions)
    each = mean.view(groups, flat.shape[1])
    if groups > 1:
        each = each.repeat_interleave(flat.shape[0] // groups, 0)
    each = each.unsqueeze(2)  # (1 or out, in / groups, 1)
    sums = (flat * each).sum((1, 2), keepdim=True)
    shift = sums / (each.sum(1, keepdim=True) * -flat.shape[2])
    shifted = flat + shift
    counted = shifted if passes == 2 else flat
    positive = torch.where(counted > 0, shifted, 0) * each
    denominator = positive.sum((1, 2), keepdim=True)
    with torch.no_grad():
        size = ((flat.abs() + shift.abs()) * each.abs()).sum((1, 2), keepdim=True)
        # where the input or the weights hold NaN, NaN comes out
        poisoned = mean.isnan().any() | flat.isnan().any()
        sound = (denominator.abs() > 64 * torch.finfo(flat.dtype).eps * size) | poisoned
        _require_sound(sound, denominator, passes)
    return (shifted * (share / denominator.where(sound, torch.nan))).view(weight.shape)


def _require_sound(sound, denominator, passes):
    if sound.device.type != "cpu" or torch.compiler.is_compiling():
        # no waiting for the device
        torch._assert_async(sound.all(), "EquiNorm: the weights of an output unit cannot balance")
        return
    try:
        balanced = bool(sound.all())
    except RuntimeError:
        # under torch.vmap no value can be looked at: such weights are NaN
        return
    if not balanced:
        unit = int((~sound.flatten()).nonzero()[0])
        raise ValueError(
            f"the weights of output unit {unit} cannot be balanced with {passes} pass(es): all "
            "are equal or of one sign, or the input sums to zero (denominator "
            f"{float(denominator.flatten()[unit]):.3g})"
        )

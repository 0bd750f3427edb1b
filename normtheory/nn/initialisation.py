"""Initial weights that depend on data or on their own signs."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils import parametrize

from normtheory.nn.arguments import require_axes, require_generator, require_module
from normtheory.theory import arguments as require


def balance_signs_(weight: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Draw new signs for kernels whose weights are all of one sign, in place; returns `weight`.

    A kernel is what joins one input channel to one output channel; where it has a single weight
    (linear layers, 1x1 convolutions) it is all weights of one output unit.

    Parameters
    ----------
    weight : Tensor, (out, in, \\*positions)
    generator : torch.Generator, optional
        By default torch's own, as for `torch.nn.init`.

    Raises
    ------
    ValueError
        If `weight` is empty, has fewer than two axes or holds NaN or inf, or a kernel has fewer
        than two weights that are not 0.

    Notes
    -----
    Controlling Covariate Shift using Equilibrium Normalization of Weights, Sec. 5.2.

    Examples
    --------
    >>> import torch
    >>> w = balance_signs_(torch.ones(4, 1, 3, 3), generator=torch.Generator().manual_seed(0))
    >>> [bool(w[i].min() < 0 < w[i].max()) for i in range(4)]
    [True, True, True, True]
    """
    require_axes("weight", weight)
    if generator is not None:
        require_generator(generator)
    with torch.no_grad():
        if (bad := weight[~torch.isfinite(weight)]).numel():
            raise ValueError(f"weight must be finite, got {float(bad[0])}")
        # a copy where the layout is another: there kernels are no view
        dense = weight.contiguous()
        kernels = dense.view(weight.shape[0], weight.shape[1], -1)
        kernels = kernels.flatten(0, 1) if kernels.shape[2] > 1 else kernels.flatten(1)
        if ((kernels != 0).sum(1) < 2).any():
            raise ValueError("weight must have at least two weights other than 0 in every kernel")
        while (single := ~((kernels > 0).any(1) & (kernels < 0).any(1))).any():
            size = int(single.sum()), kernels.shape[1]
            device = weight.device if generator is None else generator.device
            signs = torch.randint(0, 2, size, generator=generator, device=device) * 2 - 1
            kernels[single] = kernels[single].abs() * signs.to(weight)
        if dense is not weight:
            weight.copy_(dense)
    return weight


def selu_normal_(
    weight: Tensor,
    *,
    omega: float = 0.0,
    tau: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill `weight` with normal numbers whose sum per unit is `omega` and sum of squares `tau`, in
    expectation; returns it.

    Over the fan-in n: mean omega/n and variance (tau - omega²/n)/n, which is the paper's 1/n for
    the default target.

    Parameters
    ----------
    weight : Tensor, (out, in, \\*positions)
        To be overwritten.
    omega, tau : float
    generator
        As in `balance_signs_`.

    Examples
    --------
    >>> import torch
    >>> w = selu_normal_(torch.empty(500, 400), generator=torch.Generator().manual_seed(0))
    >>> round(float(w.square().sum(1).mean()), 1)
    1.0
    """
    require_axes("weight", weight)
    omega, tau = require.number("omega", omega), require.number("tau", tau)
    if generator is not None:
        require_generator(generator)
    fan_in = weight[0].numel()
    variance = (tau - omega**2 / fan_in) / fan_in
    if not variance > 0:
        raise ValueError(
            f"tau must exceed omega² / {fan_in}: omega must be smaller, got tau={tau!r}, "
            f"omega={omega!r}"
        )
    with torch.no_grad():
        return weight.normal_(omega / fan_in, math.sqrt(variance), generator=generator)


def data_dependent_init_(model: nn.Module, *inputs: Any, **keywords: Any) -> list[str]:
    """Set gain and bias of weight-normalised layers so that a batch comes out standardised.

    Each layer with `torch.nn.utils.parametrizations.weight_norm` puts out mean 0 and variance 1 per
    unit on this batch, given that those before it do: g = 1/std and b = -mean/std of the
    outputs that the directions v/‖v‖ alone would give.

    Parameters
    ----------
    model : torch.nn.Module
        Run once, in its current mode, without gradients.
    *inputs, **keywords
        Its arguments: one batch.

    Returns
    -------
    list of str
        Names of the initialised layers, in the order in which they ran.

    Raises
    ------
    ValueError
        If no layer is weight-normalised, one has no bias or no gain per unit, one did not run or
        not on a batch, a unit's output is constant over the batch, or `inputs` have a shape or
        dtype that the model does not take. The model is then as it was.

    Notes
    -----
    Salimans & Kingma, 2016, Sec. 3. A layer that runs twice is initialised at its first run.

    Examples
    --------
    >>> import torch
    >>> from torch.nn.utils.parametrizations import weight_norm
    >>> model = torch.nn.Sequential(weight_norm(torch.nn.Linear(4, 3)), torch.nn.ReLU())
    >>> batch = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    >>> data_dependent_init_(model, batch)
    ['0']
    >>> deviation, mean = torch.std_mean(model[0](batch), 0, correction=0)
    >>> bool(mean.abs().max() < 1e-5), bool((deviation - 1).abs().max() < 1e-5)
    (True, True)
    """
    require_module("model", model)
    layers = {name: m for name, m in model.named_modules() if _is_weight_normalised(m)}
    if not layers:
        raise ValueError("model must have a layer with torch.nn.utils.parametrizations.weight_norm")
    for name, layer in layers.items():
        if getattr(layer, "bias", None) is None:
            raise ValueError(f"layer {name!r} must have a bias to be initialised")
        # of a transposed convolution the units are the second axis of the weights
        axis = int(isinstance(layer, _ConvTransposeNd))
        gain = layer.parametrizations.weight.original0
        if gain.dim() <= axis or not gain.shape[axis] == gain.numel() == layer.bias.numel():
            raise ValueError(
                f"layer {name!r} must have one gain per unit: use weight_norm with dim={axis} (and "
                f"groups=1 if transposed), got gains of shape {tuple(gain.shape)} for "
                f"{layer.bias.numel()} units"
            )
    found, hooks = {}, []
    try:
        for name, layer in layers.items():
            hooks.append(layer.register_forward_hook(_Standardise(name, found)))
        with torch.no_grad():
            model(*inputs, **keywords)
    except (TypeError, AttributeError, RuntimeError) as error:
        kind = ValueError if isinstance(error, RuntimeError) else TypeError  # of shape or dtype
        raise kind(f"inputs must be what the model is called with: {error}") from error
    finally:
        for hook in hooks:
            hook.remove()
    if silent := [repr(name) for name in layers if name not in found]:
        raise ValueError(f"layers {', '.join(silent)} did not run on this batch")
    with torch.no_grad():
        for name, (mean, deviation) in found.items():
            gain = layers[name].parametrizations.weight.original0
            gain.div_(deviation.view(gain.shape))
            layers[name].bias.sub_(mean).div_(deviation)
    return list(found)


class _Standardise:
    """Hook that puts out what a layer will, and notes its first output's mean and standard
    deviation."""

    def __init__(self, name, found):
        self.name, self.found = name, found

    def __call__(self, layer, arguments, output):
        axis = output.dim() - 1 if isinstance(layer, nn.Linear) else 1
        shape = [1] * output.dim()
        shape[axis] = -1
        if self.name not in self.found:
            self.found[self.name] = self._moments(layer, output, axis)
        mean, deviation = self.found[self.name]
        return (output - mean.view(shape)) / deviation.view(shape)

    def _moments(self, layer, output, axis):
        least = 2 + len(layer.kernel_size) if isinstance(layer, _ConvNd) else 2
        if output.dim() < least:
            raise ValueError(
                f"layer {self.name!r} must run on a batch, got an output of shape "
                f"{tuple(output.shape)}"
            )
        axes = [a for a in range(output.dim()) if a != axis]
        deviation, mean = torch.std_mean(output, axes, correction=0)
        smallest = torch.finfo(output.dtype).eps * mean.abs()
        sound = (deviation > 16 * smallest) & torch.isfinite(deviation)
        if not sound.all():
            unit = int((~sound).nonzero()[0])
            raise ValueError(
                f"inputs must let unit {unit} of layer {self.name!r} vary over the batch, got "
                f"standard deviation {float(deviation[unit]):.3g}"
            )
        return mean, deviation


def _is_weight_normalised(module):
    given = module.parametrizations.weight if parametrize.is_parametrized(module, "weight") else ()
    return any(type(each).__name__ == "_WeightNorm" for each in given)

"""Equilibrium normalization: weights whose positive and negative contributions balance."""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from normtheory.nn.arguments import Device, placement, require_pair, require_tensor
from normtheory.nn.initialisation import balance_signs_
from normtheory.nn.layers.equinorm_weights import PASSES, equinorm_weights, rounding
from normtheory.nn.layers.mean_only import RunningMean
from normtheory.nn.precision import in_full_precision, known
from normtheory.theory import arguments as require

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Equilibrium(RunningMean):
    """What the convolution and the linear layer share: statistics of the input, and the weights
    made from them. Mixed into a torch layer that has no bias of its own."""

    units = 1  # their axis

    def _set_up(self, inputs, outputs, size, passes, fraction, momentum, affine, track, **settings):
        passes = require.choice("passes", passes, PASSES)
        self.fraction = require.positive("fraction", fraction)
        if self.fraction > 1:
            raise ValueError(f"fraction must be at most 1, got {fraction!r}")
        if self.weight[0].numel() < 2:
            raise ValueError(
                f"{size} must give an output unit at least two weights to balance, got shape "
                f"{tuple(self.weight.shape)}"
            )
        self._keep_running_mean(inputs, momentum, affine, track, **settings)
        for name in ("gain", "bias"):
            parameter = nn.Parameter(torch.empty(outputs, **settings)) if affine else None
            self.register_parameter(name, parameter)
        self.passes = passes
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights, of both signs in every kernel; gain 1, bias 0, no statistics."""
        if not hasattr(self, "passes"):
            # torch's constructor calls this before there is anything but the weights; to draw them
            # twice would take more random numbers than a plain layer does
            return
        # as torch's own linear and convolutional layers
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if not self.weight.is_meta:
            balance_signs_(self.weight)
        if self.affine:
            nn.init.ones_(self.gain)
            nn.init.zeros_(self.bias)
        self._reset_running_mean(1.0)

    def _balanced(self, input, transformed, stride=()):
        """The affine map of ``transformed(input, weights)`` with weights in equilibrium."""
        mean, weight = self._input_mean(input), in_full_precision(self.weight)
        groups = getattr(self, "groups", 1)
        shifted, positive = equinorm_weights(weight, mean, passes=self.passes, groups=groups)
        output = transformed(input, shifted.to(self.weight.dtype))
        # of the outputs that cyclic padding would give
        sizes = zip(stride, output.shape[2:], input.shape[2:], strict=False)
        share = math.prod([step * size / whole for step, size, whole in sizes])
        return self._scaled(output, positive, mean.detach(), share)

    def _input_mean(self, input):
        """Mean of each input channel: of the batch in training, the running one in evaluation."""
        if self._settled:
            mean = in_full_precision(self.running_mean)
        else:
            # a slice's derivative is a copy, also where it leaves nothing out
            sample = input if self.fraction == 1 else input[: math.ceil(self.fraction * len(input))]
            units = self.units % input.dim()
            mean = in_full_precision(sample).mean([a for a in range(input.dim()) if a != units])
        return self._not_negative(mean, input)

    @property
    def _settled(self):
        """Whether statistics are those of earlier batches."""
        return not self.training and self.track_running_stats

    def _not_negative(self, mean, input):
        """The mean of the input, or raise ValueError where that is empty or negative: NaN where it
        is negative but may not be looked at."""
        if input.numel() == 0:
            raise ValueError(f"input must not be empty, got shape {tuple(input.shape)}")
        smallest = input.detach().amin()
        least = known(smallest)
        if least is None:
            return torch.where(smallest < 0, math.nan, mean)
        if least < 0:
            raise ValueError(
                "input must not be negative, as behind a ReLU: else positive weights need not "
                f"contribute what is positive, got {least:.3g}"
            )
        return mean

    def _scaled(self, output, positive, mean, times):
        """So many `times` what shifted weights put out, over what is positive, and its affine map.
        An input that gives no output leaves no trace: the `mean` is taken in here."""
        self._track(mean)
        gain, bias = self.gain, self.bias
        if not self.affine:
            gain, bias = torch.ones_like(positive), torch.zeros_like(positive)
        gain = gain / positive
        if self.units == 1:
            gain, bias = gain.view(-1, 1, 1), bias.view(-1, 1, 1)
        mapped = torch.addcmul(bias, output, gain, value=times)
        return mapped if mapped.dtype == output.dtype else mapped.to(output.dtype)

    def extra_repr(self) -> str:
        own = f"passes={self.passes}, fraction={self.fraction:g}"
        return f"{super(RunningMean, self).extra_repr()}, {own}, {super().extra_repr()}"


class EquiNormConv2d(_Equilibrium, nn.Conv2d):
    r"""Convolution by weights :math:`s_d(w + b_d)` in equilibrium, then an affine map per channel.

    The shift :math:`b_d` makes the mean output zero, the scale :math:`s_d` makes the positive
    weights contribute 1 per output on average, the negative ones -1: exactly for cyclic padding
    and stride 1, about so otherwise. Both depend on the mean of each input channel over batch and
    positions, and are differentiated through.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode
        As in `torch.nn.Conv2d`. `padding_mode="circular"` is the one that the paper derives.
    passes : {1, 2}
        2 balances exactly; 1, which the paper's experiments use, takes the signs of the weights
        before the shift.
    fraction : float
        Share of the batch, from its start, whose statistics are used.
    momentum : float or None
        Of the running mean used in evaluation; None for the plain average.
    affine : bool
        Whether there are a learnable `gain` and `bias` per output channel.
    track_running_stats : bool
        Without, evaluation uses the batch as well.

    Raises
    ------
    ValueError
        If an output unit has fewer than two weights; in the forward pass, if the shape does not
        fit, the input is empty or negative somewhere, or the weights of an output unit cannot be
        balanced: all equal or, with one pass, all of one sign.
    TypeError
        If the input does not hold floating-point numbers.

    Notes
    -----
    Controlling Covariate Shift using Equilibrium Normalization of Weights, Sec. 4.1. Kernels of
    one sign are given random signs at initialisation (5.2). Images are not to be centred. There is
    no eps, as in the paper: an equilibrium that does not exist is an error, and where looking for
    it would have to wait (on a GPU), or cannot be done (in a compiled graph, under `torch.vmap`),
    NaN is what comes out, as it is of a negative input. Dead channels are none: a unit to which
    those that are alive leave nothing to balance puts out 0, and its bias.

    Examples
    --------
    >>> import torch
    >>> layer = EquiNormConv2d(1, 1, 3, padding=1, padding_mode="circular", affine=False)
    >>> output = layer(torch.rand(2, 1, 6, 6))
    >>> output.shape, bool(output.mean().abs() < 1e-5)
    (torch.Size([2, 1, 6, 6]), True)
    >>> EquiNormConv2d(2, 3, 3, momentum=None).momentum  # the plain average of all batches
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        *,
        padding_mode: str = "zeros",
        passes: Literal[1, 2] = 2,
        fraction: float = 1.0,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        where = placement(device, dtype)
        if isinstance(padding, str):
            require.choice("padding", padding, ("valid", "same"))
        else:
            padding = require_pair("padding", padding, minimum=0)
        super().__init__(
            in_channels=require.integer("in_channels", in_channels, minimum=1),
            out_channels=require.integer("out_channels", out_channels, minimum=1),
            kernel_size=require_pair("kernel_size", kernel_size),
            stride=require_pair("stride", stride),
            padding=padding,
            dilation=require_pair("dilation", dilation),
            groups=require.integer("groups", groups, minimum=1),
            bias=False,
            padding_mode=require.choice("padding_mode", padding_mode, PADDING_MODES),
            **where,
        )
        settings = passes, fraction, momentum, affine, track_running_stats
        size = "in_channels, or kernel_size,"
        self._set_up(self.in_channels, self.out_channels, size, *settings, **where)

    def forward(self, input: Tensor) -> Tensor:
        require_tensor("input", input)
        if input.dim() != 4 or input.shape[1] != self.in_channels:
            raise ValueError(
                f"input must have shape (b, {self.in_channels}, h, w), got {tuple(input.shape)}"
            )
        return self._balanced(input, lambda x, w: self._conv_forward(x, w, None), self.stride)


class EquiNormLinear(_Equilibrium, nn.Linear):
    """Linear map by weights in equilibrium, then an affine map per unit.

    The case of a one-pixel image: see `EquiNormConv2d`, with inputs (b, \\*, in_features) and the
    mean of each feature over all but the last axis.

    Parameters
    ----------
    in_features, out_features
        As in `torch.nn.Linear`; at least two inputs.
    passes, fraction, momentum, affine, track_running_stats
        As in `EquiNormConv2d`.

    Examples
    --------
    >>> import torch
    >>> layer = EquiNormLinear(8, 4, affine=False)
    >>> bool(layer(torch.rand(16, 8)).mean(0).abs().max() < 1e-5)
    True
    >>> EquiNormLinear(8, 4, momentum=None).momentum  # the plain average of all batches
    """

    units = -1

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        passes: Literal[1, 2] = 2,
        fraction: float = 1.0,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        where = placement(device, dtype)
        super().__init__(
            require.integer("in_features", in_features, minimum=1),
            require.integer("out_features", out_features, minimum=1),
            bias=False,
            **where,
        )
        settings = passes, fraction, momentum, affine, track_running_stats
        self._set_up(self.in_features, self.out_features, "in_features", *settings, **where)

    def forward(self, input: Tensor) -> Tensor:
        require_tensor("input", input)
        if input.dim() < 2 or input.shape[-1] != self.in_features:
            raise ValueError(
                f"input must have shape (b, *, {self.in_features}), got {tuple(input.shape)}"
            )
        usual = self.training and self.fraction == 1 and self.passes == 2 and self.affine
        seen = input.is_cpu and input.numel() > 0 and not torch.compiler.is_compiling()
        output = self._at_once(input) if usual and seen else None
        return self._balanced(input, functional.linear) if output is None else output

    def _at_once(self, input):
        """The same in the usual case, in half as many passes over the weights and operations; None
        where the formula itself is to say what is wrong."""
        rows, weight = input if input.dim() == 2 else input.flatten(0, -2), self.weight
        output = functional.linear(rows, weight)
        if output.dtype.itemsize < torch.float32.itemsize:
            return None  # too few digits for a difference
        # of the inputs' mean the weights give the mean of what they give; a shift of them gives its
        # multiple of a sample's sum
        minus = torch.full(rows.shape[1:], -1.0, dtype=rows.dtype)
        less, mean, sums = torch.mv(rows, minus), rows.mean(0), output.mean(0)
        shift = sums / mean.sum()
        positive = torch.mv(torch.addr(weight, shift, minus).relu_(), mean)
        least = known(input.detach().amin())
        largest = known(torch.linalg.vector_norm(sums.detach() / positive.detach()))
        if least is None or least < 0 or not largest < 1 / rounding(weight.dtype):
            return None
        self._track(mean.detach())
        output = torch.addr(output, less, shift) * (self.gain / positive) + self.bias
        return output if input.dim() == 2 else output.unflatten(0, input.shape[:-1])

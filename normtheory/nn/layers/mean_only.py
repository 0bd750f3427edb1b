"""Mean-only batch normalization: the mean is removed, the scale is left to the weights; and the
running mean of a layer's inputs, for evaluation, which EquiNorm has, too."""

import torch
from torch import Tensor, nn

from normtheory.nn.arguments import Device, placement, require_tensor
from normtheory.nn.precision import in_full_precision
from normtheory.theory import arguments as require


class RunningMean(nn.Module):
    """What layers with a running mean of their input share; mixed into a `torch.nn` layer.

    `running_mean` and `num_batches_tracked` are named as in `torch.nn.BatchNorm2d`, and so is
    `track_running_stats`, without which both are None.
    """

    def _keep_running_mean(self, size, momentum, affine, track, *, device, dtype):
        # None for the plain average of all batches
        if momentum is not None:
            momentum = require.between("momentum", momentum, 0, 1, closed=True)
        self.momentum, self.affine = momentum, require.flag("affine", affine)
        self.track_running_stats = track = require.flag("track_running_stats", track)
        mean = torch.empty(size, device=device, dtype=dtype) if track else None
        batches = torch.tensor(0, device=device) if track else None
        self.register_buffer("running_mean", mean)
        self.register_buffer("num_batches_tracked", batches)

    def _reset_running_mean(self, value):
        if self.track_running_stats:
            nn.init.constant_(self.running_mean, value)
            nn.init.zeros_(self.num_batches_tracked)

    def _track(self, mean):
        """Take the mean of one batch in, detached, where this is training and it is asked for."""
        if not (self.training and self.track_running_stats):
            return
        batches, running, share = self.num_batches_tracked.add_(1), self.running_mean, self.momentum
        if share is None:
            share = 1 / batches.to(running.dtype)
        running.lerp_(mean if mean.dtype == running.dtype else mean.to(running.dtype), share)

    def extra_repr(self) -> str:
        shown = "momentum", "affine", "track_running_stats"
        return ", ".join(f"{name}={getattr(self, name)}" for name in shown)


class _MeanOnlyBatchNorm(RunningMean):
    dimensions = ()

    def __init__(
        self,
        num_features: int,
        *,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = require.integer("num_features", num_features, minimum=1)
        where = placement(device, dtype)
        self._keep_running_mean(self.num_features, momentum, affine, track_running_stats, **where)
        bias = nn.Parameter(torch.empty(self.num_features, **where)) if affine else None
        self.register_parameter("bias", bias)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Zero the bias and forget the running mean."""
        if self.affine:
            nn.init.zeros_(self.bias)
        self._reset_running_mean(0.0)

    def forward(self, input: Tensor) -> Tensor:
        require_tensor("input", input)
        if input.dim() not in self.dimensions or input.shape[1] != self.num_features:
            raise ValueError(
                f"input must have {' or '.join(map(str, self.dimensions))} axes and "
                f"{self.num_features} channels, got shape {tuple(input.shape)}"
            )
        if not self.training and self.track_running_stats:
            mean = self.running_mean
        else:
            if input.numel() < 2 * input.shape[1]:
                raise ValueError(
                    f"input must hold at least two values per channel, got {tuple(input.shape)}"
                )
            axes = (0, *range(2, input.dim()))
            mean = in_full_precision(input).mean(axes)
            self._track(mean.detach())
        shift = mean if self.bias is None else mean - self.bias
        return input - shift.view(-1, *(1,) * (input.dim() - 2)).to(input.dtype)

    def extra_repr(self) -> str:
        return f"{self.num_features}, {super().extra_repr()}"


class MeanOnlyBatchNorm1d(_MeanOnlyBatchNorm):
    """Subtract the batch's mean of each feature and add a learnable bias.

    Meant to follow a layer with weight normalization, which fixes the scale.

    Parameters
    ----------
    num_features : int
        Size d of inputs (b, d) or (b, d, length).
    momentum : float or None
        Of the running mean used in evaluation; None for the plain average.
    affine : bool
        Whether there is a bias.
    track_running_stats : bool
        Without, evaluation uses the batch as well.

    Raises
    ------
    ValueError
        If the shape does not fit, or a batch whose mean is taken has fewer than two values per
        channel.
    TypeError
        If the input does not hold floating-point numbers.

    Notes
    -----
    Salimans & Kingma, 2016, Sec. 4. Under data parallelism each worker subtracts its own mean.

    Examples
    --------
    >>> import torch
    >>> MeanOnlyBatchNorm1d(2)(torch.tensor([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> MeanOnlyBatchNorm1d(2, momentum=None).momentum  # the plain average of all batches
    """

    dimensions = (2, 3)


class MeanOnlyBatchNorm2d(_MeanOnlyBatchNorm):
    """Subtract the mean of each channel over batch and positions and add a learnable bias.

    As `MeanOnlyBatchNorm1d`, for inputs (b, c, h, w).

    Examples
    --------
    >>> import torch
    >>> bool(MeanOnlyBatchNorm2d(3)(torch.rand(4, 3, 5, 5)).mean((0, 2, 3)).abs().max() < 1e-6)
    True
    >>> MeanOnlyBatchNorm2d(2, momentum=None).momentum
    """

    dimensions = (4,)

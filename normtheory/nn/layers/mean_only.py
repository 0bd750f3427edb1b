"""Mean-only batch normalization: the mean is removed, the scale is left to the weights."""

import torch
from torch import nn

from normtheory.nn.precision import in_full_precision
from normtheory.theory.arguments import require_integer


class _MeanOnlyBatchNorm(nn.Module):
    dimensions = ()

    def __init__(
        self,
        num_features,
        *,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.num_features = require_integer("num_features", num_features, minimum=1)
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(f"momentum must lie in [0, 1] or be None, got {momentum!r}")
        self.momentum, self.affine = momentum, affine
        self.track_running_stats = track_running_stats
        settings = {"device": device, "dtype": dtype}
        bias = nn.Parameter(torch.zeros(num_features, **settings)) if affine else None
        self.register_parameter("bias", bias)
        mean = torch.zeros(num_features, **settings) if track_running_stats else None
        batches = torch.tensor(0, device=device) if track_running_stats else None
        self.register_buffer("running_mean", mean)
        self.register_buffer("num_batches_tracked", batches)

    def reset_parameters(self):
        """Zero the bias and forget the running mean."""
        for tensor in (self.bias, self.running_mean, self.num_batches_tracked):
            if tensor is not None:
                nn.init.zeros_(tensor)

    def forward(self, input):
        if input.dim() not in self.dimensions or input.shape[1] != self.num_features:
            raise ValueError(
                f"input must have {' or '.join(map(str, self.dimensions))} axes and "
                f"{self.num_features} channels, got shape {tuple(input.shape)}"
            )
        if not self.training and self.track_running_stats:
            mean = self.running_mean
        else:
            if input.numel() == input.shape[1]:
                raise ValueError(
                    f"input must hold at least two values per channel, got {tuple(input.shape)}"
                )
            axes = (0, *range(2, input.dim()))
            mean = in_full_precision(input).mean(axes)
            if self.training and self.track_running_stats:
                self._track(mean.detach())
        shift = mean if self.bias is None else mean - self.bias
        return input - shift.view(-1, *(1,) * (input.dim() - 2)).to(input.dtype)

    @torch.no_grad()
    def _track(self, mean):
        self.num_batches_tracked.add_(1)
        if self.momentum is None:
            share = 1 / self.num_batches_tracked.to(mean.dtype)
            self.running_mean.add_((mean - self.running_mean) * share)
        else:
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)

    def extra_repr(self):
        return (
            f"{self.num_features}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


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
        If the shape does not fit, or a batch has only one value per channel.

    Notes
    -----
    Salimans & Kingma, 2016, Sec. 4. Under data parallelism each worker subtracts its own mean.

    Examples
    --------
    >>> import torch
    >>> MeanOnlyBatchNorm1d(2)(torch.tensor([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
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
    """

    dimensions = (4,)

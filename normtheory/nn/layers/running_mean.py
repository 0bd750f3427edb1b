"""Means of a layer's inputs over the batches of training, for its use in evaluation."""

import torch
from torch import nn

from normtheory.theory.arguments import require_between, require_flag


class RunningMean(nn.Module):
    """What layers with a running mean of their input share; mixed into a `torch.nn` layer.

    `running_mean` and `num_batches_tracked` are named as in `torch.nn.BatchNorm2d`, and so is
    `track_running_stats`, without which both are None.
    """

    def _keep_running_mean(self, size, momentum, track, *, device, dtype):
        # None for the plain average of all batches
        if momentum is not None:
            momentum = require_between("momentum", momentum, 0, 1, closed=True)
        self.momentum = momentum
        self.track_running_stats = track = require_flag("track_running_stats", track)
        mean = torch.empty(size, device=device, dtype=dtype) if track else None
        self.register_buffer("running_mean", mean)
        self.register_buffer(
            "num_batches_tracked", torch.tensor(0, device=device) if track else None
        )

    def _reset_running_mean(self, value):
        if self.track_running_stats:
            nn.init.constant_(self.running_mean, value)
            nn.init.zeros_(self.num_batches_tracked)

    @torch.no_grad()
    def _track(self, mean):
        """Take the mean of one batch in, where this is training and it is asked for."""
        if not (self.training and self.track_running_stats):
            return
        self.num_batches_tracked.add_(1)
        if self.momentum is None:
            share = 1 / self.num_batches_tracked.to(mean.dtype)
            self.running_mean.add_((mean - self.running_mean) * share)
        else:
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)

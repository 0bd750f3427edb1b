"""Accelerating training with a standardization loss: every statement that can be decided without
training."""

from normtheory.claims.stdloss.batch import batch_size
from normtheory.claims.stdloss.design import groupnorm_convnets, inference_free
from normtheory.claims.stdloss.divergence import kl, max_entropy
from normtheory.claims.stdloss.reports import epochs, speed_ups, twofold
from normtheory.claims.stdloss.target import gaussian_target

CLAIMS = (
    kl,
    gaussian_target,
    max_entropy,
    batch_size,
    speed_ups,
    twofold,
    epochs,
    groupnorm_convnets,
    inference_free,
)

"""Accelerating training with a standardization loss: every statement that can be decided without
training."""

from normtheory.claims.stdloss.batch import BATCH_SIZE
from normtheory.claims.stdloss.design import GROUPNORM_CONVNETS, INFERENCE_FREE
from normtheory.claims.stdloss.divergence import KL, MAX_ENTROPY
from normtheory.claims.stdloss.reports import EPOCHS, SPEED_UPS, TWOFOLD
from normtheory.claims.stdloss.target import gaussian_target

CLAIMS = (
    KL,
    gaussian_target,
    MAX_ENTROPY,
    BATCH_SIZE,
    SPEED_UPS,
    TWOFOLD,
    EPOCHS,
    GROUPNORM_CONVNETS,
    INFERENCE_FREE,
)

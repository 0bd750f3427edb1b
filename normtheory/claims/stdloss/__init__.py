"""Accelerating training with a standardization loss: every statement that can be decided without
training."""

from normtheory.claims.stdloss.batch import batch_size
from normtheory.claims.stdloss.design import groupnorm_convnets, inference_free
from normtheory.claims.stdloss.divergence import kl, max_entropy
from normtheory.claims.stdloss.folding import folding, scale_redundant
from normtheory.claims.stdloss.other_targets import decorrelated, other_targets
from normtheory.claims.stdloss.positions import independent_positions, invariances
from normtheory.claims.stdloss.reports import epochs, speed_ups, twofold
from normtheory.claims.stdloss.schedules import inception_steps, one_weight, resnet_schedule
from normtheory.claims.stdloss.target import gaussian_target
from normtheory.claims.stdloss.training import linear_scaling, regularizer_test

CLAIMS = (
    folding,
    one_weight,
    independent_positions,
    invariances,
    kl,
    gaussian_target,
    max_entropy,
    regularizer_test,
    batch_size,
    linear_scaling,
    speed_ups,
    twofold,
    resnet_schedule,
    inception_steps,
    epochs,
    scale_redundant,
    groupnorm_convnets,
    inference_free,
    other_targets,
    decorrelated,
)

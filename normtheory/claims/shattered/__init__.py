"""Blog notes on the shattered gradients problem: gradients and co-activation at initialisation."""

from normtheory.claims.shattered.coactivation import batchnorm_quarter, coactivation_depth
from normtheory.claims.shattered.decay import decay
from normtheory.claims.shattered.hundred import hundred_layers, white_gradients
from normtheory.claims.shattered.noise import noise_colour
from normtheory.claims.shattered.paths import shallow_paths
from normtheory.claims.shattered.resilience import coactivation_cause, resilience
from normtheory.claims.shattered.skip import skip
from normtheory.claims.shattered.subsets import similar_inputs

CLAIMS = (
    decay,
    coactivation_cause,
    coactivation_depth,
    batchnorm_quarter,
    similar_inputs,
    skip,
    resilience,
    noise_colour,
    hundred_layers,
    white_gradients,
    shallow_paths,
)

"""Blog notes on shattered gradients: how alike the gradients at two inputs are, by depth."""

from normtheory.claims.shattered.coactivation import BATCHNORM_QUARTER, COACTIVATION_DEPTH
from normtheory.claims.shattered.decay import DECAY
from normtheory.claims.shattered.noise import NOISE_COLOUR
from normtheory.claims.shattered.skip import SKIP

CLAIMS = (DECAY, COACTIVATION_DEPTH, BATCHNORM_QUARTER, SKIP, NOISE_COLOUR)

"""Blog notes on shattered gradients: how alike the gradients at two inputs are, by depth."""

from normtheory.claims.shattered.coactivation import batchnorm_quarter, coactivation_depth
from normtheory.claims.shattered.decay import decay
from normtheory.claims.shattered.noise import noise_colour
from normtheory.claims.shattered.skip import skip

CLAIMS = (decay, coactivation_depth, batchnorm_quarter, skip, noise_colour)

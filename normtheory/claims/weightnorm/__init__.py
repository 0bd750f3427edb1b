"""Blog notes on weight normalization: its gradients, its initialisation, its cost."""

from normtheory.claims.weightnorm.batch import COST, MEAN_ONLY
from normtheory.claims.weightnorm.gradients import GRADIENTS, REPLACES_VARIANCE
from normtheory.claims.weightnorm.init import INIT

CLAIMS = (GRADIENTS, INIT, REPLACES_VARIANCE, MEAN_ONLY, COST)

"""Blog notes on weight normalization: its gradients, its initialisation, its cost."""

from normtheory.claims.weightnorm.batch import COST, MEAN_ONLY
from normtheory.claims.weightnorm.gradients import GRADIENTS
from normtheory.claims.weightnorm.init import INIT
from normtheory.claims.weightnorm.variance import REPLACES_VARIANCE

CLAIMS = (GRADIENTS, INIT, REPLACES_VARIANCE, MEAN_ONLY, COST)

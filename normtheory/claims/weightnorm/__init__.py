"""Blog notes on weight normalization: its gradients, its initialisation, its cost."""

from normtheory.claims.weightnorm.batch import cost, mean_only
from normtheory.claims.weightnorm.fresh import forthcoming
from normtheory.claims.weightnorm.gradients import gradients
from normtheory.claims.weightnorm.init import init
from normtheory.claims.weightnorm.variance import replaces_variance

CLAIMS = (gradients, init, forthcoming, replaces_variance, mean_only, cost)

"""Blog notes on self-normalizing neural networks: the activation, its constants, its dropout."""

from normtheory.claims.selu.constants import CONSTANTS
from normtheory.claims.selu.contraction import CONTRACTION
from normtheory.claims.selu.layers import ALPHA_DROPOUT, INITIALISATION
from normtheory.claims.selu.targets import ANY_TARGET

CLAIMS = (CONSTANTS, CONTRACTION, ANY_TARGET, INITIALISATION, ALPHA_DROPOUT)

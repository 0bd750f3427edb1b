"""Blog notes on self-normalizing neural networks: the activation, its constants, its dropout."""

from normtheory.claims.selu.constants import ANY_TARGET, CONSTANTS
from normtheory.claims.selu.contraction import CONTRACTION
from normtheory.claims.selu.layers import ALPHA_DROPOUT, INITIALISATION

CLAIMS = (CONSTANTS, CONTRACTION, ANY_TARGET, INITIALISATION, ALPHA_DROPOUT)

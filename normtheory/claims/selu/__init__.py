"""Blog notes on self-normalizing neural networks: the activation, its constants, its dropout."""

from normtheory.claims.selu.constants import CONSTANTS
from normtheory.claims.selu.contraction import CONTRACTION
from normtheory.claims.selu.dropout import ALPHA_DROPOUT
from normtheory.claims.selu.initialisation import INITIALISATION
from normtheory.claims.selu.targets import any_target

CLAIMS = (CONSTANTS, CONTRACTION, any_target, INITIALISATION, ALPHA_DROPOUT)

"""Blog notes on self-normalizing neural networks: the activation, its constants, its dropout."""

from normtheory.claims.selu.constants import constants
from normtheory.claims.selu.contraction import contraction
from normtheory.claims.selu.dropout import alpha_dropout
from normtheory.claims.selu.initialisation import initialisation
from normtheory.claims.selu.targets import any_target

CLAIMS = (constants, contraction, any_target, initialisation, alpha_dropout)

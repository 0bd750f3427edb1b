"""Blog notes on self-normalizing neural networks: the activation, its constants, its dropout."""

from normtheory.claims.selu.constants import constants
from normtheory.claims.selu.contraction import contraction
from normtheory.claims.selu.drift import brittle
from normtheory.claims.selu.dropout import alpha_dropout
from normtheory.claims.selu.elu import elu_alpha
from normtheory.claims.selu.initialisation import initialisation
from normtheory.claims.selu.targets import any_target

CLAIMS = (elu_alpha, constants, contraction, any_target, initialisation, brittle, alpha_dropout)

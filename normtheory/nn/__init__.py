"""Torch losses, layers and initialisers, to be used in anybody's network."""

from normtheory.nn.losses import (
    ActivationLoss,
    ActivationPenalty,
    ProjectedErrorLoss,
    SlicedWassersteinLoss,
    StandardizationLoss,
    VarianceConstancyLoss,
)
from normtheory.nn.regularize import Regularizer, regularize

__all__ = [
    "ActivationLoss",
    "ActivationPenalty",
    "ProjectedErrorLoss",
    "Regularizer",
    "SlicedWassersteinLoss",
    "StandardizationLoss",
    "VarianceConstancyLoss",
    "regularize",
]

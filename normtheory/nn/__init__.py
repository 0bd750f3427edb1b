"""Torch losses, layers and initialisers, to be used in anybody's network."""

from normtheory.extras import require

require("nn", "normtheory.nn")

from normtheory.nn.initialisation import balance_signs_, data_dependent_init_, selu_normal_
from normtheory.nn.layers import (
    SELU,
    AlphaDropout,
    BatchNormLSTM,
    BatchNormLSTMCell,
    EquiNormConv2d,
    EquiNormLinear,
    MeanOnlyBatchNorm1d,
    MeanOnlyBatchNorm2d,
)
from normtheory.nn.losses import (
    ActivationLoss,
    ActivationPenalty,
    ProjectedErrorLoss,
    SlicedNormalityLoss,
    SlicedWassersteinLoss,
    SphereDivergenceLoss,
    StandardizationLoss,
    VarianceConstancyLoss,
)
from normtheory.nn.regularize import regularize
from normtheory.nn.regularizer import Regularizer as Regularizer

__all__ = [
    "SELU",
    "ActivationLoss",
    "ActivationPenalty",
    "AlphaDropout",
    "BatchNormLSTM",
    "BatchNormLSTMCell",
    "EquiNormConv2d",
    "EquiNormLinear",
    "MeanOnlyBatchNorm1d",
    "MeanOnlyBatchNorm2d",
    "ProjectedErrorLoss",
    "SlicedNormalityLoss",
    "SlicedWassersteinLoss",
    "SphereDivergenceLoss",
    "StandardizationLoss",
    "VarianceConstancyLoss",
    "balance_signs_",
    "data_dependent_init_",
    "regularize",
    "selu_normal_",
]

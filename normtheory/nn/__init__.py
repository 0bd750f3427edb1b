"""Torch losses, layers and initialisers, to be used in anybody's network."""

from normtheory.extras import require

require("nn", "normtheory.nn")

from normtheory.nn.initialisation import balance_signs_, data_dependent_init_, selu_normal_
from normtheory.nn.layers.equinorm import EquiNormConv2d, EquiNormLinear
from normtheory.nn.layers.mean_only import MeanOnlyBatchNorm1d, MeanOnlyBatchNorm2d
from normtheory.nn.layers.recurrent import BatchNormLSTM, BatchNormLSTMCell
from normtheory.nn.layers.selu import SELU, AlphaDropout
from normtheory.nn.losses.activation_loss import ActivationLoss
from normtheory.nn.losses.norms import ActivationPenalty
from normtheory.nn.losses.projected_error import ProjectedErrorLoss
from normtheory.nn.losses.sliced_normality import SlicedNormalityLoss
from normtheory.nn.losses.sliced_wasserstein import SlicedWassersteinLoss
from normtheory.nn.losses.sphere_divergence import SphereDivergenceLoss
from normtheory.nn.losses.standardization import StandardizationLoss
from normtheory.nn.losses.variance_constancy import VarianceConstancyLoss
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

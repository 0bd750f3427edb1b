"""Losses on activations, to be added to a network's own loss."""

from normtheory.nn.losses.activation_loss import ActivationLoss
from normtheory.nn.losses.norms import ActivationPenalty
from normtheory.nn.losses.projected_error import ProjectedErrorLoss
from normtheory.nn.losses.sliced_normality import SlicedNormalityLoss
from normtheory.nn.losses.sliced_wasserstein import SlicedWassersteinLoss
from normtheory.nn.losses.sphere_divergence import SphereDivergenceLoss
from normtheory.nn.losses.standardization import StandardizationLoss
from normtheory.nn.losses.variance_constancy import VarianceConstancyLoss

__all__ = [
    "ActivationLoss",
    "ActivationPenalty",
    "ProjectedErrorLoss",
    "SlicedNormalityLoss",
    "SlicedWassersteinLoss",
    "SphereDivergenceLoss",
    "StandardizationLoss",
    "VarianceConstancyLoss",
]

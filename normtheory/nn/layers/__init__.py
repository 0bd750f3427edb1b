"""Layers and activations with a normalization built in."""

from normtheory.nn.layers.equinorm import EquiNormConv2d, EquiNormLinear
from normtheory.nn.layers.mean_only import MeanOnlyBatchNorm1d, MeanOnlyBatchNorm2d
from normtheory.nn.layers.recurrent import BatchNormLSTM, BatchNormLSTMCell
from normtheory.nn.layers.selu import SELU, AlphaDropout

__all__ = [
    "SELU",
    "AlphaDropout",
    "BatchNormLSTM",
    "BatchNormLSTMCell",
    "EquiNormConv2d",
    "EquiNormLinear",
    "MeanOnlyBatchNorm1d",
    "MeanOnlyBatchNorm2d",
]

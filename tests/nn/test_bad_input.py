"""Bad input to losses, layers, initialisers and `regularize`, the whole kind."""

from normtheory import nn
from tests import bad_input

# a running mean as the plain average, as in torch.nn: shown by a doctest of each
PLAIN_AVERAGE = {"EquiNormConv2d", "EquiNormLinear", "MeanOnlyBatchNorm1d", "MeanOnlyBatchNorm2d"}


def test_bad_input_is_refused_by_name():
    faults, answered = bad_input.walk(nn)
    assert not faults, "\n".join(faults)
    assert answered == PLAIN_AVERAGE

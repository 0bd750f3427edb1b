"""How many numbers batch normalization and weight normalization handle in a training step.

Both are written out in NumPy and run on arrays that count: every elementwise operation adds the
size of its result, every reduction the size of its input. Nothing is timed, so the counts are the
same on every machine; what a machine makes of them is another matter.
"""

import numpy as np

from normtheory.theory import arguments as require


class Counter(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that adds the numbers handled by each operation on it to a shared tally.

    >>> x = Counter(np.ones((3, 4)))
    >>> _ = (x * 2 + x).sum(axis=0)
    >>> x.tally
    [36]
    """

    def __init__(self, values, tally=None):
        self.values = np.asarray(values)
        self.tally = [0] if tally is None else tally

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [x.values if isinstance(x, Counter) else x for x in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        self.tally[0] += np.size(plain[0]) if method == "reduce" else np.size(result)
        return Counter(result, self.tally)

    def sum(self, axis):
        """Sum over an axis, which is kept with length 1."""
        return np.add.reduce(self, axis=axis, keepdims=True)


def batch_norm_step(x, delta, gain):
    """Forward and backward pass of batch normalization over axis 0, without its shift (which the
    plain layer's bias matches)."""
    count = x.values.shape[0]
    centred = x - x.sum(0) / count
    inverse = 1 / np.sqrt((centred * centred).sum(0) / count + 1e-5)
    normal = centred * inverse
    output = normal * gain
    grad_gain = (delta * normal).sum(0)
    # the sum of delta is the gradient of the shift, which a bias needs as well
    shift = Counter(delta.values.sum(axis=0, keepdims=True), delta.tally)
    grad = (delta - shift / count - normal * (grad_gain / count)) * (gain * inverse)
    return output, grad, grad_gain


def weight_norm_step(v, grad_weight, g):
    """Forward and backward pass of weight normalization of rows."""
    norm = np.sqrt((v * v).sum(1))
    scale = g / norm
    weight = v * scale
    grad_g = (grad_weight * v).sum(1) / norm
    grad_v = grad_weight * scale - v * (scale * grad_g / norm)
    return weight, grad_v, grad_g


def _sizes(batch, fan_in, units, positions):
    given = {"batch": batch, "fan_in": fan_in, "units": units, "positions": positions}
    batch, fan_in, units, positions = (
        require.integer(name, value, minimum=1) for name, value in given.items()
    )
    return batch * positions, fan_in, units


def counted_operations(
    batch: int, fan_in: int, units: int, positions: int = 1
) -> tuple[int, int, int]:
    """Numbers handled beyond the plain layer in one step: by BN, by WN, and by the layer itself.

    Parameters
    ----------
    batch, fan_in, units : int
        Batch size, inputs and outputs of a unit.
    positions : int
        Places where a convolution applies the same weights; 1 for a dense layer.

    Returns
    -------
    batch_norm, weight_norm, layer : int
        `layer` counts the multiplications and additions of forward and backward pass.

    Examples
    --------
    >>> counted_operations(20, 100, 10)
    (2480, 8050, 120000)
    """
    rows, fan_in, units = _sizes(batch, fan_in, units, positions)
    x = Counter(np.zeros((rows, units)))
    batch_norm_step(x, Counter(np.zeros((rows, units)), x.tally), np.ones((1, units)))
    v = Counter(np.ones((units, fan_in)))
    weight_norm_step(v, Counter(np.ones((units, fan_in)), v.tally), np.ones((units, 1)))
    return x.tally[0], v.tally[0], 6 * rows * fan_in * units


def count_formula(batch: int, fan_in: int, units: int, positions: int = 1) -> tuple[int, int, int]:
    """`counted_operations` in closed form, for sizes too large to run.

    >>> count_formula(20, 100, 10)
    (2480, 8050, 120000)
    """
    rows, fan_in, units = _sizes(batch, fan_in, units, positions)
    return (12 * rows + 8) * units, (8 * fan_in + 5) * units, 6 * rows * fan_in * units

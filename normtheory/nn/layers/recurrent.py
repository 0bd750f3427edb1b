"""Recurrent batch normalization: an LSTM whose two inputs and cell are normalised at every step."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from normtheory.nn.arguments import Device, placement, require_tensor
from normtheory.theory import arguments as require


class BatchNormLSTMCell(nn.Module):
    r"""LSTM cell with batch normalization of the input's and the state's contribution and the cell.

    :math:`(i, f, g, o) = BN(W_{hh}h_{t-1}; \gamma_h) + BN(W_{ih}x_t; \gamma_x) + b`,
    :math:`c_t = \sigma(f)c_{t-1} + \sigma(i)\tanh(g)`,
    :math:`h_t = \sigma(o)\tanh(BN(c_t; \gamma_c, \beta_c))`. Each step t has its own running
    statistics; steps past `max_length` share the last one's.

    Parameters
    ----------
    input_size, hidden_size : int
    max_length : int
        Steps with running statistics of their own.
    eps, momentum : float
        As in `torch.nn.BatchNorm1d`.
    gain : float
        Initial :math:`\gamma`. The paper shows that 1 makes gradients vanish and uses 0.1.

    Raises
    ------
    ValueError
        If shapes do not fit, or in training a batch has one sample.

    Notes
    -----
    Cooijmans et al., Recurrent Batch Normalization, 2016. Recurrent weights are orthogonal per
    gate. Under data parallelism each worker uses its own statistics.

    Examples
    --------
    >>> import torch
    >>> cell = BatchNormLSTMCell(3, 5, max_length=10)
    >>> h, c = cell(torch.randn(4, 3))
    >>> h, c = cell(torch.randn(4, 3), (h, c), step=1)
    >>> h.shape, c.shape
    (torch.Size([4, 5]), torch.Size([4, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        max_length: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        gain: float = 0.1,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.input_size = require.integer("input_size", input_size, minimum=1)
        self.hidden_size = require.integer("hidden_size", hidden_size, minimum=1)
        self.max_length = require.integer("max_length", max_length, minimum=1)
        self.eps = require.positive("eps", eps)
        self.momentum = require.between("momentum", momentum, 0, 1, closed=True)
        self.gain = require.number("gain", gain)
        where, gates = placement(device, dtype), 4 * self.hidden_size
        shapes = {"weight_ih": (gates, self.input_size), "weight_hh": (gates, self.hidden_size)}
        shapes |= dict.fromkeys(("bias", "gain_ih", "gain_hh"), (gates,))
        shapes |= dict.fromkeys(("gain_cell", "bias_cell"), (self.hidden_size,))
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.empty(shape, **where)))
        for name, size in (("ih", gates), ("hh", gates), ("cell", self.hidden_size)):
            for kind in ("mean", "var"):
                buffer = torch.empty(self.max_length, size, **where)
                self.register_buffer(f"running_{kind}_{name}", buffer)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights, set gains to `gain` and biases to 0; forget the statistics."""
        nn.init.orthogonal_(self.weight_ih)
        for block in self.weight_hh.chunk(4):
            nn.init.orthogonal_(block)
        for tensor in (self.gain_ih, self.gain_hh, self.gain_cell):
            nn.init.constant_(tensor, self.gain)
        for name, tensor in (*self.named_buffers(), ("", self.bias), ("", self.bias_cell)):
            nn.init.constant_(tensor, float("var" in name))

    def forward(
        self, input: Tensor, state: tuple[Tensor, Tensor] | None = None, step: int = 0
    ) -> tuple[Tensor, Tensor]:
        """One step: input (b, input_size), state ((b, hidden_size), (b, hidden_size)) or zeros."""
        require_tensor("input", input)
        if input.dim() != 2 or input.shape[1] != self.input_size:
            raise ValueError(
                f"input must have shape (b, {self.input_size}), got {tuple(input.shape)}"
            )
        _require_two(self.training, input.shape[0])
        step = min(require.integer("step", step, minimum=0), self.max_length - 1)
        state = _require_state(state, input, (input.shape[0], self.hidden_size))
        return self._advance(functional.linear(input, self.weight_ih), *state, step)

    def _advance(self, projected, hidden, cell, step):
        recurrent = functional.linear(hidden, self.weight_hh)
        gates = self._normalised(recurrent, "hh", step, self.gain_hh, self.bias)
        gates = gates + self._normalised(projected, "ih", step, self.gain_ih, None)
        i, f, g, o = gates.chunk(4, 1)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        bounded = self._normalised(cell, "cell", step, self.gain_cell, self.bias_cell)
        return torch.sigmoid(o) * torch.tanh(bounded), cell

    def _normalised(self, values, name, step, gain, bias):
        mean, variance = (getattr(self, f"running_{kind}_{name}")[step] for kind in ("mean", "var"))
        how = self.training, self.momentum, self.eps
        return functional.batch_norm(values, mean, variance, gain, bias, *how)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, max_length={self.max_length}"


class BatchNormLSTM(nn.Module):
    """Layers of `BatchNormLSTMCell` run over a sequence, with the interface of `torch.nn.LSTM`.

    Parameters
    ----------
    input_size, hidden_size : int
    num_layers : int
    max_length
        As in `BatchNormLSTMCell`.
    batch_first : bool
        Whether sequences are (b, length, input_size) instead of (length, b, input_size).
    **settings
        `eps`, `momentum`, `gain`, `device`, `dtype` of the cells.

    Raises
    ------
    ValueError
        As in `BatchNormLSTMCell`.
    TypeError
        If the input is a packed sequence: statistics of ragged steps are not defined.

    Examples
    --------
    >>> import torch
    >>> lstm = BatchNormLSTM(3, 5, num_layers=2, max_length=10)
    >>> output, (h, c) = lstm(torch.randn(7, 4, 3))
    >>> output.shape, h.shape
    (torch.Size([7, 4, 5]), torch.Size([2, 4, 5]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        max_length: int,
        batch_first: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__()
        self.hidden_size = require.integer("hidden_size", hidden_size, minimum=1)
        self.batch_first = require.flag("batch_first", batch_first)
        self.num_layers = require.integer("num_layers", num_layers, minimum=1)
        settings["max_length"] = max_length
        sizes = [input_size] + [self.hidden_size] * (self.num_layers - 1)
        self.cells = nn.ModuleList(BatchNormLSTMCell(s, hidden_size, **settings) for s in sizes)

    def forward(
        self, input: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Output (length, b, hidden_size), and the last (h, c) of each layer, stacked."""
        require_tensor("input", input)
        if input.dim() != 3 or input.numel() == 0:
            raise ValueError(
                f"input must be a sequence of non-empty batches, got {tuple(input.shape)}"
            )
        features = self.cells[0].input_size
        if input.shape[2] != features:
            raise ValueError(f"input must have {features} features, got {tuple(input.shape)}")
        sequence = input.transpose(0, 1) if self.batch_first else input
        _require_two(self.training, sequence.shape[1])
        shape = self.num_layers, sequence.shape[1], self.hidden_size
        state = _require_state(state, sequence, shape)
        last = []
        for cell, h, c in zip(self.cells, *state, strict=True):
            outputs = []
            # the input's part of all steps is one product
            for t, projected in enumerate(functional.linear(sequence, cell.weight_ih)):
                h, c = cell._advance(projected, h, c, min(t, cell.max_length - 1))
                outputs.append(h)
            sequence = torch.stack(outputs)
            last.append((h, c))
        hidden, cells = (torch.stack(each) for each in zip(*last, strict=True))
        return (sequence.transpose(0, 1) if self.batch_first else sequence), (hidden, cells)


def _require_two(training, samples):
    if training and samples < 2:
        raise ValueError(f"a training batch must have at least two samples, got {samples}")


def _require_state(state, input, shape):
    """The pair (h, c), of zeros where none is given, or raise ValueError unless it has `shape`."""
    if state is None:
        zeros = input.new_zeros(shape)
        return zeros, zeros
    if not isinstance(state, tuple | list) or not all(isinstance(s, torch.Tensor) for s in state):
        raise TypeError(f"state must be a pair of tensors (h, c), got {type(state).__name__}")
    shapes = [tuple(each.shape) for each in state]
    if shapes != [shape, shape]:
        raise ValueError(f"state must be two tensors of shape {shape}, got shapes {shapes}")
    return tuple(state)

"""Mean-only and recurrent batch normalization, SELU and alpha dropout."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn as torch_nn

from normtheory import nn
from normtheory.theory.selu import moment_map
from normtheory.theory.selu_constants import fixed_point_constants
from tests.refused import refuses

SHAPES = [(nn.MeanOnlyBatchNorm1d, (9, 4)), (nn.MeanOnlyBatchNorm1d, (9, 4, 5))]
SHAPES += [(nn.MeanOnlyBatchNorm2d, (9, 4, 5, 3))]


@pytest.mark.parametrize(("kind", "shape"), SHAPES)
def test_mean_only_is_batch_normalization_without_the_scale(kind, shape, draw, device):
    layer = kind(4, device=device, dtype=torch.float64)
    with torch.no_grad():
        layer.bias.copy_(draw(4, dtype=torch.float64))
    full = {2: torch_nn.BatchNorm1d, 3: torch_nn.BatchNorm1d, 4: torch_nn.BatchNorm2d}[len(shape)]
    reference = full(4, affine=False, eps=1e-14).to(device, torch.float64)
    axes, view = (0, *range(2, len(shape))), (4, *[1] * (len(shape) - 2))
    for _ in range(3):
        x = draw(*shape, dtype=torch.float64) + 2
        deviation = x.std(axes, correction=0).view(view)
        torch.testing.assert_close(layer(x), reference(x) * deviation + layer.bias.view(view))
    torch.testing.assert_close(layer.running_mean, reference.running_mean)
    layer.eval()
    expected = x - reference.running_mean.view(view) + layer.bias.view(view)
    torch.testing.assert_close(layer(x), expected)


def test_mean_only_averages_plainly_without_momentum(draw):
    layer = nn.MeanOnlyBatchNorm1d(2, momentum=None)
    batches = [draw(6, 2) for _ in range(4)]
    for x in batches:
        layer(x)
    torch.testing.assert_close(layer.running_mean, torch.cat(batches).mean(0))
    layer.reset_parameters()
    assert not layer.running_mean.any()


def test_mean_only_refuses():
    layer = nn.MeanOnlyBatchNorm1d(3)
    refuses(ValueError, "2 or 3 axes and 3 channels, got shape", layer, torch.ones(5, 4))
    refuses(ValueError, "two values per channel", layer, torch.ones(1, 3))
    refuses(ValueError, "two values per channel", layer, torch.ones(0, 3))
    with pytest.raises(TypeError, match=r"floating-point numbers, got torch\.int64"):
        layer(torch.ones(5, 3, dtype=torch.int64))
    assert torch.equal(layer.running_mean, torch.zeros(3))
    refuses(ValueError, r"momentum must lie in \[0, 1\]", nn.MeanOnlyBatchNorm1d, 3, momentum=-1)
    with pytest.raises(ValueError, match="num_features must be an integer of at least 1, got 0"):
        nn.MeanOnlyBatchNorm2d(0)
    assert torch.isfinite(layer.eval()(torch.ones(1, 3))).all()


def test_selu_is_torch_s_at_0_1(draw, device):
    x = draw(1000, scale=3.0)
    assert torch.equal(nn.SELU()(x), torch_nn.SELU()(x))
    y = x.clone()
    assert nn.SELU(inplace=True)(y) is y
    assert torch.equal(y, torch_nn.SELU()(x))


@pytest.mark.parametrize("target", [(0.0, 1.0), (0.0, 4.0), (0.5, 2.0), (-0.3, 1.0)])
def test_selu_keeps_its_target(target):
    unit = nn.SELU(*target)
    assert (unit.alpha, unit.lam) == fixed_point_constants(*target)
    mean, variance = moment_map(*target, alpha=unit.alpha, lam=unit.lam)
    assert (float(mean), float(variance)) == pytest.approx(target, abs=1e-10)
    # weights that sum to 0 with squares that sum to 1 pass on the variance alone
    z = np.random.default_rng(0).standard_normal(400_001) * np.sqrt(target[1])
    out = unit(torch.from_numpy(z))
    assert float(out.mean()) == pytest.approx(target[0], abs=0.02)
    assert float(out.var()) == pytest.approx(target[1], rel=0.03)


def test_selu_says_what_it_was_made_for():
    unit = nn.SELU(0.5, 2.0, omega=0.1, tau=1.2)
    assert repr(unit) == "SELU(mean=0.5, variance=2, omega=0.1, tau=1.2)"


def test_selu_refuses_an_unreachable_target():
    refuses(ValueError, "mean must lie inside target_band", nn.SELU, 1.0, 1.0)


def test_alpha_dropout_is_torch_s_at_0_1(draw):
    x = draw(200, 50)
    for p in (0.0, 0.05, 0.5, 0.9):
        torch.manual_seed(3)
        expected = torch_nn.AlphaDropout(p)(x)
        torch.manual_seed(3)
        torch.testing.assert_close(nn.AlphaDropout(p)(x), expected, rtol=2e-6, atol=2e-6)
    assert nn.AlphaDropout(0.0)(x) is x


@pytest.mark.parametrize("target", [(0.0, 4.0), (0.5, 2.0)])
@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_its_target(target, p):
    generator = torch.Generator().manual_seed(0)
    count = 400_000
    x = torch.randn(count, generator=generator, dtype=torch.float64) * target[1] ** 0.5 + target[0]
    layer = nn.AlphaDropout(p, *target, generator=generator)
    y = layer(x)
    assert abs(float(y.mean()) - target[0]) < 6 * (target[1] / count) ** 0.5
    assert float(y.var()) == pytest.approx(target[1], rel=0.02)
    dropped = torch.isclose(y, torch.tensor(layer.scale * layer.floor + layer.offset).double())
    assert float(dropped.double().mean()) == pytest.approx(p, abs=0.005)
    assert layer.eval()(x) is x


LSTM = {"max_length": 2}


@pytest.mark.parametrize(
    "layer",
    [nn.SELU(), nn.AlphaDropout(), nn.AlphaDropout().eval(), nn.EquiNormLinear(3, 2),
     nn.EquiNormConv2d(3, 2, 2), nn.MeanOnlyBatchNorm1d(3), nn.BatchNormLSTM(3, 2, **LSTM),
     nn.BatchNormLSTMCell(3, 2, **LSTM)],
)  # fmt: skip
def test_layers_refuse_what_holds_no_real_numbers(layer):
    refuses(TypeError, "input must be a tensor, got int", layer, 3)
    with pytest.raises(
        TypeError, match=r"input must hold floating-point numbers, got torch\.int64"
    ):
        layer(torch.ones(4, 3, dtype=torch.int64))


def test_alpha_dropout_gradient_and_refusals(draw):
    x = draw(40, requires_grad=True)
    layer = nn.AlphaDropout(0.5)
    layer(x).sum().backward()
    values = {round(v, 5) for v in x.grad.tolist()}
    assert values == {0.0, round(layer.scale, 5)}
    refuses(ValueError, r"p must lie in \[0, 1\), got 1", nn.AlphaDropout, 1)
    with pytest.raises(TypeError, match=r"generator must be a torch\.Generator \(.*\), got int"):
        nn.AlphaDropout(0.5, generator=0)


def lstm_step(x, h, c, cell):
    """The paper's three equations, written out."""

    def normalise(values, gain, bias=0.0):
        centred = values - values.mean(0)
        return gain * centred / torch.sqrt((centred**2).mean(0) + cell.eps) + bias

    gates = (
        normalise(h @ cell.weight_hh.T, cell.gain_hh)
        + normalise(x @ cell.weight_ih.T, cell.gain_ih)
        + cell.bias
    )
    i, f, g, o = gates.split(cell.hidden_size, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(normalise(c, cell.gain_cell, cell.bias_cell))
    return h, c


def test_recurrent_batch_normalization_is_the_paper_s(draw, device):
    lstm = nn.BatchNormLSTM(3, 4, max_length=6, device=device, dtype=torch.float64)
    cell = lstm.cells[0]
    assert all((g == 0.1).all() for g in (cell.gain_ih, cell.gain_hh, cell.gain_cell))
    with torch.no_grad():
        cell.bias.copy_(draw(16, dtype=torch.float64))
        cell.bias_cell.copy_(draw(4, dtype=torch.float64))
    x = draw(6, 5, 3, dtype=torch.float64)
    h = c = torch.zeros(5, 4, dtype=torch.float64, device=device)
    output, (last_h, last_c) = lstm(x)
    for t in range(6):
        h, c = lstm_step(x[t], h, c, cell)
        torch.testing.assert_close(output[t], h, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(last_h[0], h)
    torch.testing.assert_close(last_c[0], c)
    state = None
    for t in range(6):
        state = cell(x[t], state, step=t)
    torch.testing.assert_close(state[0], h)


def test_each_step_has_statistics_of_its_own(draw, device):
    lstm = nn.BatchNormLSTM(3, 4, 2, max_length=3, momentum=1.0, batch_first=True, device=device)
    x = draw(8, 5, 3)
    x[:, 1] += 10
    output, _ = lstm(x)
    assert output.shape == (8, 5, 4)
    means = lstm.cells[0].running_mean_ih
    torch.testing.assert_close(means[0], (x[:, 0] @ lstm.cells[0].weight_ih.T).mean(0))
    # steps 2, 3 and 4 share the last row: it holds the last of them
    torch.testing.assert_close(means[2], (x[:, 4] @ lstm.cells[0].weight_ih.T).mean(0))
    assert (means[1] - means[0]).abs().max() > 1
    lstm.eval()
    torch.testing.assert_close(lstm(x[:1])[0], lstm(x)[0][:1])


def test_recurrent_gradients(draw, device):
    lstm = nn.BatchNormLSTM(2, 3, max_length=4, device=device, dtype=torch.float64)
    x = draw(3, 4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: lstm(x)[0], (x,), atol=1e-4)


def test_recurrent_refusals():
    lstm = nn.BatchNormLSTM(3, 4, max_length=6)
    packed = torch_nn.utils.rnn.pack_sequence([torch.ones(3, 3), torch.ones(2, 3)])
    refuses(TypeError, "input must be a tensor, got PackedSequence", lstm, packed)
    refuses(ValueError, "a sequence of non-empty batches", lstm, torch.ones(3, 3))
    refuses(ValueError, "at least two samples, got 1", lstm, torch.ones(5, 1, 3))
    refuses(ValueError, "at least two samples, got 1", lstm.cells[0], torch.ones(1, 3))
    with pytest.raises(ValueError, match=r"input must have shape \(b, 3\), got \(5, 2\)"):
        lstm.cells[0](torch.ones(5, 2))
    refuses(ValueError, r"input must have 3 features, got \(7, 5, 2\)", lstm, torch.ones(7, 5, 2))
    h = torch.ones(1, 5, 4)
    for state in ((h, h[0]), (h,), (h[:, :2], h[:, :2]), (torch.ones(2, 5, 4),) * 2):
        with pytest.raises(ValueError, match=r"state must be two tensors of shape \(1, 5, 4\)"):
            lstm(torch.ones(7, 5, 3), state)
    with pytest.raises(ValueError, match=r"state must be two tensors of shape \(5, 4\), got"):
        lstm.cells[0](torch.ones(5, 3), (h, h))
    with pytest.raises(TypeError, match=r"state must be a pair of tensors \(h, c\), got Tensor"):
        lstm(torch.ones(7, 5, 3), h)
    with pytest.raises(ValueError, match="max_length must be an integer of at least 1, got 0"):
        nn.BatchNormLSTM(3, 4, max_length=0)
    with pytest.raises(ValueError, match="eps must be positive, got 0"):
        nn.BatchNormLSTMCell(3, 4, max_length=1, eps=0)
    assert lstm.eval()(torch.ones(5, 1, 3))[0].shape == (5, 1, 4)


@pytest.mark.parametrize(
    "layer",
    [
        nn.MeanOnlyBatchNorm1d(3),
        nn.SELU(0.0, 4.0),
        nn.BatchNormLSTMCell(3, 4, max_length=2),
        nn.EquiNormLinear(3, 2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_copies(layer, draw):
    layer = copy.deepcopy(layer).eval()
    x = draw(5, 3).abs()
    expected = layer(x)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        torch.testing.assert_close(other(x), expected, rtol=0, atol=0)

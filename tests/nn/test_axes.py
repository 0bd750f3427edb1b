"""The axis of the units, padding, and architectures out of the box: each penalty against the same
formula on the activations that belong to it, laid out by hand."""

import pytest
import torch
from torch import nn as torch_nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence

from normtheory import nn
from tests.nn import cases
from tests.refused import refuses

PADDING = torch.tensor(
    [[0, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]]
).bool()
# VCL with a mask compares whole sets only: the ten samples here make two of them for each pair
KINDS = ["standardization", "per", "l2", "vcl", "vcl-all", "per-mc", "sliced"]


@pytest.mark.parametrize("name", KINDS)
def test_units_are_the_last_axis_of_tokens_in_either_order(name, draw, device):
    tokens = draw(5, 4, 3)
    expected = cases.build(name, 3, device)(tokens.flatten(0, 1))
    loss = cases.build(name, 3, device, dim=-1)
    torch.testing.assert_close(loss(tokens), expected)
    torch.testing.assert_close(cases.build(name, 3, device, dim=2)(tokens), expected)
    if name in ("standardization", "per", "l2"):  # where the order of samples does not matter
        torch.testing.assert_close(loss(tokens.transpose(0, 1)), expected)
        images = tokens.view(5, 2, 2, 3)
        torch.testing.assert_close(loss(images), expected)
        # the units in the middle
        other = cases.build(name, 3, device, dim=2)
        torch.testing.assert_close(other(images.movedim(-1, 2)), expected)


@pytest.mark.parametrize("name", KINDS)
def test_padding_enters_no_statistic_and_no_gradient(name, draw, device):
    mask, tokens = PADDING.to(device), draw(5, 4, 3)
    kept = tokens[~mask].requires_grad_()
    expected = cases.build(name, 3, device)(kept)
    (wanted,) = torch.autograd.grad(expected, kept)
    loss = cases.build(name, 3, device, dim=-1)
    # whatever stands there
    for filling in (0.0, 1e30, torch.nan, torch.inf):
        h = tokens.masked_fill(mask.unsqueeze(-1), filling).requires_grad_()
        found = loss(h, mask=mask)
        found.backward()
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(h.grad[~mask], wanted)
        assert not h.grad[mask].any()


def test_padding_of_a_feature_map(draw, device):
    mask, h = PADDING.to(device), draw(5, 3, 4)
    kept = h.movedim(1, -1)[~mask]
    for loss in (nn.StandardizationLoss(dim=1), nn.ProjectedErrorLoss(dim=1, spatial="samples")):
        torch.testing.assert_close(loss(h, mask=mask), loss(kept))
    with pytest.raises(ValueError, match="mask needs positions that are samples"):
        nn.ProjectedErrorLoss(dim=1)(h, mask=mask)


@pytest.mark.parametrize("padding", [None, PADDING, torch.ones(5, 4).bool()])
@pytest.mark.parametrize("dim", [1, -1])
@pytest.mark.parametrize("name", cases.LOSSES)
def test_stacked_layers_have_each_its_own_loss(name, dim, padding, draw):
    settings = {} if name.startswith(("vcl", "stand", "l")) else {"spatial": "samples"}
    loss = cases.build(name, 3, dim=dim, **settings)
    several = [draw(5, 3, 4) if dim == 1 else draw(5, 4, 3) for _ in range(3)]
    loss = getattr(loss, "loss", loss)  # of one that is reseeded
    found = []
    for evaluated in (
        lambda: torch.stack([loss(each, mask=padding) for each in several]),
        lambda: loss.stacked([loss] * 3, several, dim, padding),
    ):
        if getattr(loss, "generator", None):
            loss.generator.manual_seed(0)
        found.append(evaluated())
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("name", cases.LOSSES)
def test_all_padding_is_no_loss(name, device):
    h = torch.ones(5, 4, 3, device=device, requires_grad=True)
    value = cases.build(name, 3, device, dim=-1)(h, mask=torch.ones(5, 4, device=device).bool())
    value.backward()
    assert value == 0
    assert value.shape == ()
    assert not h.grad.any()


def test_an_axis_that_nobody_knows_is_asked_for(draw):
    with pytest.raises(ValueError, match=r"dim must say which axis .* \(5, 4, 3\)"):
        nn.StandardizationLoss()(draw(5, 4, 3))
    with pytest.raises(ValueError, match=r"dim must be an axis of the input \(5, 4\), got 2"):
        nn.StandardizationLoss(dim=2)(draw(5, 4))
    model = torch_nn.Sequential(torch_nn.Linear(3, 3), torch_nn.ReLU(), torch_nn.Linear(3, 2))
    handle = nn.regularize(model, nn.StandardizationLoss(), ["1"])
    model(draw(5, 4, 3))
    refuses(ValueError, r"layer '1' holds the units: regularize\(\.\.\., dim=", handle.penalty)
    handle.remove()
    x, loss = draw(5, 4, 3), nn.StandardizationLoss(dim=-1)
    expected = loss(model[:2](x))
    for settings in ({"dim": -1}, {"dim": {"1": 2}}):
        with nn.regularize(model, nn.StandardizationLoss(), ["1"], **settings) as handle:
            model(x)
            torch.testing.assert_close(handle.penalty(), expected)
    with nn.regularize(model, loss, ["1"]) as handle:
        model(x)
        torch.testing.assert_close(handle.penalty(), expected)


@pytest.mark.parametrize(
    ("layer", "shape", "axis"),
    [
        (nn.BatchNormLSTM(3, 4, max_length=2), (5, 6, 3), -1),
        (nn.MeanOnlyBatchNorm2d(3), (5, 3, 2, 2), 1),
        (nn.MeanOnlyBatchNorm1d(3), (5, 3, 2), 1),
        (nn.EquiNormConv2d(3, 4, 2), (5, 3, 3, 3), 1),
        (nn.EquiNormLinear(3, 4), (5, 2, 3), -1),
        (torch_nn.RMSNorm(3), (5, 2, 3), -1),
        (torch_nn.TransformerEncoderLayer(4, 2, 8), (5, 2, 4), -1),
        (torch_nn.InstanceNorm1d(3), (5, 3, 2), 1),
    ],
    ids=lambda each: type(each).__name__,
)
def test_layers_that_know_their_axis(layer, shape, axis, draw):
    model, x = torch_nn.Sequential(layer), draw(*shape).abs()
    handle = nn.regularize(model, nn.StandardizationLoss(), ["0"])
    output = model(x)
    output = output[0] if isinstance(output, tuple) else output
    torch.testing.assert_close(handle.penalty(), nn.StandardizationLoss(dim=axis)(output))


def test_by_default_our_lstm_is_a_recurrent_layer_too():
    model = torch_nn.Sequential(nn.BatchNormLSTM(3, 4, max_length=2), torch_nn.Linear(4, 2))
    assert nn.regularize(model, nn.VarianceConstancyLoss).layers == ("0",)


def test_a_wrong_mask_is_refused(draw):
    loss, h = nn.StandardizationLoss(dim=-1), draw(5, 4, 3)
    refuses(ValueError, r"mask must have shape \(5, 4\), .* got \(4, 5\)", loss, h, mask=PADDING.T)
    with pytest.raises(TypeError, match=r"tensor of booleans, True at padding, got torch\.float32"):
        loss(h, mask=PADDING.float())
    with pytest.raises(TypeError, match="tensor of booleans, True at padding, got list"):
        loss(h, mask=PADDING.tolist())


def outputs_of(model, names, *inputs, **keywords):
    """What layers put out, copied before anything changes it in place."""
    found = {name: [] for name in names}
    hooks = [
        model.get_submodule(name).register_forward_hook(
            lambda module, arguments, output, name=name: found[name].append(
                (output[0] if isinstance(output, tuple) else output).clone()
            )
        )
        for name in names
    ]
    result = model(*inputs, **keywords)
    for hook in hooks:
        hook.remove()
    return result, found


def require_penalty(model, handle, formula, *inputs, mask=None, **keywords):
    """The penalty and its gradient are those of a formula on the layers' outputs."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    torch.manual_seed(0)
    result, found = outputs_of(model, handle.layers, *inputs, **keywords)
    expected = sum(formula(name, h) for name, calls in found.items() for h in calls)
    wanted = torch.autograd.grad(result.square().mean() + expected, parameters, allow_unused=True)
    handle.clear()
    torch.manual_seed(0)
    total = model(*inputs, **keywords).square().mean()
    penalty = handle.penalty(mask=mask)
    torch.testing.assert_close(penalty, expected)
    gradients = torch.autograd.grad(total + penalty, parameters, allow_unused=True)
    for gradient, other in zip(gradients, wanted, strict=True):
        if other is not None:
            torch.testing.assert_close(gradient, other, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_transformer_encoder(batch_first, training, draw):
    layer = torch_nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=batch_first)
    encoder = torch_nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def run(self, x, padding):
        return self.head(self.encoder(x, src_key_padding_mask=padding).mean(1))

    model = cases.Network(run, encoder=encoder, head=torch_nn.Linear(8, 2)).train(training)
    loss = nn.StandardizationLoss(dim=-1)
    handle = nn.regularize(model, nn.StandardizationLoss(), when="always")
    assert len(handle.layers) == 4
    x = draw(5, 4, 8) if batch_first else draw(4, 5, 8)
    kept = ~(PADDING if batch_first else PADDING.T)
    for formula, mask in ((lambda name, h: loss(h), None), (lambda name, h: loss(h[kept]), ~kept)):
        require_penalty(model, handle, formula, x, PADDING, mask=mask)
    with torch.no_grad():
        model(x, PADDING)
        expected = handle.penalty(mask=~kept)
        found = outputs_of(model, handle.layers, x, PADDING)[1]
        torch.testing.assert_close(expected, sum(loss(h[kept]) for (h,) in found.values()))


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_transformer_encoder_as_torch_makes_it_in_evaluation_mode(draw):
    """There its layers get nested tensors, of which padding is no part."""
    layer = torch_nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = torch_nn.TransformerEncoder(layer, 2).eval()
    x = draw(5, 4, 8)
    with torch.no_grad():
        plain = model(x, src_key_padding_mask=PADDING)
    handle = nn.regularize(model, nn.ProjectedErrorLoss(), when="always")
    with torch.no_grad():
        torch.testing.assert_close(model(x, src_key_padding_mask=PADDING), plain)
        found = handle.penalty(mask=PADDING)
        with torch.enable_grad():  # not so where gradients are wanted
            model(x, src_key_padding_mask=PADDING)
        torch.testing.assert_close(found, handle.penalty(mask=PADDING).detach())


class Residual(torch_nn.Module):
    """A block without batch normalization, in which everything happens in place."""

    def __init__(self, channels):
        super().__init__()
        self.first = torch_nn.Conv2d(channels, channels, 3, padding=1)
        self.second = torch_nn.Conv2d(channels, channels, 3, padding=1)
        self.relu = torch_nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.second(self.relu(self.first(x)))
        h += x
        return functional.relu(h, inplace=True)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("name", ["standardization", "per", "vcl", "l1"])
def test_a_residual_network_with_everything_in_place(name, layout, draw):
    model = torch_nn.Sequential(
        torch_nn.Conv2d(3, 4, 3), torch_nn.ReLU(inplace=True), Residual(4), Residual(4),
        torch_nn.AdaptiveAvgPool2d(1), torch_nn.Flatten(), torch_nn.Linear(4, 2),
    )  # fmt: skip
    model = model.to(memory_format=layout)
    handle = nn.regularize(model, lambda units: cases.build(name, units, dim=None))
    assert len(handle.layers) == 5
    loss = cases.build(name, 4)
    require_penalty(model, handle, lambda _, h: loss(h), draw(8, 3, 6, 6).to(memory_format=layout))


@pytest.mark.parametrize("kind", [torch_nn.LSTM, torch_nn.GRU])
@pytest.mark.parametrize("batch_first", [True, False])
def test_recurrent_layers(kind, batch_first, draw):
    recurrent = kind(3, 4, bidirectional=True, batch_first=batch_first)
    model = cases.Network(
        lambda self, x: self.head(self.recurrent(x)[0]),
        recurrent=recurrent, head=torch_nn.Linear(8, 2),
    )  # fmt: skip
    loss = nn.VarianceConstancyLoss(8, n=3, learnable=False)
    handle = nn.regularize(model, lambda units: nn.VarianceConstancyLoss(units, n=3))
    assert handle.layers == ("recurrent",)
    x = draw(5, 4, 3)
    require_penalty(model, handle, lambda _, h: loss(h.flatten(0, 1)), x)
    kept = ~PADDING
    require_penalty(model, handle, lambda _, h: loss(h[kept]), x, mask=PADDING)


def test_a_packed_sequence_has_no_padding(draw):
    def run(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.head(self.recurrent(packed)[0].data)

    recurrent = torch_nn.LSTM(3, 4, batch_first=True)
    model = cases.Network(run, recurrent=recurrent, head=torch_nn.Linear(4, 2))
    x, lengths = draw(5, 4, 3), (~PADDING).sum(1)
    handle, loss = nn.regularize(model, nn.StandardizationLoss()), nn.StandardizationLoss()
    model(x, lengths)
    torch.testing.assert_close(handle.penalty(), loss(model.recurrent(x)[0][~PADDING]))


def test_a_head_without_positions_has_no_padding(draw):
    model = cases.Network(
        lambda self, x: self.head(self.neck(self.body(x).mean(1))),
        body=torch_nn.Linear(3, 4), neck=torch_nn.Linear(4, 4), head=torch_nn.Linear(4, 2),
    )  # fmt: skip
    loss = nn.StandardizationLoss()
    handle = nn.regularize(model, loss)
    formulas = {"body": lambda h: loss(h[~PADDING]), "neck": loss}
    require_penalty(model, handle, lambda n, h: formulas[n](h), draw(5, 4, 3), mask=PADDING)


def test_an_image_without_a_batch_is_refused(draw):
    model = torch_nn.Sequential(torch_nn.Conv2d(3, 4, 3), torch_nn.Conv2d(4, 2, 3))
    handle = nn.regularize(model, nn.StandardizationLoss())
    model(draw(3, 6, 6))
    refuses(ValueError, "layer '0' must run on a batch", handle.penalty)

"""Conservation on cyclic padding, agreement with theory, modes, errors."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from normtheory import nn
from normtheory.nn.layers.equinorm_weights import equinorm_weights
from normtheory.theory.equinorm import channel_sums, normalized_weights, target_total
from normtheory.theory.precision import TOLERANCE
from tests.nn.test_against_theory import relative_error
from tests.refused import refuses


def positive_and_negative(layer, x, weight):
    """Totals that the positive and the negative weights contribute, by output channel."""
    parts = [weight.clamp(min=0), weight.clamp(max=0)]
    return [layer._conv_forward(x, part, None).sum((0, 2, 3)) for part in parts]


@settings(max_examples=40)
@given(
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    kernel=st.tuples(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3])),
    size=st.integers(5, 8),
    batch=st.integers(1, 3),
    dtype=st.sampled_from(["float64", "float32"]),
    seed=st.integers(0, 99),
)
def test_contributions_are_conserved_on_cyclic_padding(
    inputs, outputs, kernel, size, batch, dtype, seed
):
    if inputs * kernel[0] * kernel[1] < 2:
        inputs = 2
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(batch, inputs, size, size, generator=generator, dtype=getattr(torch, dtype))
    layer = nn.EquiNormConv2d(
        inputs,
        outputs,
        kernel,
        padding=(kernel[0] // 2, kernel[1] // 2),
        padding_mode="circular",
        affine=False,
        dtype=x.dtype,
    )
    with torch.no_grad():
        output = layer(x)
        shifted, contributed = equinorm_weights(layer.weight, layer._input_mean(x))
        weight = shifted / contributed.view(-1, 1, 1, 1)
        positive, negative = positive_and_negative(layer, x, weight)
    total = batch * size * size
    assert (output.mean((0, 2, 3)).abs() < 10 * TOLERANCE[dtype]).all()
    assert relative_error(positive / total, torch.ones(outputs)) < 10 * TOLERANCE[dtype]
    assert relative_error(negative / total, -torch.ones(outputs)) < 10 * TOLERANCE[dtype]


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_weights_are_theory_s(passes, stride):
    rng = np.random.default_rng(0)
    x, w = rng.random((3, 4, 8, 8)), rng.standard_normal((5, 4, 3, 3))
    layer = nn.EquiNormConv2d(
        4, 5, 3, stride, 1, padding_mode="circular", passes=passes, affine=False, dtype=torch.double
    )
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(w))
    r = target_total(3, 8, 8, stride)
    expected = normalized_weights(w, channel_sums(x), r, passes=passes).weights
    x = torch.from_numpy(x)
    plain = torch.nn.functional.conv2d(
        torch.nn.functional.pad(x, (1, 1, 1, 1), mode="circular"),
        torch.from_numpy(expected),
        stride=stride,
    )
    assert relative_error(layer(x).detach(), plain) < TOLERANCE["float64"]


def test_groups_are_convolutions_of_their_own():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.random((3, 4, 6, 6)))
    both = nn.EquiNormConv2d(4, 6, 3, groups=2, dtype=torch.double)
    parts = []
    for group in range(2):
        one = nn.EquiNormConv2d(2, 3, 3, dtype=torch.double)
        with torch.no_grad():
            one.weight.copy_(both.weight[3 * group : 3 * group + 3])
        parts.append(one(x[:, 2 * group : 2 * group + 2]))
    torch.testing.assert_close(both(x), torch.cat(parts, 1))


@pytest.mark.parametrize(
    "settings", [{}, {"passes": 1}, {"affine": False}, {"fraction": 0.5}, {"momentum": None}]
)
@pytest.mark.parametrize("positions", [(), (4,), (2, 3)])
def test_linear_is_a_one_by_one_convolution(settings, positions, draw, device):
    """The usual case is another way to the same, and gives the gradients of the formula, too."""
    kind = {**settings, "dtype": torch.float64, "device": device}
    linear, convolution = nn.EquiNormLinear(5, 3, **kind), nn.EquiNormConv2d(5, 3, 1, **kind)
    convolution.load_state_dict(
        {n: v if n != "weight" else v[..., None, None] for n, v in linear.state_dict().items()}
    )
    x = draw(6, *positions, 5, dtype=torch.float64).abs().requires_grad_()
    for _ in range(2):
        found = linear(x)
        expected = convolution(x.view(6, -1, 5, 1).transpose(1, 2)).transpose(1, 2).view_as(found)
        torch.testing.assert_close(found, expected)
        gradients = [
            torch.autograd.grad(output.square().sum() + output[0].sum(), [x, *layer.parameters()])
            for output, layer in ((found, linear), (expected, convolution))
        ]
        for gradient, wanted in zip(*gradients, strict=True):
            torch.testing.assert_close(gradient.view_as(wanted), wanted)
        torch.testing.assert_close(linear.running_mean, convolution.running_mean)
        linear.eval(), convolution.eval()


@pytest.mark.parametrize("passes", [1, 2])
def test_gradients_reach_weights_and_input_through_the_statistics(passes, draw, device):
    for shape, groups in (((3, 4), 1), ((3, 2, 4), 1), ((4, 2, 3), 2)):
        weight = draw(*shape, dtype=torch.float64, requires_grad=True)
        mean = draw(groups * shape[1], dtype=torch.float64).abs().requires_grad_()

        def balanced(weight, mean, groups=groups):
            return equinorm_weights(weight, mean, passes=passes, groups=groups)

        assert torch.autograd.gradcheck(balanced, (weight, mean))
        assert torch.autograd.gradgradcheck(balanced, (weight, mean))


def test_running_mean_is_used_in_evaluation(draw, device):
    layer = nn.EquiNormConv2d(2, 3, 3, momentum=None, device=device)
    batches = [draw(4, 2, 6, 6).abs() for _ in range(3)]
    for x in batches:
        layer(x)
    expected = torch.stack([x.mean((0, 2, 3)) for x in batches]).mean(0)
    torch.testing.assert_close(layer.running_mean, expected)
    layer.eval()
    x = batches[0]
    torch.testing.assert_close(layer(x)[:1], layer(x[:1]))
    assert int(layer.num_batches_tracked) == 3


def test_fraction_takes_the_first_samples(draw, device):
    x = draw(8, 2, 6, 6).abs()
    quarter = nn.EquiNormConv2d(2, 3, 3, fraction=0.25, device=device)
    whole = copy.deepcopy(quarter)
    whole.fraction = 1.0
    torch.testing.assert_close(quarter(x)[:2], whole(x[:2]))
    assert not torch.allclose(quarter(x), whole(x))


def test_affine_map_restores_expressivity(draw, device):
    layer = nn.EquiNormConv2d(2, 3, 3, device=device)
    x = draw(4, 2, 6, 6).abs()
    before = layer(x)
    with torch.no_grad():
        layer.gain.copy_(torch.tensor([1.0, 2.0, 3.0]))
        layer.bias.copy_(torch.tensor([0.0, 1.0, -1.0]))
    shape = 1, 3, 1, 1
    torch.testing.assert_close(layer(x), before * layer.gain.view(shape) + layer.bias.view(shape))


@pytest.mark.parametrize(("passes", "weights"), [(1, "positive"), (2, "constant")])
def test_weights_without_an_equilibrium_are_an_error(passes, weights, draw):
    layer = nn.EquiNormConv2d(2, 3, 3, passes=passes)
    with torch.no_grad():
        layer.weight[1] = layer.weight[1].abs() if weights == "positive" else 0.3
    refuses(ValueError, r"output unit 1 cannot be balanced", layer, draw(4, 2, 6, 6).abs())
    # where no value may be looked at, of that unit alone
    output = torch.func.vmap(layer.eval())(draw(1, 4, 2, 6, 6).abs())
    assert torch.isnan(output[0, :, 1]).all()
    assert torch.isfinite(output[0, :, ::2]).all()


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("passes", [1, 2])
def test_dead_channels_do_not_end_a_training_run(passes, groups, draw):
    """Nothing is left to balance where one channel of a linear layer is alive, or none at all."""
    settings = {"passes": passes, "groups": groups, "dtype": torch.float64}
    convolution = nn.EquiNormConv2d(4, 6, 1, track_running_stats=False, **settings)
    for alive in (0, 1, 2, 3):
        x = draw(5, 4, 2, 2, dtype=torch.float64).abs()
        x[:, alive:] = 0
        x.requires_grad_()
        output = convolution(x)
        output.square().mean().backward()
        assert torch.isfinite(output).all()
        assert all(torch.isfinite(p.grad).all() for p in (x, *convolution.parameters()))
        for group, part in enumerate(output.detach().chunk(groups, 1)):
            several = alive - group * (4 // groups) > 1
            if passes == 2:
                assert part.any() == several
        mapped = torch.func.vmap(convolution)(x.unsqueeze(0))
        torch.testing.assert_close(mapped[0], output)


@pytest.mark.parametrize(
    ("kind", "sizes", "shape"),
    [(nn.EquiNormLinear, (6, 4), (8, 6)), (nn.EquiNormConv2d, (6, 4, 3), (8, 6, 5, 5))],
)
def test_inputs_that_are_negative_are_refused(kind, sizes, shape, draw):
    layer, x = kind(*sizes), draw(*shape).abs()
    x[3, 2] -= 1e-3 + x[3, 2].min()
    for training in (True, False):
        layer.train(training)
        refuses(ValueError, r"not be negative, as behind a ReLU.* got -0\.001", layer, x)
    assert int(layer.num_batches_tracked) == 0
    # where no value may be looked at, it is seen in what comes out
    assert torch.isnan(torch.func.vmap(layer.eval())(x.unsqueeze(0))).all()


@pytest.mark.parametrize(("gap", "sound"), [(256, False), (257, True)])
def test_what_rounding_may_have_left_is_no_equilibrium(gap, sound):
    """Weights 1 ± gap·eps leave gap·eps, of a sum of 2: 128 roundings of it are 256."""
    half = gap * torch.finfo(torch.float64).eps
    weight = torch.tensor([[1 + half, 1 - half]], dtype=torch.float64)
    if sound:
        assert equinorm_weights(weight, torch.ones(2).double())[1].item() == half
    else:
        refuses(ValueError, "cannot be balanced", equinorm_weights, weight, torch.ones(2).double())


def test_all_positive_kernels_are_fine_with_two_passes(draw):
    layer = nn.EquiNormConv2d(2, 3, 3)
    with torch.no_grad():
        layer.weight.abs_()
    assert torch.isfinite(layer(draw(4, 2, 6, 6).abs())).all()


def test_initial_kernels_have_both_signs():
    torch.manual_seed(0)
    weight = nn.EquiNormConv2d(40, 40, (1, 2)).weight.flatten(2)  # a quarter would be one-signed
    assert bool((weight.min(2).values < 0).all())
    assert bool((weight.max(2).values > 0).all())
    rows = nn.EquiNormLinear(2, 200).weight
    assert bool((rows.min(1).values * rows.max(1).values < 0).all())


def test_bad_settings_and_shapes():
    refuses(ValueError, "passes must be one of 1, 2, got 3", nn.EquiNormLinear, 4, 2, passes=3)
    refuses(ValueError, "fraction must be positive, got 0.0", nn.EquiNormLinear, 4, 2, fraction=0.0)
    interval = r"momentum must lie in \[0, 1\], got 2.0"
    refuses(ValueError, interval, nn.EquiNormLinear, 4, 2, momentum=2.0)
    refuses(ValueError, "at least two weights to balance", nn.EquiNormConv2d, 1, 3, 1)
    with pytest.raises(ValueError, match=r"input must have shape \(b, 2, h, w\), got \(2, 6, 6\)"):
        nn.EquiNormConv2d(2, 3, 3)(torch.ones(2, 6, 6))


def test_copies_and_state(draw, device):
    layer = nn.EquiNormConv2d(2, 3, 3, device=device)
    x = draw(4, 2, 6, 6).abs()
    layer(x)
    layer.eval()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        torch.testing.assert_close(other(x), layer(x), rtol=0, atol=0)
    fresh = nn.EquiNormConv2d(2, 3, 3, device=device).eval()
    fresh.load_state_dict(layer.state_dict())
    torch.testing.assert_close(fresh(x), layer(x), rtol=0, atol=0)
    assert "passes=2" in repr(layer)


@pytest.mark.parametrize("linear", [True, False])
def test_autocast(linear, draw, device):
    layer = nn.EquiNormLinear(6, 3) if linear else nn.EquiNormConv2d(2, 3, 3)
    layer, x = layer.to(device), draw(4, 2, 6, 6).abs()
    with torch.autocast(device.type, dtype=torch.bfloat16):
        output = layer(x)
    output.float().square().mean().backward()
    assert output.dtype == torch.bfloat16
    assert torch.isfinite(layer.weight.grad).all()
    torch.testing.assert_close(output.float(), layer(x), rtol=0.05, atol=0.05)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("passes", [1, 2])
def test_half_precision_weights_balance(dtype, passes, draw, device):
    layer = nn.EquiNormLinear(16, 8, passes=passes, dtype=dtype, device=device)
    wide = nn.EquiNormLinear(16, 8, passes=passes, device=device)
    wide.load_state_dict(layer.state_dict())
    x = draw(32, 16).abs().to(dtype)
    output = layer(x)
    assert output.dtype == dtype
    torch.testing.assert_close(output.float(), wide(x.float()), rtol=0.05, atol=0.05)
    with torch.no_grad():  # where most of each weight is shifted away
        layer.weight += passes - 1
        wide.weight.copy_(layer.weight)
    apart = layer(x).float() - wide(x.float())
    assert apart.norm() < 0.1 * wide(x.float()).norm()
    convolution = nn.EquiNormConv2d(2, 3, 3, dtype=dtype, device=device)
    assert torch.isfinite(convolution(draw(4, 2, 6, 6).abs().to(dtype))).all()


INPUTS = [
    (nn.EquiNormLinear, (8, 4), (0, 8), ValueError, "input must not be empty, got shape"),
    (nn.EquiNormLinear, (8, 4), (5, 1), ValueError, r"shape \(b, \*, 8\), got \(5, 1\)"),
    (nn.EquiNormLinear, (8, 4), (8,), ValueError, r"shape \(b, \*, 8\), got \(8,\)"),
    (nn.EquiNormConv2d, (2, 4, 3), (0, 2, 6, 6), ValueError, "input must not be empty, got"),
    (nn.EquiNormConv2d, (2, 4, 3), (5, 1, 6, 6), ValueError, r"\(b, 2, h, w\), got \(5, 1, 6, 6\)"),
    (nn.EquiNormConv2d, (2, 4, 3), (5, 2, 2, 2), RuntimeError, "Kernel size"),
]


@pytest.mark.parametrize(("kind", "sizes", "shape", "error", "message"), INPUTS)
def test_input_that_is_refused_leaves_no_trace(kind, sizes, shape, error, message, device):
    layer = kind(*sizes, device=device)
    before = copy.deepcopy(layer.state_dict())
    refuses(error, message, layer, torch.ones(shape, device=device))
    for name, value in layer.state_dict().items():
        assert torch.equal(value, before[name])


def test_weights_that_do_not_balance_leave_no_trace():
    layer = nn.EquiNormLinear(8, 4)
    with torch.no_grad():
        layer.weight.fill_(0.3)
    refuses(ValueError, "cannot be balanced", layer, torch.ones(5, 8))
    assert torch.equal(layer.running_mean, torch.ones(8))
    assert int(layer.num_batches_tracked) == 0
    with pytest.raises(TypeError, match=r"floating-point numbers, got torch\.int64"):
        layer(torch.ones(5, 8, dtype=torch.int64))


@pytest.mark.parametrize(
    ("kind", "sizes"), [(nn.EquiNormLinear, (5, 4)), (nn.EquiNormConv2d, (2, 4, 3))]
)
def test_reset_is_as_new(kind, sizes, draw):
    layer = kind(*sizes)
    layer(draw(*((6, 5) if len(sizes) == 2 else (6, 2, 6, 6))).abs())
    with torch.no_grad():
        layer.gain.fill_(3.0)
        layer.bias.fill_(3.0)
    torch.manual_seed(1)
    layer.reset_parameters()
    torch.manual_seed(1)
    new = kind(*sizes)
    for name, value in new.state_dict().items():
        assert torch.equal(layer.state_dict()[name], value)
    # the first random numbers go to the weights, as in torch's layers
    torch.manual_seed(1)
    plain = (torch.nn.Linear if len(sizes) == 2 else torch.nn.Conv2d)(*sizes, bias=False)
    assert torch.equal(new.weight.abs(), plain.weight.abs())


@pytest.mark.parametrize(
    ("kind", "sizes"), [(nn.EquiNormLinear, (2, 50)), (nn.EquiNormConv2d, (2, 4, 3))]
)
def test_layers_are_made_without_memory_first(kind, sizes):
    layer = kind(*sizes, device="meta")
    assert layer.weight.is_meta
    layer.to_empty(device="cpu").reset_parameters()
    rows = layer.weight.flatten(1)
    assert bool((rows.min(1).values * rows.max(1).values < 0).all())
    assert torch.equal(layer.running_mean, torch.ones(2))


def test_nan_comes_out_as_nan(draw):
    layer, x = nn.EquiNormLinear(6, 4), draw(8, 6).abs()
    x[1, 2] = torch.nan
    assert torch.isnan(layer(x)).all()


@pytest.mark.parametrize(("gap", "sound"), [(256, False), (260, True)])
@pytest.mark.parametrize("copies", [1, 64])
def test_the_same_rounding_is_allowed_in_a_layer_of_many_samples(gap, sound, copies):
    layer = nn.EquiNormLinear(2, 1, dtype=torch.float64)
    half = gap * torch.finfo(torch.float64).eps
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1 + half, 1 - half]], dtype=torch.float64))
    x = torch.ones(copies, 2, dtype=torch.float64)
    if sound:
        assert not layer(x).isnan().any()
    else:
        refuses(ValueError, "cannot be balanced", layer, x)

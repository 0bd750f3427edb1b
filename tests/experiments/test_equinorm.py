"""The EquiNorm paper's training: its networks, schedules and mixup, and its own scale on a CPU."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from normtheory import data
from normtheory.claims.equinorm.sizes import DEEP as DEEP_BLOCKS
from normtheory.claims.equinorm.sizes import WIDE as WIDE_BLOCKS
from normtheory.experiments import catalogue
from normtheory.experiments.equinorm import curves
from normtheory.experiments.equinorm.curves import DEPTHS, mixed_loss
from normtheory.experiments.equinorm.network import NORMALIZATIONS, ResidualNetwork
from normtheory.experiments.equinorm.settings import DEEP, WIDE, run
from normtheory.nn import EquiNormConv2d
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.network_sizes import residual_network_size

pytestmark = pytest.mark.usefixtures("bundled")

IDS = [f"equinorm.{name}" for name in ("fig2", "quarter-batch", "fig3", "fig4", "mixup")]
RNG = np.random.default_rng(0)
SMALL = {"blocks": [1, 1, 1], "planes": 4, "groups": 2}


@pytest.mark.parametrize(
    ("network", "blocks", "block", "millions"),
    [(WIDE, WIDE_BLOCKS, "basic", 9.7), (DEEP, DEEP_BLOCKS, "bottleneck", 58.1)],
)
def test_networks_have_the_sizes_of_the_claim(network, blocks, block, millions):
    size = residual_network_size(blocks, network["planes"], block=block)
    with torch.device("meta"):
        model = ResidualNetwork("BN", **network)
    assert sum(parameter.numel() for parameter in model.parameters()) == size.parameters
    assert round(size.parameters / 1e6, 1) == millions
    kernels = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(kernels) == size.convolutions + size.shortcuts


@pytest.mark.parametrize("bottleneck", [False, True])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_each_convolution_has_inputs_that_are_not_negative(normalization, bottleneck):
    torch.manual_seed(0)
    model = ResidualNetwork(normalization, **SMALL, passes=2, bottleneck=bottleneck)
    seen = []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            assert isinstance(module, EquiNormConv2d) == (normalization == "EquiNorm")
            module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].min()))
    scores = model(torch.rand(8, 3, 16, 16))
    assert scores.shape == (8, 10)
    assert len(seen) == (13 if bottleneck else 9)
    assert min(seen) >= 0


def test_unknown_parts_are_refused():
    with pytest.raises(ValueError, match="normalization must be one of BN, GN, EquiNorm, got 'LN'"):
        ResidualNetwork("LN", **SMALL)
    model, batch = ResidualNetwork("BN", **SMALL), (torch.rand(2, 3, 8, 8), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="kind must be one of none, mixup, manifold, got 'cut'"):
        mixed_loss(model, *batch, "cut", 1.0, RNG)
    with pytest.raises(ValueError, match=r"alpha must be positive, got 0\.0"):
        mixed_loss(model, *batch, "mixup", 0.0, RNG)


class Recorder:
    """A model that gives back its mixed input, and keeps it with its depth."""

    def __init__(self):
        self.inputs, self.depths = [], []

    def __call__(self, input, mix=None, depth=0):
        self.inputs.append(input if mix is None else mix(input))
        self.depths.append(depth)
        return self.inputs[-1]


def mixed(kind, alpha, draws):
    """The losses of `draws` batches, each a permuted identity, and what the model was given."""
    model, rng = Recorder(), np.random.default_rng(0)
    rows, targets = torch.eye(6), torch.arange(6)
    return model, [mixed_loss(model, rows, targets, kind, alpha, rng) for _ in range(draws)]


@pytest.mark.parametrize("kind", ["mixup", "manifold"])
def test_losses_are_mixed_by_the_share_of_the_rows(kind):
    model, losses = mixed(kind, 1.0, 50)
    moved = 0
    for scores, loss in zip(model.inputs, losses, strict=True):
        # row i is the share of e_i and the rest of another unit vector: its own soft target
        np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-6)
        moved += bool((scores.diagonal() < 1 - 1e-6).any())
        np.testing.assert_allclose(loss, F.cross_entropy(scores, scores), rtol=1e-5)
    assert moved > 45


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_shares_follow_the_beta_law(alpha):
    model, _ = mixed("mixup", alpha, 3000)
    # a row that kept another's share shows it on the diagonal; one that stayed shows 1
    shares = np.array([float(scores.diagonal().min()) for scores in model.inputs])
    shares = shares[shares < 1]
    squares = (shares - 0.5) ** 2
    variance = {a: 1 / (4 * (2 * a + 1)) for a in (1.0, 2.0)}
    for values, right, wrong in (
        (shares, 0.5, 0.55),
        (squares, variance[alpha], variance[3 - alpha]),
    ):
        found = Estimate(values.mean(), values.std(ddof=1) / np.sqrt(len(values)), len(values))
        assert found.agrees(right), found
        assert not found.agrees(wrong), found


def test_where_each_kind_mixes():
    assert set(mixed("mixup", 1.0, 40)[0].depths) == {0}
    assert set(mixed("manifold", 1.0, 40)[0].depths) == set(range(DEPTHS))
    model, losses = mixed("none", 1.0, 1)
    torch.testing.assert_close(losses[0], F.cross_entropy(torch.eye(6), torch.arange(6)))
    assert torch.equal(model.inputs[0], torch.eye(6))


def test_depth_counts_stages():
    model = ResidualNetwork("BN", **SMALL).eval()
    rows, shapes = torch.rand(2, 3, 16, 16), []
    for depth in range(DEPTHS):
        model(rows, lambda h: shapes.append(tuple(h.shape[1:])) or h, depth)
    assert shapes == [(3, 16, 16), (4, 16, 16), (8, 8, 8)]


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_the_papers_scale_runs_with_a_narrow_network_on_few_images(id):
    paper = catalogue.experiment(id).scale("paper").configuration
    network = {**paper["network"], "blocks": [1, 1, 1], "planes": 8, "groups": 2}
    small = {**paper, "network": network, "rows": 32, "batch": 16, "epochs": 1}
    arrays = run(small, 0, "cpu")
    for name in ("train", "test", "accuracy"):
        assert arrays[name].shape == (len(paper["systems"]), 2)
        assert np.isfinite(arrays[name]).all()


@pytest.mark.slow
def test_systems_start_alike_learn_and_repeat_themselves():
    toy = catalogue.experiment("equinorm.quarter-batch").scale("toy").configuration
    settings = {**toy, "rows": 128, "batch": 32, "epochs": 4}
    settings["systems"] = [["EquiNorm", "none"], ["quarter", "none"], ["EquiNorm", "mixup"]]
    arrays = run(settings, 0, "cpu")
    again = run({**settings, "systems": settings["systems"][2:]}, 0, "cpu")
    for name, values in arrays.items():
        np.testing.assert_array_equal(values[2:], again[name])
    whole, quarter, mixup = arrays["train"]
    assert whole[0] == mixup[0] and whole[-1] != mixup[-1] != quarter[-1] != whole[-1]
    assert (arrays["train"][:, -1] < arrays["train"][:, 0]).all()
    other = run({**settings, "systems": settings["systems"][:1]}, 1, "cpu")
    assert other["train"][0, -1] != whole[-1]


def test_black_pixels_are_zero_and_pooling_averages(monkeypatch):
    pixels = np.random.default_rng(0).uniform(-2, 2, (40, 3, 32, 32)).astype(np.float32)
    labels = np.zeros(40, np.int64)
    loaded = data.Classification(
        name="cifar10",
        origin="files",
        note="",
        x_train=pixels,
        y_train=labels,
        x_test=pixels[:4],
        y_test=labels[:4],
        classes=10,
    )
    low = pixels.min((0, 2, 3), keepdims=True)
    for pool in (1, 4):
        with monkeypatch.context() as patch:
            patch.setattr(data, "load", lambda name, origin=None: loaded)
            x, _, test, _ = curves.positive_images({"rows": 30, "pool": pool}, "cpu")
        side = 32 // pool
        means = (pixels - low).reshape(40, 3, side, pool, side, pool).mean((3, 5))
        np.testing.assert_allclose(x, means[:30], atol=1e-5)
        np.testing.assert_allclose(test, means[:4], atol=1e-5)


@pytest.mark.parametrize("augment", [False, True])
def test_the_schedule_sets_the_rate_of_each_step_and_crops_are_taken_where_asked(
    monkeypatch, augment
):
    shares, cropped = [], []
    monkeypatch.setitem(curves.SCHEDULES, "still", lambda share: shares.append(share) or (0.0, 0.9))
    monkeypatch.setattr(curves, "augmented", lambda x, generator: cropped.append(len(x)) or x)
    toy = catalogue.experiment("equinorm.fig2").scale("toy").configuration
    still = {**toy, "schedule": "still", "augment": augment, "systems": [["GN", "none"]]}
    arrays = run({**still, "rows": 64, "batch": 32, "epochs": 2}, 0, "cpu")
    assert shares == [0.0, 0.25, 0.5, 0.75]
    assert cropped == [32] * 4 * augment
    for curve in arrays.values():
        assert (curve == curve[:, :1]).all()

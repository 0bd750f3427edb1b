"""The suite's own experiments: what they choose, count and fold, by hand and by another route."""

import numpy as np
import pytest

from normtheory.experiments.catalogue import experiment
from normtheory.experiments.suite import batch_size, inference, loss_weights, transformer


def measured(id, name, arrays):
    return next(each for each in experiment(id).findings if each.name == name).measure(arrays)


# batch sizes


@pytest.fixture
def by_size():
    """13 methods, sizes 2, 16 and 256, two rates, samples and steps: all wrong."""
    accuracy = np.zeros((13, 3, 2, 2))
    return {"accuracy": accuracy, "held": accuracy.copy(), "size": np.array([2, 16, 256])}


def test_a_method_is_judged_at_the_rate_that_is_best_on_rows_held_out(by_size):
    bn = batch_size.METHODS.index("BN")
    by_size["accuracy"][bn, 2, :, batch_size.STEPS] = 0.9, 0.4
    by_size["held"][bn, 2, :, batch_size.STEPS] = 0.3, 0.5  # the test rows would choose the first
    assert batch_size.own(by_size, ["BN"], 256, batch_size.STEPS) == pytest.approx(40)
    assert batch_size.own(by_size, ["BN"], 300, batch_size.STEPS) == pytest.approx(40)
    assert batch_size.own(by_size, ["BN"], 256, batch_size.SAMPLES) == 0
    assert batch_size.own(by_size, ["BN"], 16, batch_size.STEPS) == 0
    assert measured("suite.batch-size", "bn-drops", by_size) == pytest.approx(40)
    assert measured("suite.batch-size", "large", by_size) == pytest.approx(40)


def test_of_several_losses_each_has_its_own_rate_and_counts_alike(by_size):
    first, second = (batch_size.METHODS.index(loss) for loss in batch_size.LOSSES[:2])
    by_size["accuracy"][first, 0, 0, batch_size.STEPS] = 0.9
    by_size["accuracy"][second, 0, 1, batch_size.STEPS] = 0.5
    by_size["held"][second, 0, 1, batch_size.STEPS] = 0.1
    # 90, 50 and twice 0
    assert measured("suite.batch-size", "losses", by_size) == pytest.approx(35)
    assert measured("suite.batch-size", "credit", by_size) == pytest.approx(35)


def test_at_equal_samples_a_smaller_batch_takes_more_steps(monkeypatch):
    from normtheory.experiments import race

    monkeypatch.setattr(race, "looks", lambda *given: iter(given[4]))
    monkeypatch.setattr(race, "shares", lambda mark, *given: (mark, mark))
    place = batch_size._TOY, (), 0
    assert batch_size._reached("none", 2, 0.1, *place) == [(384, 384), (60, 60)]
    assert batch_size._reached("none", 256, 0.1, *place) == [(3, 3), (60, 60)]


# weights of losses


@pytest.fixture
def weighed():
    """Three weights, of which the rows held out choose the middle one everywhere."""
    held = np.tile([0.1, 0.9, 0.2], (4, 2, 2, 1))
    accuracy = np.tile([0.795, 0.8, 0.5], (4, 2, 2, 1))
    weight = np.array([1e-3, 1e-2, 1e-1])
    return {"held": held, "accuracy": accuracy, "weight": weight, "plain": np.full((2, 2), 0.7)}


def test_harmless_weights_cost_at_most_a_point(weighed):
    assert loss_weights.harmless(weighed) == 2
    # the first weight is a point short of one, both of the other
    weighed["plain"][0] = 0.805, 0.811
    assert loss_weights.harmless(weighed) == pytest.approx((1 + 2 + 2) / 4)
    assert measured("suite.loss-weights", "range", weighed) == loss_weights.harmless(weighed)


def test_the_small_network_chooses_loss_and_weight_for_the_large_one(weighed):
    assert measured("suite.loss-weights", "helps", weighed) == pytest.approx(10)
    weighed["held"][2, 0, 0] = 0, 0, 0.95
    weighed["accuracy"][2, -1, -1, 2] = 0.6
    assert loss_weights.gain(weighed) == pytest.approx(-10)
    weighed["held"][3, 0, 1, 0] = 1  # of another batch
    assert loss_weights.gain(weighed) == pytest.approx(-10)


def test_what_a_weight_costs_in_another_network_is_counted_between_choices_of_other_runs(weighed):
    assert loss_weights.regret(weighed, 0) == loss_weights.regret(weighed, 1) == 0
    weighed["held"][1, 0, 1] = 0, 0, 1  # narrow, large batch: the last weight is chosen
    weighed["accuracy"][1, 1, 0, 2] = 0.6
    # at the wide network and small batch it costs 20 points, of one loss of four and one batch of 2
    assert loss_weights.regret(weighed, 0) == pytest.approx(20 / 8)
    # at the wide network and large batch the weight of the narrow one and large batch is worse
    assert loss_weights.regret(weighed, 1) == pytest.approx(-30 / 8)
    assert measured("suite.loss-weights", "width", weighed) == pytest.approx(20 / 8)
    assert measured("suite.loss-weights", "batch", weighed) == pytest.approx(-30 / 8)


def test_one_weight_for_all_is_compared_with_one_chosen_elsewhere(weighed):
    assert measured("suite.loss-weights", "default", weighed) == 0
    weighed["held"][2, 0, 0] = 0.1, 0.2, 0.9
    weighed["accuracy"][2, 1, 1, 2] = 1.0
    # 20 points at one place of four, of one loss of four
    assert loss_weights.fixed(weighed, 0.01) == pytest.approx(20 / 16)


# a transformer


@pytest.fixture
def texts():
    """Two rates; all perplexities 20, but what is set."""
    count = len(transformer.METHODS)
    arrays = {"valid": np.full((count, 2), 20.0), "test": np.full((count, 2), 20.0)}
    costs = {f"{each} cost": np.ones(count) for each in ("step", "inference")}
    return arrays | costs


def test_validation_chooses_and_the_test_text_judges(texts):
    row = transformer.METHODS.index("pre-LN")
    texts["valid"][row] = 12, 11
    texts["test"][row] = 10, 15
    assert transformer.chosen(texts, "pre-LN") == 15
    assert transformer.chosen(texts, "none", "pre-LN") == 15
    assert transformer.band(texts, "pre-LN") == 1 and transformer.band(texts, "none") == 0
    assert measured("suite.transformer", "pre-LN", texts) == pytest.approx(-25)
    texts["inference cost"][row] = 1.2
    texts["step cost"][row] = 0.5
    assert measured("suite.transformer", "inference", texts) == pytest.approx(1.2)
    assert measured("suite.transformer", "step", texts) == pytest.approx(2)


SMALL = {**transformer._TOY, "width": 8, "layers": 2, "length": 6}


def test_normalization_stands_where_its_name_says():
    import torch
    from torch import nn

    from normtheory.experiments.suite.transformer_network import Transformer

    def kinds(method):
        model = Transformer(method, SMALL, 11)
        blocks = [(type(each.read), type(each.after)) for each in model.blocks]
        return blocks, type(model.last)

    none, layer = nn.Identity, nn.LayerNorm
    assert kinds("none") == ([(none, none)] * 4, none) == kinds("VCL")
    assert kinds("pre-LN") == ([(layer, none)] * 4, layer)
    assert kinds("post-LN") == ([(none, layer)] * 4, none)
    assert kinds("RMSNorm") == ([(nn.RMSNorm, none)] * 4, nn.RMSNorm)
    # no score knows a later character
    model, tokens = Transformer("pre-LN", SMALL, 11), torch.arange(6)[None]
    changed = tokens.clone()
    changed[0, 4] = 9
    torch.testing.assert_close(model(tokens)[:, :4], model(changed)[:, :4])
    assert (model(tokens)[:, 4:] != model(changed)[:, 4:]).any()


@pytest.mark.parametrize("loss", transformer.LOSSES)
def test_a_loss_stands_where_the_stream_is_read_and_moves_the_step(loss):
    import torch

    from normtheory.experiments.suite.transformer_network import Trainee

    tokens = torch.arange(24).view(4, 6) % 11
    made = {
        weight: Trainee(loss, SMALL, 11, "cpu", rate=0.1, weight=weight, seed=0)
        for weight in (0.0, 1.0)
    }
    assert made[1.0]._handle.layers == (*(f"blocks.{k}.read" for k in range(4)), "last")
    losses = [trainee.step(tokens, tokens.roll(1, 1)) for trainee in made.values()]
    assert losses[0] == losses[1]  # both start alike
    place = [trainee.model.place.weight for trainee in made.values()]
    assert not torch.equal(*place)


def test_perplexity_is_that_of_even_scores_and_of_a_lost_network():
    import torch
    from torch import nn

    from normtheory.experiments.suite.transformer_network import Trainee, perplexity

    trainee = Trainee("none", SMALL, 11, "cpu", rate=0.1, weight=0.0, seed=0)
    nn.init.zeros_(trainee.model.decoder.weight)
    nn.init.zeros_(trainee.model.decoder.bias)
    text = torch.arange(31) % 11
    assert perplexity(trainee, text, SMALL) == pytest.approx(11, rel=1e-5)
    nn.init.constant_(trainee.model.decoder.bias, float("nan"))
    assert perplexity(trainee, text, SMALL) == pytest.approx(np.exp(20))


# inference


@pytest.fixture(scope="module")
def networks():
    """Trained for a few steps, in evaluation mode."""
    from normtheory.experiments.race import digits
    from normtheory.experiments.suite import inferring

    tensors = digits({}, "cpu")
    small = {**inference._TOY, "width": 16, "depth": 2, "steps": 10, "rates": [0.02]}
    models = {m: inferring._trained(m, small, tensors, 0) for m in inference.METHODS}
    return models, tensors[2:]


@pytest.mark.parametrize("method", inference.METHODS)
def test_what_is_folded_gives_the_same_by_linear_layers(networks, method):
    import torch
    from torch import nn

    from normtheory.experiments.suite.inferring import folded

    models, (x, _) = networks
    model = models[method]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    made = folded(model)
    with torch.no_grad():
        torch.testing.assert_close(made(x), model(x), rtol=1e-4, atol=1e-5)
    after = model.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    linear = [type(layer) for layer in made if not isinstance(layer, nn.ReLU)]
    if method in inference._FOLDED:
        assert linear == [nn.Linear] * 3
    elif method in inference._NOT_FOLDED:
        assert len(linear) == 5


def test_statistics_of_the_batch_are_those_of_their_rows_alone(networks):
    import torch

    from normtheory.experiments.suite.inferring import by_batches

    models, (x, y) = networks
    model = models["BN"]
    before = [each.clone() for each in model.state_dict().values()]
    share = by_batches(model, x, y, 2)
    rows = x[: len(x) // 2 * 2].view(-1, 2, 64)
    with torch.no_grad():
        found = torch.cat([torch.func.functional_call(model.train(), {}, (two,)) for two in rows])
    model.eval()
    assert share == pytest.approx(float((found.argmax(1) == y[: len(found)]).float().mean()))
    model.load_state_dict(dict(zip(model.state_dict(), before, strict=True)))
    # a network without statistics does not mind
    plain = models["LN"]
    with torch.no_grad():
        right = (plain(x[:448]).argmax(1) == y[:448]).float().mean()
    assert by_batches(plain, x, y, 64) == by_batches(plain, x, y, 2) == pytest.approx(float(right))


def test_findings_on_inference_read_their_regimes():
    count = len(inference.METHODS)
    arrays = {
        "accuracy": np.zeros((count, len(inference.REGIMES))),
        "inference cost": np.ones((count, 2, 2)),
    }
    bn = inference.METHODS.index("BN")
    arrays["accuracy"][bn] = 0.9, 0.8, 0.3, 0.4, 0.5, 0.7
    expected = {"pairs": 60, "sorted": 50, "adapts": 20, "brighter": 40}
    found = {name: measured("suite.inference", name, arrays) for name in expected}
    assert found == pytest.approx(expected)
    arrays["inference cost"][bn] = [[1.5, 1.1], [3.0, 3.0]]
    assert measured("suite.inference", "unfolded", arrays) == 1.5
    assert measured("suite.inference", "folded", arrays) == pytest.approx(3.1 / 3)
    arrays["inference cost"][inference.METHODS.index("GN"), 0] = 9.0, 2.5
    assert measured("suite.inference", "rowwise", arrays) == pytest.approx(1.5)


# convolutions


@pytest.mark.parametrize("method", inference.METHODS)
def test_convolutions_train_with_every_method(method):
    import torch
    from torch import nn

    from normtheory.experiments.race import digits
    from normtheory.experiments.systems import System

    x, y, *_ = digits({}, "cpu")
    system = System(
        *(method, x[:100], 10),
        **{"width": 8, "depth": 2, "rate": 0.02, "momentum": 0.9, "side": 8},
        standardized=True,
        generator=torch.Generator().manual_seed(0),
    )
    assert sum(isinstance(layer, nn.Conv2d) for layer in system.model) == 2
    first, *_, last = [system.step(x[:100], y[:100]) for _ in range(40)]
    assert last < first

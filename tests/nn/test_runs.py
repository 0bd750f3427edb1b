"""Records belong to one run of one model: shared parts, views, checkpointing, modes, copies."""

import copy
import gc
import io
import pickle
import threading
import weakref

import pytest
import torch
from torch import nn as torch_nn
from torch.func import functional_call, grad, hessian, jvp, vmap
from torch.optim.swa_utils import AveragedModel
from torch.utils.checkpoint import checkpoint

from normtheory import nn
from tests.nn import cases
from tests.nn.cases import Network
from tests.refused import refuses

LOSS = nn.StandardizationLoss()


def network():
    return cases.network(torch_nn.Tanh, 6, 8, 8, 3, seed=1)


def plain(model, x, loss=LOSS):
    """Output and penalty without a regularizer."""
    first = functional_linear(model[0], x)
    second = functional_linear(model[2], first.tanh())
    return functional_linear(model[4], second.tanh()), loss(first) + loss(second)


def functional_linear(layer, x):
    return torch_nn.functional.linear(x, layer.weight, layer.bias)


def gradients(total, model):
    return torch.autograd.grad(total, list(model.parameters()))


def require_gradients(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=2e-5, atol=1e-7)


def pair(encoder):
    """An encoder and a head of its own."""
    head = torch_nn.Linear(3, 2)
    return Network(lambda self, x: self.head(self.encoder(x)), encoder=encoder, head=head)


def test_two_models_on_one_encoder_do_not_meet(draw):
    encoder = network()
    one, two = pair(encoder), pair(encoder)
    a = nn.regularize(one, LOSS, ["encoder.0", "encoder.2"])
    b = nn.regularize(two, LOSS, ["encoder.0", "encoder.2"])
    x, y = draw(12, 6), draw(12, 6)
    one(x)
    two(y)
    torch.testing.assert_close(a.penalty(), plain(encoder, x)[1])
    torch.testing.assert_close(b.penalty(), plain(encoder, y)[1])
    two(x)
    a.clear()
    refuses(RuntimeError, "nothing to penalise: the runs were cleared", a.penalty)


def test_an_encoder_alone_leaves_nothing(draw):
    model = pair(network())
    handle = nn.regularize(model, LOSS, ["encoder.0", "encoder.2"])
    seen = []
    model.encoder[0].register_forward_hook(lambda m, i, output: seen.append(weakref.ref(output)))
    for _ in range(5):
        model.encoder(draw(12, 6))
    assert [each() for each in seen] == [None] * 5
    refuses(RuntimeError, "has not run since it was regularized", handle.penalty)
    x = draw(12, 6)
    model(x)
    model.encoder(draw(12, 6))
    torch.testing.assert_close(handle.penalty(), plain(model.encoder, x)[1])


def test_a_step_s_activations_are_freed_without_the_garbage_collector(draw):
    model, seen = network(), []
    handle = nn.regularize(model, LOSS)
    model[0].register_forward_hook(lambda m, i, output: seen.append(weakref.ref(output)))
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            (model(draw(12, 6)).square().mean() + handle.penalty()).backward()
            assert seen.pop()() is None
        model(draw(12, 6))  # neither asked for nor differentiated
        model.last = model(draw(12, 6))
        assert seen.pop(0)() is None
    finally:
        gc.enable()


def test_a_penalty_is_read_as_often_as_wanted(draw):
    model, x = network(), draw(12, 6)
    generator = torch.Generator().manual_seed(0)
    handle = nn.regularize(model, nn.SlicedWassersteinLoss(8, generator=generator))
    model(x)
    with torch.no_grad():
        logged = handle.penalty().item()
    penalty = handle.penalty()
    assert penalty.item() == logged == pytest.approx(sum(handle.layer_values().values()).item())
    assert list(handle.layer_values()) == ["0", "2"]
    assert not any(value.requires_grad for value in handle.layer_values().values())
    penalty.backward()
    assert handle.penalty().item() == logged
    model(x)
    assert handle.penalty().item() != logged  # other directions


@pytest.mark.parametrize(
    ("weights", "factors"),
    [(0.5, [(0.5, 0.5)] * 2), ({"2": 3.0}, [(1, 3)] * 2),
     (lambda step: 0.1 * (step + 1), [(0.1, 0.1), (0.2, 0.2)]),
     (lambda step: {"0": float(step), "2": 1.0}, [(0, 1), (1, 1)])],
)  # fmt: skip
def test_weights_of_layers_and_a_schedule(weights, factors, draw):
    model = network()
    handle = nn.regularize(model, LOSS, weights=weights)
    for first, second in factors:
        model(draw(12, 6))
        values = handle.layer_values()
        for _ in range(2):
            expected = first * values["0"] + second * values["2"]
            torch.testing.assert_close(handle.penalty(), expected)
    assert ("step" in handle.state_dict()) == callable(weights)
    handle.weights = 0.0
    assert handle.penalty() == 0
    handle.weights = lambda step: {"0": 2.0}
    torch.testing.assert_close(handle.penalty(), 2 * values["0"] + values["2"])
    with pytest.raises(ValueError, match="weights must name regularized layers"):
        handle.weights = {"9": 1.0}
    with pytest.raises(TypeError, match="weights, or each of them, must be a number"):
        handle.weights = "1"
    with pytest.raises(TypeError, match=r"weights, a schedule, is called as f\(step\)"):
        handle.weights = lambda: 1.0


def test_a_schedule_that_fails_counts_no_step(draw):
    model = network()
    handle = nn.regularize(model, LOSS, weights=lambda step: "1")
    model(draw(12, 6))
    for _ in range(2):
        refuses(TypeError, "weights, or each of them, must be a number", handle.penalty)
    assert handle.step == 0


def test_outputs_are_copied_only_where_something_changes_them_in_place(draw):
    def run(self, x):
        first = self.body[0](x)
        second = self.body[2](torch.tanh_(first))
        if self.change:
            self.change(second)
        return self.body[4](second.tanh())

    model, x = Network(run, body=network(), change=None), draw(12, 6)
    handle, outputs = nn.regularize(model, LOSS, ["body.0", "body.2"]), []
    model.body[2].register_forward_hook(lambda m, i, output: outputs.append(output))
    expected = plain(model.body, x)[1]

    def untracked(h):
        with torch.no_grad():
            h.mul_(2)

    for _ in range(2):
        model(x)
        copied = [calls[0] is not outputs[-1] for calls in handle._runs.finished[0]]
        torch.testing.assert_close(handle.penalty(), expected)
    assert copied == [True, False]
    for change in (lambda h: h.mul_(2), lambda h: h[:2].zero_(), untracked):
        model.change = change
        model(x)
        refuses(RuntimeError, r"output of 'body\.2' was changed in place, for the", handle.penalty)
        for _ in range(2):
            model(x)
            torch.testing.assert_close(handle.penalty(), expected)
        handle.remove()
        model.change = None
        handle = nn.regularize(model, LOSS, ["body.0", "body.2"])
        for _ in range(2):
            model(x)
            handle.penalty()


def test_a_mode_with_other_operations_in_place_is_learnt_anew(draw):
    def run(self, x):
        first = self.body[0](x)
        return self.body[1:](first if self.training else first.mul_(1.0))

    model, x = Network(run, body=network()), draw(12, 6)
    handle = nn.regularize(model, LOSS, ["body.0", "body.2"], when="always")
    for training in (True, False, True):
        model.train(training)
        for _ in range(2):
            model(x)
            torch.testing.assert_close(handle.penalty(), plain(model.body, x)[1])


def test_views_are_summed_or_averaged_as_asked(draw):
    x, y = draw(12, 6), draw(12, 6)
    for views, combine in (
        ("sum", lambda a, b: a + b), ("mean", lambda a, b: (a + b) / 2), ("last", lambda a, b: b)
    ):  # fmt: skip
        model = network()
        handle = nn.regularize(model, LOSS, views=views)
        for _ in range(2):  # the second step has nothing of the first
            (one, a), (two, b) = plain(model, x), plain(model, y)
            wanted = gradients(one.square().mean() + two.mean() + combine(a, b), model)
            total = model(x).square().mean() + model(y).mean()
            torch.testing.assert_close(handle.penalty(), combine(a, b))
            require_gradients(gradients(total + handle.penalty(), model), wanted)
        shown = sum(handle.layer_values().values())
        torch.testing.assert_close(shown, combine(a, b))


def test_views_that_nobody_explained_are_an_error(draw):
    model = network()
    handle = nn.regularize(model, LOSS)
    model(draw(12, 6)), model(draw(12, 6))
    refuses(RuntimeError, r"ran 2 times since .*views='sum'\), 'mean' or 'last'", handle.penalty)
    # but steps that ask for no penalty are over with their backward pass
    for views in (None, "sum", "mean"):
        model, x = network(), draw(12, 6)
        handle = nn.regularize(model, LOSS, views=views)
        for _ in range(3):
            model(draw(12, 6)).sum().backward()
        model(x)
        torch.testing.assert_close(handle.penalty(), plain(model, x)[1])


@pytest.mark.parametrize("views", [None, "sum", "mean"])
def test_a_penalty_that_was_refused_ends_its_step(views, draw):
    model, x = torch_nn.Sequential(torch_nn.Linear(3, 4), torch_nn.Linear(4, 2)), draw(5, 4, 3)
    handle = nn.regularize(model, LOSS, views=views)
    for runs, wrong in ((1, torch.zeros(4, 5).bool()), (2, None) if views is None else (1, 3)):
        for _ in range(runs):
            model(x)
        with pytest.raises((ValueError, TypeError, RuntimeError), match=r"mask must|ran 2 times"):
            handle.penalty(mask=wrong)
    model(x)
    torch.testing.assert_close(handle.penalty(), LOSS(model[0](x).flatten(0, 1)))


def test_each_view_has_a_mask_of_its_own(draw):
    model = torch_nn.Sequential(torch_nn.Linear(3, 4), torch_nn.Linear(4, 2))
    handle, x, y = nn.regularize(model, LOSS, views="sum"), draw(5, 4, 3), draw(5, 4, 3)
    masks = [torch.rand(5, 4) < 0.3 for _ in range(2)]
    model(x), model(y)
    expected = sum(LOSS(model[0](h)[~m]) for h, m in zip((x, y), masks, strict=True))
    torch.testing.assert_close(handle.penalty(mask=masks), expected)
    torch.testing.assert_close(handle.penalty(), expected)
    refuses(ValueError, "mask must be that of the first reading", handle.penalty, mask=masks[0])
    model(x)
    refuses(ValueError, "mask must be one, or one for each of 1 views", handle.penalty, mask=masks)


def test_modes(draw):
    model, x = network(), draw(12, 6)
    handle = nn.regularize(model, LOSS)
    model(x)
    model.eval()
    model(x)
    refuses(RuntimeError, r"last ran in evaluation mode, .*when='always'", handle.penalty)
    model.train()
    with torch.no_grad():
        model(x)
    refuses(RuntimeError, "last ran without gradients", handle.penalty)
    handle.remove()
    refuses(RuntimeError, "this regularizer was removed", handle.penalty)
    always, expected = nn.regularize(model.eval(), LOSS, when="always"), plain(model, x)[1]
    with torch.no_grad():
        model(x)
    torch.testing.assert_close(always.penalty(), expected)
    assert not always.penalty().requires_grad


@pytest.mark.parametrize("how", ["eval", "requires_grad", "no_grad"])
def test_frozen_layers(how, draw):
    def run(self, x):
        with torch.set_grad_enabled(how != "no_grad"):
            first = self.body[0](x)
        return self.body[1:](first)

    model, x = Network(run, body=network()), draw(12, 6)
    layer = model.body[0]
    layer.eval() if how == "eval" else layer.requires_grad_(False)
    first = functional_linear(layer, x)
    second = functional_linear(model.body[2], first.tanh())
    for frozen, expected in (("count", LOSS(first) + LOSS(second)), ("skip", LOSS(second))):
        with nn.regularize(model, LOSS, frozen=frozen) as handle:
            model(x)
            torch.testing.assert_close(handle.penalty(), expected)


def test_where_all_is_frozen_there_is_no_penalty(draw):
    model = network().requires_grad_(False)
    handle = nn.regularize(model, LOSS, frozen="skip", weights=lambda step: 1.0)
    model(draw(12, 6))
    assert handle.penalty() == 0
    assert handle.layer_values() == {}
    assert handle.step == 1


def test_a_model_that_runs_in_two_threads_is_refused(draw):
    """Halfway through one run another begins, and ends with an error that leaves the first alone;
    a penalty is read by the thread that has run the model."""
    raised, model, x = [], network(), draw(12, 6)

    def elsewhere(*called):
        try:
            called[0](*called[1:])
        except RuntimeError as error:
            raised.append(str(error))

    def run(self, x):
        for called in [(model, x)] * first + [(model.body[2], draw(12, 8))] * first:
            thread = threading.Thread(target=elsewhere, args=called)
            thread.start()
            thread.join()
        return self.body(x)

    first, model = True, Network(run, body=model)
    handle = nn.regularize(model, LOSS)
    model(x)
    assert len(raised) == 1
    torch.testing.assert_close(handle.penalty(), plain(model.body, x)[1])
    first = False
    thread = threading.Thread(target=elsewhere, args=(model, x))
    thread.start()
    thread.join()
    assert len(raised) == 1
    refuses(RuntimeError, "copies of model and regularizer", handle.penalty)
    assert "give each thread copies" in raised[0]


def test_a_run_that_fails_is_none(draw):
    model = network()
    handle = nn.regularize(model, LOSS)
    refuses(RuntimeError, "shapes cannot be multiplied", model, draw(12, 5))
    refuses(RuntimeError, "the model's last run ended by an error", handle.penalty)
    x = draw(12, 6)
    model(x)
    torch.testing.assert_close(handle.penalty(), plain(model, x)[1])


def test_a_model_that_calls_itself_is_refused(draw):
    def run(self, x, depth=0):
        return self(self.layer(x), 1) if depth == 0 else self.head(x)

    model = Network(run, layer=torch_nn.Linear(6, 6), head=torch_nn.Linear(6, 6))
    handle = nn.regularize(model, LOSS)
    refuses(RuntimeError, "calls itself", model, draw(12, 6))
    handle.remove()


def require_step(total, passes, model, wanted):
    """So many backward passes add up to the gradients wanted."""
    model.zero_grad()
    for left in range(passes)[::-1]:
        total.backward(retain_graph=left > 0)
    require_gradients([p.grad / passes for p in model.parameters()], wanted)


def checkpointed(reentrant):
    return Network(
        lambda self, x: checkpoint(self.body, x, use_reentrant=reentrant), body=network()
    )


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("penalty_first", [True, False])
def test_checkpoints_inside_the_model(reentrant, passes, penalty_first, draw):
    model, x = checkpointed(reentrant), draw(12, 6, requires_grad=True)
    handle = nn.regularize(model, LOSS, ["body.0", "body.2"])
    output, expected = plain(model.body, x)
    wanted = gradients(output.square().mean() + expected, model)
    for _ in range(2):
        output = model(x)
        early = handle.penalty() if penalty_first else 0
        total = output.square().mean()
        total = total + (early if penalty_first else handle.penalty())
        require_step(total, passes, model, wanted)
        torch.testing.assert_close(handle.penalty(), expected)


@pytest.mark.parametrize("passes", [1, 2])
def test_a_checkpoint_around_the_model(passes, draw):
    model, x = network(), draw(12, 6)
    handle = nn.regularize(model, LOSS)
    output, expected = plain(model, x)
    wanted = gradients(output.square().mean() + expected, model)
    for _ in range(2):
        total = checkpoint(model, x, use_reentrant=False).square().mean() + handle.penalty()
        require_step(total, passes, model, wanted)
        torch.testing.assert_close(handle.penalty(), expected)
    x.requires_grad_()
    checkpoint(model, x, use_reentrant=True)
    refuses(RuntimeError, "last ran without gradients", handle.penalty)


def test_a_penalty_that_a_reentrant_checkpoint_loses_is_said(draw):
    model, x = checkpointed(True), draw(12, 6, requires_grad=True)
    handle = nn.regularize(model, LOSS, ["body.0", "body.2"])
    model(x)
    handle.penalty().backward()  # alone: nothing recomputes the layers
    with pytest.warns(RuntimeWarning, match=r"'body\.0', 'body\.2' had no gradient"):
        model(x)


# torch's own forward mode compiles its formulas with what it deprecates
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_transforms_of_a_whole_step(draw):
    model = network()
    handle = nn.regularize(model, nn.ProjectedErrorLoss())
    parameters, x = dict(model.named_parameters()), draw(7, 6)
    loss = nn.ProjectedErrorLoss()

    def step(p, x):
        return functional_call(model, p, (x,)).square().mean() + handle.penalty()

    def hidden(p, x):
        first = x @ p["0.weight"].T + p["0.bias"]
        return first, first.tanh() @ p["2.weight"].T + p["2.bias"]

    def by_hand(p, x):
        first, second = hidden(p, x)
        output = second.tanh() @ p["4.weight"].T + p["4.bias"]
        return output.square().mean() + loss(first) + loss(second)

    transforms = {
        grad: x,
        lambda f: lambda p, x: jvp(lambda q: f(q, x), (p,), (p,)): x,
        lambda f: lambda p, x: hessian(lambda b: f({**p, "0.bias": b}, x))(p["0.bias"]): x,
        lambda f: vmap(f, (None, 0)): torch.stack([x, 2 * x]),
        lambda f: vmap(grad(f), (None, 0)): torch.stack([x, 2 * x]),
    }
    for transform, inputs in transforms.items():
        found, wanted = (transform(f)(parameters, inputs) for f in (step, by_hand))
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)
    for weights, factors in (
        (0.5, (0.5, 0.5)),
        ({"2": 3.0}, (1, 3)),
        (lambda step: 0.5, (0.5, 0.5)),
    ):
        handle.weights = weights
        value, slope = jvp(lambda x: step(parameters, x), (x,), (x,))
        losses = [
            factor * loss(h) for factor, h in zip(factors, hidden(parameters, x), strict=True)
        ]
        torch.testing.assert_close(value, model(x).square().mean() + sum(losses))
        assert slope.dtype == torch.float32
        handle.clear()
    handle.clear()
    vmap(lambda x: model(x))(torch.stack([x, x]))
    # torch's own words for a tensor that has left its transform
    refuses(RuntimeError, r"vmap|functorch", handle.penalty)
    handle.clear()
    (model(x).square().mean() + handle.penalty()).backward()


class Lightning(torch_nn.Module):
    """What a LightningModule does: the network and the handle are its attributes."""

    def __init__(self):
        super().__init__()
        self.network = network()
        self.handle = nn.regularize(self.network, lambda u: nn.VarianceConstancyLoss(u, n=3))

    def forward(self, x):
        return self.network(x)

    def training_step(self, x):
        return self(x).square().mean() + self.handle.penalty()


def saved(module):
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda module: pickle.loads(pickle.dumps(module)),
    "torch.save": saved,
    "EMA": lambda module: AveragedModel(module).module,
}


def test_a_penalty_read_outside_the_map_that_ran_the_model_is_refused(draw):
    model = network()
    with nn.regularize(model, nn.ProjectedErrorLoss()) as handle:
        vmap(model)(draw(3, 16, 6))
        refuses(RuntimeError, "penalty must be read inside the function", handle.penalty)
        model(draw(16, 6))
        assert handle.penalty() > 0


@pytest.mark.parametrize("how", list(COPIES))
def test_copies_of_a_module_that_holds_model_and_handle(how, draw):
    module, x = Lightning(), draw(12, 6)
    module.training_step(x).backward()  # with a run behind it
    other = COPIES[how](module)
    assert list(other.state_dict()) == list(module.state_dict())
    module.handle.clear()
    total = other.training_step(x)
    torch.testing.assert_close(total, module.training_step(x))
    total.backward()
    betas = [loss.beta.grad for loss in other.handle.losses]
    assert all(beta.abs().sum() > 0 for beta in betas)
    # each has runs of its own
    module.handle.clear()
    other(x)
    refuses(RuntimeError, "the runs were cleared", module.handle.penalty)
    other.handle.remove()
    assert not other.network[0]._forward_hooks
    assert module.network[0]._forward_hooks


@pytest.mark.parametrize("how", list(COPIES))
def test_copies_of_the_model_are_plain_and_of_the_handle_alone_idle(how, draw):
    model, x = network(), draw(12, 6)
    handle = nn.regularize(model, LOSS)
    other = COPIES[how](model)
    torch.testing.assert_close(other(x), model(x), rtol=0, atol=0)
    handle.clear()
    other(x)
    refuses(RuntimeError, "the runs were cleared", handle.penalty)
    lonely = copy.deepcopy(handle)
    model(x)
    refuses(RuntimeError, "has not run since it was regularized", lonely.penalty)


class WithItsHandle(torch_nn.Module):
    def __init__(self):
        super().__init__()
        self.body = network()
        self.handle = nn.regularize(self, LOSS)

    def forward(self, x):
        return self.body(x)


def test_a_handle_as_an_attribute_of_its_own_model(draw):
    model, x = WithItsHandle(), draw(12, 6)
    assert model.handle.layers == ("body.0", "body.2")
    for each in (model, copy.deepcopy(model)):
        each(x)
        torch.testing.assert_close(each.handle.penalty(), plain(each.body, x)[1])

"""What becomes of the variance that the initialisation has set."""

import numpy as np

from normtheory.claims import Claim
from normtheory.claims.weightnorm.gradients import STEPS, _descent
from normtheory.theory.montecarlo import Estimate
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.weight_norm import (
    data_dependent_scale,
    descend_unit,
    normalized_weight,
    weight_norm_gradients,
)

replaces_variance = Claim(
    id="weightnorm.replaces-variance",
    source="My Notes - Weight Normalization",
    says="Variance normalization can be skipped because the initialization scheme has already "
    "applied it",
    verdict="refuted",
    breaks={"steps": 20},
    parameters=(STEPS,),
)


@replaces_variance.counterexample("numeric")
def one_unit(end=float(descend_unit(400, 0.1).length[-1] ** 2), *, rate=0.1, target=2.0):
    r"""What the start applied does not last. One unit on white inputs, data-dependent start
    (variance 1), teacher of length {target:g}, learning rate {rate:g}: variance 1 at step 0,
    {end:.2f} in the end."""
    _, g, _ = _descent(rate, 400, target=target)
    # on its way there, too: a path of other steps has the same end
    way = _descent(rate, 3, target=target)[1] / descend_unit(3, rate).length[-1]
    right = abs(g**2 / end - 1) < 1e-6 and abs(way - 1) < 1e-6
    return right, f"400 steps in polar form: {g**2:.6f}"


def _train_two_layers(rng, steps, *, normalise, eta=0.1, inputs=8, hidden=24, batch=128):
    """Hidden variance of a two-layer rectifier regression, before and after training.

    `normalise` divides by the batch's standard deviation in every step; otherwise the variance is
    set by the data-dependent initialisation only. The batch mean is removed in both.
    """
    x = rng.standard_normal((batch, inputs))
    y = 8 * np.maximum(x @ rng.standard_normal(inputs), 0)
    y -= y.mean()
    v = rng.standard_normal((hidden, inputs)) / np.sqrt(inputs)
    read = rng.standard_normal(hidden) / np.sqrt(hidden)
    g = data_dependent_scale(x, v).g
    found = []
    for _ in range(steps + 1):
        w = normalized_weight(v, g)
        t = x @ w.T
        t = t - t.mean(axis=0)
        spread = t.std(axis=0) if normalise else np.ones(hidden)
        h = t / spread
        found.append(float(h.var(axis=0).mean()))
        active = h > 0
        gap = (h * active) @ read - y
        gap -= gap.mean()
        delta = np.outer(gap, read) * active / batch
        back = (delta - delta.mean(axis=0)) / spread
        if normalise:
            back -= h * (h * delta).mean(axis=0) / spread
        grad_v, grad_g = weight_norm_gradients(back.T @ x, v, g)
        read = read - eta * (h * active).T @ gap / batch
        v, g = v - eta * grad_v, g - eta * grad_g
    return found[0], found[-1]


@replaces_variance.counterexample("simulation", rejects={"normalised in every step": True})
def two_layers(normalise=False, *, rng):
    r"""In regressions with two layers the hidden variance grows, too."""
    runs = np.array([_train_two_layers(rng, 80, normalise=normalise) for _ in range(32)])
    # in logarithms: one network in a hundred runs far ahead of the others
    logs = np.log(runs[:, 1])
    last = Estimate(float(logs.mean()), float(logs.std(ddof=1) / np.sqrt(len(logs))), len(logs))
    low = np.exp(last.interval()[0])
    right = np.abs(runs[:, 0] - 1).max() < 1e-9 and low > 1.1
    return right, f"32 runs, 80 steps: from 1 to {np.exp(last.mean):.1f}, at least {low:.1f}"


@replaces_variance.amendment("numeric")
def at_step_0(scale=data_dependent_scale):
    r"""The initialization has applied it at step 0, on the batch that it used: every unit has
    variance 1 there."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 6)) @ rng.standard_normal((6, 6)) + rng.standard_normal(6)
    v = 0.05 * rng.standard_normal((10, 6))
    g, b = scale(x, v)
    t = x @ (v * (g / np.sqrt((v**2).sum(axis=1)))[:, None]).T + b
    gap = max(np.abs(t.mean(axis=0)).max(), np.abs(t.var(axis=0) - 1).max())
    return gap < TOLERANCE["float64"], "10 units of 6 correlated inputs, batch 64"


@replaces_variance.amendment("numeric")
def afterwards(variance=lambda g, direction: g**2 * direction):
    r"""It does not keep it: afterwards the variance of a unit is $g^2$ times that of its direction,
    and $g$ goes where the loss sends it."""
    rng = np.random.default_rng(1)
    x, v = rng.standard_normal((64, 6)) @ rng.standard_normal((6, 6)), rng.standard_normal((1, 6))
    direction = (x @ v[0] / np.sqrt((v**2).sum())).var()
    found = [(x @ normalized_weight(v, [g])[0]).var() / variance(g, direction) for g in (0.5, 3.0)]
    return np.allclose(found, 1, rtol=1e-12), "a batch of 64, two lengths"


@replaces_variance.derivation("numeric")
def where_the_loss_sends_it(
    rate=lambda g, target, cosine: -(g - target * cosine), end=lambda target: target**2
):
    r"""White inputs: the unit's variance is $g^2$, and $\dot g = -(g - \|w^*\|\cos\varphi)$ with
    $\varphi$ the angle to the teacher: $g^2 \to \|w^*\|^2$."""
    right, h = True, 1e-5
    for target in (0.3, 1.0, 2.0, 5.0):

        def loss(g, target=target):  # |w - w*|²/2 at an angle of 60 degrees
            return (g - target / 2) ** 2 / 2 + 3 * target**2 / 8

        slope = -(loss(1 + h) - loss(1 - h)) / (2 * h)
        right &= abs(slope - rate(1.0, target, 0.5)) < 1e-6
        # at rest where the derivative of g vanishes with the angle at 0
        right &= abs(rate(1.0, target, 0.5) - (target / 2 - 1)) < 1e-6
        right &= abs(_descent(0.1, 2000, target=target)[1] ** 2 / end(target) - 1) < 1e-6
    return right, "teachers of length 0.3, 1, 2, 5, 2000 steps in polar form"


replaces_variance.by_hand(
    "Batch normalization would hold the variance in every step, and leave the length to its gain."
)
replaces_variance.by_hand(
    "Refuted is that the start replaces what batch normalization does in every step. Whether "
    "training suffers without it is another question.",
    role="range",
)


@replaces_variance.badge(
    holds="the start has applied variance normalization, and it lasts: a unit with a teacher of "
    "length 2, at the learning rate 0.1, is at variance {variance:.3f} at step {steps:d}",
    fails="the start has applied variance normalization, but it does not last: a unit with a "
    "teacher of length 2, at the learning rate 0.1, goes from variance 1 to {variance:.3f} by "
    "step {steps:d}",
)
def replaces_variance_at(steps):
    variance = float(descend_unit(steps, 0.1, target=2.0).length[-1] ** 2)
    return abs(variance - 1) < 0.05, {"variance": variance}

"""A hundred layers without skips and without batch normalization."""

import numpy as np

from normtheory.claims.claim import Claim
from normtheory.claims.sentence import Later

hundred_layers = Claim(
    id="shattered.hundred-layers",
    source="The Shattered Gradients Problem",
    says="If the shattered gradient effect increases with the number of layers with the order "
    "$2^L$, then it is impossible to train a hundred layers with an ad-hoc network",
    verdict="refuted",
)


def _orthogonal(width, rng):
    q, r = np.linalg.qr(rng.standard_normal((width, width)))
    return q * np.sign(np.diag(r))


def _sectors(rng, count=60):
    """Points in six sectors of a ring whose classes alternate: no line parts them."""
    sector = np.arange(count) % 6
    angle = (sector + rng.uniform(0.2, 0.8, count)) * np.pi / 3
    return np.stack([np.cos(angle), np.sin(angle)], axis=1), 1.0 - 2 * (sector % 2)


def _margins(depth, rng, width=16, steps=150, rate=3e-4, readout=4.0):
    """By how much a plain tanh network of orthogonal weights gets each point right, after its
    layers but the first and the last were trained."""
    x, y = _sectors(rng)
    weights = [_orthogonal(width, rng) for _ in range(depth)]
    first, last = rng.standard_normal((2, width)), readout * rng.standard_normal(width)
    m, v = ([np.zeros_like(w) for w in weights] for _ in range(2))
    for step in range(1, steps + 1):
        hidden = [np.tanh(x @ first)]
        for w in weights:
            hidden.append(np.tanh(hidden[-1] @ w))
        margin = y * (hidden[-1] @ last)
        slope = -y / (1 + np.exp(np.minimum(margin, 50))) / len(y)
        back, gradients = np.outer(slope, last), []
        for k in reversed(range(depth)):
            back = back * (1 - hidden[k + 1] ** 2)
            gradients.append(hidden[k].T @ back)
            back = back @ weights[k].T
        for k, g in enumerate(reversed(gradients)):  # Adam
            m[k] += 0.1 * (g - m[k])
            v[k] += 0.01 * (g * g - v[k])
            weights[k] -= rate * m[k] / (1 - 0.9**step) / (np.sqrt(v[k] / (1 - 0.99**step)) + 1e-9)
    return margin


@hundred_layers.counterexample("simulation")
def orthogonal_start(
    wrong=0, *, found=Later(_margins, 100), start=Later(_margins, 100, rate=0.0), margin=0.1
):
    r"""100 layers of 16 tanh units with orthogonal weights, no skip and no normalization, between a
    first and a last layer that stay as they are: 150 steps of Adam on these hundred layers leave
    {wrong:d} of 60 points, in six alternating sectors that no line parts, without a margin of
    {margin:g} on the right side."""
    left, before = ((each < margin).sum() for each in (found, start))
    told = f"{left}, the least margin is {found.min():.3f}; {before} before training"
    return bool(left == wrong and before > 5), told


hundred_layers.rests_on(
    "shattered.decay",
    "The premise is no law of plain networks either: their gradients lose their correlation with a "
    "power of the depth.",
    "counterexample",
)
hundred_layers.by_hand(
    "What a network of a hundred layers needs is a start that keeps the size of the signal. How "
    "well such a network generalises is not decided here.",
    "range",
)

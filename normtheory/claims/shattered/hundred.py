"""What trains all the same: a hundred plain layers, and a network with white gradients."""

import numpy as np

from normtheory.claims import Claim, Later

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
    return left == wrong and before > 5, told


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


white_gradients = Claim(
    id="shattered.white-gradients",
    source="The Shattered Gradients Problem",
    says="White noise gradients are not useful for training, and such gradients stall the network",
    verdict="refuted",
)


def _forward(x, weights):
    """Outputs of rectified layers with batch normalization, and what their gradient needs."""
    kept = []
    for w in weights:
        z = x @ w
        normalized = (z - z.mean(axis=0)) / (z.std(axis=0) + 1e-5)
        kept.append((x, normalized, z.std(axis=0) + 1e-5))
        x = np.maximum(normalized, 0)
    return x, kept


def _backward(back, weights, kept):
    """Gradients with respect to the weights of each layer, and to the inputs."""
    found = []
    for w, (x, normalized, scale) in zip(reversed(weights), reversed(kept), strict=True):
        back = back * (normalized > 0)
        back = back - back.mean(axis=0) - normalized * (back * normalized).mean(axis=0)
        back = back / scale
        found.append(x.T @ back)
        back = back @ w.T
    return found[::-1], back


def _white(depth, rng, width=32, steps=150, rate=1e-3, points=256):
    """The correlation of gradients at neighbouring points of a circle before training, over several
    readouts, and each training point's margin before and after it."""
    x, y = _sectors(rng)
    fans = [2, *[width] * (depth - 1)]
    weights = [rng.standard_normal((fan, width)) * np.sqrt(2 / fan) for fan in fans]
    last = rng.standard_normal(width) / np.sqrt(width)
    angle = 2 * np.pi * np.arange(points) / points
    _, kept = _forward(np.stack([np.cos(angle), np.sin(angle)], axis=1), weights)
    gradients = [
        _backward(np.tile(each, (points, 1)), weights, kept)[1]
        for each in rng.standard_normal((16, width))
    ]
    neighbours = sum((g * np.roll(g, 1, axis=0)).sum() for g in gradients)
    neighbours /= sum((g**2).sum() for g in gradients)
    margins, m, v = [], [0.0] * depth, [0.0] * depth
    for step in range(1, steps + 2):
        output, kept = _forward(x, weights)
        margins.append(y * (output @ last))
        slope = -y / (1 + np.exp(np.minimum(margins[-1], 50))) / len(y)
        for k, g in enumerate(_backward(np.outer(slope, last), weights, kept)[0]):  # Adam
            m[k], v[k] = 0.9 * m[k] + 0.1 * g, 0.99 * v[k] + 0.01 * g * g
            root = np.sqrt(v[k] / (1 - 0.99**step)) + 1e-9
            weights[k] = weights[k] - rate * m[k] / (1 - 0.9**step) / root
    return neighbours, margins[0], margins[-1]


@white_gradients.counterexample("simulation")
def batch_normalization_trains(wrong=0, *, found=Later(_white, 24), most=0.2, margin=0.1):
    r"""24 rectified layers of 32 units with batch normalization, and a last layer that stays as it
    is: at the start neighbouring gradients on 256 points of a circle correlate by less than
    {most:g}, and 150 steps of Adam leave {wrong:d} of 60 points, in six alternating sectors that no
    line parts, without a margin of {margin:g} on the right side, in training mode."""
    neighbours, before, after = found
    left, start = (after < margin).sum(), (before < margin).sum()
    told = f"neighbours correlate {neighbours:.3f}; {left} left, {start} before training"
    return left == wrong and start > 20 and abs(neighbours) < most, told


white_gradients.rests_on(
    "shattered.noise-colour",
    "Deep plain networks with batch normalization have such gradients.",
    "counterexample",
)
white_gradients.by_hand(
    "A step follows the mean of the gradients with respect to the weights, over the batch; that "
    "those with respect to neighbouring inputs are alike is no condition for it.",
    "range",
)

"""Standardization loss, Sec. 1 and 5: where group normalization applies, what inference costs."""

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.theory.group_normalization import group_normalize

WIDTH = 24


groupnorm_convnets = Claim(
    id="stdloss.groupnorm-convnets",
    source="Sec. 5",
    says="Group normalization is only applicable to convolutional models",
    verdict="refuted",
)


@groupnorm_convnets.counterexample("numeric", rejects={"groups of one feature": WIDTH})
def fully_connected(groups=4, left=16, *, width=WIDTH, rng):
    r"""A fully connected layer of {width:d} features in {groups:d} groups: every group of every
    example has mean 0 and variance 1, no other example is involved, and {left:d} of {width:d}
    degrees of freedom remain."""
    h = rng.standard_normal((32, width)) * rng.uniform(0.2, 5, width) + rng.uniform(-3, 3, width)
    if width % groups:
        return False, f"{width} features do not make {groups} groups"
    y = group_normalize(h, groups)
    split = y.reshape(32, groups, -1)
    right = np.abs(split.mean(axis=2)).max() < 1e-12 and np.abs(split.std(axis=2) - 1).max() < 1e-9
    alone = np.concatenate([group_normalize(h[i : i + 1], groups) for i in range(32)])
    right = right and np.array_equal(alone, y) and _freedom(groups, h[:1]) == left
    return right, "32 random examples, each alone and in the batch"


def _freedom(groups, h):
    """Rank of the normalization's derivative at an example."""
    step = 1e-6
    moved = h + np.concatenate([step * np.eye(WIDTH), -step * np.eye(WIDTH)])
    y = group_normalize(moved, groups)
    return int(np.linalg.matrix_rank((y[:WIDTH] - y[WIDTH:]) / (2 * step), tol=1e-4))


groupnorm_convnets.by_hand(
    "With a single group it is layer normalization, which the same paragraph recommends for fully "
    "connected and recurrent networks.",
    "counterexample",
)


@groupnorm_convnets.amendment("numeric")
def degrees_of_freedom(lost=2, least=3, *, rng):
    r"""It applies to any layer whose groups hold {least:d} features or more; each group loses
    {lost:d} degrees of freedom, for $\sum y=0$ and $\sum y^2=m$, so that groups of two keep only a
    sign and groups of one nothing."""
    h = rng.standard_normal((1, WIDTH))
    kept = {m: _freedom(WIDTH // m, h) for m in (2, 3, 6, 24)}
    signs = np.abs(np.abs(group_normalize(h, WIDTH // 2)) - 1).max() < 1e-12
    right = all(kept[m] == WIDTH - lost * (WIDTH // m) for m in kept) and signs
    right = right and not group_normalize(h, WIDTH).any()
    return right and min(m for m in kept if kept[m]) == least, f"groups of {list(kept)}"


def _network(rng):
    shapes = [(16, 12), (12, 8), (8, 4)]
    return [(rng.standard_normal(s) / np.sqrt(s[0]), rng.standard_normal(s[1])) for s in shapes]


def _normalized(h):
    return (h - h.mean(axis=0)) / h.std(axis=0)


def _loss(h):
    """Eq. 2 of a batch."""
    variance = h.var(axis=0)
    return float((h.mean(axis=0) ** 2 + variance - 1 - np.log(variance)).sum() / 2)


def _slope(h):
    """Its gradient."""
    mean = h.mean(axis=0)
    return (mean + (h - mean) * (1 - 1 / h.var(axis=0))) / len(h)


def _plain(layers, x):
    """Pre-activations of every layer, nothing normalized."""
    found = []
    for w, b in layers:
        found.append(x @ w + b)
        x = np.maximum(found[-1], 0)
    return found


def _descended(layers, x, normalize, steps=2000, rate=0.03):
    """The layers after gradient descent on the sum of their standardization losses, which are
    taken of the activations that the training network has: with normalization, of those."""
    layers = [[w.copy(), b.copy()] for w, b in layers]
    for _ in range(steps):
        entering, scales, standing = [x], [], []
        for w, b in layers:
            h = entering[-1] @ w + b
            scales.append(h.std(axis=0))
            standing.append(_normalized(h) if normalize else h)
            entering.append(np.maximum(standing[-1], 0))
        back = 0.0
        for k in reversed(range(len(layers))):
            slope, y = _slope(standing[k]) + back, standing[k]
            if normalize:
                slope = (slope - slope.mean(axis=0) - y * (slope * y).mean(axis=0)) / scales[k]
            back = (slope @ layers[k][0].T) * (entering[k] > 0)
            layers[k][0] -= rate * entering[k].T @ slope
            layers[k][1] -= rate * slope.sum(axis=0)
    return layers


inference_free = Claim(
    id="stdloss.inference-free",
    source="Abstract; Sec. 1",
    says="Because it is a training loss, it is simply removed at test time: the network is the "
    "unnormalised one",
    verdict="holds",
)


def _left_after(normalize, rng):
    """Summed losses before training and after it, the layers run without any normalization."""
    x = rng.standard_normal((60, 16)) * rng.uniform(0.5, 2, 16) + rng.uniform(-1, 1, 16)
    start = _network(rng)[:2]
    layers = _descended(start, x, normalize=normalize)
    # one example at a time: no statistics are left
    alone = [_plain(layers, x[i : i + 1]) for i in range(len(x))]
    after = sum(_loss(np.concatenate([each[k] for each in alone])) for k in (0, 1))
    return sum(map(_loss, _plain(start, x))), after


@inference_free.shown("numeric", rejects={"a hundredth is left": 0.01})
def stays_in_the_weights(
    left=0.0, *, loss=Later(_left_after, False), batchnorm=Later(_left_after, True)
):
    r"""What the loss achieves, it achieves in the weights: after training two layers on it alone,
    the units, one example at a time and without any statistics, cost {left:g}. After training
    through batch normalization, which is then left out, they do not: its outputs are the same for
    weights of any scale, which have no reason to change."""
    right = loss[0] > 1 and abs(loss[1] - left) < 1e-9 and batchnorm[1] > 1
    return right, "20 units, 60 examples; untrained they cost more than 1"


inference_free.by_hand(
    "The loss reads activations and adds to the objective; no operation of the forward pass "
    "depends on it, so that deleting it changes no output."
)


def _affine_misfit(layer, rng):
    """Relative error of the best affine map of a layer's input."""
    w, b = _network(rng)[0]
    x = rng.standard_normal((200, 16))
    y = layer(x @ w + b)
    design = np.column_stack([x, np.ones(200)])
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(np.abs(design @ coefficients - y).max() / np.abs(y).max())


def _in_two_groups(h):
    parts = np.split(h.T, 2)
    return np.concatenate([_normalized(part) for part in parts]).T


@inference_free.shown("numeric", rejects={"a tenth": 0.1})
def scale_and_shift_fold(misfit=0.0, *, rng):
    """The scale and shift that the PointNet runs added (A.3) fold into the weights of the linear
    layer before them, as batch normalization with running averages does there: an affine map of
    that layer's input errs by {misfit:g}. Group normalization does not fold."""
    scale, offset = rng.uniform(0.5, 2, 12), rng.standard_normal(12)
    affine = _affine_misfit(lambda h: h * scale + offset, rng)
    grouped = _affine_misfit(_in_two_groups, rng)
    return abs(affine - misfit) < 1e-9 and grouped > 0.05, "200 inputs of 16 features"

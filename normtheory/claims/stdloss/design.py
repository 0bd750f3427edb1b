"""Standardization loss, Sec. 1 and 5: where group normalization applies, what inference costs."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome
from normtheory.theory.group_normalization import group_normalize
from normtheory.theory.precision import TOLERANCE
from normtheory.theory.standardization import batch_loss, batch_loss_gradient

WIDTH = 24


def _applies_to_features(groups, rng):
    """Group normalization of a fully connected layer: standardized, batch-free and informative."""
    h = rng.standard_normal((32, WIDTH)) * rng.uniform(0.2, 5, WIDTH) + rng.uniform(-3, 3, WIDTH)
    y = group_normalize(h, groups)
    split = y.reshape(32, groups, -1)
    standardized = max(np.abs(split.mean(axis=2)).max(), np.abs(split.std(axis=2) - 1).max())
    alone = np.concatenate([group_normalize(h[i : i + 1], groups) for i in range(32)])
    scaled = np.abs(group_normalize(7 * h + 2, groups) - y).max()
    informative = np.linalg.matrix_rank(y, tol=1e-9)
    return Outcome(
        standardized < 1e-12 and np.array_equal(alone, y) and scaled < 1e-12 and informative > 1,
        f"{WIDTH} features in {groups} groups: "
        + (
            f"each group standardized example by example, outputs of rank {informative}"
            if standardized < 1e-12
            else f"group statistics off by {standardized:.2g}, outputs of rank {informative}"
        ),
    )


def _degrees_of_freedom(lost, rng):
    """Rank of the normalization's derivative at a random example."""
    found = []
    for groups in (1, 4, 8, 12):
        h = rng.standard_normal((1, WIDTH))
        step = 1e-6
        shifted = h + np.concatenate([step * np.eye(WIDTH), -step * np.eye(WIDTH)])
        y = group_normalize(shifted, groups)
        derivative = (y[:WIDTH] - y[WIDTH:]) / (2 * step)
        found.append(int(np.linalg.matrix_rank(derivative, tol=1e-4)))
    claimed = [WIDTH - lost * groups for groups in (1, 4, 8, 12)]
    return Outcome(
        found == claimed,
        f"{WIDTH} features in 1, 4, 8, 12 groups keep {found} degrees of freedom",
    )


GROUPNORM_CONVNETS = Claim(
    id="stdloss.groupnorm-convnets",
    source="Sec. 5",
    statement="group normalization is only applicable to convolutional models",
    verdict="refuted",
    counterexample="a fully connected layer of 24 features in 4 groups of 6: every group of every "
    "example has mean 0 and variance 1, no other example is involved, 16 of 24 degrees of freedom "
    "remain. With one group it is layer normalization, which the same paragraph recommends for "
    "fully connected and recurrent networks.",
    amendment="it applies to any layer whose groups hold at least three features; each group "
    "loses two degrees of freedom, so that groups of two keep only a sign and groups of one "
    "nothing. What convolutions add is positions, which make small groups harmless.",
    derivation=(
        r"$y=(h-\bar h)/s$ over a group of $m$ values of one example uses no spatial axis.",
        r"$\sum y=0$ and $\sum y^2=m$ fix two of $m$ degrees of freedom.",
    ),
    evidence=(
        Evidence(
            kind="numeric",
            shows="it standardizes a fully connected layer's features, example by example",
            check=_applies_to_features,
            subject=4,
            mutant=WIDTH,
            mutation="groups of one feature (instance normalization), which do need positions",
        ),
        Evidence(
            kind="numeric",
            shows="each group costs two degrees of freedom",
            check=_degrees_of_freedom,
            subject=2,
            mutant=1,
            mutation="one degree of freedom a group",
            about="amendment",
        ),
    ),
)


def _network(rng):
    shapes = [(16, 12), (12, 8), (8, 4)]
    return [(rng.standard_normal(s) / np.sqrt(s[0]), rng.standard_normal(s[1])) for s in shapes]


def _normalized(h):
    return (h - h.mean(axis=0)) / h.std(axis=0)


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
            slope, y = batch_loss_gradient(standing[k]) + back, standing[k]
            if normalize:
                slope = (slope - slope.mean(axis=0) - y * (slope * y).mean(axis=0)) / scales[k]
            back = (slope @ layers[k][0].T) * (entering[k] > 0)
            layers[k][0] -= rate * entering[k].T @ slope
            layers[k][1] -= rate * slope.sum(axis=0)
    return layers


def _loss_alone(layers, x):
    return _descended(layers, x, normalize=False)


def _with_batchnorm(layers, x):
    return _descended(layers, x, normalize=True)


def _stays_standardized(train, rng):
    """Passes when the layers that training leaves, run without any normalization and one example
    at a time, give every unit mean 0 and variance 1 over the data they were trained on."""
    x = rng.standard_normal((60, 16)) * rng.uniform(0.5, 2, 16) + rng.uniform(-1, 1, 16)
    start = _network(rng)[:2]
    layers = train(start, x)
    alone = [_plain(layers, x[i : i + 1]) for i in range(len(x))]
    after = sum(batch_loss(np.concatenate([each[k] for each in alone])) for k in (0, 1))
    before = sum(map(batch_loss, _plain(start, x)))
    return Outcome(
        before > 1 and after < TOLERANCE["float64"],
        f"two layers, 20 units, 60 examples: summed loss {before:.3g} before training, "
        + ("none" if after < TOLERANCE["float64"] else f"{after:.3g}")
        + " after it, one example at a time and nothing normalized",
    )


def _folds(layer, rng):
    """Whether what a layer does after its weights is affine, so that it disappears into them."""
    w, b = _network(rng)[0]
    x = rng.standard_normal((200, 16))
    y = layer(x @ w + b, rng)
    design = np.column_stack([x, np.ones(200)])
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    gap = float(np.abs(design @ coefficients - y).max() / np.abs(y).max())
    return Outcome(
        gap < 1e-10,
        "best affine map of the layer's input "
        + ("is exact" if gap < 1e-10 else f"errs by {gap:.2g} of the largest output"),
    )


INFERENCE_FREE = Claim(
    id="stdloss.inference-free",
    source="Abstract; Sec. 1",
    statement="because it is a training loss, it is simply removed at test time: the network is "
    "the unnormalised one",
    verdict="holds",
    derivation=(
        "The loss reads activations and adds to the objective; no operation of the forward pass "
        "depends on it, so that deleting it changes no output: what it achieves, it achieves in "
        "the weights. A normalization leaves its weights no reason to: its outputs are the same "
        "for weights of any scale, and taking it out leaves activations of any mean and variance.",
        "The scale and shift that the PointNet runs added (A.3) are affine after a linear layer "
        "and fold into its weights.",
    ),
    remark="BatchNorm with running averages folds as well (the paper says so); layer and group "
    "normalization do not. 'No further effort is needed to maintain normalized activations' holds "
    "on data like the training data: on inputs scaled by 2 nothing renormalizes.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="what the loss did stays in the weights when it is removed, without statistics",
            check=_stays_standardized,
            subject=_loss_alone,
            mutant=_with_batchnorm,
            mutation="batch normalization during training, removed at test time",
        ),
        Evidence(
            kind="numeric",
            shows="the added scale and shift of A.3 fold into the weights",
            check=_folds,
            subject=lambda h, rng: h * rng.uniform(0.5, 2, h.shape[1]) + 1,
            mutant=lambda h, rng: group_normalize(h, 2),
            mutation="group normalization, which has to stay",
        ),
    ),
)

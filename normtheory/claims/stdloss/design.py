"""Standardization loss, Sec. 1 and 5: where group normalization applies, what inference costs."""

import numpy as np

from normtheory.claims.claim import Claim, Evidence, Outcome
from normtheory.theory.group_normalization import group_normalize
from normtheory.theory.standardization import batch_loss

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


def _unnormalized(layers, x):
    for k, (w, b) in enumerate(layers):
        x = x @ w + b
        if k < len(layers) - 1:
            x = np.maximum(x, 0)
    return x


def _batch_normalized(layers, x):
    for k, (w, b) in enumerate(layers):
        x = x @ w + b
        if k < len(layers) - 1:
            x = np.maximum((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-5), 0)
    return x


def _needs_no_batch(forward, rng):
    layers, x = _network(rng), rng.standard_normal((40, 16))
    together = forward(layers, x)
    alone = np.concatenate([forward(layers, x[i : i + 1]) for i in range(40)])
    gap = float(np.abs(alone - together).max())
    # the loss is there to be removed: it is not zero on these activations
    cost = batch_loss(x @ layers[0][0] + layers[0][1])
    return Outcome(
        gap < 1e-12 and cost > 0,
        "each example's output alone equals its output in a batch of 40, "
        + ("the training loss of the first layer is positive" if gap < 1e-12 else f"gap {gap:.2g}"),
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
        "depends on it, so that deleting it changes no output.",
        "The scale and shift that the PointNet runs added (A.3) are affine after a linear layer "
        "and fold into its weights.",
    ),
    remark="BatchNorm with running averages folds as well (the paper says so); layer and group "
    "normalization do not. 'No further effort is needed to maintain normalized activations' holds "
    "on data like the training data: on inputs scaled by 2 nothing renormalizes.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="the network's output for one example involves no batch and no statistics",
            check=_needs_no_batch,
            subject=_unnormalized,
            mutant=_batch_normalized,
            mutation="batch normalization by the batch's own moments",
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

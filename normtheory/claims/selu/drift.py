"""Ordinary dropout: what it does to the level of SELU, and to batch normalization at test time."""

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.selu.dropout import RATE
from normtheory.claims.selu.elu import stable_level
from normtheory.claims.selu.quadrature import halves
from normtheory.theory.gradient_correlation import arc_cosine
from normtheory.theory.selu import ALPHA, LAMBDA

brittle = Claim(
    id="selu.dropout-brittle",
    source="Self-Normalizing Neural Networks",
    says="Dropout does not play well with batch normalization, since it smarts the activations in "
    "a purely random manner. This method seems even more brittle to the dropout effect",
    verdict="amended",
    breaks={"rate": 0.1},
    parameters=(RATE,),
)
EDGE = 1 - LAMBDA**2 / 2


def level(rate):
    """SELU's mean square under ordinary dropout, in wide layers with weights N(0, 1/n)."""
    return float(stable_level(ALPHA, LAMBDA, 1 / (1 - rate))) if rate < EDGE else np.inf


def _level(rate):
    """The same by iterating the layers, integrated by quadrature."""
    q = 1.0
    for _ in range(150):
        _, p2, _, n2 = halves(q / (1 - rate))
        q = LAMBDA**2 * (p2 + ALPHA**2 * n2)
    return q


@brittle.amendment("numeric")
def selu_in_training(
    levels=(level(0.05), level(0.1), level(0.2), level(0.3)),
    edge=EDGE,
    *,
    rates=(5, 10, 20, 30),
    found=Later(lambda: [_level(rate / 100) for rate in (5, 10, 20, 30)]),
):
    r"""In training it is: dropping inputs to 0 at a rate $r$, the others divided by $1-r$,
    multiplies the squared norm of the weights by $1/(1-r)$. SELU's mean square moves from 1 to
    {levels[0]:.2f} ({rates[0]:d} %), {levels[1]:.2f} ({rates[1]:d} %), {levels[2]:.2f}
    ({rates[2]:d} %) or {levels[3]:.2f} ({rates[3]:d} %), and from $r=1-\lambda^2/2={edge:.3f}$ on
    it grows without limit. Batch normalization keeps its 1."""
    # for large q a layer multiplies by lambda^2 / 2 over 1 - r
    growth = LAMBDA**2 * halves(1e8)[1] / 1e8
    right = np.allclose(levels, found, rtol=1e-6) and abs((1 - growth) / edge - 1) < 1e-4
    return right, "150 layers by quadrature"


def drift(rate, layers):
    """Variance over the data, and squared mean over the units, of batch-normalized units when
    training's statistics are used and no input is dropped: after each layer.

    In training every unit is N(0, 1) over the data, and a weighted sum of rectified units that are
    kept with probability q has the variance 1/q - 1/pi (weights of variance 2/n).
    """
    variance, square, found = 1.0, 0.0, []
    for _ in range(layers):
        total = variance + square
        alike = float(arc_cosine(min(square / total, 1.0), 1))
        train = 1 / (1 - rate) - 1 / np.pi
        # rectified: mean square total/2, squared mean of a unit total/2 times the kernel
        means = total * alike - 2 * np.sqrt(total) / np.pi + 1 / np.pi
        variance, square = total * (1 - alike) / train, means / train
        found.append((variance, square))
    return found


def _networks(rate, layers, rng, networks=12, width=200, batch=600):
    """The same, the mean over random networks."""
    total = np.zeros((layers, 2))
    for _ in range(networks):
        x = test = np.maximum(rng.standard_normal((batch, width)), 0)
        for layer in range(layers):
            w = rng.standard_normal((width, width)) * np.sqrt(2 / width)
            a = np.where(rng.random(x.shape) < rate, 0, x / (1 - rate)) @ w
            mean, deviation = a.mean(axis=0), a.std(axis=0)
            y = (test @ w - mean) / deviation
            total[layer] += y.var(axis=0).mean(), (y.mean(axis=0) ** 2).mean()
            x, test = np.maximum((a - mean) / deviation, 0), np.maximum(y, 0)
    return total / networks


def _power(rate, layers):
    """As if every layer had the first one's factor and no means."""
    first = drift(rate, 1)[0][0]
    return [(first ** (k + 1), 0.0) for k in range(layers)]


@brittle.amendment("simulation", rejects={"one factor a layer": _power})
def batch_normalization_at_test(
    law=drift,
    one=drift(0.5, 1)[0][0],
    six=drift(0.5, 6)[5][0],
    *,
    half=Later(_networks, 0.5, 6),
    tenth=Later(_networks, 0.1, 6),
):
    r"""Between training and test it is the other way round. Batch normalization's running variance
    is that of dropped inputs: without dropout a unit has the variance $(\pi-1)/(\frac\pi{1-r}-1)$,
    {one:.3f} at $r=\frac12$, and the next layer starts from this: {six:.4f} after six layers,
    with means that differ by unit."""
    right = abs(one / ((np.pi - 1) / (2 * np.pi - 1)) - 1) < 1e-9
    right &= abs(law(0.5, 6)[5][0] / six - 1) < 1e-9
    gaps = np.abs(half - law(0.5, 6)), np.abs(tenth - law(0.1, 6))
    # by eight standard errors and what the width of 200 adds; the means need more
    right &= gaps[0][:, 0].max() < 0.0035 and gaps[0][:, 1].max() < 0.03
    right &= gaps[1][:3, 0].max() < 0.008
    return right, f"12 networks of width 200: {half[0, 0]:.3f} and {half[5, 0]:.4f}"


@brittle.amendment("numeric")
def selu_at_test(kept=1.0, *, found=Later(_level, 0.0)):
    r"""SELU at test time returns to its fixed point, mean square {kept:g}, whatever the depth: it
    is off by one factor, not by one a layer."""
    return abs(found / kept - 1) < 1e-6, "150 layers by quadrature"


brittle.by_hand(
    "Meant are wide layers at the start, rectified units for batch normalization, and dropout "
    "before every layer.",
    "range",
)


@brittle.badge(
    holds="SELU is more brittle to dropout: at this rate its mean square grows without limit in "
    "training, where batch normalization keeps 1",
    fails="SELU is more brittle to dropout: in training its mean square settles at {ours:.3g} "
    "(batch normalization: 1), but at test time batch normalization's variance is {theirs:.3g} in "
    "layer 10, and SELU's 1",
)
def brittle_at(rate):
    ours = level(rate)
    if ours == np.inf:
        return True, {}
    return False, {"ours": ours, "theirs": drift(rate, 10)[-1][0]}

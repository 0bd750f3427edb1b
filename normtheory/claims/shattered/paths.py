"""How long the paths are that carry a residual network's gradient."""

from itertools import product
from math import comb

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.shattered.decay import BN, DEPTH
from normtheory.claims.shattered.skip import BETA

shallow_paths = Claim(
    id="shattered.shallow-paths",
    source="The Shattered Gradients Problem",
    says="Resnet is an ensemble of many shallow networks (Veit et al. 2016). Since it behaves like "
    "an ensemble of shallow networks, the shattered gradient effect is rehabilitated",
    verdict="amended",
    breaks={"beta": 1.0},
    parameters=(DEPTH, BETA, BN),
)


def block_shares(depth, beta, bn):
    """The part of the gradient's mean square that goes through the branch, block by block."""
    size, found = 1.0, []
    for _ in range(depth):
        branch = beta**2 / size
        found.append(branch / (1 + branch))
        size += beta**2 * (1 - 1 / np.pi) if bn == "with" else 0.0
    return np.array(found)


def length(depth, beta=1.0, bn="without"):
    """Mean length of the paths, weighted by what they carry of the gradient's mean square."""
    return float(block_shares(depth, beta, bn).sum())


def _lengths(blocks, beta, bn, rng, width=64, networks=150, inputs=64):
    """Mean square of the gradient carried by paths of each length, in random networks: a gradient
    is kept apart by how many branches it went through."""
    total = np.zeros(blocks + 1)
    for _ in range(networks):
        h = rng.standard_normal((inputs, width))
        steps = []
        for _ in range(blocks):
            w = rng.standard_normal((width, width)) * np.sqrt(2 / width)
            scale = h.std(axis=0) if bn == "with" else np.ones(width)
            z = (h - h.mean(axis=0)) / scale if bn == "with" else h
            steps.append((z > 0, beta * w / scale[:, None]))
            h = h + beta * np.maximum(z, 0) @ w
        back = np.zeros((blocks + 1, inputs, width))
        back[0] = rng.standard_normal((inputs, width))
        for active, w in reversed(steps):
            back[1:] += (back[:-1] @ w.T) * active
        total += (back**2).mean(axis=(1, 2))
    return total / total.sum()


def _by_length(shares):
    """What paths of each length carry, every path counted: a block is passed or gone around."""
    found = np.zeros(len(shares) + 1)
    for path in product((0, 1), repeat=len(shares)):
        found[sum(path)] += np.prod(np.where(path, shares, 1 - shares))
    return found


@shallow_paths.counterexample("simulation", rejects={"each path alike": {"share": 0.25}})
def without_batch_normalization(
    half=length(50), share=0.5, *, found=Later(_lengths, 6, 1.0, "without")
):
    r"""Without batch normalization and with $\beta=1$ every block passes $\beta^2/(1+\beta^2)=
    {share:g}$ of the gradient's mean square through its branch, and the paths that carry it have
    binomial lengths: {half:g} of 50 on average. That is not shallow."""
    binomial = np.array([comb(50, k) * share**k * (1 - share) ** (50 - k) for k in range(51)])
    gap = np.abs(found - _by_length(np.full(6, share))).max()
    right = abs(np.arange(51) @ binomial / half - 1) < 1e-9 and abs(share / 0.5 - 1) < 1e-9
    right &= gap < 0.02
    return right, f"6 blocks of width 64, lengths 0 to 6: {', '.join(f'{x:.2f}' for x in found)}"


@shallow_paths.amendment("simulation")
def with_batch_normalization(
    fifty=length(50, 1.0, "with"),
    hundred=length(100, 1.0, "with"),
    growth=np.pi / (np.pi - 1),
    *,
    found=Later(_lengths, 6, 1.0, "with"),
):
    r"""With batch normalization in the branch the stream grows and later blocks weigh less: with
    $\beta=1$ the mean length is {fifty:.1f} of 50 and {hundred:.1f} of 100 blocks, growing as
    ${growth:.2f}\log L$. These networks are ensembles of shallow ones."""
    # the stream's variance grows by what a rectified normal has left of its mean square
    shares = np.array([1 / (2 + k * (1 - 1 / np.pi)) for k in range(100)])
    right = np.allclose((fifty, hundred), (shares[:50].sum(), shares.sum()), rtol=1e-9)
    far = np.arange(5000, 50_000)
    slope = (1 / (2 + far * (1 - 1 / np.pi))).sum() / np.log(10)
    gap = np.abs(found - _by_length(shares[:6])).max()
    right &= abs(slope / growth - 1) < 2e-3 and gap < 0.03
    return right, f"6 blocks of width 64, lengths 0 to 6: {', '.join(f'{x:.2f}' for x in found)}"


@shallow_paths.amendment("numeric")
def small_branches(plain=length(50, 0.2), bn=length(50, 0.2, "with"), *, beta=0.2):
    r"""A small scale makes them shallow, too: at $\beta={beta:g}$ the mean length is {plain:.1f} of
    50, with batch normalization {bn:.1f}."""
    stream = 1 + beta**2 * (1 - 1 / np.pi) * np.arange(50)
    own = 50 * beta**2 / (1 + beta**2), (beta**2 / (stream + beta**2)).sum()
    return np.allclose((plain, bn), own, rtol=1e-9), "summed over the blocks"


shallow_paths.by_hand(
    "The weights of different branches are independent and centred, so what paths of different "
    "lengths carry adds up in the mean square."
)


@shallow_paths.badge(
    holds="an ensemble of shallow networks: the paths that carry the gradient have a mean length "
    "of {mean:.3g} at depth {depth:d}",
    fails="an ensemble of shallow networks: not here, the paths that carry the gradient have a "
    "mean length of {mean:.3g} at depth {depth:d}",
)
def shallow_paths_at(depth, beta, bn):
    mean = length(depth, beta, bn)
    # this ledger's mark for shallow: a quarter of the blocks, or a layer or two
    return mean <= max(depth / 4, 2), {"mean": mean}

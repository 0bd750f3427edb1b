"""EquiNorm, Sec. 4: what a normalized layer cannot represent."""

import numpy as np

from normtheory.claims import Claim, Later
from normtheory.claims.equinorm.cases import KERNEL, equilibrium_weights, random_batch
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.precision import TOLERANCE

expressivity = Claim(
    id="equinorm.expressivity",
    source="Sec. 4",
    says="The additional affine transformation after the convolution ensures that no expressivity "
    "is lost due to the normalization",
    verdict="refuted",
    breaks={"kernel": "box blur"},
    parameters=(KERNEL,),
)


def _flat_outputs(rng):
    """Outputs of 100 random EquiNorm layers on flat images of brightness 1 and 2."""
    x = np.concatenate([level * named_image("flat", size=4) for level in (1.0, 2.0)])
    kernels = rng.standard_normal((100, 1, 1, 3, 3))
    return [convolve(x, equilibrium_weights(x, w)) for w in kernels]


@expressivity.counterexample("numeric")
def brightness(error=0.5, first=1.0, second=2.0, *, outputs=Later(_flat_outputs)):
    r"""One input channel, the 3x3 box blur, two flat images of brightness {first:g} and {second:g}:
    the blur gives {first:g} and {second:g}, an EquiNorm layer gives the same value twice whatever
    its weights, scale and shift, so that it errs by at least {error:g}. Identity, sharpening and
    Gaussian blur fail alike."""
    same = all(np.ptp(y) < 1e-9 for y in outputs)
    right = True
    for name in ("box blur", "identity", "sharpen", "Gaussian blur"):
        flat, kernel = named_image("flat", size=4), named_kernel(name)
        levels = [float(convolve(level * flat, kernel).mean()) for level in (1.0, 2.0)]
        right &= np.allclose(levels, (first, second), rtol=1e-9)
        right &= abs((levels[1] - levels[0]) / 2 - error) < 1e-9
    return same and bool(right), f"{len(outputs)} random layers"


expressivity.by_hand(
    "Batch normalization, which shifts the output and not the kernel, represents them all.",
    "counterexample",
)


@expressivity.amendment("numeric")
def lost_dimensions(lost=1, *, rng):
    r"""{lost:d} dimension of each output channel's kernels is lost, with any positive channel
    sums."""
    found = []
    for channels, positions in ((1, 9), (3, 4), (5, 1)):
        w = rng.standard_normal((300, channels, positions, 1))
        weights = equilibrium_weights(rng.uniform(0.5, 2, (1, channels, 1, 1)), w)
        rank = np.linalg.matrix_rank(weights.reshape(300, -1), tol=1e-9)
        found.append(channels * positions - int(rank))
    return found == [lost] * 3, "kernels of 9, 12 and 5 weights, 300 each"


def _features(x, kernels):
    # (positions, kernels): what a layer can add up
    return np.moveaxis(convolve(x, kernels), 1, -1).reshape(-1, len(kernels))


def _residual(target, features):
    """Largest relative error of the best affine map of the features."""
    design = np.column_stack([features, np.ones(len(features))])
    coefficients = np.linalg.lstsq(design, target, rcond=None)[0]
    return float(np.abs(design @ coefficients - target).max() / np.abs(target).max())


@expressivity.amendment("numeric", rejects={"a little off the hyperplane": 0.02})
def balanced_kernels(total=0.0, *, rng):
    r"""Then exactly the kernels with $\sum_cv_c\sum_{jk}u_{cjk}={total:g}$ survive, times any scale
    and plus any constant."""
    worst = 0.0
    for _ in range(20):
        channels = int(rng.integers(1, 4))
        x, u = random_batch(rng, channels) + 0.1, rng.standard_normal((1, channels, 3, 3))
        v = x.sum(axis=(0, 2, 3))
        u += total - (u.mean(axis=(2, 3)) @ v) / v.sum()
        layer = _features(x, equilibrium_weights(x, u))
        worst = max(worst, _residual(_features(x, u)[:, 0], layer))
    return worst < 1e-9, "20 random kernels shifted onto the hyperplane, and off it"


@expressivity.range(
    "numeric", rejects={"off the hyperplane": {"sum_of_all": 0.1}, "a scale": {"denominator": 0.1}}
)
def dark_channels(sum_of_all=0.0, denominator=0.0, *, rng):
    r"""A kernel that is 0 but in channels that are dark in the whole batch is lost as well: its
    weighted sum is {sum_of_all:g}, and so is the denominator of $s$, {denominator:g}."""
    u = np.concatenate([rng.standard_normal((1, 9)), np.zeros((1, 9))])
    v = np.array([0.0, 2.0])
    found = v @ u.sum(axis=1), v @ np.maximum(u, 0).sum(axis=1)
    right = np.allclose(found, (sum_of_all, denominator), rtol=0, atol=1e-12)
    return right, "9 random weights in the dark one of two channels"


@expressivity.amendment("numeric", rejects={"without the box kernel": ("normalized",)})
def restored(kernels=("normalized", "box"), *, rng):
    """A learned multiple of the box kernel beside the normalized one restores every kernel."""
    worst = 0.0
    for _ in range(20):
        channels = int(rng.integers(1, 4))
        x = rng.standard_normal((6, channels, 5, 5)) ** 2 * rng.uniform(0.2, 3, (6, 1, 1, 1))
        u = rng.standard_normal((1, channels, 3, 3))
        beside = {"normalized": equilibrium_weights(x, u), "box": np.ones_like(u)}
        columns = [_features(x, beside[name]) for name in kernels]
        worst = max(worst, _residual(_features(x, u)[:, 0], np.column_stack(columns)))
    return worst < 1e-9, "20 random kernels on batches of several brightnesses"


expressivity.rests_on(
    "equinorm.full-case",
    r"The weighted sum of $w''$ vanishes by the choice of $b$, that of $\gamma w''$ too, and "
    r"$\beta$ does not touch the kernel.",
)
expressivity.by_hand(
    "With $w=u$ and the scale undone the layer gives $u$ back plus a multiple of the box kernel, "
    "and this multiple is zero where the weighted sum of $u$ is."
)


@expressivity.badge(
    holds="no expressivity is lost: the weights of this kernel add up to 0, it survives up to its "
    "scale",
    fails="no expressivity is lost: not so, flat images one unit of brightness apart must differ "
    "by {total:.3g}, and EquiNorm makes them equal",
    fails_none="no expressivity is lost: not so, the weights of this kernel are equal, and "
    "EquiNorm has no value",
)
def expressivity_at(kernel):
    weights = named_kernel(kernel)
    total = float(weights.sum())
    if np.ptp(weights) <= TOLERANCE["float64"]:
        return "fails_none", {}
    return abs(total) <= TOLERANCE["float64"], {"total": total}

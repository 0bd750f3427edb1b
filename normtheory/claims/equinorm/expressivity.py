"""EquiNorm, Sec. 4: what a normalized layer cannot represent."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.equinorm.cases import KERNEL, random_batch, within
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.equilibrium import (
    channel_sums,
    kernel_mean,
    normalize,
    normalized_weights,
)
from normtheory.theory.precision import TOLERANCE

LEVELS = (1.0, 2.0)


def _flat_images():
    return np.concatenate([level * named_image("flat", size=4) for level in LEVELS])


def _affine_gap(target, y):
    """Least largest |gamma y + beta - target| when y and target are constant on each image."""
    levels = np.array([[t.mean() for t in target], [u.mean() for u in y]])
    if np.ptp(levels[1]) <= 1e-9 * np.abs(levels).max():
        return float(np.ptp(levels[0]) / 2)
    return 0.0


def _cannot_blur(layer, rng):
    x = _flat_images()
    target = convolve(x, named_kernel("box blur"))
    best = min(_affine_gap(target, layer(x, rng.standard_normal((1, 1, 3, 3)))) for _ in range(300))
    return Outcome(
        abs(best - 0.5) <= TOLERANCE["float64"],
        f"flat images of brightness 1 and 2 blur to 1 and 2; 300 kernels, each with the best "
        f"affine map, come no closer than {best:.6g}",
    )


def _features(x, kernels):
    # (positions, kernels): what a layer can add up
    return np.moveaxis(convolve(x, kernels), 1, -1).reshape(-1, len(kernels))


def _residual(target, features):
    design = np.column_stack([features, np.ones(len(features))])
    coefficients = np.linalg.lstsq(design, target, rcond=None)[0]
    return float(np.abs(design @ coefficients - target).max() / np.abs(target).max())


def _nearest_by_search(extra, rng):
    """Largest relative error of representing a random kernel with free w, gamma and beta."""
    worst = 0.0
    for _ in range(40):
        channels = int(rng.integers(1, 4))
        x = rng.standard_normal((6, channels, 5, 5)) ** 2 * rng.uniform(0.2, 3, (6, 1, 1, 1))
        u = rng.standard_normal((1, channels, 3, 3))
        weights = normalize(x, u).weights
        columns = [_features(x, weights)]
        if extra:
            columns.append(_features(x, np.ones_like(u)))
        target = _features(x, u)[:, 0]
        worst = max(worst, _residual(target, np.column_stack(columns)))
    return Outcome(
        worst <= 1e3 * TOLERANCE["float64"],
        "40 random kernels, relative error with a learned multiple of the box kernel beside "
        f"EquiNorm: {within(worst, 1e3 * TOLERANCE['float64'])}",
    )


def _balanced_kernels_survive(offset, rng):
    worst = 0.0
    for _ in range(40):
        channels = int(rng.integers(1, 4))
        x = random_batch(rng, channels) + 0.1
        u = rng.standard_normal((1, channels, 3, 3))
        v = channel_sums(x)
        u += offset - kernel_mean(u, v)[:, None, None, None]
        worst = max(worst, _residual(_features(x, u)[:, 0], _features(x, normalize(x, u).weights)))
    limit = 1e3 * TOLERANCE["float64"]
    return Outcome(
        worst <= limit,
        f"40 random kernels with sum_c v_c u_c = 0: relative error {within(worst, limit)}",
    )


def _lost_dimensions(claimed, rng):
    lost = []
    for channels, positions in [(1, 9), (3, 4), (5, 1)]:
        v = rng.uniform(0.5, 2, channels)
        w = rng.standard_normal((300, channels, positions, 1))
        weights = normalized_weights(w, v, 1.0).weights.reshape(300, -1)
        lost.append(channels * positions - int(np.linalg.matrix_rank(weights, tol=1e-9)))
    return Outcome(
        lost == [claimed] * 3,
        f"normalized kernels of 9, 12 and 5 weights span all but {lost} dimensions",
    )


def _expressivity_standing(kernel):
    total = float(named_kernel(kernel).sum())
    if abs(total) <= TOLERANCE["float64"]:
        return Standing("holds", "the weights add up to 0: the kernel survives up to its scale")
    return Standing(
        "fails",
        f"weights add up to {total:.3g}: flat images one unit of brightness apart must differ by "
        f"{total:.3g}, EquiNorm makes them equal",
    )


EXPRESSIVITY = Claim(
    id="equinorm.expressivity",
    source="Sec. 4",
    statement="the additional affine transformation after the convolution ensures that no "
    "expressivity is lost due to the normalization",
    verdict="refuted",
    parameters=(KERNEL,),
    at=_expressivity_standing,
    counterexample="one input channel, the 3x3 box blur, two flat images of brightness 1 and 2: "
    "the blur gives 1 and 2, an EquiNorm layer gives the same value twice whatever its weights, "
    "scale and shift (its weights add up to 0), so that it errs by at least 1/2. Identity, "
    "sharpening and Gaussian blur fail alike. BatchNorm with its affine map represents them all.",
    amendment=r"per output channel exactly the kernels with $\sum_c v_c\sum_{jk}u_{cjk}=0$ "
    "survive, times any scale and plus any constant: one of all its dimensions is lost. A learned "
    "multiple of the box kernel beside the normalized one restores it.",
    derivation=(
        r"$w''=s(w+b)$ has $\sum_cv_c\sum_{jk}w''_{cjk}=0$ by the choice of $b$; $\gamma w''$ too, "
        r"and $\beta$ does not touch the kernel.",
        r"With one channel $w''*x=0$ on every flat image, whatever its brightness.",
        r"If $\sum_cv_cu_c=0$, then $w=u$ has $b=0$ and $\gamma=1/s$ gives $u$ back.",
        r"For any $u$: $u=\gamma w''-b\mathbf 1$ with $w=u$, $\gamma=1/s$.",
    ),
    remark="v is that of the batch in training and the running estimate at test time; either way "
    "the lost direction is one per output channel. On a fixed batch whose images all have the "
    "same brightness the loss can be hidden by the affine shift.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="no weights and no affine map make the layer tell two flat images apart",
            check=_cannot_blur,
            subject=lambda x, w: convolve(x, normalize(x, w).weights),
            mutant=convolve,
            mutation="the plain convolution that BatchNorm normalizes afterwards",
        ),
        Evidence(
            kind="numeric",
            shows="exactly one dimension of each output channel's kernels is lost",
            check=_lost_dimensions,
            subject=1,
            mutant=0,
            mutation="none lost",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="kernels in the hyperplane are represented exactly",
            check=_balanced_kernels_survive,
            subject=0.0,
            mutant=0.02,
            mutation="kernels 0.02 off the hyperplane",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="with a learned multiple of the box kernel every kernel is represented",
            check=_nearest_by_search,
            subject=True,
            mutant=False,
            mutation="without the box kernel",
            about="amendment",
        ),
    ),
)

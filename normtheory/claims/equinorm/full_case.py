"""EquiNorm, Sec. 4.1 and Fig. 1: several channels, and the figure's number."""

import numpy as np

from normtheory.claims import Claim, sp
from normtheory.claims.equinorm.cases import CHANNELS, KERNEL, random_batch, random_kernel
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.equinorm import contributions, normalize, shift, target_total

full_case = Claim(
    id="equinorm.full-case",
    source="Sec. 4.1, Updates",
    says=r"With per-channel sums $v_c$, $b_d=-\sum_c v_cw_{dc}/(k_hk_w\sum_cv_c)$ and "
    r"$s_d=r/\sum_cv_cw'^+_{dc}$ do the same for every output channel: mean zero, positive weights "
    r"contribute $r$",
    verdict="holds",
    parameters=(CHANNELS, KERNEL),
)


@full_case.shown("proof", rejects={"the plain mean": lambda weighted, light, k: -weighted / k})
def batch_total(b=lambda weighted, light, k: -weighted / (k * light)):
    r"""Each weight meets its channel's inputs, so that the batch total is
    $\sum_cv_c\sum_{jk}(w_{dcjk}+b_d)=\sum_cv_cw_{dc}+k_hk_wb_d\sum_cv_c$: zero for the stated $b_d$
    and, unless $\sum_cv_c=0$, for no other."""
    weighted, light, shift = sp.symbols("S V b")
    k = sp.Symbol("k", positive=True)
    zeros = sp.solve(weighted + k * shift * light, shift)
    gap = sp.cancel(zeros[0] - b(weighted, light, k))
    return len(zeros) == 1 and gap == 0, f"the only zero minus the claimed b = {gap}"


@full_case.shown("proof", rejects={"half of it": lambda r, above: r / (2 * above)})
def contributions_of_both_signs(s=lambda r, above: r / above):
    r"""The positive entries contribute $s_d\sum_cv_cw'^+_{dc}=r$, and as the total is zero the rest
    is $-r$."""
    r, above = sp.symbols("r A", positive=True)
    gaps = [sp.cancel(s(r, above) * part - want) for part, want in ((above, r), (-above, -r))]
    return gaps == [0, 0], f"contributions minus r and -r: {gaps}"


@full_case.shown("numeric", rejects={"the plain mean": lambda w, v: -w.mean(axis=(1, 2, 3))})
def random_batches(rule=shift, total=target_total, *, rng):
    """Random kernels on positive batches of 1 to 5 channels are balanced, by the outputs
    themselves."""
    right = True
    for _ in range(60):
        channels = int(rng.integers(1, 6))
        x, w = random_batch(rng, channels), random_kernel(rng, 3, channels)
        v = x.sum(axis=(0, 2, 3))
        shifted = w + rule(w, v)[:, None, None, None]
        above = np.maximum(shifted, 0).sum(axis=(2, 3)) @ v
        if not (above > 0).all():
            return False, "no positive weight is left"
        scale = x[:, 0].size / above
        weights = scale[:, None, None, None] * shifted
        r = total(x.shape[0], *x.shape[2:])
        for part, want in ((np.maximum(weights, 0), r), (np.minimum(weights, 0), -r)):
            found = convolve(x, part).sum(axis=(0, 2, 3))
            right &= np.allclose(found, want, rtol=1e-9)
        right &= np.allclose(weights, normalize(x, w).weights, rtol=1e-9)
        right &= np.allclose(contributions(x, weights)[0], r, rtol=1e-9)
    return right, "60 random batches, 3 output channels each"


@full_case.range("numeric")
def single_images(first=2.0, second=-2.0):
    r"""Only the batch mean vanishes, no longer each image's: two images, each lit in one of two
    channels, and the weights 1 and -1 give the outputs {first:g} and {second:g}."""
    x = np.eye(2).reshape(2, 2, 1, 1)
    y = convolve(x, normalize(x, [[[[1.0]], [[-1.0]]]]).weights).ravel()
    # v = (1, 1) and b = 0, so s = 2/1
    by_hand = 2 / 1 * x[:, :, 0, 0] @ (1, -1)
    return np.allclose([y, by_hand], (first, second), rtol=1e-12), "b = 0, s = 2"


full_case.rests_on(
    "equinorm.denominator",
    "It needs weights that are not all equal, and a denominator that is positive; with inputs of "
    "either sign it can vanish.",
    role="range",
)


@full_case.badge(
    holds="positive weights contribute {above:.6g}, negative ones {below:.6g}: r = {r:d}; a single "
    "image's mean output is up to {single:.2g}",
    fails="positive weights contribute {above:.6g}, negative ones {below:.6g}: r = {r:d}",
    outside="the claim needs weights of both signs after the shift: all are equal, w + b = 0 and s "
    "has no value",
)
def full_case_at(channels, kernel):
    x = named_image("texture", channels=channels, batch=8)
    # every channel sees the kernel turned and scaled differently
    base = named_kernel(kernel)[0, 0]
    w = np.stack([(1 + c % 3) * np.rot90(base, c) for c in range(channels)])[None]
    if np.ptp(w) == 0:
        return "outside", {}
    weights = normalize(x, w).weights
    above, below = (float(part[0]) for part in contributions(x, weights))
    single, r = float(np.abs(convolve(x, weights).mean(axis=(1, 2, 3))).max()), x[:, 0].size
    exact = np.allclose((above, below), (r, -r), rtol=1e-9)
    return exact, {"above": above, "below": below, "r": r, "single": round(single, 9)}


figure1 = Claim(
    id="equinorm.figure1",
    source="Fig. 1",
    says="For a 3x3 kernel in a cyclic convolution against a 3x3 image with padding 1, the "
    "positive and the negative weights each contribute width_out x height_out = 9 in magnitude, "
    "between epochs too",
    verdict="holds",
)


@figure1.shown("numeric", rejects={"zero padding": {"padding": "zero"}})
def contributions_of_a_3x3_kernel(total=9, padding="cyclic", *, rng):
    r"""The contributions are {total:d} and -{total:d}, whatever the positive image and the kernel
    (if its weights are not all equal), before and after both change."""
    right = True
    x, w = rng.uniform(0, 1, (1, 1, 3, 3)), rng.standard_normal((1, 1, 3, 3))
    for _ in range(60):
        above, below = contributions(x, normalize(x, w).weights, padding=padding)
        right &= abs(above[0] - total) < 1e-9 and abs(below[0] + total) < 1e-9
        w, x = w + rng.standard_normal(w.shape), x + rng.uniform(0, 1, x.shape)
    equal = np.full((1, 1, 3, 3), 0.5)
    right &= np.maximum(equal - equal.mean(), 0).sum() == 0  # the scale's denominator
    return right, "60 random steps of a kernel and an image"


@figure1.derivation("numeric", rejects={"a stride of 2": lambda size: -((-size // 2) ** 2)})
def outputs(r=lambda size: target_total(1, size, size)):
    r"""Padding 1 and stride 1 keep the outputs of a 3x3 kernel as many as the inputs, and $r$ is
    their number."""
    counted = [((size + 2 * 1 - 3) // 1 + 1) ** 2 for size in (3, 4, 7)]
    return counted == [r(size) for size in (3, 4, 7)], f"images of 3, 4 and 7: {counted}"


figure1.rests_on("equinorm.positive-sum", "The contributions follow, for any positive image.")


@figure1.range("simulation")
def corner_weight(met=4, inputs=9):
    r"""With zero padding the figure would not come out: a corner weight then meets only {met:d} of
    the {inputs:d} inputs."""
    corner = [(i, j) for i in range(3) for j in range(3) if i - 1 >= 0 and j - 1 >= 0]
    return len(corner) == met and inputs == 3 * 3, f"{len(corner)} counted"


@figure1.range("numeric")
def running_sums(part=lambda v, running: 9 * v / running, *, rng):
    r"""At test time, with a running sum $\bar v$, the positive weights contribute $9v/\bar v$: the
    figure's number on average over images of mean sum $\bar v$ only."""
    images, w = rng.uniform(0, 1, (5, 1, 1, 3, 3)), rng.standard_normal((1, 1, 3, 3))
    running = images.sum(axis=(1, 2, 3, 4)).mean()
    shifted = w - w.mean()
    weights = 9 / (running * np.maximum(shifted, 0).sum()) * shifted
    found = [float(contributions(x, weights)[0][0]) for x in images]
    right = np.allclose(found, [part(x.sum(), running) for x in images], rtol=1e-9)
    return right and abs(np.mean(found) / 9 - 1) < 1e-9, "5 images"

"""EquiNorm, Sec. 4.1 and Fig. 1: several channels, and the figure's number."""

from itertools import product

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.equinorm.cases import (
    CHANNELS,
    KERNEL,
    random_batch,
    random_kernel,
    symbols,
    within,
)
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.equilibrium import (
    channel_sums,
    contributions,
    normalize,
    shift,
    target_total,
)
from normtheory.theory.precision import TOLERANCE


def _full_case_derived(rule, rng):
    channels, positions = 2, 2
    w, v = symbols("w", channels, positions), symbols("v", channels)
    r = sp.Symbol("r")
    b = rule(w, v, positions)
    # the batch total is sum_c v_c sum_k (w_ck + b): each weight meets its channel's inputs only
    total = sp.together(sum(v[c] * (w[c, k] + b) for c in range(channels) for k in range(2)))
    if sp.expand(sp.fraction(total)[0]) != 0:
        return Outcome(False, "the batch total does not vanish")
    # whichever entries are positive, r over their weighted sum gives r and leaves -r
    gaps = set()
    for chosen in product([False, True], repeat=channels * positions):
        flat = [v[c] * (w[c, k] + b) for c in range(channels) for k in range(positions)]
        above = sum(term for term, taken in zip(flat, chosen, strict=True) if taken)
        below = sum(term for term, taken in zip(flat, chosen, strict=True) if not taken)
        if any(chosen):
            gaps.add(sp.expand(sp.fraction(sp.together(below + above))[0]))
            gaps.add(sp.cancel(r / above * above - r))
    return Outcome(
        gaps == {0}, f"2 channels, 2 weights each, {2**4 - 1} sign patterns: remainders {gaps}"
    )


def _full_case_search(rule, rng):
    worst_mean = worst_sum = 0.0
    for _ in range(150):
        channels = int(rng.integers(1, 6))
        x, w = random_batch(rng, channels), random_kernel(rng, 3, channels)
        r = target_total(x.shape[0], *x.shape[2:])
        shifted = w + rule(w, channel_sums(x))[:, None, None, None]
        denominators = np.maximum(shifted, 0).sum(axis=(2, 3)) @ channel_sums(x)
        weights = r / denominators[:, None, None, None] * shifted
        above, below = contributions(x, weights)
        worst_mean = max(worst_mean, np.abs(convolve(x, weights).mean(axis=(0, 2, 3))).max())
        worst_sum = max(worst_sum, np.abs(above / r - 1).max(), np.abs(below / r + 1).max())
    limit = 1e4 * TOLERANCE["float64"]
    return Outcome(
        max(worst_mean, worst_sum) <= limit,
        f"150 random cases, 1 to 5 channels: batch mean {within(worst_mean, limit)}, relative "
        f"error of the contributions {within(worst_sum, limit)}",
    )


def _full_case_standing(channels, kernel):
    x = named_image("texture", channels=channels, batch=2)
    # every channel sees the kernel turned and scaled differently
    base = named_kernel(kernel)[0, 0]
    w = np.stack([(1 + c % 3) * np.rot90(base, c) for c in range(channels)])[None]
    if np.ptp(w) == 0:
        return Standing("fails", "all weights are equal: w + b = 0 and s has no value")
    weights = normalize(x, w).weights
    above, below = contributions(x, weights)
    single = np.abs(convolve(x, weights).mean(axis=(1, 2, 3))).max()
    return Standing(
        "holds",
        f"positive {above[0]:.6g}, negative {below[0]:.6g}; one image {round(single, 9):.2g}",
    )


FULL_CASE = Claim(
    id="equinorm.full-case",
    source="Sec. 4.1, Updates",
    statement=r"with per-channel sums $v_c$, $b_d=-\sum_c v_cw_{dc}/(k_hk_w\sum_cv_c)$ and "
    r"$s_d=r/\sum_cv_cw'^+_{dc}$ do the same for every output channel: mean zero, positive "
    r"weights contribute $r$",
    verdict="holds",
    parameters=(CHANNELS, KERNEL),
    at=_full_case_standing,
    derivation=(
        r"The total output is $\sum_cv_c\sum_{jk}(w_{dcjk}+b_d)$, which is "
        r"$\sum_cv_cw_{dc}+k_hk_wb_d\sum_cv_c$: zero for the stated $b_d$ and no other.",
        r"The positive entries contribute $s_d\sum_cv_cw'^+_{dc}=r$, so the rest is $-r$.",
    ),
    remark="What changes: b depends on the data, and only the batch mean vanishes, no longer each "
    "image's. What it needs: positive channel sums (with signed inputs the denominator can vanish "
    "or turn negative) and weights that are not all equal.",
    evidence=(
        Evidence(
            kind="proof",
            shows="for symbolic weights and sums the batch total is 0, whatever the signs",
            check=_full_case_derived,
            subject=lambda w, v, positions: -(w.sum(axis=1) @ v) / (positions * v.sum()),
            mutant=lambda w, v, positions: -w.sum() / w.size,
            mutation="the plain mean of the weights, not weighted by channel sums",
        ),
        Evidence(
            kind="numeric",
            shows="random kernels and positive batches of 1 to 5 channels are balanced",
            check=_full_case_search,
            subject=shift,
            mutant=lambda w, v: -w.mean(axis=(1, 2, 3)),
            mutation="the plain mean of the weights, not weighted by channel sums",
        ),
    ),
)


def _figure1(padding, rng):
    worst = 0.0
    for _ in range(100):
        x = rng.uniform(0, 1, (1, 1, 3, 3))
        w = rng.standard_normal((1, 1, 3, 3))
        for _ in range(3):
            above, below = contributions(x, normalize(x, w).weights, padding=padding)
            worst = max(worst, abs(above[0] - 9), abs(below[0] + 9))
            # "between epochs": the weights and the image move, the magnitude does not
            w, x = w + rng.standard_normal(w.shape), x + rng.uniform(0, 1, x.shape)
    limit = 1e4 * TOLERANCE["float64"]
    return Outcome(
        worst <= limit,
        "100 random 3x3 kernels and images, three epochs each: distance from 9 "
        f"{within(worst, limit)}",
    )


def _figure1_total(rule, rng):
    found = rule(3, 3)
    return Outcome(found == 9, f"width out x height out = {found}")


FIGURE1 = Claim(
    id="equinorm.figure1",
    source="Fig. 1",
    statement="for a 3x3 kernel in a cyclic convolution against a 3x3 image with padding 1, the "
    "positive and the negative weights each contribute width_out x height_out = 9 in magnitude, "
    "between epochs too",
    verdict="holds",
    derivation=(
        r"Padding 1 and stride 1 keep 3x3 outputs; $r=1\cdot3\cdot3=9$ by Sec. 4.1.",
        r"equinorm.positive-sum does the rest, for any kernel and any positive image.",
    ),
    remark="With zero padding the same figure would not come out: on a 3x3 image a corner weight "
    "then meets only 4 of 9 inputs. At test time, with running sums, it holds on average only.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="the contributions are 9 and -9 for random kernels and images as they move",
            check=_figure1,
            subject="cyclic",
            mutant="zero",
            mutation="zero padding instead of cyclic",
        ),
        Evidence(
            kind="table",
            shows="the printed product is the paper's r for one image",
            check=_figure1_total,
            subject=lambda height, width: target_total(1, height, width),
            mutant=lambda height, width: (height + 2) * (width + 2),
            mutation="the padded size instead of the output's",
        ),
    ),
)

"""EquiNorm, Sec. 4: the shift balances the output, the scale fixes its size."""

from collections import Counter
from fractions import Fraction
from itertools import product

import numpy as np

from normtheory.claims import Claim, Later, sp
from normtheory.claims.equinorm.cases import INPUT, KERNEL, random_batch, random_kernel, torus_total
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.equinorm import contributions, normalize
from normtheory.theory.precision import TOLERANCE

zero_mean = Claim(
    id="equinorm.zero-mean",
    source="Sec. 4, first constraint",
    says=r"With cyclic padding and stride 1, $b=-\mathrm{mean}(w)$ makes the mean of the output "
    "zero (one input and one output channel)",
    verdict="holds",
    parameters=(KERNEL, INPUT),
)


@zero_mean.shown("proof", rejects={"one weight too many": lambda total, k: -total / (k + 1)})
def total_output(b=lambda total, k: -total / k):
    r"""The total output is $(\sum_{ij}w_{ij}+kb)\sum x$ for $k$ weights: zero for
    $b=-\mathrm{mean}(w)$ and, unless $\sum x=0$, for no other $b$."""
    total, light, shift = sp.symbols("W X b")
    k = sp.Symbol("k", positive=True)
    zeros = sp.solve(light * (total + k * shift), shift)
    gap = sp.cancel(zeros[0] - b(total, k))
    return len(zeros) == 1 and gap == 0, f"the only zero minus the claimed b = {gap}"


@zero_mean.derivation("simulation")
def every_weight_meets_every_input(times=1):
    r"""On a torus each weight meets each input exactly {times:d} time, also where the kernel is
    larger than the image."""
    sizes = list(product(range(1, 6), repeat=2))
    right = True
    for (height, width), (a, b) in product(sizes, sizes):
        pixels = product(range(a, a + height), range(b, b + width))
        met = Counter((i % height, j % width) for i, j in pixels)
        right &= len(met) == height * width and set(met.values()) == {times}
    return right, f"{len(sizes)} images up to 5x5, weights at {len(sizes)} offsets each, counted"


zero_mean.by_hand(
    "In general: a cyclic shift only reorders the inputs, so that what each weight adds to the "
    "outputs is its value times the sum of the image."
)


@zero_mean.shown("numeric", rejects={"zero padding": {"padding": "zero"}})
def image_by_image(b=lambda w: -w.mean(), padding="cyclic", *, rng):
    r"""It holds image by image, for inputs of either sign: with one input channel EquiNorm takes
    the brightness out of every single image."""
    right = True
    for _ in range(60):
        x, w = random_batch(rng, 1), random_kernel(rng, 1, 1)
        x *= rng.choice([-1, 1], x.shape)
        total, size = float(convolve(x, w).sum()), np.abs(x).sum() * np.abs(w).sum()
        right &= abs(total - x.sum() * w.sum()) < 1e-12 * size
        means = convolve(x, w + b(w), padding=padding).mean(axis=(1, 2, 3))
        # of images whose inputs do not happen to cancel
        lit = np.abs(x.mean(axis=(1, 2, 3))) > 0.01 * np.abs(x).max()
        right &= bool((np.abs(means[lit]) < 1e-12 * np.abs(w).sum() * np.abs(x).max()).all())
    return right, "60 random batches of both signs, kernels up to 4x3"


zero_mean.rests_on(
    "equinorm.full-case", "With several channels only the batch mean vanishes.", role="range"
)


@zero_mean.badge(
    holds="the shift makes the mean output zero: it was {plain:.3g}",
    fails="the shift makes the mean output zero: not here, {mean:.3g}",
)
def zero_mean_at(kernel, input):
    w, x = named_kernel(kernel), named_image(input)
    mean = float(convolve(x, w - w.mean()).mean())
    plain = round(float(convolve(x, w).mean()), 12) + 0.0
    vanishes = abs(mean) <= TOLERANCE["float64"] * (1 + np.abs(x).sum())
    return vanishes, {"mean": mean, "plain": plain}


positive_sum = Claim(
    id="equinorm.positive-sum",
    source="Sec. 4, second constraint",
    says=r"$s=r/(v\,w'^+)$ makes the positive weights contribute exactly $r$ to the total output "
    r"and the negative ones $-r$",
    verdict="holds",
    parameters=(KERNEL, INPUT),
)


@positive_sum.shown("proof", rejects={"not divided by v": lambda r, v, positive: r / positive})
def both_signs(s=lambda r, v, positive: r / (v * positive)):
    r"""With $v>0$ the positive entries of $sw'$ contribute $v\,s\,w'^+=r$ to the total, and
    $\sum w'=0$ leaves $v\,s\,w'^-=-r$."""
    r, v, positive = sp.symbols("r v P", positive=True)
    negative = -positive  # the entries of w' add up to 0
    parts = (positive, 1), (negative, -1)
    gaps = [sp.cancel(v * s(r, v, positive) * part - sign * r) for part, sign in parts]
    return gaps == [0, 0], f"contributions minus r and -r: {gaps}"


@positive_sum.shown("simulation")
def as_fractions(s=lambda r, v, positive: r / (v * positive), kernels=620):
    r"""All {kernels:d} kernels of 2x2 entries from -2 to 2 that are not constant contribute exactly
    $r$ and $-r$ on an image of 3x3, positive meaning positive after the shift."""
    x = np.array([[1, 4, 2], [0, 3, 7], [5, 1, 2]], dtype=object)
    r, count = x.size, 0
    for entries in product(range(-2, 3), repeat=4):
        w = np.array([Fraction(e) for e in entries], dtype=object).reshape(2, 2)
        shifted = w - sum(w.flat) / 4
        positive = np.where(shifted > 0, shifted, Fraction(0))
        if not positive.any():
            continue
        scale = s(Fraction(r), int(x.sum()), sum(positive.flat))
        parts = (torus_total(x, scale * part) for part in (positive, shifted - positive))
        if tuple(parts) != (r, -r):
            return False, f"kernel {entries}"
        count += 1
    return count == kernels, f"{count} kernels as fractions"


def _mean_contributions(sign, rng):
    """Both contributions over r, in random batches whose inputs add up to that sign."""
    found = []
    for _ in range(40):
        x = random_batch(rng, 1)
        x -= 0.2 * x.mean()  # some inputs are negative
        x *= sign * np.sign(x.sum())
        w = random_kernel(rng, 1, 1)
        r = x[:, 0].size
        found.append([float(part[0]) / r for part in contributions(x, normalize(x, w).weights)])
    return np.array(found)


@positive_sum.shown("numeric")
def random_kernels(positive=1.0, negative=-1.0, *, found=Later(_mean_contributions, 1)):
    r"""What an output gets from the positive and from the negative weights is {positive:g} and
    {negative:g} on average, for every batch of positive sum, with negative inputs, too."""
    right = np.allclose(found, (positive, negative), rtol=1e-9)
    return right, "40 random kernels and batches"


@positive_sum.range("numeric")
def less_than_no_light(positive=-1.0, negative=1.0, *, found=Later(_mean_contributions, -1)):
    r"""It needs $v>0$ and weights that are not all equal: where $v<0$ the scale is negative, and an
    output gets {positive:g} from the positive weights and {negative:g} from the negative ones."""
    right = np.allclose(found, (positive, negative), rtol=1e-9)
    return right, "40 random kernels and batches"


positive_sum.rests_on(
    "equinorm.single-pass",
    "The single-pass scale of Sec. 4.1, which the paper's experiments use, is an approximation.",
    role="range",
)


@positive_sum.badge(
    holds="positive weights contribute {above:.6g}, negative ones {below:.6g}: r = {r:d}",
    fails="positive weights contribute {above:.6g}, negative ones {below:.6g}: r = {r:d}",
    outside="the claim needs positive inputs: these add up to {v:.3g}, and the positive weights "
    "contribute {above:.6g}",
    outside_dark="the claim needs positive inputs: the image is dark, v = 0 and s has no value",
    outside_flat="the claim needs weights of both signs after the shift: all are equal, w + b = 0 "
    "and s has no value",
)
def positive_sum_at(kernel, input):
    w, x = named_kernel(kernel), named_image(input)
    if not x.any():
        return "outside_dark", {}
    if np.ptp(w) == 0:
        return "outside_flat", {}
    above, below = (float(part[0]) for part in contributions(x, normalize(x, w).weights))
    r, v = x[0].size, float(x.sum())
    if v < 0:
        return "outside", {"above": above, "v": v}
    exact = np.allclose((above, below), (r, -r), rtol=1e-9)
    return exact, {"above": above, "below": below, "r": r}

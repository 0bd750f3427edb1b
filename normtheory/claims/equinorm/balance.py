"""EquiNorm, Sec. 4: the shift balances the output, the scale fixes its size."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.equinorm.cases import (
    INPUT,
    KERNEL,
    random_batch,
    random_kernel,
    symbols,
    torus_total,
    within,
)
from normtheory.theory.convolution import convolve, named_image, named_kernel
from normtheory.theory.equilibrium import contributions, normalize, target_total
from normtheory.theory.precision import TOLERANCE


def _mean_vanishes(rule, rng):
    gaps = []
    for kernel, image in [((2, 2), (3, 3)), ((3, 3), (3, 3)), ((3, 3), (2, 2))]:
        x, w = symbols("x", *image), symbols("w", *kernel)
        gaps.append(sp.expand(torus_total(x, w + rule(w.ravel().tolist()))))
    return Outcome(
        all(gap == 0 for gap in gaps),
        f"total output expands to {', '.join(str(g)[:20] for g in gaps)} for symbolic 2x2 and 3x3 "
        "kernels, also on an image smaller than the kernel",
    )


def _mean_search(padding, rng):
    worst = 0.0
    for _ in range(200):
        x, w = random_batch(rng, 1), random_kernel(rng, 1, 1)
        y = convolve(x, w - w.mean(), padding=padding)
        # image by image: with one channel each is balanced alone
        worst = max(worst, np.abs(y.mean(axis=(1, 2, 3))).max() / (np.abs(w).sum() * x.max()))
    return Outcome(
        worst <= TOLERANCE["float64"],
        f"largest mean of an output image over |w|_1 max x in 200 random cases: "
        f"{within(worst, TOLERANCE['float64'])}",
    )


def _zero_mean_standing(kernel, input):
    w, x = named_kernel(kernel), named_image(input)
    y = convolve(x, w - w.mean())
    mean = abs(float(y.mean()))
    state = "holds" if mean <= TOLERANCE["float64"] * (1 + np.abs(x).sum()) else "fails"
    return Standing(state, f"mean output {round(mean, 12):.3g}, range {np.ptp(y):.3g}")


ZERO_MEAN = Claim(
    id="equinorm.zero-mean",
    source="Sec. 4, first constraint",
    statement=r"with cyclic padding and stride 1, $b=-\mathrm{mean}(w)$ makes the mean of the "
    "output zero (one input and one output channel)",
    verdict="holds",
    parameters=(KERNEL, INPUT),
    at=_zero_mean_standing,
    derivation=(
        r"On a torus each weight meets each input once, so that the outputs add up to "
        r"$\sum_{jk}(w_{jk}+b)\cdot\sum x$.",
        r"The first factor vanishes for $b=-\mathrm{mean}(w)$ and, unless $\sum x=0$, for no other "
        r"$b$.",
    ),
    remark="It needs neither positive inputs nor a kernel smaller than the image. It holds image "
    "by image: with one input channel EquiNorm removes the brightness of every single image, not "
    "only of the batch (with several channels only the batch mean vanishes).",
    evidence=(
        Evidence(
            kind="proof",
            shows="the total output of a symbolic cyclic convolution is zero after the shift",
            check=_mean_vanishes,
            subject=lambda w: -sum(w) / sp.Integer(len(w)),
            mutant=lambda w: -sum(w) / sp.Integer(len(w) + 1),
            mutation="the sum of the weights divided by one too many",
        ),
        Evidence(
            kind="numeric",
            shows="no random kernel and positive image leaves a mean, image by image",
            check=_mean_search,
            subject="cyclic",
            mutant="zero",
            mutation="zero padding instead of cyclic",
        ),
    ),
)


def _exact_contributions(scale, rng):
    x = np.array([[1, 4, 2], [0, 3, 7], [5, 1, 2]], dtype=object)
    v, r, cases = int(x.sum()), x.size, 0
    for entries in product(range(-2, 3), repeat=4):
        w = np.array([Fraction(e) for e in entries], dtype=object).reshape(2, 2)
        shifted = w - sum(w.flat) / 4
        positive = np.where(shifted > 0, shifted, Fraction(0))
        if not positive.any():
            continue
        s = scale(Fraction(r), v, sum(positive.flat))
        above = torus_total(x, s * positive)
        below = torus_total(x, s * (shifted - positive))
        if (above, below) != (r, -r):
            return Outcome(False, f"w = {entries}: positive {above}, negative {below}, r = {r}")
        cases += 1
    return Outcome(True, f"{cases} kernels on a 3x3 torus give exactly {r} and {-r} as fractions")


def _contribution_search(passes, rng):
    worst = 0.0
    for _ in range(150):
        x = random_batch(rng, 1)
        w = rng.standard_normal((1, 1, 3, 3)) + rng.uniform(-0.5, 0.5)
        while (w > 0).all() or (w < 0).all():
            w = rng.standard_normal((1, 1, 3, 3))
        r = target_total(x.shape[0], *x.shape[2:])
        above, below = contributions(x, normalize(x, w, passes=passes).weights)
        worst = max(worst, abs(above[0] / r - 1), abs(below[0] / r + 1))
    limit = 1e3 * TOLERANCE["float64"]
    return Outcome(
        worst <= limit,
        "largest relative error of the two contributions in 150 random cases: "
        f"{within(worst, limit)}",
    )


def _positive_sum_standing(kernel, input):
    w, x = named_kernel(kernel), named_image(input)
    if not x.any():
        return Standing("fails", "the image is dark: v = 0 and s has no value")
    if np.ptp(w) == 0:
        return Standing("fails", "all weights are equal: w + b = 0 and s has no value")
    above, below = contributions(x, normalize(x, w).weights)
    if x.sum() < 0:
        return Standing(
            "fails", f"inputs add up to {x.sum():.3g} < 0: positive weights give {above[0]:.3g}"
        )
    return Standing("holds", f"positive {above[0]:.6g}, negative {below[0]:.6g}, r = {x[0].size}")


POSITIVE_SUM = Claim(
    id="equinorm.positive-sum",
    source="Sec. 4, second constraint",
    statement=r"$s=r/(v\,w'^+)$ makes the positive weights contribute exactly $r$ to the total "
    r"output and the negative ones $-r$",
    verdict="holds",
    parameters=(KERNEL, INPUT),
    at=_positive_sum_standing,
    derivation=(
        r"The positive entries of $sw'$ contribute $v\,s\,w'^+=r$ to the total.",
        r"$\sum w'=0$ leaves $v\,s\,w'^-=-r$.",
    ),
    remark="Positive means positive after the shift. It needs v > 0 and weights that are not all "
    "equal. The single-pass scale of Sec. 4.1, which the paper's experiments use, is not exact: "
    "see equinorm.single-pass.",
    evidence=(
        Evidence(
            kind="simulation",
            shows="every 2x2 kernel with entries -2..2 contributes exactly r and -r",
            check=_exact_contributions,
            subject=lambda r, v, positive: r / (v * positive),
            mutant=lambda r, v, positive: Fraction(51, 50) * r / (v * positive),
            mutation="a scale 2 % larger",
        ),
        Evidence(
            kind="numeric",
            shows="random kernels on random positive batches contribute r and -r",
            check=_contribution_search,
            subject=2,
            mutant=1,
            mutation="the single-pass scale",
        ),
    ),
)

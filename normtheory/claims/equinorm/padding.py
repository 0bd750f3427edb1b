"""EquiNorm, Sec. 5.2: what zero padding does to the balance."""

import numpy as np

from normtheory.claims.before import Claim, Evidence, Outcome, Standing
from normtheory.claims.claim import Parameter
from normtheory.claims.equinorm.cases import SIZE, SMALL, random_batch
from normtheory.theory.convolution import PADDINGS, convolve, named_image, retained_share
from normtheory.theory.equilibrium import contributions, normalize
from normtheory.theory.equilibrium_statistics import padded_imbalance
from normtheory.theory.precision import TOLERANCE

PADDING = Parameter(
    name="padding",
    symbol=r"\mathrm{padding}",
    meaning="what surrounds the image",
    default="zero",
    choices=tuple(PADDINGS),
)


def _each_sign_shrinks(nonnegative, rng):
    worst = -np.inf
    for _ in range(300):
        channels = int(rng.integers(1, 4))
        x = random_batch(rng, channels)
        if not nonnegative:
            x = x * rng.choice([-1.0, 1.0], x.shape)
        w = rng.standard_normal((1, channels, 3, 3))
        for part in (np.maximum(w, 0), np.minimum(w, 0)):
            full, cut = (np.abs(convolve(x, part, padding=p)) for p in ("cyclic", "zero"))
            linear = np.abs(convolve(x, part, padding="zero").sum())
            total = np.abs(convolve(x, part).sum())
            # single outputs are compared away from the border, where wrapped inputs do not enter
            if total == 0:  # no weight of this sign
                continue
            worst = max(worst, (linear - total) / total)
            inner = (slice(None), slice(None), slice(1, -1), slice(1, -1))
            if min(x.shape[2:]) > 2:
                worst = max(worst, np.abs(full[inner] - cut[inner]).max() / full.max())
    return Outcome(
        worst <= 1e-12,
        "300 random batches: neither sign's total grows, inner outputs do not change"
        if worst <= 1e-12
        else f"one sign's total grows by a factor of {1 + worst:.3g}",
    )


def _flat_image_unbalanced(padding, rng):
    x = named_image("flat", size=4)
    w = np.full((1, 1, 3, 3), -0.5)
    w[0, 0, 1, 1] = 0.5
    weights = normalize(x, w).weights
    y = convolve(x, weights, padding=padding)[0, 0]
    above, below = contributions(x, weights, padding=padding)
    return Outcome(
        y.mean() > SMALL and abs(y[0, 0]) > SMALL,
        f"outputs {y[0, 0]:.4g} in the corners, {y[0, 1]:.4g} at the edges, {y[1, 1] + 0:.2g} "
        f"inside, mean {y.mean():.4g}; positive {above[0]:.4g}, negative {below[0]:.4g}",
    )


def _retained_by_counting(formula, rng):
    for size, kernel in [(3, 3), (4, 3), (7, 5), (8, 3), (5, 9)]:
        # each weight alone over a flat image
        units = np.eye(kernel * kernel).reshape(-1, 1, kernel, kernel)
        y = convolve(named_image("flat", size=size), units, padding="zero")
        counted = y.sum(axis=(0, 2, 3)).reshape(kernel, kernel) / size**2
        if np.abs(counted - formula(size, kernel)).max() > TOLERANCE["float64"]:
            return Outcome(False, f"size {size}, kernel {kernel}: counted {counted[0, 0]:.4g}")
    corner, side = retained_share(4, 3)[0, :2]
    return Outcome(
        True, f"5 sizes counted; at 4x4 corner weights keep {corner:.3g}, side weights {side:.3g}"
    )


def _imbalance_range(reach, rng):
    """One bright pixel in a corner: search kernels for the most unbalanced output."""
    x = named_image("one bright pixel", size=5)
    best = [np.inf, -np.inf]
    for signs in np.ndindex((2,) * 9):
        w = np.array(signs, float).reshape(1, 1, 3, 3) - 0.5
        if 0 < sum(signs) < 9:
            mean = float(convolve(x, normalize(x, w).weights, padding="zero").mean())
            best = [min(best[0], mean), max(best[1], mean)]
    return Outcome(
        np.abs(np.array(best) - reach).max() <= 1e-9,
        f"510 kernels of two values on a bright corner pixel: mean output from {best[0]:.4g} to "
        f"{best[1]:.4g}",
    )


def _zero_padding_standing(size, padding):
    if padding == "cyclic":
        return Standing("holds", "every weight meets every input: nothing is lost at the edge")
    edge = 1 - (max(size - 2, 0) / size) ** 2
    if padding != "zero":
        return Standing(
            "fails", f"{100 * edge:.3g} % of the outputs see edge inputs twice: not dampened"
        )
    left = padded_imbalance(size)
    corner = 1 - retained_share(size, 3)[0, 0]
    return Standing(
        "holds" if left <= SMALL else "fails",
        f"{100 * edge:.3g} % edge outputs; corner weights lose {100 * corner:.3g} %, typical mean "
        f"of a flat image {100 * left:.3g} % (5 % allowed)",
    )


ZERO_PADDING = Claim(
    id="equinorm.zero-padding",
    source="Sec. 5.2, Cyclic padding",
    statement="zero padding only affects edge pixels, and has a dampening effect as it only "
    "reduces the output contribution of the positive or negative weights",
    verdict="amended",
    parameters=(SIZE, PADDING),
    at=_zero_padding_standing,
    amendment="with inputs that are not negative each sign's total contribution can only shrink, "
    "and only edge outputs change. But the two signs shrink unequally: the mean is no longer zero "
    "(in units of the magnitude that each sign should have, anything in [-1, 1] can happen), and "
    "outputs at the edge can grow from exactly 0. A flat H x H image keeps (H - |i|)(H - |j|)/H^2 "
    "of the weight at offset (i, j): at 4 x 4 three quarters of the outputs are edge outputs, "
    "corner weights lose 44 %. With signed inputs the contributions themselves can grow.",
    counterexample="flat 4x4 image of ones, kernel -1/2 with 1/2 in the centre: cyclic output 0 "
    "everywhere, with zero padding 5/8 in the corners and 3/8 at the edges, mean 11/32; the "
    "positive weights contribute 16, the negative ones -10.5.",
    derivation=(
        "Zero padding removes terms from each output's sum and adds none; with x >= 0 all terms of "
        "one sign are of that sign.",
        "The centre weight loses nothing, a corner weight most: a kernel whose signs sit apart "
        "(centre and surround) loses its balance.",
    ),
    remark="The imbalance falls like 1/H: 3.5 % for a typical kernel on a flat 16 x 16 image, "
    "12 % at 4 x 4. Five per cent is this ledger's mark.",
    evidence=(
        Evidence(
            kind="numeric",
            shows="on a flat image edge outputs grow from zero and the mean moves",
            check=_flat_image_unbalanced,
            subject="zero",
            mutant="cyclic",
            mutation="cyclic padding",
        ),
        Evidence(
            kind="numeric",
            shows="with positive inputs no sign's total grows and inner outputs stay",
            check=_each_sign_shrinks,
            subject=True,
            mutant=False,
            mutation="inputs of both signs",
            about="amendment",
        ),
        Evidence(
            kind="simulation",
            shows="the share that each weight keeps, counted weight by weight",
            check=_retained_by_counting,
            subject=retained_share,
            mutant=lambda size, kernel: retained_share(size + 1, kernel),
            mutation="an image one pixel larger",
            about="amendment",
        ),
        Evidence(
            kind="numeric",
            shows="the mean output reaches -1 and 1",
            check=_imbalance_range,
            subject=(-1.0, 1.0),
            mutant=(-0.98, 0.98),
            mutation="a range 2 % smaller",
            about="amendment",
        ),
    ),
)

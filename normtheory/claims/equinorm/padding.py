"""EquiNorm, Sec. 5.2: what zero padding does to the balance."""

import numpy as np

from normtheory.claims import Claim, Later, Parameter
from normtheory.claims.equinorm.cases import SIZE, SMALL, random_batch
from normtheory.theory.convolution import PADDINGS, convolve, named_image, retained_share
from normtheory.theory.equinorm import contributions, normalize
from normtheory.theory.equinorm_statistics import padded_imbalance

zero_padding = Claim(
    id="equinorm.zero-padding",
    source="Sec. 5.2, Cyclic padding",
    says="Zero padding only affects edge pixels, and has a dampening effect as it only reduces the "
    "output contribution of the positive or negative weights",
    verdict="amended",
    breaks={"size": 4, "padding": "zero"},
    parameters=(
        SIZE,
        Parameter(
            name="padding",
            symbol=r"\mathrm{padding}",
            meaning="what surrounds the image",
            default="zero",
            choices=tuple(PADDINGS),
        ),
    ),
)


@zero_padding.counterexample("numeric", rejects={"cyclic padding": {"padding": "cyclic"}})
def flat_image(
    corner=5 / 8, edge=3 / 8, mean=11 / 32, positive=16.0, negative=-10.5, padding="zero"
):
    r"""A flat 4x4 image of ones under the kernel $-\frac12$ with $\frac12$ in the centre: outputs 0
    with cyclic padding; with zero padding {corner:g} in the corners, {edge:g} at the edges and
    {mean:g} on average. The positive weights contribute {positive:g}, the negative ones
    {negative:g}."""
    x, w = named_image("flat", size=4), np.full((1, 1, 3, 3), -0.5)
    w[0, 0, 1, 1] = 0.5
    weights = normalize(x, w).weights
    y = convolve(x, weights, padding=padding)[0, 0]
    parts = [float(p[0]) for p in contributions(x, weights, padding=padding)]
    found = (y[0, 0], y[0, 1], y.mean(), *parts)
    # w' has 8/9 in the centre and -1/9 around it, so w'' has 1 and -1/8
    own = (1 - 3 / 8, 1 - 5 / 8, (4 * 5 / 8 + 8 * 3 / 8) / 16, 16 * 1, -(4 * 3 + 8 * 5 + 4 * 8) / 8)
    claimed = (corner, edge, mean, positive, negative)
    flat = np.abs(convolve(x, weights)).max() < 1e-12
    right = flat and np.allclose(found, claimed, rtol=1e-9) and np.allclose(own, claimed, rtol=1e-9)
    return right, "inner outputs stay 0"


def _totals(rng, signs):
    """Each sign's total with zero padding over that with cyclic padding, by plain sums; and whether
    the inner outputs stay."""
    found, same = [], True
    for _ in range(150):
        channels = int(rng.integers(1, 4))
        x = random_batch(rng, channels)
        x *= rng.choice(signs, x.shape)
        w = rng.standard_normal((1, channels, 3, 3))
        for part in (np.maximum(w, 0), np.minimum(w, 0)):
            cyclic, zero = (convolve(x, part, padding=p) for p in ("cyclic", "zero"))
            inner = (slice(None), slice(None), slice(1, -1), slice(1, -1))
            same &= np.allclose(cyclic[inner], zero[inner])
            if part.any():
                found.append(abs(zero.sum() / cyclic.sum()))
    return max(found), same


@zero_padding.amendment("simulation", rejects={"it can double": {"most": 2.0}})
def neither_sign_grows(
    most=1.0,
    centre=lambda size: 1.0,
    *,
    positive=Later(_totals, signs=(1,)),
    mixed=Later(_totals, signs=(-1, 1)),
):
    r"""Only edge outputs change, and with inputs $\geq0$ each sign's total contribution is at most
    {most:g} times what it was, which a kernel with that sign in its centre alone attains. With
    signed inputs a contribution can grow."""
    unit = np.zeros((1, 1, 3, 3))
    unit[0, 0, 1, 1] = 1
    flat = [named_image("flat", size=size) for size in (3, 8)]
    attained = [contributions(x, unit, padding="zero")[0][0] / x.size for x in flat]
    right = positive[0] <= most + 1e-12 and positive[1] and mixed[1] and mixed[0] > 1.1
    right &= np.allclose(attained, [centre(size) for size in (3, 8)]) and max(attained) == most
    return right, "150 random batches of either kind"


@zero_padding.amendment(
    "simulation",
    rejects={"an image one pixel larger": lambda size, kernel: retained_share(size + 1, kernel)},
)
def what_a_flat_image_keeps(kept=retained_share, edges=12 / 16, corner=1 - 9 / 16):
    r"""A flat $H\times H$ image keeps $(H-|i|)(H-|j|)/H^2$ of the weight at offset $(i,j)$. At
    4x4, {edges:.0%} of the outputs are edge outputs, and corner weights lose {corner:.0%}."""
    right = True
    for size, kernel in ((3, 3), (4, 3), (7, 5), (8, 3), (5, 9)):
        reach = np.arange(kernel) - kernel // 2
        # how many positions have a neighbour at this offset, counted
        counted = [sum(0 <= i + r < size for i in range(size)) for r in reach]
        right &= np.allclose(np.outer(counted, counted) / size**2, kept(size, kernel), rtol=1e-12)
    inner = [(i, j) for i in range(4) for j in range(4) if 0 < i < 3 and 0 < j < 3]
    right &= abs(1 - len(inner) / 16 - edges) < 1e-12 and abs(1 - (3 / 4) ** 2 - corner) < 1e-12
    return right, "5 sizes and kernels counted"


def _bright_corner():
    """Mean outputs of all kernels of two values on one bright pixel in a corner, zero padding."""
    x, means = named_image("one bright pixel", size=5), []
    for signs in np.ndindex((2,) * 9):
        if 0 < sum(signs) < 9:
            w = np.array(signs, float).reshape(1, 1, 3, 3) - 0.5
            means.append(float(convolve(x, normalize(x, w).weights, padding="zero").mean()))
    return means


@zero_padding.amendment("simulation")
def any_imbalance(least=-1.0, most=1.0, *, means=Later(_bright_corner)):
    r"""The two signs shrink unequally: with inputs $\geq0$ the mean output can be anything from
    {least:g} to {most:g}, in units of the magnitude that each sign should have."""
    right = abs(min(means) - least) < 1e-9 and abs(max(means) - most) < 1e-9
    return right, f"one bright corner pixel under {len(means)} kernels of two values"


def _flat_means(rng):
    """Mean outputs of flat images over random kernels, and what each sign contributes."""
    found = {}
    for size in (4, 16):
        keep = [sum(0 <= i + r < size for i in range(size)) / size for r in (-1, 0, 1)]
        w = rng.standard_normal((200_000, 9))
        w -= w.mean(axis=1, keepdims=True)
        mean = w @ np.outer(keep, keep).ravel()
        found[size] = np.sqrt((mean**2).mean()) / np.maximum(w, 0).sum(axis=1).mean()
    return found


@zero_padding.range("simulation")
def typical_imbalance(
    small=padded_imbalance(4), large=padded_imbalance(16), *, found=Later(_flat_means)
):
    r"""For a typical kernel on a flat image it is {small:.1%} at 4x4 and {large:.1%} at 16x16, and
    falls like $1/H$ (root mean square over normal kernels, by the mean magnitude)."""
    right = abs(found[4] / small - 1) < 0.006 and abs(found[16] / large - 1) < 0.006
    # twice the size leaves half
    return right and abs(padded_imbalance(400) / padded_imbalance(800) - 2) < 0.01, "200000 kernels"


zero_padding.by_hand(
    "Zero padding takes terms from each output's sum and adds none; the centre weight loses "
    "nothing, a corner weight most, so that a kernel whose signs sit apart (centre and surround) "
    "loses its balance."
)


@zero_padding.badge(
    holds="zero padding only dampens: {edge:.3g} % edge outputs, corner weights lose {lost:.3g} "
    "%, and the typical mean of a flat image is {padded:.3g} % (5 % allowed)",
    fails="zero padding only dampens: not here, corner weights lose {lost:.3g} %, centre ones "
    "nothing, and the typical mean of a flat image is {padded:.3g} % (5 % allowed)",
    outside="the claim is about zero padding: with cyclic padding nothing is lost at the edge",
    outside_twice="the claim is about zero padding: with this one {edge:.3g} % of the outputs see "
    "an input twice",
)
def zero_padding_at(size, padding):
    edge = 100 * (1 - (max(size - 2, 0) / size) ** 2)
    if padding != "zero":
        return "outside" if padding == "cyclic" else "outside_twice", {"edge": edge}
    padded, lost = padded_imbalance(size), 1 - retained_share(size, 3)[0, 0]
    return padded <= SMALL, {"edge": edge, "lost": 100 * lost, "padded": 100 * padded}

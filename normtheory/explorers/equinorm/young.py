"""Young's inequality: where its exponents exist and how close random pairs come to it."""

import numpy as np

from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Band, Curve, HLine, Panel, Points
from normtheory.theory.convolution import convolve, named_image, named_kernel, norm, young_exponent

TEXTS = {
    "some": "p = {p:.3g}, q = {q:.3g}, r = {r:.3g}: the largest ratio of the two sides among five "
    "pairs is {largest:.3g} ({pair:s}).",
    "none": "p = {p:.3g}, q = {q:.3g}: 1/p + 1/q = {total:.3g} is below 1, there is no r.",
}


def _pairs():
    w, texture = named_kernel("mixed signs"), named_image("texture")
    pixel, flat = named_image("one bright pixel"), named_image("flat")
    named = [
        ("one pixel, one weight", named_kernel("identity"), pixel),
        ("one weight, flat image", named_kernel("identity"), flat),
        ("mixed weights, one pixel", w, pixel),
        ("mixed weights, texture", w, texture),
        ("blur, flat image", named_kernel("box blur"), flat),
    ]
    return [(label, w, x, convolve(x, w)) for label, w, x in named]


PAIRS = _pairs()


@explorer(
    "Young's inequality for a convolution",
    "equinorm.young equinorm.same-norm",
    text=TEXTS,
    presets={
        "weight normalization": {"p": 2.0},
        "p below 1": {"p": 0.5},
        "no r": {"p": 4.0, "q": 4.0},
    },
)
def young_inequality(p, q):
    """The domain of the exponents, and the ratio of both sides for five pairs."""
    inverse = 1 / p + 1 / q
    if inverse < 1 - 1e-12:
        ratios = [np.nan] * len(PAIRS)
        case, numbers = "none", {}
    else:
        r = young_exponent(p, q)
        ratios = [norm(y, r) / (norm(w, p) * norm(x, q)) for _, w, x, y in PAIRS]
        pair = PAIRS[int(np.argmax(np.round(ratios, 9)))][0]
        case, numbers = "some", {"r": r, "largest": max(ratios), "pair": pair}
    left = Panel.of(
        "where the inequality is stated",
        ("$1/p$", 0, 4),
        ("$1/q$", 0, 4),
        Band([0, 1], [1, 0], [1, 1], color="green", alpha=0.35, label="holds", label_at=0.2),
        Curve([0, 1], [1, 0], color="green", dash="--", width=1.5),
        Curve([1, 1, 0], [0, 1, 1], color="green", width=1.5),
        Points([1, 0.5], [1, 1], color="black", marker="x", size=8),
        Points([1 / p], [1 / q], color="purple", size=10),
    )
    right = Panel.of(
        "left side / right side",
        ("pair", -0.5, 4.5),
        ("ratio (above 1: violated)", 1e-3, 1e4, "log"),
        HLine([1.0], color="black", dash=":"),
        Points(np.arange(5), ratios, color="purple", size=9),
        xticks=tuple((k, f"{k + 1}") for k in range(5)),
    )
    return (left, right), numbers | {"total": inverse}, case

"""Standardization loss: what the printed steps, speed-ups and epochs say of each other."""

import numpy as np

from normtheory.claims import Claim

# steps in thousands as printed in Sec. 4.3 and Table 1
BASELINE = {"PointNet": 26.6, "Inception-v2": 1972, "ResNet-50": 89.4}
BN = {"PointNet": 6.1, "Inception-v2": 534, "ResNet-50": 39.5}
LOSS = {"PointNet": 12.1, "Inception-v2": 700, "ResNet-50": 40.0}
HALF_UNIT = {"PointNet": 0.05, "Inception-v2": 0.5, "ResNet-50": 0.05}
SMALLER, LARGER = 55_000, 60_000  # training images of MNIST with and without a validation part


def _ratios(steps):
    return [BASELINE[name] / steps[name] for name in BASELINE]


speed_ups = Claim(
    id="stdloss.speed-ups",
    source="Table in Sec. 4.3; Table 1",
    says="Speed-ups of 4.4x and 2.2x (PointNet: batch norm, standardization loss), 3.7x and 2.8x "
    "(Inception-v2), 2.3x and 2.2x (ResNet-50), from the printed steps",
    verdict="holds",
)


@speed_ups.shown("table")
def six_ratios(bn=(4.4, 3.7, 2.3), loss=(2.2, 2.8, 2.2)):
    r"""All six ratios of the printed steps round to the printed speed-ups: {bn[0]:.1f} and
    {loss[0]:.1f}, {bn[1]:.1f} and {loss[1]:.1f}, {bn[2]:.1f} and {loss[2]:.1f}."""
    pairs = [*zip(_ratios(BN), bn, strict=True), *zip(_ratios(LOSS), loss, strict=True)]
    told = ", ".join(f"{ratio:.2f}" for ratio, _ in pairs)
    # a printed speed-up is a whole number of tenths
    return all(abs(round(ratio, 1) - printed) < 1e-9 for ratio, printed in pairs), told


@speed_ups.range("table")
def nearly_equal_on_resnet(gap=40.0 / 39.5 - 1):
    r"""On ResNet-50 the two methods differ by {gap:.1%} in steps; the printed speed-ups differ."""
    return abs(LOSS["ResNet-50"] / BN["ResNet-50"] - 1 - gap) < 1e-9, "40.0K against 39.5K steps"


speed_ups.by_hand(
    "Speed-up means fewer steps to the baseline's best accuracy; what a step with a loss on every "
    "layer takes longer is left out of the tables.",
    "range",
)

twofold = Claim(
    id="stdloss.twofold",
    source="Sec. 5",
    says="The secondary objective accelerates the training by almost 2-fold on the primary "
    "objective for a range of network architectures",
    verdict="amended",
)


@twofold.counterexample("table")
def never_below_two(least=(26.6 - 0.05) / (12.1 + 0.05)):
    r"""In the paper's own tables no ratio is below 2: even with every printed digit rounded in its
    favour the smallest is {least:.2f}."""
    found = [(BASELINE[name] - half) / (LOSS[name] + half) for name, half in HALF_UNIT.items()]
    told = ", ".join(f"{ratio:.2f}" for ratio in found)
    return abs(min(found) / least - 1) < 1e-9 and min(found) > 2, told


@twofold.amendment("table")
def the_range(
    least=26.6 / 12.1, most=1972 / 700, mean=(26.6 / 12.1 * 1972 / 700 * 89.4 / 40) ** (1 / 3)
):
    r"""By {least:.1f} to {most:.1f}-fold in the three architectures whose steps are printed
    (geometric mean {mean:.1f}), counted in steps."""
    ratios = _ratios(LOSS)
    found = (min(ratios), max(ratios), np.exp(np.mean(np.log(ratios))))
    return np.allclose(found, (least, most, mean), rtol=1e-9), f"mean {found[2]:.2f}"


@twofold.range("table")
def the_introduction(most=2.8):
    r"""The introduction's "up to {most:.1f} x" agrees with the tables; the discussion
    undersells."""
    return abs(round(max(_ratios(LOSS)), 1) - most) < 1e-9, f"{max(_ratios(LOSS)):.2f}"


epochs = Claim(
    id="stdloss.epochs",
    source="A.1; Sec. 4.2",
    says="1000 steps of batch size 128 are 2.13 epochs of MNIST; 20 epochs are roughly 8.6K steps",
    verdict="amended",
)


@epochs.counterexample("table", rejects={"9.4K steps": {"steps": (58_000, 64_000)}})
def no_training_set(
    epochs=(round(128_000 / 2.135), round(128_000 / 2.125)),
    steps=(8550 * 128 // 20, 8650 * 128 // 20),
    *,
    printed=2.13,
    thousands=8.6,
):
    r"""{printed:.2f} epochs need {epochs[0]:,d} to {epochs[1]:,d} training images,
    {thousands:.1f}K steps {steps[0]:,d} to {steps[1]:,d}: no training set gives both."""
    own = (
        [128_000 / (printed + half) for half in (0.005, -0.005)],
        [(thousands + half) * 1000 * 128 / 20 for half in (-0.05, 0.05)],
    )
    near = all(
        abs(a - b) <= 0.5
        for each, claimed in zip(own, (epochs, steps), strict=True)
        for a, b in zip(each, claimed, strict=True)
    )
    return near and steps[1] < epochs[0], "to the last printed digit"


@epochs.amendment("table")
def two_splits(larger=(2.13, 9.4), smaller=(2.33, 8.6), *, all_images=LARGER, fewer=SMALLER):
    r"""With all {all_images:,d} training images 1000 steps are {larger[0]:.2f} epochs and 20 epochs
    {larger[1]:.1f}K steps; with {fewer:,d} (the rest held out) they are {smaller[0]:.2f} epochs and
    {smaller[1]:.1f}K steps: each printed number is right for one of the usual splits, and the text
    mixes the two."""
    sizes = all_images, fewer
    found = [(round(1000 * 128 / n, 2), round(20 * n / 128 / 1000, 1)) for n in sizes]
    return np.allclose(found, (larger, smaller), rtol=1e-9), "1000 · 128/n and 20 n/128"

"""Standardization loss, Sec. 4 and A.1-A.6: weights, epochs and rates as printed."""

import math

import numpy as np

from normtheory.claims import Claim
from normtheory.claims.stdloss.reports import BASELINE, BN, LOSS

IMAGES = 1_281_167  # training images of ImageNet
RESNET = {"64": 3, "128": 4, "256": 6, "512": 3}
# filters of MobileNet-v1's thirteen pairs of a depthwise and a pointwise convolution
MOBILENET = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)

one_weight = Claim(
    id="stdloss.one-weight",
    source="Sec. 1; A.1-A.6",
    says="A simple method that achieves some of the gains of existing explicit normalization "
    "techniques without the need to re-tune hyperparameters; somewhat robust to a single added "
    "hyperparameter",
    verdict="refuted",
)
WEIGHTS = {"CNN": 1.0, "MLP": 1.0, "PointNet": 1e-3, "Inception-v2": 1e-5, "ResNet-50": 1e-6,
           "MobileNet-v1": 1e-4}  # fmt: skip


def _units():
    """Normalized channels of the networks that the paper describes, by plain sums."""
    resnet = 64 + sum(
        6 * int(width) * count + 4 * int(width) for width, count in RESNET.items()
    )  # two of a block's width and one four times as wide, and a projection a stage
    before = (32, *MOBILENET[:-1])
    return {"CNN": 32 + 16 + 8, "MLP": 300, "ResNet-50": resnet,
            "MobileNet-v1": 32 + sum(before) + sum(MOBILENET)}  # fmt: skip


@one_weight.counterexample("table")
def six_orders(orders=6, *, printed=WEIGHTS):
    r"""The weights printed for the six networks run from 1 down to $10^{-6}$, {orders:d} orders of
    magnitude, and the rate of Inception-v2 was lowered as well (Sec. 4.4)."""
    weights = list(printed.values())
    return round(np.log10(max(weights) / min(weights))) == orders, ", ".join(map(str, weights))


@one_weight.counterexample("table")
def not_for_the_units(
    resnet=(26_560, 26_560e-6), mobile=(10_944, 10_944e-4), fold=300 / 26_560e-6, *, found=_units()
):
    r"""That the loss is a sum over units does not explain them: weight times units is 56 and 300 on
    MNIST, {resnet[1]:.3f} with the {resnet[0]:,d} units of ResNet-50, {mobile[1]:.2f} with the
    {mobile[0]:,d} of MobileNet: the largest is {fold:,.0f} times the least."""
    sizes = {name: WEIGHTS[name] * units for name, units in found.items()}
    own = [(found[name], sizes[name]) for name in ("ResNet-50", "MobileNet-v1")]
    right = np.allclose([*own], [resnet, mobile], rtol=1e-9)
    spread = max(sizes.values()) / min(sizes.values())
    return right and abs(spread / fold - 1) < 1e-9, "normalized channels by plain sums"


resnet_schedule = Claim(
    id="stdloss.resnet-schedule",
    source="Sec. 4.4; A.5",
    says="Comparable acceleration of ResNet-50 by the standardization loss and BN, with speed-ups "
    "of 2.2x and 2.3x; the rate was decayed by 0.9 after 30, 60, and 80 training epochs",
    verdict="amended",
)


def _epochs(thousands, batch=1024):
    return 1000 * thousands * batch / IMAGES


@resnet_schedule.amendment("table")
def both_at_the_first_drop(
    bn=_epochs(BN["ResNet-50"]), loss=_epochs(LOSS["ResNet-50"]), *, drop=30
):
    r"""At {drop:d} epochs the rate drops for the first time; the baseline's best accuracy is
    reached by BN after {bn:.1f} epochs of 1024 images a step, by the loss after {loss:.1f}: the
    table cannot tell what is due to the method from what is due to the drop."""
    own = [steps * 128 * 8 / 1_281_167 for steps in (39_500, 40_000)]
    right = np.allclose((bn, loss), own, rtol=1e-9)
    return right and all(drop < epoch < drop + 2 for epoch in own), "39.5K and 40.0K steps"


@resnet_schedule.amendment("table")
def any_method(
    most=BASELINE["ResNet-50"] / (30 * IMAGES / 1024_000),
    least=BASELINE["ResNet-50"] / (32 * IMAGES / 1024_000),
    baseline=_epochs(BASELINE["ResNet-50"]),
):
    r"""The baseline takes {baseline:.1f} epochs, past the second drop at 60. Whatever gets there
    within two epochs of the first drop has a speed-up between {least:.2f} and {most:.2f}."""
    at = [89_400 / (epochs * 1_281_167 / 1024) for epochs in (30, 32)]
    right = np.allclose((most, least), at, rtol=1e-9) and 60 < baseline < 80
    return right and abs(baseline / (89_400 * 1024 / 1_281_167) - 1) < 1e-9, "89.4K steps"


@resnet_schedule.range("table")
def how_far_it_drops(left=0.729, *, factor=0.9):
    r"""How much is due to the drop depends on what "decayed by {factor:g}" means. As a factor, as
    the like words of A.4 and A.6 mean it, three drops leave {left:.1%} of the rate; as nine tenths
    taken away, which is usual for ResNet-50, each leaves a tenth."""
    return abs(left / factor**3 - 1) < 1e-9, "A.5"


inception_steps = Claim(
    id="stdloss.inception-steps",
    source="Sec. 4.4, Table 1; A.4",
    says="Inception-v2 takes 1972K steps without normalization, 534K with BN and 700K with the "
    "loss, at 128 images per core (1024 total), with a rate of 0.006 which decayed by 0.98 every "
    "12 epochs",
    verdict="unsettled",
)


inception_steps.by_hand(
    "The figures allow two readings, steps of all cores together or images of one core a step, and "
    "the paper does not say which is meant.",
    "reason",
)


@inception_steps.range("table")
def epochs_at_1024(
    epochs=tuple(_epochs(steps["Inception-v2"]) for steps in (BASELINE, BN, LOSS)),
    rate=0.006 * 0.98 ** (_epochs(1972) // 12),
):
    r"""1024 images a step make this {epochs[0]:,.0f}, {epochs[1]:.0f} and {epochs[2]:.0f} epochs of
    ImageNet, and the baseline reaches its best accuracy after its rate has fallen to {rate:.1e}:
    that is long for this network."""
    own = [steps * 1024 / 1_281_167 for steps in (1_972_000, 534_000, 700_000)]
    decays = int(own[0] // 12)  # one at the end of each twelve epochs
    right = np.allclose(epochs, own, rtol=1e-9) and epochs[0] > 1000
    right &= abs(rate / (0.006 * math.prod([0.98] * decays)) - 1) < 1e-9
    return right, f"{decays} decays of the rate"


@inception_steps.range("table")
def epochs_at_128(epochs=tuple(_epochs(s["Inception-v2"], 128) for s in (BASELINE, BN, LOSS))):
    r"""At 128 images a step, the batch of one core, they are {epochs[0]:.0f}, {epochs[1]:.0f} and
    {epochs[2]:.0f}. The speed-ups are ratios and do not depend on it."""
    own = [steps * 128 / 1_281_167 for steps in (1_972_000, 534_000, 700_000)]
    return np.allclose(epochs, own, rtol=1e-9), "steps times 128 over 1,281,167"

"""Joo et al., Sec. 4.3.1: parameters and seconds of PER, BN and VCL."""

from itertools import pairwise

import numpy as np

from normtheory.claims import Claim

# Clevert, Unterthiner & Hochreiter (2016), the 11-layer network: (filters, kernel, pooled after),
# convolutions that keep the size, 2x2 max pooling, CIFAR's 32x32 inputs. The last layer gives the
# class scores and is neither normalised nor regularized.
LAYERS = (
    (192, 5, True),
    (192, 1, False),
    (240, 3, True),
    (240, 1, False),
    (260, 2, True),
    (260, 1, False),
    (280, 2, True),
    (280, 1, False),
    (300, 2, True),
    (300, 1, False),
)


def _units(layers):
    """(channels, channels times locations), summed over the layers."""
    side, channels, units = 32, 0, 0
    for filters, _, pooled in layers:
        channels += filters
        units += filters * side * side
        side = side // 2 if pooled else side
    return channels, units


parameter_counts = Claim(
    id="per.parameter-counts",
    source="Sec. 4.3.1",
    says="In the 11-layer CNN, BN adds 2.5K and VCL 350K parameters",
    verdict="amended",
)


@parameter_counts.counterexample("table")
def printed_for_bn(channels=_units(LAYERS)[0], *, thousands=2.5):
    r"""{thousands:g}K is the number of channels, {channels:d}: it would be right for one learnable
    number per channel, a shift alone."""
    own = sum(filters for filters, _, _ in LAYERS)
    return own == channels and round(channels / 1000, 1) == thousands, "ten hidden convolutions"


@parameter_counts.amendment("table")
def counted_layer_by_layer(
    vcl=_units(LAYERS)[1],
    bn=2 * _units(LAYERS)[0],
    sides=(32, 16, 16, 8, 8, 4, 4, 2, 2, 1),
    *,
    thousands=350,
):
    r"""VCL adds {vcl:d}, one for each channel and location. BN adds {bn:d}, a scale and a shift for
    each channel."""
    own = sum(row[0] * side**2 for row, side in zip(LAYERS, sides, strict=True))
    right = own == vcl and round(vcl / 1000) == thousands
    return right and bn == 2 * sum(row[0] for row in LAYERS), "pixels a side: 32 down to 1"


@parameter_counts.derivation("table")
def the_network(
    filters=(192, 192, 240, 240, 260, 260, 280, 280, 300, 300),
    sides=(32, 16, 16, 8, 8, 4, 4, 2, 2, 1),
):
    r"""Ten hidden convolutions: 192, 192, 240, 240, 260, 260, 280, 280, 300 and 300 filters at 32,
    16, 16, 8, 8, 4, 4, 2, 2 and 1 pixels a side."""
    found = [32]
    for _, _, pooled in LAYERS[:-1]:
        found.append(found[-1] // 2 if pooled else found[-1])
    return tuple(found) == sides and tuple(row[0] for row in LAYERS) == filters, "Clevert et al."


parameter_counts.by_hand(
    "The architecture is that of Clevert et al., to which the document refers.", "range"
)

SECONDS = {"vanilla": 0.071, "BN": 0.083, "VCL": 0.087, "PER": 0.093}
# Littwin & Wolf (2018), Table 1, seconds per 100 iterations on a GPU and on a CPU
VCL_PAPER = {
    "GPU": {"vanilla": 29.2, "BN": 31.6, "VCL": 30.3},
    "CPU": {"vanilla": 367.1, "BN": 702.3, "VCL": 400.1},
}

step_times = Claim(
    id="per.step-times",
    source="Sec. 4.3.1",
    says="A training iteration takes 0.071 s for vanilla, 0.083 s for BN, 0.087 s for VCL and "
    "0.093 s for PER: PER takes slightly more than BN and VCL",
    verdict="holds",
)


@step_times.shown("table", rejects={"VCL before BN": ("vanilla", "VCL", "BN", "PER")})
def order(names=("vanilla", "BN", "VCL", "PER")):
    r"""The order is vanilla, BN, VCL, PER, whatever rounding to the millisecond hid."""
    seconds = [SECONDS[name] for name in names]
    return all(b - a > 0.001 for a, b in pairwise(seconds)), f"{seconds} s"


@step_times.shown("table")
def slightly(
    over_bn=SECONDS["PER"] / SECONDS["BN"],
    over_vcl=SECONDS["PER"] / SECONDS["VCL"],
    most=93.5 / 82.5,
):
    r"""PER takes {over_bn:.3f} times as long as BN and {over_vcl:.3f} times as long as VCL; at most
    {most:.3f} times as long as BN, whatever the rounding."""
    high = (0.093 + 0.0005) / (0.083 - 0.0005)
    right = abs(over_bn * 83 - 93) < 1e-9 and abs(over_vcl * 87 - 93) < 1e-9
    return right and abs(most - high) < 1e-4, f"93/83 and 93/87; at most {high:.4f}"


@step_times.derivation("table")
def over_vanilla(ratios=tuple(SECONDS[n] / SECONDS["vanilla"] for n in ("BN", "VCL", "PER"))):
    r"""Over vanilla: BN {ratios[0]:.3f}, VCL {ratios[1]:.3f}, PER {ratios[2]:.3f}."""
    pairs = zip(ratios, (83, 87, 93), strict=True)
    return all(abs(ratio * 71 - each) < 1e-9 for ratio, each in pairs), "over 71 ms"


@step_times.range("table")
def vcl_below_bn(
    dearer=100 * (SECONDS["VCL"] / SECONDS["BN"] - 1),
    there=tuple(times["VCL"] / times["BN"] for times in VCL_PAPER.values()),
):
    r"""The VCL paper finds VCL cheaper than BN on both its devices, {there[0]:.3f} and
    {there[1]:.3f} times; here it is {dearer:.0f} % dearer."""
    right = all(ratio < 1 for ratio in there) and abs(dearer - 400 / 83) < 1e-9
    return right and np.allclose(there, (303 / 316, 4001 / 7023), rtol=1e-12), "Table 1 there"

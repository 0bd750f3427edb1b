"""Joo et al., Sec. 4.3.1: parameters and seconds of PER, BN and VCL."""

import itertools

from normtheory.claims.before import Claim, Evidence, Outcome

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


def _printed(count, thousands, digits):
    """Whether a count rounds to the printed number of thousands."""
    return round(count / 1000, digits) == thousands


def _counted(per_channel, layers=LAYERS):
    channels, units = _units(layers)
    return per_channel * channels, units


def _counts_match(parameters, rng):
    """BN's and VCL's parameters against 2.5K or 5.1K, and 350K."""
    per_channel, printed = parameters
    batchnorm, vcl = _counted(per_channel)
    matches = _printed(batchnorm, printed, 1) and _printed(vcl, 350, 0)
    return Outcome(matches, f"BN {batchnorm}, printed {printed}K; VCL {vcl}, printed 350K")


def _counts_differ(per_channel, rng):
    batchnorm, _ = _counted(per_channel)
    return Outcome(
        not _printed(batchnorm, 2.5, 1),
        f"{_units(LAYERS)[0]} channels, {per_channel} parameters each: {batchnorm}, not 2.5K",
    )


PARAMETER_COUNTS = Claim(
    id="per.parameter-counts",
    source="Sec. 4.3.1",
    statement="In the 11-layer CNN, BN adds 2.5K and VCL 350K parameters",
    verdict="amended",
    amendment="VCL adds 350 460, one for each channel and location. BN adds 5 088, a scale and a "
    "shift for each of 2 544 channels: 2.5K is the number of channels.",
    derivation=(
        "Ten hidden convolutions of 192, 192, 240, 240, 260, 260, 280, 280, 300, 300 filters at "
        "32, 16, 16, 8, 8, 4, 4, 2, 2, 1 pixels a side.",
        "Channels: 2 544. Channels times locations: 350 460.",
        r"Eq. 9 of the document itself has $\gamma_j$ and $\beta_j$ for each unit.",
    ),
    remark="2.5K would be right for one learnable number per channel, a shift alone. The "
    "architecture is that of Clevert et al. (2016), to which the document refers.",
    evidence=(
        Evidence(
            kind="table",
            shows="with scale and shift, as in Eq. 9, BN does not add 2.5K",
            check=_counts_differ,
            subject=2,
            mutant=1,
            mutation="one parameter per channel",
        ),
        Evidence(
            kind="table",
            shows="counted layer by layer, BN adds 5.1K and VCL 350K",
            check=_counts_match,
            subject=(2, 5.1),
            mutant=(2, 2.5),
            mutation="the printed number",
            about="amendment",
        ),
    ),
)

SECONDS = {"vanilla": 0.071, "BN": 0.083, "VCL": 0.087, "PER": 0.093}
# Littwin & Wolf (2018), Table 1, seconds per 100 iterations on a GPU and on a CPU
VCL_PAPER = {
    "GPU": {"vanilla": 29.2, "BN": 31.6, "VCL": 30.3},
    "CPU": {"vanilla": 367.1, "BN": 702.3, "VCL": 400.1},
}


def _ordered(names, rng):
    """Whether the printed seconds rise in this order whatever they were before rounding."""
    seconds = [SECONDS[n] for n in names]
    rises = all(b - a > 0.001 for a, b in itertools.pairwise(seconds))
    ratios = ", ".join(f"{n} {SECONDS[n] / SECONDS['vanilla']:.3f}" for n in names[1:])
    return Outcome(rises, f"over vanilla: {ratios}")


def _slightly(pair, rng):
    """PER's time over another's, as an interval that allows for rounding."""
    other, bound = pair
    low = (SECONDS["PER"] - 0.0005) / (SECONDS[other] + 0.0005)
    high = (SECONDS["PER"] + 0.0005) / (SECONDS[other] - 0.0005)
    return Outcome(1 < low and high < bound, f"PER over {other}: {low:.3f} to {high:.3f}")


def _vcl_below_bn(times, rng):
    """In the VCL paper VCL costs less than BN; here it costs more."""
    ratios = {where: t["VCL"] / t["BN"] for where, t in times.items()}
    here = SECONDS["VCL"] / SECONDS["BN"]
    shown = ", ".join(f"{r:.3f} on a {where}" for where, r in ratios.items())
    return Outcome(
        all(r < 1 < here for r in ratios.values()),
        f"VCL over BN: {here:.3f} in this document, {shown} in the VCL paper",
    )


STEP_TIMES = Claim(
    id="per.step-times",
    source="Sec. 4.3.1",
    statement="A training iteration takes 0.071 s for vanilla, 0.083 s for BN, 0.087 s for VCL and "
    "0.093 s for PER: PER takes slightly more than BN and VCL",
    verdict="holds",
    derivation=(
        "Over vanilla: BN 1.169, VCL 1.225, PER 1.310. PER over BN 1.120, over VCL 1.069.",
        "Rounding to the millisecond leaves the order and 'slightly', at most 15 %, intact.",
    ),
    remark="One device, one network and no spread are printed, and they are what is checked. The "
    "VCL paper finds VCL cheaper than BN on both its devices; here it is 5 % dearer.",
    evidence=(
        Evidence(
            kind="table",
            shows="the order vanilla, BN, VCL, PER, whatever the rounding hid",
            check=_ordered,
            subject=("vanilla", "BN", "VCL", "PER"),
            mutant=("vanilla", "VCL", "BN", "PER"),
            mutation="VCL before BN",
        ),
        Evidence(
            kind="table",
            shows="PER takes at most 15 % more than BN",
            check=_slightly,
            subject=("BN", 1.15),
            mutant=("vanilla", 1.15),
            mutation="vanilla in place of BN",
        ),
        Evidence(
            kind="table",
            shows="the order of VCL and BN is the opposite of the VCL paper's",
            check=_vcl_below_bn,
            subject=VCL_PAPER,
            mutant={"here": SECONDS},
            mutation="this document's own figures",
        ),
    ),
)

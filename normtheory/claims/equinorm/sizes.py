"""EquiNorm, Sec. 6.1: the sizes of the two networks, counted from their description."""

from itertools import product

from normtheory.claims.before import Claim, Evidence, Outcome
from normtheory.theory.network_sizes import SHORTCUTS, residual_network_size

WIDE = [3, 3, 3]
DEEP = [3, 8, 36, 3]


def _millions(size):
    return round(size.parameters / 1e6, 1)


def _published(classes, rng):
    printed = {(2, 2, 2, 2): 11_689_512, (3, 4, 6, 3): 25_557_032, (3, 8, 36, 3): 60_192_808}
    found = {}
    for blocks in printed:
        block = "basic" if blocks == (2, 2, 2, 2) else "bottleneck"
        found[blocks] = residual_network_size(
            blocks, 64, block=block, preactivation=False, classes=classes, stem_kernel=7
        ).parameters
    return Outcome(
        found == printed,
        "ResNet-18, 50 and 152 on ImageNet count "
        + ", ".join(f"{n:,}" for n in found.values())
        + " parameters",
    )


def _deep_size(printed, rng):
    size = residual_network_size(DEEP, 64, block="bottleneck")
    other = residual_network_size(DEEP, 64, block="bottleneck", classes=100)
    return Outcome(
        _millions(size) == printed,
        f"pre-activation ResNet-152 from 64 channels: {size.parameters:,} on CIFAR-10 "
        f"({other.parameters:,} on CIFAR-100)",
    )


def _wide_size(printed, rng):
    found = {s: residual_network_size(WIDE, 96, shortcut=s) for s in SHORTCUTS}
    size = found["projection"]
    return Outcome(
        _millions(size) == printed,
        f"3 stages of 3 blocks from 96 planes: {size.parameters:,} parameters, "
        f"{size.convolutions} convolutions 3x3, {size.shortcuts} shortcuts 1x1, 1 linear layer "
        f"({found['padding'].parameters:,} without the shortcuts)",
    )


def _twenty_convolutions(count, rng):
    """Every layout of 2 to 4 stages that has that many convolutions, shortcuts counted or not."""
    near, hits, layouts = None, 0, 0
    for stages in (2, 3, 4):
        for blocks in product(range(1, 9), repeat=stages):
            if abs(2 * sum(blocks) + 1 - count) > 3:
                continue
            for shortcut in SHORTCUTS:
                size = residual_network_size(blocks, 96, shortcut=shortcut)
                if count not in (size.convolutions, size.convolutions + size.shortcuts):
                    continue
                layouts += 1
                hits += _millions(size) == 9.7
                if near is None or abs(size.parameters - 9.7e6) < abs(near - 9.7e6):
                    near = size.parameters
    return Outcome(
        layouts > 0 and hits == 0,
        f"{layouts} layouts of two-convolution blocks have {count} convolutions; the size nearest "
        f"to 9.7m is {near / 1e6:.1f}m",
    )


MODEL_SIZES = Claim(
    id="equinorm.model-sizes",
    source="Sec. 6.1",
    statement="the non-bottleneck wide ResNet with 20 convolutions and 96 initial planes has 9.7m "
    "parameters; the pre-activation ResNet-152 ([3, 8, 36, 3] bottleneck blocks, 64 initial "
    "channels) 58.1m",
    verdict="amended",
    amendment="both sizes are right to the printed digit; the count of convolutions is not: 9.7m "
    "(9,728,362) is the layout of ResNet-20 six times as wide, 19 convolutions of 3x3 in three "
    "stages of three blocks, two 1x1 shortcuts and one linear layer, that is 20 layers with "
    "weights on the main path.",
    derivation=(
        r"ResNet-20 layout: $3\cdot96\cdot9$, then $6\cdot96^2\cdot9$, "
        r"$(96\cdot192+5\cdot192^2)\cdot9$, $(192\cdot384+5\cdot384^2)\cdot9$, shortcuts "
        r"$96\cdot192+192\cdot384$, $385\cdot10$ and two numbers per normalized channel.",
        "With blocks of two convolutions and a stem the 3x3 convolutions are odd in number. "
        "Twenty need an odd number of 1x1 shortcuts: one in two stages, three in four stages "
        "(ResNet-18's layout from 96 planes has 25.1m).",
    ),
    remark="On CIFAR-100 the deep network has 58.3m. Identity (zero-padded) shortcuts would make "
    "the wide one 9.6m.",
    evidence=(
        Evidence(
            kind="table",
            shows="the counting reproduces the published sizes of three ResNets",
            check=_published,
            subject=1000,
            mutant=1001,
            mutation="one class more",
        ),
        Evidence(
            kind="table",
            shows="the deep network's 58.1m",
            check=_deep_size,
            subject=58.1,
            mutant=58.2,
            mutation="58.2m printed",
        ),
        Evidence(
            kind="simulation",
            shows="no layout with 20 convolutions has 9.7m parameters",
            check=_twenty_convolutions,
            subject=20,
            mutant=19,
            mutation="19 convolutions",
        ),
        Evidence(
            kind="table",
            shows="the wide network's 9.7m, with 19 convolutions and a linear layer",
            check=_wide_size,
            subject=9.7,
            mutant=9.6,
            mutation="9.6m printed",
            about="amendment",
        ),
    ),
)

"""EquiNorm, Sec. 6.1: the sizes of the two networks, counted from their description."""

from functools import partial
from itertools import product

from normtheory.claims import Claim, Later
from normtheory.theory.network_sizes import SHORTCUTS, residual_network_size

WIDE = [3, 3, 3]
DEEP = [3, 8, 36, 3]

model_sizes = Claim(
    id="equinorm.model-sizes",
    source="Sec. 6.1",
    says="The non-bottleneck wide ResNet with 20 convolutions and 96 initial planes has 9.7m "
    "parameters; the pre-activation ResNet-152 ([3, 8, 36, 3] bottleneck blocks, 64 initial "
    "channels) 58.1m",
    verdict="amended",
)


def _layouts(convolutions):
    """Sizes in millions of all layouts of two-convolution blocks in 2 to 4 stages from 96 planes
    with that many convolutions, shortcuts counted or not."""
    found = []
    for stages in (2, 3, 4):
        for blocks in product(range(1, 9), repeat=stages):
            if not convolutions - 4 <= 2 * sum(blocks) + 1 <= convolutions:
                continue
            for shortcut in SHORTCUTS:
                size = residual_network_size(blocks, 96, shortcut=shortcut)
                if convolutions in (size.convolutions, size.convolutions + size.shortcuts):
                    found.append(size.parameters / 1e6)
    return found


def _nearest(convolutions, millions):
    return min(_layouts(convolutions), key=lambda size: abs(size - millions))


def _basic_size(blocks, planes):
    """Parameters of a pre-activation network of basic blocks with projections, by plain sums."""
    widths = [planes * 2**k for k in range(len(blocks))]
    weights = 3 * planes * 9
    scales, before = 0, planes
    for width, count in zip(widths, blocks, strict=True):
        weights += 9 * width * (before + (2 * count - 1) * width)
        weights += before * width * (before != width)
        scales += before + (2 * count - 1) * width
        before = width
    return weights + 2 * (scales + before) + 10 * (before + 1)


@model_sizes.counterexample("simulation")
def twenty_convolutions(
    nearest=Later(_nearest, 20, 9.7), *, convolutions=20, printed=9.7, found=Later(_layouts, 20)
):
    r"""No layout of two-convolution blocks in two to four stages with {convolutions:d} convolutions
    (1x1 shortcuts counted or not) has {printed:.1f}m parameters: the nearest has {nearest:.1f}m."""
    gap = min(abs(size - printed) for size in found)
    # an odd shortcut in two stages: 96 and 192 planes, 9 blocks
    own = {_basic_size((k, 9 - k), 96) / 1e6 for k in range(1, 9)}
    right = gap > 0.05 and abs(abs(nearest - printed) - gap) < 1e-9
    return right and own <= {round(size, 6) for size in found}, f"{len(found)} layouts counted"


@model_sizes.amendment("table")
def the_wide_network(
    millions=9.7,
    parameters=residual_network_size(WIDE, 96).parameters,
    convolutions=19,
    shortcuts=2,
):
    r"""{millions:.1f}m ({parameters:,d}) is the layout of ResNet-20 six times as wide:
    {convolutions:d} convolutions of 3x3 in three stages of three blocks, {shortcuts:d} shortcuts of
    1x1 and one linear layer, that is 20 layers with weights on the main path."""
    size = residual_network_size(WIDE, 96)
    right = (size.convolutions, size.shortcuts) == (convolutions, shortcuts)
    right &= _basic_size(WIDE, 96) == parameters == size.parameters
    return right and abs(parameters / 1e6 - millions) < 0.05, "by plain sums, too"


@model_sizes.amendment("table")
def the_deep_network(
    millions=58.1,
    hundred=residual_network_size(DEEP, 64, block="bottleneck", classes=100).parameters / 1e6,
):
    r"""The deep network has {millions:.1f}m on CIFAR-10, as printed, and {hundred:.1f}m on
    CIFAR-100."""
    weights, scales, before = 3 * 64 * 9, 0, 64
    for width, count in zip((64, 128, 256, 512), DEEP, strict=True):
        for _ in range(count):
            weights += before * width + 9 * width**2 + 4 * width**2
            weights += before * 4 * width * (before != 4 * width)
            scales += before + 2 * width
            before = 4 * width
    own = [(weights + 2 * (scales + before) + n * (before + 1)) / 1e6 for n in (10, 100)]
    found = residual_network_size(DEEP, 64, block="bottleneck").parameters / 1e6
    right = abs(own[0] - millions) < 0.05 and abs(found / own[0] - 1) < 1e-9
    return right and abs(own[1] / hundred - 1) < 1e-9, f"{own[0]:.3f}m by plain sums"


@model_sizes.derivation("table")
def published_sizes(eighteen=11_689_512, fifty=25_557_032, deep=60_192_808):
    """The same counting gives the published sizes of ResNet-18, 50 and 152 on ImageNet:
    {eighteen:,d}, {fifty:,d} and {deep:,d}."""
    published = partial(residual_network_size, preactivation=False, classes=1000, stem_kernel=7)
    layouts = ((2, 2, 2, 2), "basic"), ((3, 4, 6, 3), "bottleneck"), (DEEP, "bottleneck")
    found = [published(blocks, 64, block=block).parameters for blocks, block in layouts]
    return found == [eighteen, fifty, deep], "stem 7x7, 1000 classes"


@model_sizes.range("table")
def padded_shortcuts(millions=residual_network_size(WIDE, 96, shortcut="padding").parameters / 1e6):
    r"""Identity (zero-padded) shortcuts would make the wide one {millions:.1f}m."""
    own = (_basic_size(WIDE, 96) - 96 * 192 - 192 * 384) / 1e6
    return abs(own / millions - 1) < 1e-9, f"{own:.3f}m"
